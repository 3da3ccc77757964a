import { expect, it } from 'vitest';
import { parseSince } from '../../../companion/cli/since.ts';

const now = new Date(2026, 10, 22, 15, 30).getTime();

it.each([
  ['90m', now - 90 * 60_000],
  ['24h', now - 24 * 3_600_000],
  ['7d', now - 7 * 86_400_000],
  ['2w', now - 14 * 86_400_000],
  ['0d', now],
  ['999999w', 0],
  ['2026-11-01', new Date(2026, 10, 1).getTime()],
  ['2026-11-01T09:00:00Z', Date.UTC(2026, 10, 1, 9)],
  ['2026-11-01T09:00:00.5+02:00', Date.UTC(2026, 10, 1, 7) + 500],
])('understands %s', (text, atMs) => {
  expect(parseSince(text, now)).toBe(atMs);
});

it.each(['', 'yesterday', '7', '-7d', '1.5h', '2026-02-31', '2026-13-01', '2026-11-01T09:00', '2026-11-01T25:00:00Z'])(
  'refuses "%s" and says what it takes',
  (text) => {
    expect(() => parseSince(text, now)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', remedy: expect.stringContaining('2026-11-01') }),
    );
  },
);

it('refuses the future', () => {
  expect(() => parseSince('2026-11-23', now)).toThrow('lies in the future');
});
