import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { nextPeriodStart, periodStart } from '../../../companion/base/period.ts';

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Asia/Beirut',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Pacific/Chatham',
] as const;
const schedules = ['daily', 'weekly', 'monthly'] as const;
const hourMs = 3_600_000;

const moments = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2040, 0, 1) });
const cases = fc.record({
  schedule: fc.constantFrom(...schedules),
  zone: fc.constantFrom(...zones),
  atMs: moments,
});

describe('the periods of a place', () => {
  it('hold the moment that is asked about, and follow each other without a gap', () => {
    fc.assert(
      fc.property(cases, ({ schedule, zone, atMs }) => {
        const startMs = periodStart(schedule, atMs, zone);
        const nextMs = nextPeriodStart(schedule, atMs, zone) ?? NaN;
        expect(startMs).toBeLessThanOrEqual(atMs);
        expect(nextMs).toBeGreaterThan(atMs);
        expect(periodStart(schedule, startMs, zone)).toBe(startMs);
        expect(nextPeriodStart(schedule, nextMs - 1, zone)).toBe(nextMs);
        expect(periodStart(schedule, nextMs, zone)).toBe(nextMs);
      }),
      { numRuns: 200 },
    );
  });

  it('begin at what Temporal calls the start of that day', () => {
    fc.assert(
      fc.property(cases, ({ schedule, zone, atMs }) => {
        const { startMs, nextMs } = askTemporal(schedule, atMs, zone);
        expect(nextPeriodStart(schedule, atMs, zone)).toBe(nextMs);
        expect(periodStart(schedule, atMs, zone)).toBe(startMs);
      }),
      { numRuns: 300 },
    );
  });

  it('begin where the local date first is a new one, minute by minute', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), moments, (zone, atMs) => {
        const startMs = periodStart('daily', atMs, zone);
        const dateOf = datesIn(zone);
        expect(dateOf(startMs)).toBe(dateOf(atMs) < dateOf(startMs) ? dateOf(startMs) : dateOf(atMs));
        expect(dateOf(startMs - 1) < dateOf(startMs)).toBe(true);
        for (let at = startMs; at < atMs; at += hourMs / 2) expect(dateOf(at) <= dateOf(startMs)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['a day of 23 hours', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z', 23],
    ['a day of 25 hours', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00Z', 25],
    ['a day without a midnight', 'America/Sao_Paulo', '2018-11-04T12:00:00Z', '2018-11-04T03:00:00Z', 23],
    ['a day without a midnight', 'Asia/Beirut', '2026-03-29T12:00:00Z', '2026-03-28T22:00:00Z', 23],
    ['a zone off by three quarters of an hour', 'Asia/Kathmandu', '2026-01-01T12:00:00Z', '2025-12-31T18:15:00Z', 24],
    ['half an hour of daylight saving', 'Australia/Lord_Howe', '2026-04-04T16:00:00Z', '2026-04-04T13:00:00Z', 24.5],
    ['a day before one that never was', 'Pacific/Apia', '2011-12-30T09:00:00Z', '2011-12-29T10:00:00Z', 24],
  ])('%s: %s', (_what, zone, at, start, hours) => {
    const startMs = periodStart('daily', Date.parse(at), zone);
    expect(new Date(startMs).toISOString()).toBe(new Date(start).toISOString());
    expect(nextPeriodStart('daily', Date.parse(at), zone)).toBe(startMs + hours * hourMs);
  });

  it('of a week begin on Monday, those of a month on the 1st', () => {
    const at = Date.parse('2026-11-29T20:00:00Z');
    expect(new Date(periodStart('weekly', at, 'Europe/Berlin')).toISOString()).toBe('2026-11-22T23:00:00.000Z');
    expect(new Date(nextPeriodStart('weekly', at, 'Europe/Berlin') ?? 0).toISOString()).toBe(
      '2026-11-29T23:00:00.000Z',
    );
    expect(new Date(periodStart('monthly', at, 'America/New_York')).toISOString()).toBe('2026-11-01T04:00:00.000Z');
    expect(new Date(nextPeriodStart('monthly', at, 'America/New_York') ?? 0).toISOString()).toBe(
      '2026-12-01T05:00:00.000Z',
    );
  });

  it('never begin anew for "never"', () => {
    expect(periodStart('never', 123, 'UTC')).toBe(0);
    expect(nextPeriodStart('never', 123, 'UTC')).toBeNull();
  });

  it('are refused for a zone that nobody knows', () => {
    expect(() => periodStart('daily', 0, 'Mars/Olympus')).toThrow(RangeError);
  });
});

/** Every first moment of a local date that begins a period, around the one that is asked about. */
function askTemporal(schedule: (typeof schedules)[number], atMs: number, zone: string) {
  const today = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone).toPlainDate();
  const starts: number[] = [];
  for (let days = -40; days <= 40; days++) {
    const date = today.add({ days });
    const begins = schedule === 'daily' || (schedule === 'weekly' ? date.dayOfWeek === 1 : date.day === 1);
    if (begins) starts.push(date.toZonedDateTime({ timeZone: zone }).epochMilliseconds);
  }
  return { startMs: starts.findLast((ms) => ms <= atMs), nextMs: starts.find((ms) => ms > atMs) };
}

function datesIn(timeZone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (atMs) => format.format(atMs);
}
