/** Renews logins before anybody has to wait for it. */
import type { Clock, Timer } from '../../base/clock.ts';
import { toCompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import type { DueOutcome } from './credential-manager.ts';
import type { RefreshWorkerStatus } from './login-service-contract.ts';

export interface RefreshWorkerOptions {
  /** Milliseconds. Read whenever they are needed; `restart` makes a change count at once. */
  readonly rhythm: { readonly enabled: boolean; readonly checkInterval: number };
  /** Looks at each login, and renews those whose end is near. */
  readonly check: () => Promise<readonly DueOutcome[]>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 to 1, for the jitter. */
  readonly random?: () => number;
}

/** A timer stands still while the computer sleeps, so it is short, and asks both clocks how late it is. */
const longestNapMs = 15_000;
/** After a start there is more urgent work. */
const firstDelayMs = 3000;

interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export class RefreshWorker {
  readonly #options: RefreshWorkerOptions;
  #last: Moment | undefined;
  #next: Moment | undefined;
  #nap: Timer | undefined;
  #checking: Promise<void> | undefined;
  #isStopped = false;
  #counts = { checked: 0, renewed: 0, failed: 0 };

  constructor(options: RefreshWorkerOptions) {
    this.#options = options;
  }

  start(): void {
    const { enabled, checkInterval } = this.#options.rhythm;
    if (!enabled || this.#next !== undefined || this.#isStopped) return;
    this.#plan(Math.min(firstDelayMs, checkInterval));
  }

  /** The rhythm is another one, from now on. */
  restart(): void {
    this.#nap?.cancel();
    this.#nap = undefined;
    this.#next = undefined;
    this.start();
  }

  /** Counts since the start. */
  status(): RefreshWorkerStatus {
    const { checked, renewed, failed } = this.#counts;
    return {
      enabled: this.#options.rhythm.enabled,
      last_check: toText(this.#last),
      next_check: toText(this.#next),
      credentials_checked: checked,
      refreshed: renewed,
      failed,
    };
  }

  /** No check begins any more; waits for one that runs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#nap?.cancel();
    this.#nap = undefined;
    this.#next = undefined;
    await this.#checking;
  }

  #plan(delayMs: number): void {
    const { random = Math.random } = this.#options;
    const now = this.#now();
    // Uneven, so that many computers that start together do not ask together.
    const unevenMs = delayMs * (0.9 + random() * 0.2);
    this.#next = { wallMs: now.wallMs + unevenMs, monotonicMs: now.monotonicMs + unevenMs };
    this.#sleep(now);
  }

  #sleep(now: Moment): void {
    const next = this.#next;
    if (next === undefined) return;
    const napMs = Math.min(Math.max(0, next.monotonicMs - now.monotonicMs), longestNapMs);
    this.#nap?.cancel();
    this.#nap = this.#options.clock.setTimer(() => this.#wake(next), napMs);
  }

  /** The wall clock also counts the time that the computer slept; one that was set back holds nothing up. */
  #wake(next: Moment): void {
    const now = this.#now();
    if (now.monotonicMs < next.monotonicMs && now.wallMs < next.wallMs) this.#sleep(now);
    else this.#checking = this.#check();
  }

  async #check(): Promise<void> {
    const { check, logger, rhythm } = this.#options;
    this.#last = this.#now();
    try {
      const outcomes = await check();
      const count = (wanted: DueOutcome): number => outcomes.filter((outcome) => outcome === wanted).length;
      this.#counts = {
        checked: this.#counts.checked + outcomes.length,
        renewed: this.#counts.renewed + count('renewed'),
        failed: this.#counts.failed + count('failed'),
      };
    } catch (thrown) {
      logger.error({ error: toCompanionError(thrown) }, 'the logins could not be looked at');
    }
    if (this.#next !== undefined) this.#plan(rhythm.checkInterval);
  }

  #now(): Moment {
    const { clock } = this.#options;
    return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
  }
}

function toText(moment: Moment | undefined): string | null {
  return moment === undefined ? null : new Date(moment.wallMs).toISOString();
}
