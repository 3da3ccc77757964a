/** Whether processes of others still run. */
import { readFileSync, readdirSync } from 'node:fs';

const isLinux = process.platform === 'linux';

export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Whoever waits to be buried is dead.
  return !isLinux || !/^State:\s+Z/m.test(statusOf(pid));
}

/** Of a process on Linux: those that it started and that still run. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => new RegExp(`^PPid:\\s+${pid}$`, 'm').test(statusOf(child)) && isAlive(child));
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return 'State: Z';
  }
}
