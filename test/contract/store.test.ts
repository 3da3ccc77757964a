import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../companion/store/open-store.ts';
import { Periods } from '../../companion/base/periods.ts';
import { pruneStepRows } from '../../companion/store/ledger.ts';
import type { LedgerRow, UsageGroup } from '../../companion/store/ledger.ts';
import type { Store } from '../../companion/store/store.ts';
import { clientKeyRecord, ledgerRow, quotaWindow, seatRecord, sessionRecord } from '../support/records.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const options = { quarantine: false, periods: new Periods(() => 'Europe/Berlin') };
const implementations: readonly [string, () => Promise<Store>][] = [
  ['SQLite in memory', async () => openStore(':memory:', options).store],
  ['SQLite in a file', async () => openStore(join(await temporaryFolder(), 'c.db'), options).store],
];

/** Every nullable field null, every list empty. */
const bare = sessionRecord({
  id: 'bare',
  accountId: null,
  email: null,
  displayName: null,
  organisationId: null,
  isOrganisationPinned: true,
  organisations: [],
  plan: null,
  restsIn: 'browser',
  transport: 'direct',
  seatId: null,
  browserStore: null,
  sharedBy: [],
  state: 'signed-out',
  validUntilMs: null,
  models: [],
  modelsAtMs: null,
  trouble: { code: 'CHALLENGE', message: 'claude.ai "asked"\nfor a browser', atMs: 5 },
});

function defaultsIn(store: Store): string[] {
  const defaults = store.sessions().filter(({ isDefault }) => isDefault);
  return defaults.map(({ id }) => id);
}

/** Every nullable field null. */
const bareRow = ledgerRow({
  id: 'exc_bare',
  model: null,
  servedModel: null,
  mode: null,
  provider: null,
  credential: null,
  isTranslated: true,
  isStream: false,
  status: 503,
  outcome: 'SESSION_REQUIRED',
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  firstByteMs: null,
  warnings: ['top_k: not known there', 'seed: "odd"'],
  explanation: { plan: 'not routed', considered: [], attempts: [] },
});

function keysOf(groups: readonly UsageGroup[]): string[] {
  return groups.map(({ key }) => key);
}

