import { chmodSync, existsSync, renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { corruptCopyPath, fileError } from '../base/atomic-file.ts';
import { CompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { migrations } from './migrations.ts';
import type { Periods } from '../base/periods.ts';
import { createPrivateFile } from '../base/private-file.ts';
import { isDamage, withPlainErrors } from '../base/sqlite-error.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';

export interface StoreOptions {
  /** Set a damaged database aside and start a new one; else opening it fails. */
  readonly quarantine: boolean;
  /** A setting chose the path: what stands there may be somebody else's, and is then left as it is. */
  readonly isChosen?: boolean;
  readonly logger?: Logger;
  /** In which budgets are counted anew; those of this computer's own zone unless given. */
  readonly periods?: Periods;
}

export interface OpenedStore {
  readonly store: Store;
  /** Where a damaged database was moved; the person must be told, since seats and session facts start anew. */
  readonly quarantinedTo: string | null;
}

const busyTimeoutMs = 2000;
/** A database of this size is read through in a few hundredths of a second. */
const checkedWholeBytes = 16 * 1024 * 1024;
/** The database and SQLite's own files beside it. */
const databaseFiles = ['', '-wal', '-shm'] as const;

/**
 * Opens the database at `path` (0600, created if absent; `:memory:` for none) and brings its schema up to date.
 * Errors: `STORE_UNAVAILABLE` when the disk fails, the file is damaged and may not be set aside, or a newer version of the
 * companion or another program wrote it (then nothing is touched).
 */
export function openStore(path: string, { quarantine, isChosen, logger, periods }: StoreOptions): OpenedStore {
  if (isChosen === true) refuseOtherFile(path);
  const report = (problem: string): void => logger?.warn({ problem }, 'A stored fact could not be read');
  const open = (): Store => new SqliteStore(openDatabase(path), path, report, periods);
  try {
    return { store: withPlainErrors(path, open), quarantinedTo: null };
  } catch (thrown) {
    const isDamaged = thrown instanceof CompanionError && isDamage(thrown.cause);
    if (!isDamaged || !quarantine) throw thrown;
  }
  const quarantinedTo = setAside(path);
  logger?.error({ quarantinedTo }, 'The database was damaged and has been set aside');
  return { store: withPlainErrors(path, open), quarantinedTo };
}

function openDatabase(path: string): DatabaseSync {
  if (path !== ':memory:') makePrivate(path);
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    refuseNewer(database, path);
    refuseDamaged(database);
    refuseForeign(database, path);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    migrate(database, path);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

const notADatabase = 26;

/** Before anything is done to it, its mode included. SQLite looks itself: see `createPrivateFile`. */
function refuseOtherFile(path: string): void {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined || (facts.isFile() && isDatabase(path))) return;
  throw new CompanionError('STORE_UNAVAILABLE', `${path} is no database, and is left as it is.`, {
    remedy: 'Name another file in storage.db_path, or move this one away.',
  });
}

/** Whatever else is wrong with it shows when it is opened. */
function isDatabase(path: string): boolean {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    versionOf(database);
    return true;
  } catch (thrown) {
    return (thrown as { readonly errcode?: unknown }).errcode !== notADatabase;
  } finally {
    database?.close();
  }
}

/** The table of the first step. */
const firstTable = 'seats';

function refuseForeign(database: DatabaseSync, path: string): void {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (tables.length === 0 || tables.some(({ name }) => name === firstTable)) return;
  throw new CompanionError('STORE_UNAVAILABLE', `${path} is the database of another program, and is left as it is.`, {
    remedy: 'Name another file in storage.db_path.',
  });
}

/** The mode must hold before SQLite writes the first byte; its `-wal` and `-shm` files take over the mode of the database. */
function makePrivate(path: string): void {
  createPrivateFile(path);
  if (process.platform === 'win32') return;
  for (const file of existingFiles(path)) {
    try {
      if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    } catch (thrown) {
      throw fileError('protect', file, thrown);
    }
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}

function refuseNewer(database: DatabaseSync, path: string): void {
  const version = versionOf(database);
  if (version <= migrations.length) return;
  throw new CompanionError(
    'STORE_UNAVAILABLE',
    `${path} was written by a newer companion (schema ${version}, this one knows up to ${migrations.length}).`,
    { remedy: 'Update the companion, or start it with another CCPROXY_HOME.' },
  );
}

/**
 * Looks at every page, but those of a ledger that has grown: half a second of each start for rows that nobody's sign-in
 * depends on. Damage there shows when it is met.
 */
function refuseDamaged(database: DatabaseSync): void {
  const scopes = sizeOf(database) <= checkedWholeBytes ? [''] : tablesBesideLedger(database);
  for (const scope of scopes) {
    const result = database.prepare(`PRAGMA quick_check(${scope === '' ? 1 : `'${scope}'`})`).get()?.['quick_check'];
    if (result !== 'ok') throw Object.assign(new Error(String(result)), { errcode: 11 });
  }
}

function sizeOf(database: DatabaseSync): number {
  const pragma = (name: string) => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
  return pragma('page_count') * pragma('page_size');
}

function tablesBesideLedger(database: DatabaseSync): readonly string[] {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'exchanges'").all();
  return tables.map(({ name }) => String(name));
}

/** Each step is one transaction together with its version, so a crash leaves a whole number of steps. */
function migrate(database: DatabaseSync, path: string): void {
  while (versionOf(database) < migrations.length) {
    database.exec('BEGIN IMMEDIATE');
    try {
      // Read again: another process may have taken the step while this one waited for the lock.
      const version = versionOf(database);
      refuseNewer(database, path);
      database.exec(`${migrations[version] ?? ''}; PRAGMA user_version = ${Math.min(version + 1, migrations.length)}`);
      database.exec('COMMIT');
    } catch (thrown) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw thrown;
    }
  }
}

/** The `-wal` file goes along under the matching name: it may hold what a rescue needs. */
function setAside(path: string): string {
  const target = corruptCopyPath(path, Date.now());
  for (const file of existingFiles(path)) {
    try {
      renameSync(file, target + file.slice(path.length));
    } catch (thrown) {
      throw fileError('move', file, thrown);
    }
  }
  return target;
}

function existingFiles(path: string): readonly string[] {
  return databaseFiles.map((suffix) => path + suffix).filter((file) => existsSync(file));
}
