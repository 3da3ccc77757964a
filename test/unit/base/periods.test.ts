import { expect, it, vi } from 'vitest';
import { Periods } from '../../../companion/base/periods.ts';

const at = (text: string) => Date.parse(text);

it('asks for the zone once in each period, and never where none ends', () => {
  const zone = vi.fn(() => 'Europe/Berlin');
  const periods = new Periods(zone);
  expect([periods.startOf('never', at('2026-03-29T12:00:00Z')), periods.nextAfter('never', 5)]).toEqual([0, null]);
  expect(zone).not.toHaveBeenCalled();
  for (const moment of ['2026-03-28T23:00:00Z', '2026-03-29T12:00:00Z', '2026-03-29T21:59:59Z']) {
    expect(periods.startOf('daily', at(moment))).toBe(at('2026-03-28T23:00:00Z'));
    expect(periods.nextAfter('daily', at(moment))).toBe(at('2026-03-29T22:00:00Z'));
  }
  expect(zone).toHaveBeenCalledTimes(1);
  expect(periods.startOf('daily', at('2026-03-29T22:00:00Z'))).toBe(at('2026-03-29T22:00:00Z'));
  expect(periods.startOf('daily', at('2026-03-28T12:00:00Z'))).toBe(at('2026-03-27T23:00:00Z'));
  expect(zone).toHaveBeenCalledTimes(3);
});
