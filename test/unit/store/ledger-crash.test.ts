/** What the ledger counts, and how it is sorted, when the process is killed or the disk is full. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { migrations } from '../../../companion/store/migrations.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import type { Store } from '../../../companion/store/store.ts';
import { fullDisk } from '../../support/full-disk.ts';
import { clientKeyRecord, ledgerRow } from '../../support/records.ts';
import { appendAll, plausibleRows } from '../../support/seed-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const source = (file: string) => JSON.stringify(new URL(`../../../${file}`, import.meta.url).href);
const used = { credential: 'anthropic-3f9a2c41', tokens: 7, periodBeganMs: 0 };

/** The rows, and what was counted of them in the same transaction. */
function countsIn(store: Store) {
  const [key] = store.clientKeys();
  const [limit] = store.credentialLimits();
  const group = store.usage('client_key', {}).find((one) => one.key === 'tok_1');
  return {
    rows: group?.exchanges ?? 0,
    counted: key?.totalRequests ?? 0,
    usedTokens: limit?.usedTokens ?? 0,
    series: store.insight.seriesPoints('total', [0, 1e9])[0]?.exchanges ?? 0,
  };
}

it('a kill -9 never keeps an exchange without its counts, nor counts without their exchange', async () => {
  const path = join(await temporaryFolder(), 'companion.db');
  const { store: fresh } = openStore(path, { quarantine: false });
  fresh.addClientKey(clientKeyRecord({ id: 'tok_1' }));
  fresh.close();
  const script = `
    const { openStore } = await import(${source('companion/store/open-store.ts')});
    const { ledgerRow } = await import(${source('test/support/records.ts')});
    const { store } = openStore(${JSON.stringify(path)}, { quarantine: false });
    const before = store.usage('client_key', {}).find((one) => one.key === 'tok_1')?.exchanges ?? 0;
    for (let n = before; ; n += 3) {
      const rows = [n, n + 1, n + 2].map((id) => ledgerRow({ id: 'exc_' + id, atMs: id, clientKey: 'tok_1' }));
      store.appendExchanges(rows, rows.map(() => (${JSON.stringify(used)})));
      process.stdout.write(n + 3 + '\\n');
    }`;
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (bytes) => (output += String(bytes)));
    await once(child.stdout, 'data');
    await pause(Math.random() * 30);
    child.kill('SIGKILL');
    await once(child, 'close');
    const told = Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1));
    const { store, quarantinedTo } = openStore(path, { quarantine: true });
    const { rows, ...counts } = countsIn(store);
    store.close();
    expect(quarantinedTo).toBeNull();
    expect(rows).toBeGreaterThanOrEqual(told);
    expect(rows % 3).toBe(0);
    expect(counts).toEqual({ counted: rows, usedTokens: rows * used.tokens, series: rows });
  }
});

it('a full disk keeps neither: what was written before stays whole, and more is written once there is room', async ({
  skip,
}) => {
  const disk = await fullDisk(3 * 1024 * 1024);
  if (disk.folder === undefined) return skip(disk.reason);
  const filler = join(disk.folder, 'filler');
  writeFileSync(filler, Buffer.alloc(512 * 1024));
  const { store } = openStore(join(disk.folder, 'companion.db'), { quarantine: false });
  store.addClientKey(clientKeyRecord({ id: 'tok_1' }));
  const write = (index: number) => {
    const row = ledgerRow({ id: `exc_${index}`, atMs: index, clientKey: 'tok_1' });
    store.appendExchanges([row], [used]);
  };
  const written = writeUntilFull(write);
  expect(written).toBeGreaterThan(30);
  const whole = (rows: number) => ({ rows, counted: rows, usedTokens: rows * used.tokens, series: rows });
  expect(countsIn(store)).toEqual(whole(written));
  rmSync(filler);
  write(written);
  expect(countsIn(store)).toEqual(whole(written + 1));
  store.close();
});

/** How many were written before the disk was full. */
function writeUntilFull(write: (index: number) => void): number {
  for (let index = 0; index < 10_000; index += 1) {
    try {
      write(index);
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringMatching(/full/) });
      return index;
    }
  }
  throw new Error('the disk never was full');
}

const indexStep = migrations.findIndex((step) => step.includes('DROP INDEX exchanges_by_time'));

/** A database of 8,000 exchanges as the version before had it. */
async function olderLedger(): Promise<string> {
  const path = join(await temporaryFolder(), 'companion.db');
  const database = new DatabaseSync(path);
  for (const step of migrations.slice(0, indexStep)) database.exec(step);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA user_version = ${indexStep}`);
  database.close();
  const full = join(await temporaryFolder(), 'companion.db');
  const { store } = openStore(full, { quarantine: false });
  appendAll(store, plausibleRows({ rows: 8_000 }));
  store.close();
  const older = new DatabaseSync(path);
  older.exec(`ATTACH ${JSON.stringify(full).replaceAll('"', "'")} AS full`);
  const columns = older.prepare("SELECT group_concat(name) AS names FROM pragma_table_info('exchanges')").get();
  older.exec(
    `INSERT INTO exchanges (${String(columns?.['names'])}) SELECT ${String(columns?.['names'])} FROM full.exchanges`,
  );
  older.close();
  return path;
}

it('a kill -9 while an older ledger gets its new indexes leaves it as it was, and the next start does it', async () => {
  const path = await olderLedger();
  const script = `
    const { openStore } = await import(${source('companion/store/open-store.ts')});
    process.stdout.write('now\\n');
    openStore(${JSON.stringify(path)}, { quarantine: false });
    process.stdout.write('done\\n');
    setInterval(() => {}, 1000);`;
  const versions: unknown[] = [];
  for (const delayMs of [8, 40]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await pause(delayMs);
    child.kill('SIGKILL');
    await once(child, 'close');
    const database = new DatabaseSync(path);
    versions.push(database.prepare('PRAGMA user_version').get()?.['user_version']);
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  }
  for (const version of versions) expect(version).toBeGreaterThanOrEqual(indexStep);
  const { store, quarantinedTo } = openStore(path, { quarantine: true });
  expect(quarantinedTo).toBeNull();
  expect(store.insight.countExchanges()).toBe(8_000);
  expect(store.usage('provider', {}).reduce((sum, { exchanges }) => sum + exchanges, 0)).toBe(8_000);
  store.close();
});
