/** How providers write waits and moments, read with suspicion: what is no time, or is not to come, is not there. */
import type { HeaderLookup } from './codec.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** A wait that somebody asks for is kept to this; nobody means years. */
export const longestWaitMs = dayMs;
/** The longest window that fills up and resets is a month, so a moment beyond that is no reset. */
export const longestWindowMs = 32 * dayMs;
/** Below, the clocks agree; above, the provider's date is not one to trust either. */
const leastSkewMs = 2 * minuteMs;
const greatestSkewMs = 2 * dayMs;

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: minuteMs, h: 60 * minuteMs, d: dayMs };

/** Milliseconds of `6m0s`, `1.5s`, `20ms` or a plain number of seconds; `undefined` for anything else. */
export function readDurationMs(text: string): number | undefined {
  const value = text.trim();
  if (value.length > 40) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value) * 1000;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(value)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(amount) * (unitsMs[unit] ?? 0);
  }
  return total;
}

/** How far this computer's clock is behind the provider's, in milliseconds; 0 while they agree or nothing tells. */
export function readSkewMs(header: HeaderLookup, nowMs: number): number {
  const skewMs = Date.parse(header('date') ?? '') - nowMs;
  const size = Math.abs(skewMs);
  return size >= leastSkewMs && size <= greatestSkewMs ? skewMs : 0;
}

/**
 * Unix seconds or milliseconds (digits) or a date as Unix milliseconds of this computer's clock; `null` for what is no
 * time or further away than any window is long.
 */
export function readMomentMs(text: string | undefined, skewMs: number, nowMs: number): number | null {
  if (text === undefined || text.length > 40) return null;
  const value = text.trim();
  const theirsMs = /^\d+(?:\.\d+)?$/.test(value) ? unixMs(Number(value)) : Date.parse(value);
  const oursMs = Math.round(theirsMs - skewMs);
  return Math.abs(oursMs - nowMs) <= longestWindowMs ? oursMs : null;
}

/** Seconds of this century have ten digits, its milliseconds thirteen. */
function unixMs(value: number): number {
  return value < 1e11 ? value * 1000 : value;
}

/**
 * Until when `retry-after-ms` or `retry-after` (seconds or an HTTP date) asks to wait, as Unix milliseconds; `undefined`
 * when they ask for nothing, or nothing that makes sense.
 */
export function readRetryAfterMs(header: HeaderLookup, skewMs: number, nowMs: number): number | undefined {
  const milliseconds = header('retry-after-ms');
  if (milliseconds !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(milliseconds)) {
    return waitUntil(Number(milliseconds), nowMs);
  }
  const text = header('retry-after')?.trim();
  if (text === undefined || text.length > 40) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return waitUntil(Number(text) * 1000, nowMs);
  // `Date.parse` makes dates of many things, `-5` among them.
  return /[a-z]/i.test(text) ? waitUntil(Date.parse(text) - skewMs - nowMs, nowMs) : undefined;
}

/** `undefined` for no wait; at most `longestWaitMs`. */
export function waitUntil(waitMs: number, nowMs: number): number | undefined {
  return waitMs > 0 ? Math.round(nowMs + Math.min(waitMs, longestWaitMs)) : undefined;
}

/** The latest moment that is still to come. */
export function latestOf(nowMs: number, moments: readonly (number | null | undefined)[]): number | undefined {
  const latest = moments.reduce<number>((most, moment) => Math.max(most, moment ?? 0), 0);
  return latest > nowMs ? latest : undefined;
}

/** `20 s`, for a person. */
export function describeWait(untilMs: number, nowMs: number): string {
  return `${Math.max(1, Math.ceil((untilMs - nowMs) / 1000))} s`;
}

/** A number that is not negative; `undefined` for anything else. */
export function readCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,15}(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
