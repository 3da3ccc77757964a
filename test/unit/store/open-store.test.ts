import { spawn } from 'node:child_process';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { memoryLogger } from '../../../companion/base/log.ts';
import { migrations } from '../../../companion/store/migrations.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import { fullDisk } from '../../support/full-disk.ts';
import { ledgerRow, quotaWindow, seatRecord, sessionRecord } from '../../support/records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A source file as the text of a module specifier, for a script that runs in another process. */
function source(file: string): string {
  return JSON.stringify(new URL(`../../../${file}`, import.meta.url).href);
}

async function databasePath(): Promise<string> {
  return join(await temporaryFolder(), 'companion.db');
}

function runSql(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

/** Fills a leaf page of that table with nonsense. */
async function damagePageOf(table: string, path: string): Promise<void> {
  const database = new DatabaseSync(path);
  const leaf = "SELECT pgoffset FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno DESC LIMIT 1";
  const offset = Number(database.prepare(leaf).get(table)?.['pgoffset']);
  database.close();
  expect(offset).toBeGreaterThan(0);
  const bytes = await readFile(path);
  await writeFile(path, bytes.fill(0xff, offset, offset + 4096));
}

describe('openStore', () => {
  it('finds everything again after a restart', async () => {
    const path = await databasePath();
    const first = openStore(path, { quarantine: false });
    first.store.saveSeat(seatRecord());
    first.store.saveSession(sessionRecord());
    first.store.close();
    const second = openStore(path, { quarantine: false });
    expect(second.quarantinedTo).toBeNull();
    expect([second.store.seats(), second.store.sessions()]).toEqual([[seatRecord()], [sessionRecord()]]);
    second.store.close();
  });

  it('keeps every one of its files to the owner, with umask 000 and with a file that was open to all', async () => {
    const path = await databasePath();
    const modes = async (): Promise<Record<string, string>> => {
      const names = await readdir(join(path, '..'));
      const entries = names.map(async (name) => [
        name,
        ((await stat(join(path, '..', name))).mode & 0o777).toString(8),
      ]);
      return Object.fromEntries(await Promise.all(entries));
    };
    const all = { 'companion.db': '600', 'companion.db-shm': '600', 'companion.db-wal': '600' };
    const before = process.umask(0);
    try {
      const { store } = openStore(path, { quarantine: false });
      store.saveSeat(seatRecord());
      expect(await modes()).toEqual(all);
      store.close();
      await chmod(path, 0o666);
      const again = openStore(path, { quarantine: false }).store;
      again.saveSeat(seatRecord());
      expect(await modes()).toEqual(all);
      again.close();
    } finally {
      process.umask(before);
    }
  });

  it.each([
    ['is no database', async (path: string) => writeFile(path, 'not a database, but long enough to look like a file')],
    [
      'has a broken page',
      async (path: string) => {
        const { store } = openStore(path, { quarantine: false });
        for (let n = 0; n < 200; n += 1) store.saveSeat(seatRecord({ id: `seat-${n}`, name: 'x'.repeat(200) }));
        store.close();
        const bytes = await readFile(path);
        await writeFile(path, bytes.fill(0xff, 4096 * 2, 4096 * 4));
      },
    ],
  ])('sets a file aside that %s, starts anew, and says so', async (_what, damage) => {
    const path = await databasePath();
    await damage(path);
    const damaged = await readFile(path);
    expect(() => openStore(path, { quarantine: false })).toThrow(
      expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining(path) }),
    );
    const { logger, lines } = memoryLogger();
    const { store, quarantinedTo } = openStore(path, { quarantine: true, logger });
    expect(quarantinedTo).toMatch(/companion\.db\.corrupt-\d{4}-\d\d-\d\dT[\d-]+Z$/);
    expect(await readFile(quarantinedTo ?? '')).toEqual(damaged);
    expect(lines).toMatchObject([{ level: 'error', quarantinedTo }]);
    store.saveSeat(seatRecord());
    expect(store.seats()).toHaveLength(1);
    store.close();
  });

  it('leaves what is no database as it is, where a setting names it', async () => {
    const path = await databasePath();
    await writeFile(path, 'the key of somebody', { mode: 0o644 });
    expect(() => openStore(path, { quarantine: true, isChosen: true })).toThrow(
      expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('no database') }),
    );
    expect(await readFile(path, 'utf8')).toBe('the key of somebody');
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    expect(await readdir(dirname(path))).toEqual([basename(path)]);
  });

  it('leaves the database of another program as it is', async () => {
    const path = await databasePath();
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE places (url TEXT); PRAGMA user_version = 3');
    other.close();
    const before = await readFile(path);
    expect(() => openStore(path, { quarantine: true, isChosen: true })).toThrow(
      expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('another program') }),
    );
    expect(await readFile(path)).toEqual(before);
  });

  it('does not read through a big ledger at each start, but through all else', async () => {
    const path = await databasePath();
    const { store } = openStore(path, { quarantine: false });
    for (let n = 0; n < 200; n += 1) store.saveSeat(seatRecord({ id: `seat-${n}`, name: 'x'.repeat(200) }));
    const plan = 'x'.repeat(9000);
    store.appendExchanges(
      Array.from({ length: 2000 }, (_, n) =>
        ledgerRow({ id: `exc_${n}`, explanation: { plan, considered: [], attempts: [] } }),
      ),
    );
    store.close();
    await damagePageOf('exchanges', path);
    const again = openStore(path, { quarantine: true });
    expect([again.quarantinedTo, again.store.seats().length]).toEqual([null, 200]);
    expect(() => again.store.recentExchanges(2000)).toThrow(
      expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('damaged') }),
    );
    again.store.close();
    await damagePageOf('seats', path);
    const anew = openStore(path, { quarantine: true });
    expect(anew.quarantinedTo).not.toBeNull();
    anew.store.close();
  });

  it('does not touch a database of a newer version, even when it may set damaged ones aside', async () => {
    const path = await databasePath();
    openStore(path, { quarantine: false }).store.close();
    runSql(path, `PRAGMA user_version = ${migrations.length + 1}`);
    const before = await readFile(path);
    expect(() => openStore(path, { quarantine: true })).toThrow(
      expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('newer companion') }),
    );
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(join(path, '..'))).toEqual(['companion.db']);
  });

  it('brings a database of the first version up to date, with everything that was in it', async () => {
    const path = await databasePath();
    runSql(path, `${migrations[0] ?? ''}; PRAGMA user_version = 1`);
    runSql(path, `INSERT INTO quotas VALUES ('session/a', 'five_hour', '', 0.25, 'allowed', NULL, 'stream', 7)`);
    runSql(path, `INSERT INTO settings VALUES ('installation', 'one')`);
    const { store } = openStore(path, { quarantine: false });
    const kept = quotaWindow({ resetsAtMs: null, observedAtMs: 7 });
    expect([store.quotas('session/a'), store.setting('installation')]).toEqual([[kept], 'one']);
    store.saveQuotas('session/a', [quotaWindow({ source: 'headers' })]);
    store.appendExchanges([ledgerRow()]);
    expect([store.quotas('session/a')[0]?.source, store.recentExchanges(1)]).toEqual(['headers', [ledgerRow()]]);
    store.close();
  });

  it('reports a folder that is not there', async () => {
    const path = join(await temporaryFolder(), 'missing', 'companion.db');
    expect(() => openStore(path, { quarantine: true })).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
  });

  it('reads facts that no longer fit as absent, and reports them', async () => {
    const path = await databasePath();
    const first = openStore(path, { quarantine: false });
    first.store.saveSession(sessionRecord());
    first.store.close();
    runSql(path, `UPDATE sessions SET models = '[{"id":1}]', organisations = 'no json'`);
    const { logger, lines } = memoryLogger();
    const { store } = openStore(path, { quarantine: false, logger });
    expect(store.sessions()).toEqual([sessionRecord({ models: [], organisations: [] })]);
    expect(lines.map((line) => line['problem'])).toEqual([
      'sessions.organisations holds JSON that does not fit (session session-1)',
      'sessions.models holds JSON that does not fit (session session-1)',
    ]);
    store.close();
  });

  it('reports a full disk in words and goes on once there is room', async ({ skip }) => {
    const disk = await fullDisk(512 * 1024);
    if (disk.folder === undefined) return skip(disk.reason);
    const { store } = openStore(join(disk.folder, 'companion.db'), { quarantine: false });
    const fill = (): void => {
      for (let n = 0; ; n += 1)
        store.saveSession(sessionRecord({ id: `s${n}`, name: 'x'.repeat(5000), isDefault: true }));
    };
    expect(fill).toThrow(
      expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('the disk is full') }),
    );
    const kept = store.sessions();
    expect(kept.length).toBeGreaterThan(5);
    expect(kept.filter(({ isDefault }) => isDefault).map(({ id }) => id)).toEqual([`s${kept.length - 1}`]);
    store.close();
  });

  it(
    'never loses a whole transaction or keeps half of one when the process is killed',
    { timeout: 60_000 },
    async () => {
      const path = await databasePath();
      const script = `
      const { openStore } = await import(${source('companion/store/open-store.ts')});
      const { sessionRecord } = await import(${source('test/support/records.ts')});
      const { store } = openStore(${JSON.stringify(path)}, { quarantine: false });
      for (let n = 0; ; n += 1) {
        store.saveSession(sessionRecord({ id: 's' + (n % 7), isDefault: true, rev: n }));
        process.stdout.write(n + '\\n');
      }`;
      for (let round = 0; round < 15; round += 1) {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let output = '';
        child.stdout.on('data', (bytes) => (output += String(bytes)));
        await new Promise((resolve) => child.stdout.once('data', resolve));
        await pause(Math.random() * 30);
        child.kill('SIGKILL');
        await new Promise((resolve) => child.once('close', resolve));
        const lastTold = Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1));
        const { store, quarantinedTo } = openStore(path, { quarantine: true });
        expect(quarantinedTo).toBeNull();
        const defaults = store.sessions().filter(({ isDefault }) => isDefault);
        expect(defaults).toHaveLength(1);
        expect(defaults[0]?.rev).toBeGreaterThanOrEqual(lastTold);
        store.close();
      }
    },
  );
});
