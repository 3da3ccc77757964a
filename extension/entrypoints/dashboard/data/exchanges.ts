/** Rows of the ledger, newest first, and how a page of them joins those that are there. Pure. */
import type { Question } from './questions.ts';
import { fieldsOf, listOf, numberOf, numberOrNull, textOf, textOrNull, textsOf, timeOf } from './read.ts';
import { encodeStrictly, queryOf } from './usage.ts';

export const filterNames = ['model', 'client', 'outcome', 'credential', 'search'] as const;
export type FilterName = (typeof filterNames)[number];
/** Empty where nothing is filtered. */
export type Filter = Readonly<Record<FilterName, string>>;

export const noFilter: Filter = { model: '', client: '', outcome: '', credential: '', search: '' };

export interface Exchange {
  readonly id: string;
  readonly atMs: number;
  readonly client: string;
  readonly clientKey: string | null;
  readonly model: string | null;
  readonly servedModel: string | null;
  readonly mode: string | null;
  readonly provider: string | null;
  readonly credential: string | null;
  readonly credentialName: string | null;
  readonly dialect: string;
  readonly status: number;
  readonly outcome: string;
  readonly isStream: boolean;
  readonly isTranslated: boolean;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly firstByteMs: number | null;
  readonly durationMs: number;
  readonly warnings: readonly string[];
}

export interface Consideration {
  readonly who: string;
  readonly verdict: string;
  readonly reason: string;
}

export interface Attempt {
  readonly who: string;
  readonly status: number | null;
  readonly outcome: string;
  readonly durationMs: number;
}

export interface ExplainedExchange extends Exchange {
  readonly plan: string;
  readonly considered: readonly Consideration[];
  readonly attempts: readonly Attempt[];
  readonly remedy: string | null;
}

export interface ExchangePage {
  readonly exchanges: readonly Exchange[];
  /** Where the older ones begin; `null` when there are none. */
  readonly next: string | null;
  /** Where newer ones will begin. */
  readonly newest: string | null;
}

export const PAGE_ROWS = 100;

export function pagePath(filter: Filter, cursor: { readonly before?: string; readonly after?: string }): string {
  return `/v0/management/exchanges?${queryOf({ limit: String(PAGE_ROWS), ...filter, ...cursor })}`;
}

export function exchangeQuestion(id: string): Question<ExplainedExchange> {
  return {
    key: `exchange/${id}`,
    path: () => `/v0/management/exchanges/${encodeStrictly(id)}`,
    read: readExplained,
  };
}

export function readPage(body: unknown): ExchangePage {
  const { exchanges, next, newest } = fieldsOf(body);
  return { exchanges: listOf(exchanges, readExchange), next: textOrNull(next), newest: textOrNull(newest) };
}

/** `newer` before `known`, each row once: a page may overlap the one before it. */
export function prepend(newer: readonly Exchange[], known: readonly Exchange[]): readonly Exchange[] {
  if (newer.length === 0) return known;
  const ids = new Set(newer.map((one) => one.id));
  return [...newer, ...known.filter((one) => !ids.has(one.id))];
}

export function append(known: readonly Exchange[], older: readonly Exchange[]): readonly Exchange[] {
  const ids = new Set(known.map((one) => one.id));
  return [...known, ...older.filter((one) => !ids.has(one.id))];
}

function readExchange(value: unknown): Exchange {
  const fields = fieldsOf(value);
  return {
    id: textOf(fields['id']),
    atMs: timeOf(fields['at']) ?? 0,
    client: textOf(fields['client']),
    clientKey: textOrNull(fields['client_key']),
    model: textOrNull(fields['model']),
    servedModel: textOrNull(fields['served_model']),
    mode: textOrNull(fields['mode']),
    provider: textOrNull(fields['provider']),
    credential: textOrNull(fields['credential']),
    credentialName: textOrNull(fields['credential_name']),
    dialect: textOf(fields['dialect']),
    status: numberOf(fields['status']),
    outcome: textOf(fields['outcome']),
    isStream: fields['is_stream'] === true,
    isTranslated: fields['is_translated'] === true,
    inputTokens: numberOrNull(fields['input_tokens']),
    outputTokens: numberOrNull(fields['output_tokens']),
    cacheReadTokens: numberOrNull(fields['cache_read_tokens']),
    cacheWriteTokens: numberOrNull(fields['cache_write_tokens']),
    firstByteMs: numberOrNull(fields['first_byte_ms']),
    durationMs: numberOf(fields['duration_ms']),
    warnings: textsOf(fields['warnings']),
  };
}

function readExplained(body: unknown): ExplainedExchange {
  const { explanation, remedy } = fieldsOf(body);
  const { plan, considered, attempts } = fieldsOf(explanation);
  return {
    ...readExchange(body),
    plan: textOf(plan),
    considered: listOf(considered, readConsideration),
    attempts: listOf(attempts, readAttempt),
    remedy: textOrNull(remedy),
  };
}

function readConsideration(value: unknown): Consideration {
  const { who, verdict, reason } = fieldsOf(value);
  return { who: textOf(who), verdict: textOf(verdict), reason: textOf(reason) };
}

function readAttempt(value: unknown): Attempt {
  const fields = fieldsOf(value);
  return {
    who: textOf(fields['who']),
    status: numberOrNull(fields['status']),
    outcome: textOf(fields['outcome']),
    durationMs: numberOf(fields['duration_ms']),
  };
}
