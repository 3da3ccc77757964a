/** The keys of single clients: what each may do and how much it was used. The keys themselves are kept nowhere. */
import type { PeriodSchedule } from '../base/period.ts';

export const clientKeyModes = ['both', 'api', 'web', 'claude-code'] as const;
/** What a key may be used for; `both` for everything that the companion serves. */
export type ClientKeyMode = (typeof clientKeyModes)[number];

export const budgetPeriods = ['never', 'daily', 'weekly', 'monthly'] as const satisfies readonly PeriodSchedule[];

/** How much a key was used: in all, and in the period in which its budget is counted. */
export interface ClientKeyCounts {
  readonly totalRequests: number;
  readonly totalTokens: number;
  readonly lastUsedAtMs: number | null;
  readonly periodBeganMs: number;
  readonly periodRequests: number;
  readonly periodTokens: number;
}

export interface ClientKeyRecord extends ClientKeyCounts {
  /** Stands in the key as its `jti`. */
  readonly id: string;
  /** As the person calls it; two keys may have the same. */
  readonly name: string;
  readonly mode: ClientKeyMode;
  /** Names, a `*` at the end standing for any rest; `null` for every model, `[]` for none. */
  readonly models: readonly string[] | null;
  /** In each period; `null` for any number. */
  readonly requestBudget: number | null;
  readonly tokenBudget: number | null;
  /** When the budgets begin anew. */
  readonly budgetPeriod: PeriodSchedule;
  /** `null` for any number. */
  readonly ratePerMinute: number | null;
  readonly createdAtMs: number;
  /** `null`: never. */
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}

/** One exchange, as it is counted. */
export interface ClientKeyUse {
  readonly atMs: number;
  readonly tokens: number;
}

/** What of a record is counted, and nothing else of it. */
export function countsOf(record: ClientKeyRecord): ClientKeyCounts {
  const { totalRequests, totalTokens, lastUsedAtMs, periodBeganMs, periodRequests, periodTokens } = record;
  return { totalRequests, totalTokens, lastUsedAtMs, periodBeganMs, periodRequests, periodTokens };
}

/** No exchange runs this long across a boundary: what is still earlier tells that the clock was put back. */
const longestExchangeMs = 86_400_000;

/** `counts` as they stand at `atMs`, in the period that began at `periodStartMs`: one that is over counts no more. */
export function countsIn(counts: ClientKeyCounts, atMs: number, periodStartMs: number): ClientKeyCounts {
  const { periodBeganMs } = counts;
  if (periodStartMs <= periodBeganMs && atMs >= periodBeganMs - longestExchangeMs) return counts;
  return { ...counts, periodBeganMs: periodStartMs, periodRequests: 0, periodTokens: 0 };
}

/**
 * `counts` after one more exchange. `periodStartMs` is of the period that holds it; an exchange from before the period that
 * is counted (a slow one, across the boundary) raises the totals alone. No figure of a provider makes a count unreadable.
 */
export function countUse(counts: ClientKeyCounts, use: ClientKeyUse, periodStartMs: number): ClientKeyCounts {
  const { periodBeganMs, periodRequests, periodTokens } = countsIn(counts, use.atMs, periodStartMs);
  const isInPeriod = use.atMs >= periodBeganMs;
  return {
    totalRequests: counts.totalRequests + 1,
    totalTokens: addTokens(counts.totalTokens, use.tokens),
    lastUsedAtMs: Math.max(counts.lastUsedAtMs ?? 0, Math.round(use.atMs)),
    periodBeganMs,
    periodRequests: periodRequests + (isInPeriod ? 1 : 0),
    periodTokens: isInPeriod ? addTokens(periodTokens, use.tokens) : periodTokens,
  };
}

/** SQLite has larger numbers than JavaScript reads. */
function addTokens(sum: number, tokens: number): number {
  return Math.min(sum + tokens, Number.MAX_SAFE_INTEGER);
}

export interface ClientKeyStore {
  /** The oldest first, revoked and expired ones included. */
  clientKeys(): readonly ClientKeyRecord[];
  /** A new one, with an id that none has. Errors: `STORE_UNAVAILABLE`. */
  addClientKey(record: ClientKeyRecord): void;
  /** `false` where there is none, or where it is revoked already: the first time stays. Errors: `STORE_UNAVAILABLE`. */
  revokeClientKey(id: string, atMs: number): boolean;
}
