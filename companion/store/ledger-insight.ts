/** What a person looks at: the ledger over time, how long answers took, and its rows page by page. */
import type { LedgerRow } from './ledger.ts';

/** `total`: all of them together, under an empty key. */
export type InsightKey = 'total' | 'model' | 'client' | 'provider';

/**
 * Boundaries in Unix milliseconds, ascending: bucket 0 reaches from the first of them to just before the second, and so on.
 */
export type Edges = readonly number[];

/** One group in one bucket; a group without an exchange in a bucket has none there. */
export interface SeriesPoint {
  readonly bucket: number;
  readonly key: string;
  readonly exchanges: number;
  /** Without those that the client or the person broke off. */
  readonly failures: number;
  /** Of every kind. */
  readonly tokens: number;
}

/** How long each of the answers of one group in one bucket took; those that failed are left out. */
export interface LatencySample {
  readonly bucket: number;
  readonly key: string;
  readonly firstByteMs: readonly number[];
  readonly durationMs: readonly number[];
}

export interface ExchangeFilter {
  /** The one that served, or the one that was asked for. */
  readonly model?: string;
  readonly client?: string;
  readonly clientKey?: string;
  readonly provider?: string;
  readonly credential?: string;
  /** `failed`: any that is a failure; else `ok` or a code. */
  readonly outcome?: string;
  /** Anywhere in a name or a code, whatever its case. */
  readonly search?: {
    readonly text: string;
    /** Credentials whose names the text is in. */
    readonly credentials: readonly string[];
    /** Client keys likewise. */
    readonly clientKeys: readonly string[];
  };
}

/** A place between two rows: before it are those that came earlier, or at the same time and were written earlier. */
export interface ExchangePlace {
  readonly atMs: number;
  readonly row: number;
}

export interface PlacedExchange {
  readonly row: number;
  readonly exchange: LedgerRow;
}

export interface LedgerInsight {
  seriesPoints(by: InsightKey, edges: Edges): readonly SeriesPoint[];
  latencySamples(by: InsightKey, edges: Edges): readonly LatencySample[];
  /** Newest first, from `before` on. */
  exchangesBefore(filter: ExchangeFilter, before: ExchangePlace | undefined, limit: number): readonly PlacedExchange[];
  /** In the order in which they were written, which is that of their ends: from behind row number `row` on. */
  exchangesAfter(filter: ExchangeFilter, row: number, limit: number): readonly PlacedExchange[];
  /** Number of the row that was written last; 0 without any. */
  newestRow(): number;
  /** When the oldest exchange that is kept came; Unix milliseconds. */
  oldestAtMs(): number | undefined;
  countExchanges(): number;
}
