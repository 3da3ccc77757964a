/** The ledger as exchanges see it: a row is handed over in no time, and written a moment later. */
import type { Logger } from '../base/log.ts';
import { CompanionError } from '../base/error.ts';
import type { LedgerInsight } from '../store/ledger-insight.ts';
import type { CredentialUse } from '../store/credential-limits.ts';
import { pruneStepRows } from '../store/ledger.ts';
import type { CredentialTotals, LedgerRow, LedgerStore, UsageFilter, UsageGroup, UsageKey } from '../store/ledger.ts';

export interface LedgerOptions {
  readonly store: LedgerStore;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** Rows older than this are forgotten. */
  readonly keepDays: number;
  /** The oldest rows above this count are forgotten. */
  readonly keepRows: number;
  /** Written with each flush. */
  readonly quotas?: { flush(): void };
  /** Counts what credentials use; the store gets the same figures with the rows. */
  readonly limits?: { count(row: LedgerRow): CredentialUse | undefined };
  /** Told of each row once, whether or not the disk takes it. */
  readonly tally?: { note(row: LedgerRow): void };
}

const queueRows = 10_000;
/** So many rows do not wait for the timer. */
const eagerRows = 200;
/** One transaction; between two of them others get their turn. */
const batchRows = 100;
const flushAfterMs = 250;
const complainEveryMs = 60_000;
const firstPruneMs = 2_000;
const pruneEveryMs = 3_600_000;
const pruneStepMs = 50;
const dayMs = 86_400_000;

interface Entry {
  readonly row: LedgerRow;
  readonly use: CredentialUse | undefined;
}

/**
 * Takes rows from the hot path and writes them in batches. Whatever the disk does, no request learns of it: rows that
 * cannot be kept are dropped and counted. Nothing here keeps the process alive.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  #queue: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #pruneTimer: NodeJS.Timeout | undefined;
  #dropped = 0;
  #complainedAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#pruneLater(firstPruneMs);
  }

  /** Rows that were not kept in this run, because the disk failed or the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The hot path: no I/O, never throws. */
  append(row: LedgerRow): void {
    const use = this.#options.limits?.count(row);
    if (this.#queue.length >= queueRows || this.#isClosed) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push({ row, use });
    this.#timer ??= setTimeout(() => this.#writeNext(), flushAfterMs).unref();
    if (this.#queue.length >= eagerRows) this.#immediate ??= setImmediate(() => this.#writeNext());
  }

  /** By id, or by a beginning of it that only one has. Errors: `STORE_UNAVAILABLE`. */
  exchange(id: string): LedgerRow | undefined {
    this.flush();
    return this.#options.store.exchange(id);
  }

  /** Newest first. Errors: `STORE_UNAVAILABLE`. */
  recent(limit: number): readonly LedgerRow[] {
    this.flush();
    return this.#options.store.recentExchanges(limit);
  }

  /** Most tokens first; days in order. Errors: `STORE_UNAVAILABLE`. */
  usage(by: UsageKey, filter: UsageFilter): readonly UsageGroup[] {
    this.flush();
    return this.#options.store.usage(by, filter);
  }

  /** What is there up to now, for whoever looks. Errors: `STORE_UNAVAILABLE`, like its methods. */
  get insight(): LedgerInsight {
    this.flush();
    return this.#options.store.insight;
  }

  /** Errors: `STORE_UNAVAILABLE`. */
  totals(): readonly CredentialTotals[] {
    this.flush();
    return this.#options.store.credentialTotals();
  }

  /** Writes what waits, at once. Never throws. */
  flush(): void {
    this.#clearTimers();
    while (this.#queue.length > 0) this.#writeBatch();
    this.#writeQuotas();
  }

  /** Writes what waits and takes no more rows. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#pruneTimer);
    this.flush();
  }

  #writeNext(): void {
    this.#clearTimers();
    this.#writeBatch();
    if (this.#queue.length > 0) this.#immediate = setImmediate(() => this.#writeNext());
    else this.#writeQuotas();
  }

  #clearTimers(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  #writeBatch(): void {
    const entries = this.#queue.splice(0, batchRows);
    if (entries.length === 0) return;
    for (const { row } of entries) this.#options.tally?.note(row);
    try {
      this.#write(entries);
    } catch (thrown) {
      if (isDiskTrouble(thrown)) this.#drop(entries.length, thrown);
      else this.#writeOneByOne(entries);
    }
  }

  /** A figure that no column takes, from a provider that nobody knows, costs its own row and no other. */
  #writeOneByOne(entries: readonly Entry[]): void {
    for (const entry of entries) {
      try {
        this.#write([entry]);
      } catch (thrown) {
        this.#drop(1, thrown);
      }
    }
  }

  #write(entries: readonly Entry[]): void {
    const uses = entries.map(({ use }) => use).filter((use) => use !== undefined);
    this.#options.store.appendExchanges(
      entries.map(({ row }) => row),
      uses,
    );
  }

  #writeQuotas(): void {
    try {
      this.#options.quotas?.flush();
    } catch (thrown) {
      this.#complain(thrown);
    }
  }

  #drop(count: number, thrown: unknown): void {
    this.#dropped += count;
    this.#complain(thrown);
  }

  #complain(thrown: unknown): void {
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#complainedAtMs < complainEveryMs) return;
    this.#complainedAtMs = nowMs;
    this.#options.logger.warn({ err: thrown, dropped: this.#dropped }, 'The ledger could not be written');
  }

  #pruneLater(delayMs: number): void {
    this.#pruneTimer = setTimeout(() => this.#prune(), delayMs).unref();
  }

  /** One small step at a time, until nothing is left to forget. */
  #prune(): void {
    const { store, keepRows, keepDays, nowMs, logger } = this.#options;
    try {
      const gone = store.pruneExchanges(keepRows, nowMs() - keepDays * dayMs);
      this.#pruneLater(gone < pruneStepRows ? pruneEveryMs : pruneStepMs);
    } catch (thrown) {
      logger.warn({ err: thrown }, 'Old rows of the ledger could not be forgotten');
      this.#pruneLater(pruneEveryMs);
    }
  }
}

function isDiskTrouble(thrown: unknown): boolean {
  return thrown instanceof CompanionError && thrown.code === 'STORE_UNAVAILABLE';
}
