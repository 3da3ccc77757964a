import { describe, expect, test } from 'vitest';
import {
  append,
  noFilter,
  pagePath,
  prepend,
  readPage,
} from '../../../extension/entrypoints/dashboard/data/exchanges.ts';
import type { Exchange } from '../../../extension/entrypoints/dashboard/data/exchanges.ts';
import { periodQuery } from '../../../extension/entrypoints/dashboard/data/period.ts';
import { overviewHash, placeOf, requestsHash } from '../../../extension/entrypoints/dashboard/data/route.ts';
import { coarsen, layersOf, stackOf } from '../../../extension/entrypoints/dashboard/data/stack.ts';
import { latencyQuestion, seriesQuestion, usageQuestion } from '../../../extension/entrypoints/dashboard/data/usage.ts';
import { cacheShare, failureShare } from '../../../extension/entrypoints/dashboard/overview/totals.ts';
import { windowOf } from '../../../extension/entrypoints/dashboard/requests/row-window.ts';
import { exchangeRow, usedApi } from '../../support/extension-page/api-answers.ts';

const series = (key: string, ...exchanges: number[]) => ({ key, name: key, exchanges, failures: [] });

describe('an address', () => {
  test.each([
    ['', 'overview'],
    ['#nowhere', 'overview'],
    ['#overview/7d', 'overview'],
    ['#requests', 'requests'],
    ['#sign-in-anthropic', 'accounts'],
    ['#sign-in-openai', 'accounts'],
    ['#keys', 'keys'],
    ['#settings', 'settings'],
  ])('%s leads to %s', (hash, section) => {
    expect(placeOf(hash).section).toBe(section);
  });

  test('keeps the period of the overview', () => {
    expect(placeOf(overviewHash('30d')).period).toBe('30d');
    expect(placeOf(overviewHash('24h')).period).toBe('24h');
    expect(placeOf('#overview/century').period).toBe('24h');
  });

  test('keeps the filters of the requests and the one that is open, whatever their names hold', () => {
    const filter = { ...noFilter, model: 'a/b?c=d#e &%', search: 'ü "x"' };
    const place = placeOf(requestsHash(filter, 'exc_1/2'));
    expect(place).toMatchObject({ section: 'requests', exchange: 'exc_1/2', filter });
    expect(placeOf(requestsHash(noFilter)).exchange).toBeNull();
  });

  test('that is broken leads somewhere all the same', () => {
    expect(placeOf('#requests/%E0%A4%A').exchange).toBe('%E0%A4%A');
  });
});

describe('the path of a question', () => {
  test('holds only letters that the link takes, whatever a model is called', () => {
    const path = pagePath({ ...noFilter, model: `it's (a) model*! with "words" & ümläuts` }, { after: '12' });
    expect(path).toMatch(/^\/v0\/management\/[\w./~%@:+?&=,-]+$/);
    expect(new URLSearchParams(path.split('?')[1]).get('model')).toBe(`it's (a) model*! with "words" & ümläuts`);
  });

  test('leaves out filters that are not set', () => {
    expect(pagePath(noFilter, {})).toBe('/v0/management/exchanges?limit=100');
  });

  test('begins a period at a border of its steps', () => {
    const nowMs = Date.parse('2025-11-20T13:32:10Z');
    expect(periodQuery('1h', nowMs)).toEqual({ since: '2025-11-20T12:33:00.000Z' });
    expect(periodQuery('24h', nowMs)).toEqual({ since: '2025-11-19T14:00:00.000Z' });
    expect(periodQuery('all', nowMs)).toEqual({});
  });
});

describe('an answer', () => {
  test('of sums is read by its names', () => {
    const usage = usageQuestion('model', '24h').read(usedApi['GET /v0/management/usage?by=model']);
    expect(usage.groups[0]).toMatchObject({ key: 'claude-sonnet-4-5', name: 'claude-sonnet-4-5' });
    expect(usage.total.exchanges).toBe(usage.groups.reduce((sum, group) => sum + group.exchanges, 0));
    expect(usage.total.lastAtMs).toBe(Date.parse('2025-11-20T13:31:56Z'));
  });

  test('that is nothing of what it should be reads as nothing', () => {
    for (const body of [null, 7, 'x', [], {}, { groups: {}, series: 4, exchanges: [null, 3] }]) {
      expect(usageQuestion('model', '24h').read(body).groups).toEqual([]);
      expect(usageQuestion('model', '24h').read(body).total.exchanges).toBe(0);
      expect(seriesQuestion('model', '24h').read(body)).toEqual({ stepSeconds: 60, times: [], series: [] });
      expect(latencyQuestion('24h').read(body)).toMatchObject({ count: 0, firstByteMs: { p50: null }, times: [] });
      expect(readPage(body).next).toBeNull();
    }
  });

  test('with too few values has as many as times', () => {
    const body = { step_seconds: 60, times: [1, 2, 3], series: [{ key: 'a', exchanges: [4] }], first_byte_p50: [5] };
    expect(seriesQuestion('model', '1h').read(body).series[0]?.exchanges).toEqual([4, 0, 0]);
    expect(latencyQuestion('1h').read(body).p50).toEqual([5, null, null]);
  });
});

