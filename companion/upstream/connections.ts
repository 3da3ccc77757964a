/**
 * Kept-alive connections to providers, and when not to trust them: after this computer slept, and after one of them turned
 * out to be dead, all of them are left behind, and new requests go over new ones.
 */
import { Dispatcher } from 'undici';
import type { buildConnector } from 'undici';
import { passOverContinue } from './continue-filter.ts';

/** The clock of the wall may run ahead of the steady one by this much before it counts as sleep. */
const sleepMs = 5_000;

/** Instead of `ECONNRESET`, which undici takes for a regular end of a body that has no length. */
export const resetCode = 'ERR_UPSTREAM_RESET';

/** A dispatcher in front of one that can be replaced while its requests run on; `open` makes the real one. */
export class Connections extends Dispatcher {
  readonly #open: () => Dispatcher;
  readonly #wallMs: () => number;
  readonly #steadyMs: () => number;
  readonly #retired = new Set<Dispatcher>();
  #current: Dispatcher;
  #driftMs: number;

  constructor(open: () => Dispatcher, wallMs = () => Date.now(), steadyMs = () => performance.now()) {
    super();
    this.#open = open;
    this.#wallMs = wallMs;
    this.#steadyMs = steadyMs;
    this.#current = open();
    this.#driftMs = wallMs() - steadyMs();
  }

  /** What requests go over right now; another one after each renewal. */
  get current(): Dispatcher {
    return this.#current;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.#noticeSleep();
    return this.#current.dispatch(options, handler);
  }

  /** Leaves the connections of `stale` behind, if nobody did so yet. Answers on their way over them are not disturbed. */
  renew(stale: Dispatcher): void {
    if (stale !== this.#current) return;
    this.#current = this.#open();
    this.#retired.add(stale);
    void stale.close().finally(() => this.#retired.delete(stale));
  }

  override close(): Promise<void>;
  override close(callback: () => void): void;
  override close(callback?: () => void): Promise<void> | void {
    return settle(
      this.#all().map((dispatcher) => dispatcher.close()),
      callback,
    );
  }

  override destroy(error?: Error | null): Promise<void>;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null, callback: () => void): void;
  override destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> | void {
    const cause = error instanceof Error ? error : null;
    return settle(
      this.#all().map((dispatcher) => dispatcher.destroy(cause)),
      typeof error === 'function' ? error : callback,
    );
  }

  #all(): readonly Dispatcher[] {
    return [this.#current, ...this.#retired];
  }

  /** The steady clock stands still while the computer sleeps, the other does not. */
  #noticeSleep(): void {
    const driftMs = this.#wallMs() - this.#steadyMs();
    const hasSlept = driftMs - this.#driftMs > sleepMs;
    this.#driftMs = driftMs;
    if (hasSlept) this.renew(this.#current);
  }
}

/** Connects as `connect` does, and tells what undici does not: see `wasKept`, `resetCode` and `passOverContinue`. */
export function watchConnector(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      const watch = passOverContinue(socket);
      socket.prependListener('error', (lost: LostConnection) => {
        lost.wasKept = watch.isUnanswered();
        if (lost.code === 'ECONNRESET') lost.code = resetCode;
      });
      return callback(null, socket);
    });
}

interface LostConnection extends NodeJS.ErrnoException {
  wasKept?: boolean;
}

/** Whether `error` ended a connection that had answered before, without a byte of this answer: it was old, most likely. */
export function wasKept(error: unknown): boolean {
  return (error as LostConnection | undefined)?.wasKept === true;
}

function settle(ends: readonly Promise<void>[], onSettled: (() => void) | undefined): Promise<void> | void {
  const settled = Promise.all(ends).then(() => onSettled?.());
  if (onSettled === undefined) return settled;
}
