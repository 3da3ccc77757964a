import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { RateWindow } from '../../../companion/client/rate-window.ts';

function admitted(limit: number, times: readonly number[]): readonly number[] {
  const window = new RateWindow(limit);
  return times.filter((atMs) => {
    if (window.waitMs(atMs) > 0) return false;
    window.note(atMs);
    return true;
  });
}

describe('a rate', () => {
  it('has room again a minute after the oldest, and says when', () => {
    const window = new RateWindow(2);
    for (const atMs of [0, 10_000]) {
      expect(window.waitMs(atMs)).toBe(0);
      window.note(atMs);
    }
    expect([10_000, 59_999, 60_000].map((atMs) => window.waitMs(atMs))).toEqual([50_000, 1, 0]);
    window.note(60_000);
    expect(window.waitMs(60_000)).toBe(10_000);
  });

  it('lets one through each minute where it is one', () => {
    expect(admitted(1, [0, 59_999, 60_000, 60_001, 119_999, 120_000])).toEqual([0, 60_000, 120_000]);
  });
});

test('never more than the rate in any minute, and none refused while there is room', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), gaps, (limit, between) => {
      let nowMs = 0;
      const times = between.map((gap) => (nowMs += gap));
      const taken: number[] = [];
      const window = new RateWindow(limit);
      for (const atMs of times) {
        const before = taken.filter((one) => one > atMs - 60_000).length;
        const waitMs = window.waitMs(atMs);
        expect(waitMs === 0).toBe(before < limit);
        if (waitMs > 0) continue;
        window.note(atMs);
        taken.push(atMs);
      }
    }),
    { numRuns: 200 },
  );
});
