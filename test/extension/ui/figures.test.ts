import { expect, test } from 'vitest';
import { figuresIn } from '../../../extension/ui/figures.ts';

const { count, share, duration } = figuresIn('en-US');

test('counts are whole until they are long', () => {
  expect([0, 999, 9_999, 10_000, 1_234_567].map(count)).toEqual(['0', '999', '9,999', '10K', '1.2M']);
});

test('small shares keep a digit, others do not', () => {
  expect([0, 0.004, 0.0123, 0.42, 1].map(share)).toEqual(['0%', '0.4%', '1.2%', '42%', '100%']);
});

test('durations stand in the unit in which they are read', () => {
  expect([0, 620.4, 994, 996, 1_240, 9_960, 61_000, 119_000, 180_000].map(duration)).toEqual([
    '0ms',
    '620ms',
    '994ms',
    '1s',
    '1.2s',
    '10s',
    '61s',
    '119s',
    '3m',
  ]);
});

test('follow the language', () => {
  expect(figuresIn('de-DE').duration(1_240)).toContain('1,2');
});
