/** Processes that stand ready, started as the last requests started theirs: half a second that the next one need not wait. */
import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { SpawnOrder } from './agent-sdk.ts';
import { ClaudeCodeProcess, keyOf } from './process.ts';

export interface ProcessPoolOptions {
  /** How many may stand ready. */
  readonly warm: number;
  /** How many may live, in use or ready: those that are ready give way to those that are needed. */
  readonly most: number;
  /** How long one stands ready that nobody takes. */
  readonly idleMs: number;
  /** Exists, and is the owner's alone. */
  readonly workFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Ready {
  readonly process: ClaudeCodeProcess;
  readonly timer: Timer;
}

export class ProcessPool {
  readonly #options: ProcessPoolOptions;
  /** Oldest first. */
  #ready: readonly Ready[] = [];
  readonly #all = new Set<ClaudeCodeProcess>();
  #isClosed = false;

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
  }

  /** Process ids of all that run, in use or ready. */
  get pids(): readonly number[] {
    return [...this.#all].flatMap(({ child, isAlive }) => (isAlive && child.pid !== undefined ? [child.pid] : []));
  }

  /** One that stands ready for exactly this order, else a new one. Whoever takes it ends it. */
  take(order: SpawnOrder): ClaudeCodeProcess {
    const key = keyOf(order);
    const ready = this.#ready.find(({ process }) => process.key === key && process.isAlive);
    if (ready === undefined) {
      this.#makeRoom();
      return this.#start(order);
    }
    this.#forget(ready);
    return ready.process;
  }

  /** Sees to it that one stands ready for the next such order; what was kept for other orders gives way. */
  keepReady(order: SpawnOrder): void {
    const { warm, most, idleMs, clock } = this.#options;
    const key = keyOf(order);
    if (this.#isClosed || this.#ready.some(({ process }) => process.key === key)) return;
    for (const ready of this.#ready.slice(0, Math.max(0, this.#ready.length - warm + 1))) this.#drop(ready);
    if (warm === 0 || this.pids.length >= most) return;
    const process = this.#start(order);
    const ready = { process, timer: clock.setTimer(() => this.#drop(ready), idleMs) };
    this.#ready = [...this.#ready, ready];
    void process.gone.then(() => this.#forget(ready));
  }

  /** Ends all processes, those in use too; resolves when they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const ready of this.#ready) this.#forget(ready);
    await Promise.all([...this.#all].map((process) => process.end()));
  }

  #makeRoom(): void {
    const spare = this.pids.length - this.#options.most + 1;
    for (const ready of this.#ready.slice(0, Math.max(0, spare))) this.#drop(ready);
  }

  #start(order: SpawnOrder): ClaudeCodeProcess {
    const { workFolder, clock, logger } = this.#options;
    const process = new ClaudeCodeProcess(order, workFolder, clock);
    this.#all.add(process);
    void process.gone.then(() => this.#all.delete(process));
    logger.debug({ pid: process.child.pid }, 'Claude Code started');
    return process;
  }

  #drop(ready: Ready): void {
    this.#forget(ready);
    void ready.process.end();
  }

  #forget(ready: Ready): void {
    ready.timer.cancel();
    this.#ready = this.#ready.filter((one) => one !== ready);
  }
}
