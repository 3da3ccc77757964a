import { describe, expect, it } from 'vitest';
import { createStamp } from '../../../companion/exchange/stamp.ts';

describe('createStamp', () => {
  it('makes ids that sort by time and are as long as each other', () => {
    const ids = [0, 1, 1_795_000_000_000, 1_795_000_000_001].map((nowMs) => createStamp(nowMs).id);
    expect(ids.toSorted()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{24}$/);
  });

  it('makes different ids in the same millisecond', () => {
    const ids = Array.from({ length: 1_000 }, () => createStamp(1_795_000_000_000).id);
    expect(new Set(ids).size).toBe(1_000);
  });
});
