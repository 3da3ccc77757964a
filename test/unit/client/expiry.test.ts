import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseExpiry } from '../../../companion/client/expiry.ts';

const nowMs = Date.UTC(2026, 10, 22, 12, 0, 0);
const hourMs = 3_600_000;

describe('until when a key is valid', () => {
  it.each([
    ['720h', 720 * hourMs],
    ['30d', 720 * hourMs],
    ['90m', 1.5 * hourMs],
    ['2w', 336 * hourMs],
    ['1h30m', 1.5 * hourMs],
    ['1.5h', 1.5 * hourMs],
    ['720h0m0s', 720 * hourMs],
    [' 45s ', 45_000],
  ])('is %s from now', (text, ms) => {
    expect(parseExpiry(text, nowMs)).toBe(nowMs + ms);
  });

  it.each([
    ['2027-01-31T12:00:00Z', Date.UTC(2027, 0, 31, 12)],
    ['2027-01-31T12:00:00.999Z', Date.UTC(2027, 0, 31, 12)],
    ['2027-01-31t12:00:00+02:00', Date.UTC(2027, 0, 31, 10)],
    ['2027-01-31 12:00:00z', Date.UTC(2027, 0, 31, 12)],
  ])('is the moment %s, in whole seconds', (text, atMs) => {
    expect(parseExpiry(text, nowMs)).toBe(atMs);
  });

  it.each(['never', 'NEVER', ' never '])('has no end: %s', (text) => {
    expect(parseExpiry(text, nowMs)).toBeNull();
  });

  it.each([
    '',
    '0h',
    '-1h',
    '30',
    '30 days',
    '5y',
    'tomorrow',
    '1h 30m',
    'h',
    '1.h',
    '1e3h',
    'Infinity',
    '2026-11-22T11:59:59Z',
    '2027-02-31T25:00:00Z',
    '2027-01-31',
    '999999999w',
    '99999-01-01T00:00:00Z',
    '9'.repeat(400) + 'h',
  ])('is refused, with what can be said instead: %j', (text) => {
    expect(() => parseExpiry(text, nowMs)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', remedy: expect.stringContaining('never') }),
    );
  });
});

test('whatever is said, the answer is a whole second to come, or a refusal', () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.stringMatching(/^[0-9.]{0,4}[smhdw]?[0-9.]{0,4}[smhdw]?$/),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );
  fc.assert(
    fc.property(texts, (text) => {
      let atMs: number | null;
      try {
        atMs = parseExpiry(text, nowMs);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'INVALID_REQUEST' });
        return;
      }
      if (atMs === null) return;
      expect(atMs % 1000).toBe(0);
      expect(atMs).toBeGreaterThan(nowMs);
      expect(new Date(atMs).toISOString()).toMatch(/^\d{4}-/);
    }),
    { numRuns: 300 },
  );
});
