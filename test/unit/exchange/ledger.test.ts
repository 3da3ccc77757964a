import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import type { MemoryLogger } from '../../../companion/base/log.ts';
import { Ledger } from '../../../companion/exchange/ledger.ts';
import type { LedgerOptions } from '../../../companion/exchange/ledger.ts';
import type { LedgerRow } from '../../../companion/store/ledger.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import type { Store } from '../../../companion/store/store.ts';
import { fullDisk } from '../../support/full-disk.ts';
import { ledgerRow } from '../../support/records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Scene {
  readonly ledger: Ledger;
  readonly store: Store;
  /** How many rows came in each transaction. */
  readonly batches: number[];
  readonly log: MemoryLogger;
}

/** `write` stands before the real store and may throw in its place. */
function scene(options: Partial<LedgerOptions> & { write?: (rows: readonly LedgerRow[]) => void } = {}): Scene {
  const { store } = openStore(':memory:', { quarantine: false });
  const batches: number[] = [];
  const append = store.appendExchanges.bind(store);
  store.appendExchanges = (rows) => {
    options.write?.(rows);
    append(rows);
    batches.push(rows.length);
  };
  const log = memoryLogger();
  const ledger = new Ledger({ store, logger: log.logger, nowMs: Date.now, keepDays: 90, keepRows: 1000, ...options });
  onTestFinished(() => {
    ledger.close();
    store.close();
  });
  return { ledger, store, batches, log };
}

function manyRows(count: number, changes: Partial<LedgerRow> = {}): LedgerRow[] {
  return Array.from({ length: count }, (_, n) => ledgerRow({ id: `exc_${n}`, atMs: Date.now() + n, ...changes }));
}

