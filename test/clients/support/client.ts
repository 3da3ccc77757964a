/** Runs a client of others once: in a home of its own, without a terminal and without a network. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startDeadProxy } from './dead-proxy.ts';

/** What a client is pointed at. */
export interface Gateway {
  /** Origin, without `/v1`. */
  readonly url: string;
  readonly key: string;
}

export interface ClientCommand {
  readonly command: readonly [program: string, ...args: readonly string[]];
  /** Its home and working folder. */
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface ClientRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Hosts other than this computer that it tried to reach, in vain. */
  readonly wanted: readonly string[];
}

const patienceMs = 60_000;

/** Nothing of the developer's own environment gets in: no settings, no keys, no proxies. */
export async function runClient({ command, home, environment }: ClientCommand): Promise<ClientRun> {
  const proxy = await startDeadProxy();
  const scratch = join(home, '.tmp');
  await mkdir(scratch, { recursive: true });
  try {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patienceMs,
      killSignal: 'SIGKILL',
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        TMPDIR: scratch,
        LANG: 'C.UTF-8',
        ...proxy.environment,
        ...environment,
      },
    });
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { exitCode, stdout, stderr, wanted: [...proxy.wanted] };
  } finally {
    await proxy.close();
  }
}
