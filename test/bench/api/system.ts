/** What the system tells about processes, and how they are kept from disturbing each other. Linux; elsewhere nothing. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Microseconds of processor time that a process has used, all threads; `undefined` where the system does not tell. */
export function processorTimeUs(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const times = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'));
    return times.reduce((sum, text) => sum + Number(text.split(' ', 1)[0]) / 1000, 0);
  } catch {
    return undefined;
  }
}

/** Resident megabytes; `undefined` where the system does not tell. */
export function residentMegabytes(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
  } catch {
    return undefined;
  }
}

/** The core for what is measured; everything else gets another one. */
export const measuredCore = 0;
export const otherCore = 1;

/** Keeps a process and its threads on one core, where there are two and `taskset`. `false` elsewhere. */
export function pin(pid: number | undefined, core: number): boolean {
  if (pid === undefined || availableParallelism() < 2) return false;
  return spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]).status === 0;
}
