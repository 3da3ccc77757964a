import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf, mostBuckets, spanOf } from '../../../companion/http/manage/time-span.ts';

const zone = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'Europe/Berlin';
});
afterAll(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const at = (text: string) => Date.parse(text);
const day = 86_400;

describe('a span', () => {
  const nowMs = at('2026-11-22T12:00:00Z');

  it('reaches from the oldest exchange to now, what came this moment included, unless it is said otherwise', () => {
    expect(spanOf({}, nowMs, () => 5)).toEqual({ sinceMs: 5, untilMs: nowMs + 1 });
    expect(spanOf({}, nowMs, () => undefined)).toEqual({ sinceMs: nowMs + 1 - day * 1000, untilMs: nowMs + 1 });
    expect(spanOf({ since: '2026-11-22T09:00:00+01:00', until: '2026-11-22T09:00:00Z' }, nowMs, () => 5)).toEqual({
      sinceMs: at('2026-11-22T08:00:00Z'),
      untilMs: at('2026-11-22T09:00:00Z'),
    });
  });

  it('that ends before it begins is refused', () => {
    const until = '2026-11-22T09:00:00Z';
    expect(() => spanOf({ since: until, until }, nowMs, () => 5)).toThrow('must be before `until`');
    expect(() => spanOf({ since: '2027-01-01T00:00:00Z' }, nowMs, () => 5)).toThrow('before now');
    expect(spanOf({ until: '1950-01-01T00:00:00Z' }, nowMs, () => 5)).toEqual({ sinceMs: 5, untilMs: 6 });
  });
});

describe('buckets', () => {
  it.each([
    ['an hour', '2026-11-22T08:10:20Z', '2026-11-22T09:10:20Z', 60],
    ['a day', '2026-11-21T08:10:00Z', '2026-11-22T08:10:00Z', 300],
    ['a week', '2026-11-15T08:10:00Z', '2026-11-22T08:10:00Z', 3_600],
    ['a month', '2026-10-22T08:10:00Z', '2026-11-22T08:10:00Z', 10_800],
    ['a quarter', '2026-08-22T08:10:00Z', '2026-11-22T08:10:00Z', 43_200],
    ['a year', '2025-11-22T08:10:00Z', '2026-11-22T08:10:00Z', 2 * day],
    ['a thousand years', '2000-01-01T00:00:00Z', '2999-12-31T00:00:00Z', 1_226 * day],
  ])('of %s are as long as a person expects, and three hundred at most', (_span, since, until, stepSeconds) => {
    const span = { sinceMs: at(since), untilMs: at(until) };
    const buckets = bucketsOf(span, undefined);
    expect(buckets.stepSeconds).toBe(stepSeconds);
    expect(buckets.times.length).toBeLessThanOrEqual(mostBuckets);
    expect(buckets.edges).toHaveLength(buckets.times.length + 1);
    expect([buckets.edges[0], buckets.edges.at(-1)]).toEqual([span.sinceMs, span.untilMs]);
    expect(buckets.edges).toEqual([...buckets.edges].sort((left, right) => left - right));
    expect((buckets.times[0] ?? Infinity) * 1000).toBeLessThanOrEqual(span.sinceMs);
  });

  it('of a day begin at local midnight, also where a day has 25 hours or 23', () => {
    const autumn = bucketsOf({ sinceMs: at('2026-10-24T10:00:00Z'), untilMs: at('2026-10-27T10:00:00Z') }, day);
    expect(autumn.times.map((time) => new Date(time * 1000).toISOString())).toEqual([
      '2026-10-23T22:00:00.000Z',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
      '2026-10-26T23:00:00.000Z',
    ]);
    const spring = bucketsOf({ sinceMs: at('2026-03-28T10:00:00Z'), untilMs: at('2026-03-31T10:00:00Z') }, day);
    expect(spring.times.map((time, index) => time - (spring.times[index - 1] ?? time))).toEqual([
      0,
      day,
      23 * 3_600,
      day,
    ]);
  });

  it('shorter than a day begin at whole steps of the local clock', () => {
    const { times } = bucketsOf(
      { sinceMs: at('2026-11-22T08:10:20Z'), untilMs: at('2026-11-22T20:00:00Z') },
      6 * 3_600,
    );
    expect(times.map((time) => new Date(time * 1000).toISOString())).toEqual([
      '2026-11-22T05:00:00.000Z',
      '2026-11-22T11:00:00.000Z',
      '2026-11-22T17:00:00.000Z',
    ]);
  });

  it('that would be too many are refused, with the least step that is not', () => {
    const span = { sinceMs: 0, untilMs: 30 * day * 1000 };
    expect(() => bucketsOf(span, 60)).toThrow('6480 seconds at least');
    expect(bucketsOf(span, 6_480).times.length).toBeLessThanOrEqual(402);
  });
});
