import { expect, test } from 'vitest';
import { readTokenCount } from '../../../shared/token-count.ts';

test.each([
  ['1000000', 1_000_000],
  ['1 000 000', 1_000_000],
  ['1,000,000', 1_000_000],
  ['1.000.000', 1_000_000],
  ['1_000_000', 1_000_000],
  ['1’000', 1_000],
  ['1.500', 1_500],
  ['1,500k', 1_500_000],
  ['1.5M', 1_500_000],
  ['1,5m', 1_500_000],
  ['500k', 500_000],
  ['2G', 2_000_000_000],
  ['0', 0],
])('%j is %i', (typed, tokens) => {
  expect(readTokenCount(typed)).toBe(tokens);
});

test.each(['', 'lots', '-1', '1e9', '1,00', '1.5', '1M tokens', '99999999999999999', '9999999999999999G'])(
  '%j is no number of tokens',
  (typed) => {
    expect(readTokenCount(typed)).toBeUndefined();
  },
);