describe('a pile of bars', () => {
  test('has the largest at its foot, and the small ones together', () => {
    const layers = layersOf([series('a', 1, 1), series('b', 9, 9), series('c', 2, 0), series('d', 1, 0)], 3);
    expect(layers.map(({ name, values }) => [name, values])).toEqual([
      ['b', [9, 9]],
      ['a', [1, 1]],
      [null, [3, 0]],
    ]);
  });

  test('puts what the companion itself added up with the rest', () => {
    const few = layersOf([series('others', 7, 7), series('a', 1, 1)]);
    expect(few.map(({ name, values }) => [name, values])).toEqual([
      ['a', [1, 1]],
      [null, [7, 7]],
    ]);
    const many = layersOf([series('others', 7, 7), series('a', 3, 3), series('b', 2, 2), series('c', 1, 1)], 3);
    expect(many.map(({ name, values }) => [name, values])).toEqual([
      ['a', [3, 3]],
      ['b', [2, 2]],
      [null, [8, 8]],
    ]);
  });

  test('adds up to the whole, leaves out what is hidden, and draws nothing where nothing is', () => {
    const layers = layersOf([series('a', 5, 0, 3), series('b', 1, 0, 2)]);
    expect(stackOf(layers, new Set())).toEqual([
      [5, null, 3],
      [6, null, 5],
    ]);
    expect(stackOf(layers, new Set(['a']))).toEqual([
      [null, null, null],
      [1, null, 2],
    ]);
    expect(stackOf([], new Set())).toEqual([]);
  });
});

describe('many bars', () => {
  const hours = (count: number) =>
    Array.from({ length: count }, (_, hour) => new Date(2025, 4, 1, hour).getTime() / 1_000);
  const fine = (count: number) => ({
    stepSeconds: 3_600,
    times: hours(count),
    series: [series('a', ...hours(count).map(() => 2))],
  });

  test('become one a day, and no request is lost', () => {
    const coarse = coarsen(fine(100));
    expect(coarse.stepSeconds).toBe(86_400);
    expect(coarse.times).toEqual([0, 24, 48, 72, 96].map((hour) => hours(100)[hour]));
    expect(coarse.series[0]?.exchanges).toEqual([48, 48, 48, 48, 8]);
  });

  test('stay as they are while they can be told apart', () => {
    const few = fine(60);
    expect(coarsen(few)).toBe(few);
  });
});

describe('pages of rows', () => {
  const rows = (...ids: string[]) => ids.map((id) => ({ id }) as Exchange);
  const ids = (list: readonly Exchange[]) => list.map(({ id }) => id).join('');

  test('join without a row twice, in their order', () => {
    expect(ids(prepend(rows('d', 'c'), rows('c', 'b', 'a')))).toBe('dcba');
    expect(ids(append(rows('d', 'c'), rows('c', 'b', 'a')))).toBe('dcba');
    const known = rows('a');
    expect(prepend([], known)).toBe(known);
  });

  test('are read by their names', () => {
    const page = readPage({ exchanges: [exchangeRow(0)], next: '5-1', newest: '9' });
    expect(page).toMatchObject({ next: '5-1', newest: '9', exchanges: [{ credentialName: 'work', firstByteMs: 540 }] });
    expect(page.exchanges[0]?.atMs).toBe(Date.parse('2025-11-20T13:31:57Z'));
  });
});

describe('the rows in sight', () => {
  test('are few, however many there are', () => {
    const shown = windowOf(2_000_000, 800, 40, 100_000);
    expect(shown.end - shown.first).toBeLessThan(45);
    expect(shown.first * 40).toBe(shown.abovePx);
    expect(shown.abovePx + (shown.end - shown.first) * 40 + shown.belowPx).toBe(4_000_000);
  });

  test('are all of a short list, and the last ones at the end', () => {
    expect(windowOf(0, 800, 40, 5)).toEqual({ first: 0, end: 5, abovePx: 0, belowPx: 0 });
    expect(windowOf(9_999_999, 800, 40, 100).end).toBe(100);
  });
});

test('shares of nothing are none', () => {
  const nothing = usageQuestion('model', '24h').read({}).total;
  expect([cacheShare(nothing), failureShare(nothing)]).toEqual([null, null]);
  expect(cacheShare({ ...nothing, inputTokens: 10, cacheReadTokens: 30 })).toBe(0.75);
  expect(failureShare({ ...nothing, exchanges: 8, failures: 2 })).toBe(0.25);
});
