import { expect, test } from 'vitest';
import { noFilter } from '../../../extension/entrypoints/dashboard/data/exchanges.ts';
import { Questions } from '../../../extension/entrypoints/dashboard/data/questions.ts';
import { ExchangeList } from '../../../extension/entrypoints/dashboard/requests/exchange-list.ts';
import type { ApiAnswer } from '../../../extension/state.ts';
import { exchangeRow } from '../../support/extension-page/api-answers.ts';

/** A ledger of rows 1 to `size`, of which a page holds three. */
function openLedger(size: number) {
  const asked: string[] = [];
  const ledger = { size, isBroken: false };
  const row = (index: number) => ({ ...exchangeRow(index), id: `exc_${index}` });
  const down = (from: number, count: number) =>
    Array.from({ length: Math.max(0, Math.min(count, from)) }, (_, index) => row(from - index));
  const ask = async ({ path }: { path: string }): Promise<ApiAnswer> => {
    asked.push(path);
    if (ledger.isBroken) return { ok: false, code: 'STORE_UNAVAILABLE', message: '', remedy: null };
    const query = new URLSearchParams(path.split('?')[1]);
    const newest = String(ledger.size);
    const after = query.get('after');
    if (after !== null) {
      const rows = down(ledger.size, ledger.size - Number(after));
      return { ok: true, body: { exchanges: rows, next: null, newest } };
    }
    const from = Number(query.get('before') ?? ledger.size + 1) - 1;
    const next = from > 3 ? String(from - 2) : null;
    return { ok: true, body: { exchanges: down(from, 3), next, newest } };
  };
  const list = new ExchangeList(new Questions({ ask, nowMs: () => 0 }), noFilter);
  const ids = () => list.state.value.rows.map(({ id }) => Number(id.slice(4)));
  return { list, ledger, asked, ids };
}

test('begins with the newest page, and goes on to the oldest row', async () => {
  const { list, ids } = openLedger(7);
  expect(list.state.value.isFirstLoading).toBe(true);
  await list.look(false);
  expect(ids()).toEqual([7, 6, 5]);
  await list.loadMore();
  await list.loadMore();
  expect(ids()).toEqual([7, 6, 5, 4, 3, 2, 1]);
  expect(list.state.value.hasMore).toBe(false);
  await list.loadMore();
  expect(ids()).toHaveLength(7);
});

test('takes in new rows at once, or keeps them waiting while somebody reads', async () => {
  const { list, ledger, ids } = openLedger(4);
  await list.look(false);
  ledger.size = 5;
  await list.look(false);
  expect(ids()).toEqual([5, 4, 3, 2]);
  ledger.size = 7;
  await list.look(true);
  ledger.size = 8;
  await list.look(true);
  expect(ids()).toEqual([5, 4, 3, 2]);
  expect(list.state.value.waiting.map(({ id }) => id)).toEqual(['exc_8', 'exc_7', 'exc_6']);
  list.showWaiting();
  expect(ids()).toEqual([8, 7, 6, 5, 4, 3, 2]);
  expect(list.state.value.waiting).toEqual([]);
});

test('asks one thing at a time, and only for what is new', async () => {
  const { list, asked } = openLedger(4);
  await Promise.all([list.look(false), list.look(false)]);
  expect(asked).toEqual(['/v0/management/exchanges?limit=100']);
  await list.look(false);
  expect(asked[1]).toBe('/v0/management/exchanges?limit=100&after=4');
});

test('keeps its rows when the companion fails, and mends by itself', async () => {
  const { list, ledger, ids } = openLedger(4);
  await list.look(false);
  ledger.isBroken = true;
  await list.look(false);
  expect(list.state.value.problem?.code).toBe('STORE_UNAVAILABLE');
  expect(ids()).toEqual([4, 3, 2]);
  ledger.isBroken = false;
  await list.look(false);
  expect(list.state.value.problem).toBeNull();
});

test('of an empty ledger begins anew until there is a first row', async () => {
  const { list, ledger, ids } = openLedger(0);
  await list.look(false);
  expect(list.state.value).toMatchObject({ rows: [], isFirstLoading: false, hasMore: false });
  ledger.size = 1;
  await list.look(false);
  expect(ids()).toEqual([1]);
});