describe('the ledger', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('writes nothing while a request waits, and everything a quarter of a second later', () => {
    const { ledger, store, batches } = scene();
    for (const row of manyRows(3)) ledger.append(row);
    vi.advanceTimersByTime(249);
    expect(batches).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(batches).toEqual([3]);
    expect(store.recentExchanges(9).map(({ id }) => id)).toEqual(['exc_2', 'exc_1', 'exc_0']);
  });

  it('does not wait for the timer when many rows come, and writes them in batches with room between', () => {
    const { ledger, batches } = scene();
    for (const row of manyRows(200)) ledger.append(row);
    expect(batches).toEqual([]);
    vi.advanceTimersToNextTimer();
    expect(batches).toEqual([100]);
    vi.advanceTimersToNextTimer();
    expect(batches).toEqual([100, 100]);
  });

  it('answers with what was appended a moment ago', () => {
    const { ledger } = scene();
    const add = (id: string) => ledger.append(ledgerRow({ id, atMs: Date.now() }));
    add('exc_a');
    expect(ledger.exchange('exc_a')?.id).toBe('exc_a');
    add('exc_b');
    expect(ledger.recent(9)).toHaveLength(2);
    add('exc_c');
    expect(ledger.usage('model', {})).toMatchObject([{ exchanges: 3 }]);
    add('exc_d');
    expect(ledger.totals()).toMatchObject([{ exchanges: 4 }]);
  });

  it('writes what waits when it is closed, once, and takes no more', () => {
    const { ledger, store } = scene();
    ledger.append(ledgerRow());
    ledger.close();
    ledger.close();
    ledger.append(ledgerRow({ id: 'exc_late' }));
    expect(store.recentExchanges(9).map(({ id }) => id)).toEqual(['exc_1']);
    expect(ledger.dropped).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('drops and counts what a full queue cannot take', () => {
    const { ledger, store } = scene();
    for (const row of manyRows(10_007)) ledger.append(row);
    expect(ledger.dropped).toBe(7);
    ledger.flush();
    expect(store.usage('model', {})).toMatchObject([{ exchanges: 10_000 }]);
  });

  it('drops and counts rows while the disk fails, complains once a minute, and goes on when it is well', () => {
    let isBroken = true;
    const { ledger, store, log } = scene({
      write: () => {
        if (isBroken) throw new CompanionError('STORE_UNAVAILABLE', 'the disk is full');
      },
    });
    for (let second = 0; second < 61; second += 1) {
      ledger.append(ledgerRow({ id: `exc_${second}` }));
      vi.advanceTimersByTime(1000);
    }
    expect(ledger.dropped).toBe(61);
    expect(log.lines.map(({ level, dropped }) => [level, dropped])).toEqual([
      ['warn', 1],
      ['warn', 61],
    ]);
    isBroken = false;
    ledger.append(ledgerRow({ id: 'exc_well' }));
    expect(ledger.exchange('exc_well')).toBeDefined();
    expect([ledger.dropped, store.recentExchanges(99).length]).toEqual([61, 1]);
  });

  it('loses a row that no column takes, and none of its neighbours', () => {
    const { ledger, store } = scene();
    for (const row of manyRows(9)) ledger.append(row.id === 'exc_4' ? { ...row, status: Number.NaN } : row);
    ledger.flush();
    expect([ledger.dropped, store.recentExchanges(99).length]).toEqual([1, 8]);
  });

  it('forgets old rows soon after the start and every hour, a small step at a time', () => {
    const { ledger, store } = scene({ keepDays: 1, keepRows: 1000 });
    for (const row of manyRows(250, { atMs: Date.now() - 86_400_001 })) ledger.append(row);
    ledger.append(ledgerRow({ id: 'exc_new', atMs: Date.now() }));
    const left = () => store.recentExchanges(9_999).length;
    ledger.flush();
    vi.advanceTimersByTime(1_999);
    expect(left()).toBe(251);
    vi.advanceTimersByTime(1);
    expect(left()).toBe(151);
    vi.advanceTimersByTime(100);
    expect(store.recentExchanges(999).map(({ id }) => id)).toEqual(['exc_new']);
    for (const row of manyRows(1001)) ledger.append(row);
    vi.advanceTimersByTime(3_599_000);
    expect(left()).toBe(1002);
    vi.advanceTimersByTime(1_000);
    expect(left()).toBe(1000);
  });

  it('writes quota facts along with its rows, and survives it when they cannot be', () => {
    const flush = vi.fn<() => void>(() => {
      throw new CompanionError('STORE_UNAVAILABLE', 'the disk is full');
    });
    const { ledger, batches, log } = scene({ quotas: { flush } });
    ledger.append(ledgerRow());
    vi.advanceTimersByTime(250);
    expect([batches, flush.mock.calls.length, log.lines.length]).toEqual([[1], 1, 1]);
  });
});

describe('the ledger on a disk', () => {
  it('fails no request when the disk is full: rows are dropped and counted, and what was written stays', async ({
    skip,
  }) => {
    const disk = await fullDisk(512 * 1024);
    if (disk.folder === undefined) return skip(disk.reason);
    const { store } = openStore(join(disk.folder, 'companion.db'), { quarantine: false });
    const { logger, lines } = memoryLogger();
    const ledger = new Ledger({ store, logger, nowMs: () => 0, keepDays: 90, keepRows: 100_000 });
    for (const row of manyRows(2_000)) ledger.append(row);
    ledger.flush();
    const kept = store.recentExchanges(5_000).length;
    expect(kept).toBeGreaterThan(50);
    expect(ledger.dropped).toBe(2_000 - kept);
    expect(ledger.dropped).toBeGreaterThan(0);
    expect(lines).toMatchObject([{ level: 'warn', msg: 'The ledger could not be written' }]);
    ledger.close();
    store.close();
  });

  it('keeps every row that was written when the process is killed between two flushes', async () => {
    const path = join(await temporaryFolder(), 'companion.db');
    const source = (file: string) => JSON.stringify(new URL(`../../../${file}`, import.meta.url).href);
    const script = `
      const { openStore } = await import(${source('companion/store/open-store.ts')});
      const { Ledger } = await import(${source('companion/exchange/ledger.ts')});
      const { memoryLogger } = await import(${source('companion/base/log.ts')});
      const { ledgerRow } = await import(${source('test/support/records.ts')});
      const { store } = openStore(${JSON.stringify(path)}, { quarantine: false });
      const ledger = new Ledger({ store, logger: memoryLogger().logger, nowMs: Date.now, keepDays: 90, keepRows: 1e6 });
      const append = store.appendExchanges.bind(store);
      let written = 0;
      store.appendExchanges = (rows) => {
        append(rows);
        process.stdout.write((written += rows.length) + '\\n');
      };
      let n = 0;
      setInterval(() => {
        for (let i = 0; i < 40; i += 1, n += 1) ledger.append(ledgerRow({ id: 'exc_' + n, atMs: n }));
      }, 1);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (bytes) => (output += String(bytes)));
    await once(child.stdout, 'data');
    await pause(150);
    child.kill('SIGKILL');
    await once(child, 'close');
    const lastTold = Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1));
    const { store, quarantinedTo } = openStore(path, { quarantine: true });
    onTestFinished(() => store.close());
    const [day] = store.usage('day', {});
    expect(quarantinedTo).toBeNull();
    expect(lastTold).toBeGreaterThanOrEqual(50);
    expect(day?.exchanges).toBeGreaterThanOrEqual(lastTold);
    // Rows in order, and none beyond those: what was cut off is the end, never the middle.
    const last = (day?.exchanges ?? 0) - 1;
    expect(store.exchange(`exc_${last}`)).toEqual(ledgerRow({ id: `exc_${last}`, atMs: last }));
    expect(store.exchange('exc_0')).toEqual(ledgerRow({ id: 'exc_0', atMs: 0 }));
  });
});
