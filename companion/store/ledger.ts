/** The ledger: one row for each exchange, counts and outcomes, never contents. */
import type { CredentialUse } from './credential-limits.ts';
import type { LedgerInsight } from './ledger-insight.ts';

export interface LedgerAttempt {
  /** `OpenAI key work`. */
  readonly who: string;
  /** HTTP status of the provider, where it gave one. */
  readonly status: number | null;
  /** `served` or the code of the error. */
  readonly outcome: string;
  readonly durationMs: number;
}

/** Why it went where it went, for `companion explain`. */
export interface LedgerExplanation {
  readonly plan: string;
  readonly considered: readonly { readonly who: string; readonly verdict: string; readonly reason: string }[];
  readonly attempts: readonly LedgerAttempt[];
}

export interface LedgerRow {
  /** `exc_...`. */
  readonly id: string;
  readonly atMs: number;
  readonly client: string;
  /** Id of the client key that it came with; `null` for the companion's own. */
  readonly clientKey: string | null;
  /** `anthropic`, `openai-chat`, `openai-responses`. */
  readonly dialect: string;
  /** Path without query: `/v1/messages`. */
  readonly route: string;
  /** As the client named it; `null` where it named none. */
  readonly model: string | null;
  /** As the upstream knows it. */
  readonly servedModel: string | null;
  readonly mode: 'api' | 'web' | 'claude-code' | null;
  /** `anthropic`, `openai`, `claude-web`, ...; `null` when nobody served. */
  readonly provider: string | null;
  /** Id of the key or session. */
  readonly credential: string | null;
  readonly isTranslated: boolean;
  readonly isStream: boolean;
  /** What the client got. */
  readonly status: number;
  /** `ok`, or the code of the error. */
  readonly outcome: string;
  /** Counted as in `TokenUsage`; `null` when the answer told none. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  /** What the answer did not tell, as far as anybody can guess: counted against budgets and limits, and kept nowhere. */
  readonly guessedTokens?: number;
  readonly firstByteMs: number | null;
  readonly durationMs: number;
  readonly warnings: readonly string[];
  readonly explanation: LedgerExplanation;
}

export const usageKeys = ['model', 'client', 'credential', 'client_key', 'provider', 'day'] as const;
export type UsageKey = (typeof usageKeys)[number];

export interface UsageFilter {
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/**
 * Sums over the exchanges of one model (the one that served, else the one asked for), client, credential, client key,
 * provider or day (local date `2026-11-22`).
 */
export interface UsageGroup {
  /** Empty where the exchanges have none. */
  readonly key: string;
  readonly exchanges: number;
  /** Without those that the client or the person broke off. */
  readonly failures: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Both together, under the key of `left`. */
export function addGroups(left: UsageGroup, right: UsageGroup): UsageGroup {
  return {
    key: left.key,
    exchanges: left.exchanges + right.exchanges,
    failures: left.failures + right.failures,
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
    firstAtMs: Math.min(left.firstAtMs, right.firstAtMs),
    lastAtMs: Math.max(left.lastAtMs, right.lastAtMs),
  };
}

/** Input, output, and what the prompt cache read and wrote. */
export function tokensOf(group: UsageGroup): number {
  return group.inputTokens + group.outputTokens + group.cacheReadTokens + group.cacheWriteTokens;
}

/** The same of one row, with what was guessed; what is no count, from a provider that nobody knows, counts as none. */
export function tokensOfRow(row: LedgerRow): number {
  const figures = [row.inputTokens, row.outputTokens, row.cacheReadTokens, row.cacheWriteTokens];
  return figures.reduce<number>((sum, figure) => sum + (isCount(figure) ? figure : 0), row.guessedTokens ?? 0);
}

function isCount(figure: number | null): figure is number {
  return Number.isSafeInteger(figure) && Number(figure) > 0;
}

export interface CredentialTotals {
  readonly credential: string;
  readonly exchanges: number;
  readonly failures: number;
  readonly lastAtMs: number;
  /** Code of the newest failure. */
  readonly lastFailure: { readonly outcome: string; readonly atMs: number } | null;
}

/** How many rows one call of `pruneExchanges` forgets at most. */
export const pruneStepRows = 100;

export interface LedgerStore {
  /**
   * All rows or none, in one transaction, in which the client keys that they came with and what their credentials used by
   * them are counted too: a crash never keeps one without the other. Errors: `STORE_UNAVAILABLE` (a full disk).
   */
  appendExchanges(rows: readonly LedgerRow[], uses?: readonly CredentialUse[]): void;
  /** By id, or by a beginning of it that only one has. */
  exchange(id: string): LedgerRow | undefined;
  /** Newest first. */
  recentExchanges(limit: number): readonly LedgerRow[];
  /** Most tokens first; days in order. */
  usage(by: UsageKey, filter: UsageFilter): readonly UsageGroup[];
  credentialTotals(): readonly CredentialTotals[];
  readonly insight: LedgerInsight;
  /**
   * Forgets rows from before `olderThanMs` (Unix milliseconds) and the oldest above `keepRows`; how many went. At most
   * `pruneStepRows` in one call, so that nobody waits long for it.
   */
  pruneExchanges(keepRows: number, olderThanMs: number): number;
}
