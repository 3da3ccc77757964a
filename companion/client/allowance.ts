/** How much of a key's budgets and rate is left, what runs right now included. */
import type { Clock } from '../base/clock.ts';
import { CompanionError } from '../base/error.ts';
import type { Periods } from '../base/periods.ts';
import { countsIn, countsOf, countUse } from '../store/client-keys.ts';
import type { ClientKeyCounts, ClientKeyRecord, ClientKeyUse } from '../store/client-keys.ts';
import { RateWindow } from './rate-window.ts';

export interface AllowanceParts {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly periods: Periods;
}

/** What a request is taken to use while nobody knows, for a key that was never used: a question and its answer. */
const firstGuessTokens = 2_000;
/** Something that runs will most likely have ended by then. */
const runningRetryMs = 5_000;

type Limits = Pick<ClientKeyRecord, 'name' | 'requestBudget' | 'tokenBudget' | 'budgetPeriod' | 'ratePerMinute'>;

/** One request that is counted before it is served. */
export interface Reservation {
  /** When the period began whose budget it is counted against. */
  readonly periodMs: number;
}

/**
 * Of one key. What is counted here agrees with the database, which is a moment behind; what is reserved is only here, so
 * that a crash forgets it together with the exchanges that it was for.
 */
export class Allowance {
  readonly #limits: Limits;
  readonly #parts: AllowanceParts;
  readonly #rate: RateWindow | undefined;
  #counts: ClientKeyCounts;
  /** Requests that run, of the period that began at `periodMs`; those of an earlier one concern nobody any more. */
  #running = { periodMs: 0, requests: 0 };

  constructor(record: ClientKeyRecord, parts: AllowanceParts) {
    this.#limits = record;
    this.#counts = countsOf(record);
    this.#parts = parts;
    this.#rate = record.ratePerMinute === null ? undefined : new RateWindow(record.ratePerMinute);
  }

  /** As they stand now: a period that is over counts no more. */
  counts(): ClientKeyCounts {
    const nowMs = this.#parts.clock.nowMs();
    return countsIn(this.#counts, nowMs, this.#periodOf(nowMs));
  }

  /** When the budgets begin anew; `null` if never. */
  resetsAtMs(): number | null {
    return this.#parts.periods.nextAfter(this.#limits.budgetPeriod, this.#parts.clock.nowMs());
  }

  /** Throws `CLIENT_BUDGET_SPENT` or `CLIENT_RATE_LIMITED`, and then has counted nothing. */
  reserve(): Reservation {
    const { clock } = this.#parts;
    // One moment for both: midnight may pass between two looks at the clock.
    const nowMs = clock.nowMs();
    this.#checkBudgets(nowMs);
    this.#takeRate(clock.monotonicMs());
    return this.#hold(nowMs);
  }

  /** The same request, which came a moment before midnight and begins a moment after. Throws `CLIENT_BUDGET_SPENT`. */
  renew(held: Reservation, atMs: number): Reservation {
    if (held.periodMs === this.#periodOf(atMs)) return held;
    this.release(held);
    this.#checkBudgets(atMs);
    return this.#hold(atMs);
  }

  release({ periodMs }: Reservation): void {
    const { requests } = this.#running;
    if (periodMs === this.#running.periodMs && requests > 0) this.#running.requests = requests - 1;
  }

  /** What was reserved has become what is counted. */
  count(held: Reservation, use: ClientKeyUse): void {
    this.release(held);
    this.#counts = countUse(this.#counts, use, this.#periodOf(use.atMs));
  }

  #periodOf(atMs: number): number {
    return this.#parts.periods.startOf(this.#limits.budgetPeriod, atMs);
  }

  #hold(atMs: number): Reservation {
    const periodMs = this.#periodOf(atMs);
    if (this.#running.periodMs !== periodMs) this.#running = { periodMs, requests: 0 };
    this.#running.requests += 1;
    return { periodMs };
  }

  #checkBudgets(atMs: number): void {
    const { requestBudget, tokenBudget } = this.#limits;
    if (requestBudget === null && tokenBudget === null) return;
    const periodMs = this.#periodOf(atMs);
    const counts = countsIn(this.#counts, atMs, periodMs);
    const running = this.#running.periodMs === periodMs ? this.#running.requests : 0;
    if (requestBudget !== null && counts.periodRequests + running >= requestBudget)
      throw this.#spent(`${requestBudget} requests`, atMs);
    if (tokenBudget === null) return;
    if (counts.periodTokens >= tokenBudget) throw this.#spent(`${tokenBudget} tokens`, atMs);
    if (running > 0 && counts.periodTokens + running * averageOf(counts) >= tokenBudget)
      throw this.#heldByOthers(running, tokenBudget, atMs);
  }

  #takeRate(monotonicMs: number): void {
    const rate = this.#rate;
    if (rate === undefined) return;
    const waitMs = rate.waitMs(monotonicMs);
    if (waitMs > 0) throw this.#tooFast(waitMs);
    rate.note(monotonicMs);
  }

  #spent(budget: string, atMs: number): CompanionError {
    const { name, budgetPeriod } = this.#limits;
    const retryAtMs = this.#parts.periods.nextAfter(budgetPeriod, atMs);
    const message = `The client key "${name}" has used up its budget of ${budget}`;
    if (retryAtMs === null) return new CompanionError('CLIENT_BUDGET_SPENT', `${message}.`);
    return new CompanionError('CLIENT_BUDGET_SPENT', `${message}; it begins anew at ${toRfc3339(retryAtMs)}.`, {
      details: { retryAtMs },
    });
  }

  #heldByOthers(running: number, budget: number, atMs: number): CompanionError {
    const requests = running === 1 ? 'a request that still runs' : `${running} requests that still run`;
    const message = `The client key "${this.#limits.name}": ${requests} may use up the rest of its ${budget} tokens.`;
    return new CompanionError('CLIENT_RATE_LIMITED', message, { details: { retryAtMs: atMs + runningRetryMs } });
  }

  #tooFast(waitMs: number): CompanionError {
    const { name, ratePerMinute } = this.#limits;
    const message = `The client key "${name}" may send ${ratePerMinute} requests a minute.`;
    const retryAtMs = this.#parts.clock.nowMs() + waitMs;
    return new CompanionError('CLIENT_RATE_LIMITED', message, { details: { retryAtMs } });
  }
}

/** What a request of this key uses: its own past is the best guess. */
function averageOf({ totalRequests, totalTokens }: ClientKeyCounts): number {
  return totalRequests === 0 ? firstGuessTokens : totalTokens / totalRequests;
}

function toRfc3339(atMs: number): string {
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}