describe.each(implementations)('store: %s', (_name, open) => {
  async function emptyStore(): Promise<Store> {
    const store = await open();
    onTestFinished(() => store.close());
    return store;
  }

  it('gives back what was saved, field by field', async () => {
    const store = await emptyStore();
    const seats = [seatRecord(), seatRecord({ id: 'seat-2', pairedAtMs: 1_767_000_000_001, lastSeenAtMs: 7 })];
    for (const seat of seats) store.saveSeat(seat);
    expect(store.seats()).toEqual(seats);
    for (const session of [sessionRecord(), bare]) {
      store.saveSession(session);
      expect(store.session(session.id)).toEqual(session);
    }
  });

  it('knows nothing at first', async () => {
    const store = await emptyStore();
    expect([store.seats(), store.sessions(), store.quotas('session/x')]).toEqual([[], [], []]);
    expect([store.seat('x'), store.session('x'), store.setting('x')]).toEqual([undefined, undefined, undefined]);
    expect([store.deleteSeat('x'), store.deleteSession('x')]).toEqual([false, false]);
  });

  it('replaces a record of the same id, also with nulls', async () => {
    const store = await emptyStore();
    store.saveSeat(seatRecord({ lastSeenAtMs: 7 }));
    store.saveSeat(seatRecord({ name: 'Renamed', lastSeenAtMs: null }));
    expect(store.seats()).toEqual([seatRecord({ name: 'Renamed', lastSeenAtMs: null })]);
    store.saveSession(sessionRecord({ id: 'bare' }));
    store.saveSession(bare);
    expect(store.sessions()).toEqual([bare]);
  });

  it('deletes one seat and leaves its sessions and the other seats', async () => {
    const store = await emptyStore();
    store.saveSeat(seatRecord());
    store.saveSeat(seatRecord({ id: 'seat-2' }));
    store.saveSession(sessionRecord());
    expect([store.deleteSeat('seat-1'), store.deleteSeat('seat-1')]).toEqual([true, false]);
    expect(store.seats().map(({ id }) => id)).toEqual(['seat-2']);
    expect(store.session('session-1')).toEqual(sessionRecord());
  });

  it('keeps times to the millisecond, without the fractions that browsers add', async () => {
    const store = await emptyStore();
    store.saveSession(sessionRecord({ validUntilMs: 1_769_000_000_000.75 }));
    expect(store.session('session-1')?.validUntilMs).toBe(1_769_000_000_001);
  });

  describe('the default session', () => {
    it('is the one saved as such last, and stands first', async () => {
      const store = await emptyStore();
      store.saveSession(sessionRecord({ id: 'a', isDefault: true }));
      store.saveSession(sessionRecord({ id: 'b', isDefault: true }));
      store.saveSession(sessionRecord({ id: 'c', syncedAtMs: 1_767_000_000_009 }));
      expect(defaultsIn(store)).toEqual(['b']);
      expect(store.sessions().map(({ id }) => id)).toEqual(['b', 'c', 'a']);
      store.saveSession(sessionRecord({ id: 'b', isDefault: true, name: 'again' }));
      expect(defaultsIn(store)).toEqual(['b']);
    });

    it('passes to the session synced last when it is deleted', async () => {
      const store = await emptyStore();
      store.saveSession(sessionRecord({ id: 'a', isDefault: true, syncedAtMs: 9 }));
      store.saveSession(sessionRecord({ id: 'b', syncedAtMs: 3 }));
      store.saveSession(sessionRecord({ id: 'c', syncedAtMs: 5 }));
      expect(store.deleteSession('a')).toBe(true);
      expect(defaultsIn(store)).toEqual(['c']);
      store.deleteSession('b');
      expect(defaultsIn(store)).toEqual(['c']);
      store.deleteSession('c');
      expect(store.sessions()).toEqual([]);
    });
  });

  describe('quotas', () => {
    it('keep the newest fact for each window and model of an owner', async () => {
      const store = await emptyStore();
      const opus = quotaWindow({ model: 'opus', usedFraction: null, resetsAtMs: null, source: 'usage-endpoint' });
      const weekly = quotaWindow({ window: 'seven_day', status: 'exceeded', usedFraction: 1.2, source: 'error' });
      store.saveQuotas('session/a', [quotaWindow(), opus, weekly]);
      store.saveQuotas('session/a', [quotaWindow({ usedFraction: 0.5, observedAtMs: 1_767_000_000_001 })]);
      store.saveQuotas('session/a', [quotaWindow({ usedFraction: 0.1, observedAtMs: 1_766_999_999_999 })]);
      store.saveQuotas('session/b', [quotaWindow({ usedFraction: 0 })]);
      expect(store.quotas('session/a')).toEqual([
        quotaWindow({ usedFraction: 0.5, observedAtMs: 1_767_000_000_001 }),
        opus,
        weekly,
      ]);
      expect(store.quotas('session/b')).toEqual([quotaWindow({ usedFraction: 0 })]);
    });

    it.each(['stream', 'headers', 'usage-endpoint', 'error'] as const)('may come from %s', async (source) => {
      const store = await emptyStore();
      store.saveQuotas('key/a', [quotaWindow({ source })]);
      expect(store.quotas('key/a')).toEqual([quotaWindow({ source })]);
    });

    it('are deleted with their session, and no others', async () => {
      const store = await emptyStore();
      store.saveSession(sessionRecord({ id: 'a' }));
      store.saveQuotas('session/a', [quotaWindow()]);
      store.saveQuotas('session/ab', [quotaWindow()]);
      store.deleteSession('a');
      expect([store.quotas('session/a'), store.quotas('session/ab')]).toEqual([[], [quotaWindow()]]);
    });
  });

  it('keeps settings, and the last value wins', async () => {
    const store = await emptyStore();
    store.saveSetting('installation', 'one');
    store.saveSetting('installation', 'two');
    store.saveSetting('empty', '');
    expect([store.setting('installation'), store.setting('empty')]).toEqual(['two', '']);
  });

  describe('the ledger', () => {
    it('gives back what was appended, field by field, by id or an unmistakable beginning of it', async () => {
      const store = await emptyStore();
      const rows = [
        ledgerRow({ id: 'exc_abc1' }),
        ledgerRow({ id: 'exc_abd2' }),
        ledgerRow({ id: 'exc_abd2x' }),
        bareRow,
      ];
      store.appendExchanges(rows);
      for (const row of rows) expect(store.exchange(row.id)).toEqual(row);
      expect(store.exchange('exc_abc')?.id).toBe('exc_abc1');
      expect([store.exchange('exc_ab'), store.exchange('exc_z'), store.exchange('%')]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    });

    it('shows the newest first, and of one moment the one that ended last', async () => {
      const store = await emptyStore();
      const at = (id: string, atMs: number) => ledgerRow({ id, atMs });
      store.appendExchanges([at('b', 20), at('a', 10), at('c', 30), at('d', 30)]);
      expect(store.recentExchanges(3).map(({ id }) => id)).toEqual(['d', 'c', 'b']);
    });

    it('appends all rows or none', async () => {
      const store = await emptyStore();
      const impossible = ledgerRow({ id: 'x', status: Number.NaN });
      expect(() => store.appendExchanges([ledgerRow(), impossible])).toThrow('exchanges.status');
      expect(store.recentExchanges(9)).toEqual([]);
    });

    it.each([0.5, 1e18, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])(
      'takes %d tokens as not told, so that the row can be read again',
      async (inputTokens) => {
        const store = await emptyStore();
        store.appendExchanges([ledgerRow({ inputTokens })]);
        expect(store.recentExchanges(1)).toEqual([ledgerRow({ inputTokens: null })]);
      },
    );

    it('keeps durations to the millisecond', async () => {
      const store = await emptyStore();
      store.appendExchanges([ledgerRow({ atMs: 10.4, firstByteMs: 1.6, durationMs: 2.2 })]);
      expect(store.exchange('exc_1')).toEqual(ledgerRow({ atMs: 10, firstByteMs: 2, durationMs: 2 }));
    });
  });

  describe('usage', () => {
    it('sums what one model served, under whatever names clients called it', async () => {
      const store = await emptyStore();
      store.appendExchanges([
        ledgerRow({ id: '1', atMs: 10 }),
        ledgerRow({ id: '2', atMs: 30, model: 'fast', cacheReadTokens: 1, cacheWriteTokens: 2 }),
        ledgerRow({ id: '3', atMs: 20, model: 'fast', status: 529, outcome: 'OVERLOADED', inputTokens: null }),
        { ...bareRow, atMs: 40 },
      ]);
      expect(store.usage('model', {})).toEqual([
        {
          key: 'claude-sonnet-4-5',
          exchanges: 3,
          failures: 1,
          inputTokens: 200,
          outputTokens: 60,
          cacheReadTokens: 6001,
          cacheWriteTokens: 802,
          firstAtMs: 10,
          lastAtMs: 30,
        },
        {
          key: '',
          exchanges: 1,
          failures: 1,
          inputTokens: 0,
          outputTokens: 0,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
          firstAtMs: 40,
          lastAtMs: 40,
        },
      ]);
    });

    it('puts the most tokens first', async () => {
      const store = await emptyStore();
      store.appendExchanges([
        ledgerRow({ id: '1', client: 'little', outputTokens: 1 }),
        ledgerRow({ id: '2', client: 'much', cacheReadTokens: 9_000_000 }),
        ledgerRow({
          id: '3',
          client: 'none',
          inputTokens: null,
          outputTokens: null,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
        }),
        ledgerRow({ id: '4', client: 'some', outputTokens: 2 }),
      ]);
      expect(keysOf(store.usage('client', {}))).toEqual(['much', 'some', 'little', 'none']);
    });

    it('counts from the first moment of a time to before its last', async () => {
      const store = await emptyStore();
      store.appendExchanges([10, 20, 30, 40].map((atMs) => ledgerRow({ id: `${atMs}`, atMs })));
      for (const by of ['model', 'client', 'credential', 'day'] as const) {
        const [group] = store.usage(by, { sinceMs: 20, untilMs: 40 });
        expect([by, group?.exchanges, group?.firstAtMs, group?.lastAtMs]).toEqual([by, 2, 20, 30]);
        expect(store.usage(by, { sinceMs: 41 })).toEqual([]);
      }
    });

    it('tells days of the local calendar in their order, without those that had nothing', async () => {
      const store = await emptyStore();
      const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();
      const moments = [at(2026, 2, 29, 23, 59), at(2026, 2, 30, 0, 0), at(2026, 2, 28, 12, 0), at(2027, 0, 1, 0, 0)];
      store.appendExchanges(moments.map((atMs, n) => ledgerRow({ id: `${n}`, atMs, outputTokens: n })));
      const days = store.usage('day', {});
      expect(keysOf(days)).toEqual(['2026-03-28', '2026-03-29', '2026-03-30', '2027-01-01']);
      expect(days.map(({ outputTokens }) => outputTokens)).toEqual([2, 0, 1, 3]);
    });

    it('does not count what was broken off as a failure', async () => {
      const store = await emptyStore();
      const outcomes = ['ok', 'CLIENT_GONE', 'STOPPED_BY_USER', 'OVERLOADED'];
      store.appendExchanges(outcomes.map((outcome) => ledgerRow({ id: outcome, outcome })));
      expect(store.usage('credential', {})).toMatchObject([{ exchanges: 4, failures: 1 }]);
    });

    it('knows for each credential how often it failed and how last', async () => {
      const store = await emptyStore();
      const row = (id: string, credential: string | null, outcome: string, atMs: number) =>
        ledgerRow({ id, credential, outcome, atMs });
      store.appendExchanges([
        row('1', 'a', 'OVERLOADED', 30),
        row('2', 'a', 'RATE_LIMITED', 20),
        row('3', 'a', 'ok', 40),
        row('4', 'b', 'ok', 10),
        row('5', null, 'SESSION_REQUIRED', 50),
      ]);
      expect(store.credentialTotals()).toEqual([
        { credential: 'a', exchanges: 3, failures: 2, lastAtMs: 40, lastFailure: { outcome: 'OVERLOADED', atMs: 30 } },
        { credential: 'b', exchanges: 1, failures: 0, lastAtMs: 10, lastFailure: null },
      ]);
    });
  });

  describe('pruning', () => {
    it('forgets what is too old, then the oldest of what is too many', async () => {
      const store = await emptyStore();
      store.appendExchanges([30, 10, 50, 20, 40].map((atMs) => ledgerRow({ id: `${atMs}`, atMs })));
      const left = () => store.recentExchanges(9).map(({ id }) => id);
      expect([store.pruneExchanges(5, 10), left()]).toEqual([0, ['50', '40', '30', '20', '10']]);
      expect([store.pruneExchanges(5, 20), left()]).toEqual([1, ['50', '40', '30', '20']]);
      expect([store.pruneExchanges(2, 25), left()]).toEqual([2, ['50', '40']]);
      expect([store.pruneExchanges(2, 0), left()]).toEqual([0, ['50', '40']]);
    });

    it('goes in small steps', async () => {
      const store = await emptyStore();
      const rows = Array.from({ length: 2 * pruneStepRows + 7 }, (_, n) => ledgerRow({ id: `${n}`, atMs: n }));
      store.appendExchanges(rows);
      const steps = [1, 2, 3].map(() => store.pruneExchanges(5, 4));
      expect(steps).toEqual([pruneStepRows, pruneStepRows, 2]);
      expect(store.recentExchanges(9)).toHaveLength(5);
    });
  });

  describe('client keys', () => {
    const at = (text: string) => Date.parse(text);
    const rowAt = (id: string, atMs: number, changes: Partial<LedgerRow> = {}) =>
      ledgerRow({ id, atMs, clientKey: 'ck_1', ...changes });

    it('are given back as they were saved, the oldest first', async () => {
      const store = await emptyStore();
      const keys = [
        clientKeyRecord({ id: 'b', models: ['claude-*', 'gpt-5'], mode: 'api', budgetPeriod: 'weekly' }),
        clientKeyRecord({ id: 'a', createdAtMs: 1_767_000_000_001, expiresAtMs: null, models: [], ratePerMinute: 3 }),
      ];
      for (const key of keys) store.addClientKey(key);
      expect(store.clientKeys()).toEqual(keys);
    });

    it('are revoked once: the first time stays', async () => {
      const store = await emptyStore();
      store.addClientKey(clientKeyRecord());
      expect([
        store.revokeClientKey('ck_1', 7),
        store.revokeClientKey('ck_1', 9),
        store.revokeClientKey('x', 9),
      ]).toEqual([true, false, false]);
      expect(store.clientKeys()).toEqual([clientKeyRecord({ revokedAtMs: 7 })]);
    });

    it('are counted with the rows that they came with, with every kind of token', async () => {
      const store = await emptyStore();
      store.addClientKey(clientKeyRecord());
      store.addClientKey(clientKeyRecord({ id: 'other', totalRequests: 3 }));
      store.appendExchanges([
        rowAt('1', 10, { inputTokens: 1, outputTokens: 20, cacheReadTokens: 300, cacheWriteTokens: 4000 }),
        rowAt('2', 30, { inputTokens: null, outputTokens: null, cacheReadTokens: null, cacheWriteTokens: null }),
        ledgerRow({ id: '3' }),
        rowAt('4', 20, { clientKey: 'gone' }),
      ]);
      const counts = { totalRequests: 2, totalTokens: 4321, periodRequests: 2, periodTokens: 4321, lastUsedAtMs: 30 };
      expect(store.clientKeys()).toEqual([clientKeyRecord(counts), clientKeyRecord({ id: 'other', totalRequests: 3 })]);
    });

    it('are not counted where the rows could not be appended', async () => {
      const store = await emptyStore();
      store.addClientKey(clientKeyRecord());
      expect(() => store.appendExchanges([rowAt('1', 1), rowAt('2', 2, { status: Number.NaN })])).toThrow('status');
      expect(store.clientKeys()).toEqual([clientKeyRecord()]);
    });

    it('begin their counts anew with each period, in the zone of the person', async () => {
      const store = await emptyStore();
      store.addClientKey(clientKeyRecord({ budgetPeriod: 'daily' }));
      const counted = () => {
        const [key] = store.clientKeys();
        return [key?.totalRequests, key?.periodRequests, key?.periodBeganMs];
      };
      store.appendExchanges([rowAt('1', at('2026-03-28T22:59:59Z')), rowAt('2', at('2026-03-28T22:59:59.999Z'))]);
      expect(counted()).toEqual([2, 2, at('2026-03-27T23:00:00Z')]);
      store.appendExchanges([rowAt('3', at('2026-03-28T23:00:00Z'))]);
      expect(counted()).toEqual([3, 1, at('2026-03-28T23:00:00Z')]);
      // It took so long that the next day has begun: a request of the day before it stays.
      store.appendExchanges([rowAt('4', at('2026-03-28T22:59:59Z'))]);
      expect(counted()).toEqual([4, 1, at('2026-03-28T23:00:00Z')]);
      // The 29th has 23 hours there.
      store.appendExchanges([rowAt('5', at('2026-03-29T21:59:59Z')), rowAt('6', at('2026-03-29T22:00:00Z'))]);
      expect(counted()).toEqual([6, 1, at('2026-03-29T22:00:00Z')]);
    });

    it.each([2 ** 53 - 1, 1e18, -5, 0.5])('stay readable whatever a provider tells: %d tokens', async (inputTokens) => {
      const store = await emptyStore();
      store.addClientKey(clientKeyRecord());
      store.appendExchanges([rowAt('1', 1, { inputTokens }), rowAt('2', 2, { inputTokens })]);
      const [key] = store.clientKeys();
      expect(key?.totalRequests).toBe(2);
      expect(key?.totalTokens).toBeGreaterThan(0);
      expect(key?.totalTokens).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
    });
  });

  describe('limits of credentials', () => {
    const limit = { credential: 'a', tokenLimit: 100, usedTokens: 0, periodBeganMs: 10 };
    const use = (tokens: number, periodBeganMs: number) => ({ credential: 'a', tokens, periodBeganMs });

    it('are counted with the exchanges, all or none', async () => {
      const store = await emptyStore();
      const impossible = ledgerRow({ id: 'x', status: Number.NaN });
      expect(() => store.appendExchanges([ledgerRow(), impossible], [use(5, 10)])).toThrow('exchanges.status');
      expect(store.credentialLimits()).toEqual([]);
      store.appendExchanges([ledgerRow()], [use(5, 10), use(7, 10)]);
      expect(store.credentialLimits()).toEqual([{ ...limit, tokenLimit: null, usedTokens: 12 }]);
    });

    it('begin anew with the first use of a later period, and take no use of an earlier one', async () => {
      const store = await emptyStore();
      store.appendExchanges([], [use(5, 10), use(6, 20), use(7, 10), use(8, 20)]);
      expect(store.credentialLimits()).toMatchObject([{ usedTokens: 14, periodBeganMs: 20 }]);
      store.beginPeriods([{ ...limit, periodBeganMs: 30 }]);
      store.appendExchanges([], [use(9, 20), use(1, 30)]);
      expect(store.credentialLimits()).toMatchObject([{ usedTokens: 1, periodBeganMs: 30 }]);
    });

    it('are set and taken off without a change of what was used', async () => {
      const store = await emptyStore();
      store.saveTokenLimits([limit, { ...limit, credential: 'b' }]);
      store.appendExchanges([], [use(5, 10)]);
      store.saveTokenLimits([{ ...limit, tokenLimit: 7 }]);
      expect(store.credentialLimits()).toMatchObject([
        { credential: 'a', tokenLimit: 7, usedTokens: 5 },
        { credential: 'b', tokenLimit: 100, usedTokens: 0 },
      ]);
      store.saveTokenLimits([{ ...limit, tokenLimit: null }]);
      expect(store.credentialLimits()[0]).toMatchObject({ tokenLimit: null, usedTokens: 5 });
    });

    it('of a session go with it', async () => {
      const store = await emptyStore();
      store.saveSession(sessionRecord({ id: 'a' }));
      store.saveTokenLimits([limit]);
      store.deleteSession('a');
      expect(store.credentialLimits()).toEqual([]);
    });
  });

  it('may be closed twice', async () => {
    const store = await emptyStore();
    store.close();
    expect(() => store.close()).not.toThrow();
  });
});
