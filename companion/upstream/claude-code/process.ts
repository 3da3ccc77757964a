/** One Claude Code process, in an empty folder of its own. It serves one request at most. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Clock, Timer } from '../../base/clock.ts';
import type { SpawnOrder } from './agent-sdk.ts';

/** How long it may take to end by itself. */
const graceMs = 1000;
const tailLength = 4000;

export class ClaudeCodeProcess {
  readonly key: string;
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Resolves when it is gone, and its folder with it. */
  readonly gone: Promise<void>;
  readonly #clock: Clock;
  #stderrTail = '';
  #kill: Timer | undefined;

  /** `workFolder` is for the owner alone; the process gets a new folder in it. */
  constructor(order: SpawnOrder, workFolder: string, clock: Clock) {
    const cwd = mkdtempSync(join(workFolder, 'run-'));
    this.key = keyOf(order);
    this.#clock = clock;
    this.child = spawn(order.command, order.args, {
      cwd,
      env: { ...order.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    // Whoever writes to a process that ended hears of its end anyway.
    this.child.stdin.on('error', () => undefined);
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.#stderrTail = `${this.#stderrTail}${chunk.toString('utf8')}`.slice(-tailLength);
    });
    this.gone = this.#watch(cwd);
  }

  get isAlive(): boolean {
    const { exitCode, signalCode, pid } = this.child;
    return pid !== undefined && exitCode === null && signalCode === null && this.#kill === undefined;
  }

  /** The last of what it wrote to its error stream. */
  get stderrTail(): string {
    return this.#stderrTail;
  }

  /** Ends it: politely, and a second later by force. */
  end(): Promise<void> {
    if (this.isAlive) {
      this.child.kill('SIGTERM');
      this.#kill = this.#clock.setTimer(() => this.child.kill('SIGKILL'), graceMs);
    }
    return this.gone;
  }

  async #watch(cwd: string): Promise<void> {
    // `error` instead of `exit`: it was never started.
    await Promise.race([once(this.child, 'exit'), once(this.child, 'error')]).catch(() => undefined);
    this.#kill?.cancel();
    await rm(cwd, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** Equal for orders that start equal processes. */
export function keyOf({ command, args, env }: SpawnOrder): string {
  return JSON.stringify([command, args, Object.entries(env).sort(([one], [other]) => (one < other ? -1 : 1))]);
}
