import { describe, expect, test } from 'vitest';
import { commonSource, quotaViews } from '../../../extension/ui/quota-view.ts';
import type { QuotaWindow } from '../../../shared/quota.ts';
import { NOW_MS, quota, quotas } from '../../support/extension-page/states.ts';
import { words } from './words.ts';

const HOUR = 3_600_000;
const first = (window: QuotaWindow) => {
  const [view] = quotaViews([window], NOW_MS);
  if (view === undefined) throw new Error('no view');
  return view;
};

test('the shortest window comes first, extras last', () => {
  const mixed = ['overage', 'seven_day_opus', 'something_new', 'seven_day', 'five_hour'].map((name) =>
    quota(name, 0, null),
  );
  expect(quotaViews(mixed, NOW_MS).map((view) => words(view.label))).toEqual([
    '5 hours',
    'Week',
    'Week, Opus',
    'Something new',
    'Extra usage',
  ]);
});

test('a figure tells use and reset', () => {
  expect(words(first(quota('five_hour', 0.424, NOW_MS + 2 * HOUR)).figure)).toBe('42% used · resets 16:32');
  expect(words(first(quota('five_hour', 0, null)).figure)).toBe('0% used');
});

describe('a window', () => {
  test('that the provider tells only a status of has words and no bar', () => {
    const view = first({ ...quota('five_hour', null, null), status: 'warning' });
    expect([view.percent, view.level, words(view.figure)]).toEqual([null, 'high', 'Nearly full']);
  });

  test('with more than all used fills the bar and still tells the truth', () => {
    const view = first(quota('overage', 1.37, null));
    expect([view.percent, view.level, words(view.figure)]).toEqual([100, 'full', '137% used']);
  });

  test('that has reset since does not go on showing its old use', () => {
    const view = first(quota('five_hour', 1, NOW_MS - 1));
    expect([view.percent, view.level, words(view.figure)]).toEqual([0, 'normal', 'has reset since']);
  });

  test.each([
    [0.79, 'normal'],
    [0.8, 'high'],
    [1, 'full'],
  ])('used to %d is %s', (used, level) => {
    expect(first(quota('five_hour', used, null)).level).toBe(level);
  });

  test('with a name of nothing but control characters still has a label', () => {
    expect(words(first(quota('\u202E\u0000', 0.1, null)).label)).toBe('Usage');
  });
});

describe('source and age', () => {
  test('stand once beneath the bars when all windows share them', () => {
    const source = commonSource(quotas);
    expect(source === undefined ? '' : words(source)).toBe('Figures from claude.ai, 12 s ago');
  });

  test('stand with each bar when they differ', () => {
    const [one, two] = quotas;
    if (one === undefined || two === undefined) throw new Error('two windows expected');
    expect(commonSource([one, { ...two, source: 'error' }])).toBeUndefined();
    expect(commonSource([one, { ...two, observedAtMs: NOW_MS - HOUR }])).toBeUndefined();
  });

  test('are not invented where nothing is known', () => {
    expect(commonSource([])).toBeUndefined();
  });
});
