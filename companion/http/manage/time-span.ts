/** Spans of time as the routes take them, and the buckets that a plot of one is made of. */
import { z } from 'zod';
import { CompanionError } from '../../base/error.ts';

const moment = z.iso
  .datetime({ offset: true, error: 'write it in RFC 3339: 2026-11-22T09:00:00Z' })
  .describe('RFC 3339, as 2026-11-22T09:00:00Z');

export const spanQuery = z.object({
  since: moment.optional().describe('From when on; RFC 3339. The oldest exchange that is kept unless given'),
  until: moment.optional().describe('Until just before; RFC 3339. Now unless given'),
});

/** For an answer over time. */
export const stepQuery = z.object({
  step: z.coerce.number().int().min(60).max(31_536_000).optional().describe('Seconds of one bucket'),
});

export interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface Buckets {
  readonly stepSeconds: number;
  /** When each begins by the clock on the wall; Unix seconds. */
  readonly times: readonly number[];
  /** Of what is in the span: the first bucket and the last may be cut. Unix milliseconds, one more than buckets. */
  readonly edges: readonly number[];
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
/** What a person expects at the bottom of a plot. */
const steps = [1, 5, 15, 30]
  .map((count) => count * minute)
  .concat(
    [1, 2, 3, 6, 12].map((count) => count * hour),
    [1, 2, 7, 14, 28].map((count) => count * day),
  );

export const mostBuckets = 300;
/** For a step that the caller chose. */
const mostBucketsAsked = 400;

/** `oldestAtMs`: where it begins unless `since` says. Errors: `INVALID_REQUEST`. */
export function spanOf(query: z.output<typeof spanQuery>, nowMs: number, oldestAtMs: () => number | undefined): Span {
  const untilMs = query.until === undefined ? nowMs + 1 : Date.parse(query.until);
  const sinceMs = query.since === undefined ? (oldestAtMs() ?? untilMs - day * 1000) : Date.parse(query.since);
  if (query.since !== undefined && sinceMs >= untilMs) {
    throw new CompanionError(
      'INVALID_REQUEST',
      '`since` must be before `until`, and before now where that is not given.',
    );
  }
  const earliest = Math.max(0, sinceMs);
  return { sinceMs: earliest, untilMs: Math.max(untilMs, earliest + 1) };
}

/** Errors: `INVALID_REQUEST` for a step that makes too many of them. */
export function bucketsOf(span: Span, askedSeconds: number | undefined): Buckets {
  const spanSeconds = (span.untilMs - span.sinceMs) / 1000;
  if (askedSeconds !== undefined && spanSeconds / askedSeconds > mostBucketsAsked) {
    const least = Math.ceil(spanSeconds / mostBucketsAsked);
    throw new CompanionError('INVALID_REQUEST', `\`step\` is too small for this span: ${least} seconds at least.`);
  }
  const stepSeconds = askedSeconds ?? stepFor(spanSeconds);
  const starts = stepSeconds >= day ? dayStarts(span, Math.round(stepSeconds / day)) : clockStarts(span, stepSeconds);
  return {
    stepSeconds: stepSeconds >= day ? Math.round(stepSeconds / day) * day : stepSeconds,
    times: starts.map((atMs) => Math.round(atMs / 1000)),
    edges: [span.sinceMs, ...starts.slice(1), span.untilMs],
  };
}

function stepFor(spanSeconds: number): number {
  const step = steps.find((seconds) => spanSeconds / seconds < mostBuckets - 1);
  return step ?? Math.ceil(spanSeconds / day / (mostBuckets - 2)) * day;
}

/** Local midnights; a day may have 23 hours or 25. */
function dayStarts({ sinceMs, untilMs }: Span, days: number): readonly number[] {
  const first = new Date(midnightBefore(sinceMs));
  const starts: number[] = [];
  for (let count = 0; ; count += days) {
    const atMs = new Date(first.getFullYear(), first.getMonth(), first.getDate() + count).getTime();
    if (atMs >= untilMs) return starts;
    starts.push(atMs);
  }
}

/** Whole steps from local midnight on. */
function clockStarts({ sinceMs, untilMs }: Span, stepSeconds: number): readonly number[] {
  const stepMs = stepSeconds * 1000;
  const midnightMs = midnightBefore(sinceMs);
  const firstMs = midnightMs + Math.floor((sinceMs - midnightMs) / stepMs) * stepMs;
  return Array.from({ length: Math.ceil((untilMs - firstMs) / stepMs) }, (_, index) => firstMs + index * stepMs);
}

function midnightBefore(atMs: number): number {
  const at = new Date(atMs);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}
