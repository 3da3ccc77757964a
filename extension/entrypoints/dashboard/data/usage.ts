/** What the ledger sums up: groups, series over time, latency. Pure. */
import { type Period, periodFacts, periodQuery } from './period.ts';
import type { Question } from './questions.ts';
import { fieldsOf, listOf, numberOf, numberOrNull, textOf, timeOf } from './read.ts';

/** Under this key the companion adds up what would be too many groups to tell. */
export const OTHERS_KEY = 'others';

export type UsageKey = 'model' | 'client' | 'credential' | 'client_key' | 'provider';

export interface UsageGroup {
  /** Empty where the exchanges have none. */
  readonly key: string;
  readonly name: string;
  readonly exchanges: number;
  readonly failures: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
}

export interface Usage {
  readonly groups: readonly UsageGroup[];
  readonly total: UsageGroup;
  /** Exchanges that could not be recorded. */
  readonly dropped: number;
}

export interface Series {
  readonly key: string;
  readonly name: string;
  readonly exchanges: readonly number[];
  readonly failures: readonly number[];
}

export interface UsageSeries {
  readonly stepSeconds: number;
  /** Begin of each step, in Unix seconds. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

export interface Percentiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

export interface Latency {
  readonly count: number;
  readonly firstByteMs: Percentiles;
  readonly durationMs: Percentiles;
  readonly stepSeconds: number;
  readonly times: readonly number[];
  readonly p50: readonly (number | null)[];
  readonly p90: readonly (number | null)[];
}

export function usageQuestion(by: UsageKey, period: Period): Question<Usage> {
  return {
    key: `usage/${by}/${period}`,
    path: () => `/v0/management/usage?${queryOf({ by, ...periodQuery(period, Date.now()) })}`,
    read: readUsage,
  };
}

export function seriesQuestion(by: 'model' | 'client', period: Period): Question<UsageSeries> {
  return {
    key: `series/${by}/${period}`,
    path: () =>
      `/v0/management/usage/series?${queryOf({ by, ...stepQuery(period), ...periodQuery(period, Date.now()) })}`,
    read: readSeries,
  };
}

export function latencyQuestion(period: Period): Question<Latency> {
  return {
    key: `latency/${period}`,
    path: () =>
      `/v0/management/latency?${queryOf({ by: 'total', series: 'true', ...stepQuery(period), ...periodQuery(period, Date.now()) })}`,
    read: readLatency,
  };
}

/** Only what is set; encoded, since names of models are the clients' own. */
export function queryOf(parts: Readonly<Record<string, string>>): string {
  const filled = Object.entries(parts).filter(([, value]) => value !== '');
  // The link takes the letters of a query as they stand in RFC 3986, so that a space is no plus sign.
  return filled.map(([name, value]) => `${name}=${encodeStrictly(value)}`).join('&');
}

/** `encodeURIComponent` leaves five characters that the companion's own door does not take. */
export function encodeStrictly(value: string): string {
  return encodeURIComponent(value).replaceAll(
    /[!'()*]/g,
    (sign) => `%${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}`,
  );
}

function stepQuery(period: Period): Record<string, string> {
  const { stepSeconds } = periodFacts(period);
  return stepSeconds === null ? {} : { step: String(stepSeconds) };
}

function readUsage(body: unknown): Usage {
  const { groups, total, dropped } = fieldsOf(body);
  return { groups: listOf(groups, readGroup), total: readGroup(total), dropped: numberOf(dropped) };
}

function readGroup(value: unknown): UsageGroup {
  const fields = fieldsOf(value);
  const key = textOf(fields['key']);
  return {
    key,
    name: textOf(fields['name']) || key,
    exchanges: numberOf(fields['exchanges']),
    failures: numberOf(fields['failures']),
    inputTokens: numberOf(fields['input_tokens']),
    outputTokens: numberOf(fields['output_tokens']),
    cacheReadTokens: numberOf(fields['cache_read_tokens']),
    cacheWriteTokens: numberOf(fields['cache_write_tokens']),
    firstAtMs: timeOf(fields['first_at']),
    lastAtMs: timeOf(fields['last_at']),
  };
}

function readSeries(body: unknown): UsageSeries {
  const { step_seconds: stepSeconds, times, series } = fieldsOf(body);
  const read = listOf(times, numberOf);
  return {
    stepSeconds: numberOf(stepSeconds) || 60,
    times: read,
    series: listOf(series, (one) => readOneSeries(one, read.length)),
  };
}

function readOneSeries(value: unknown, length: number): Series {
  const { key, name, exchanges, failures } = fieldsOf(value);
  return {
    key: textOf(key),
    name: textOf(name) || textOf(key),
    exchanges: inLength(listOf(exchanges, numberOf), length, 0),
    failures: inLength(listOf(failures, numberOf), length, 0),
  };
}

function readLatency(body: unknown): Latency {
  const fields = fieldsOf(body);
  const [group] = listOf(fields['groups'], fieldsOf);
  const times = listOf(fields['times'], numberOf);
  return {
    count: numberOf(group?.['count']),
    firstByteMs: readPercentiles(group?.['first_byte_ms']),
    durationMs: readPercentiles(group?.['duration_ms']),
    stepSeconds: numberOf(fields['step_seconds']) || 60,
    times,
    p50: inLength(listOf(fields['first_byte_p50'], numberOrNull), times.length, null),
    p90: inLength(listOf(fields['first_byte_p90'], numberOrNull), times.length, null),
  };
}

function readPercentiles(value: unknown): Percentiles {
  const { p50, p90, p99 } = fieldsOf(value);
  return { p50: numberOrNull(p50), p90: numberOrNull(p90), p99: numberOrNull(p99) };
}

/** A plot wants as many values as times. */
function inLength<Item>(items: readonly Item[], length: number, filler: Item): readonly Item[] {
  return Array.from({ length }, (_, index) => items[index] ?? filler);
}
