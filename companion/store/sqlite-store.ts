import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { z } from 'zod';
import { quotaWindowSchema } from '../../shared/quota.ts';
import type { QuotaWindow } from '../../shared/quota.ts';
import { sessionStatusSchema } from '../../shared/status.ts';
import { Periods } from '../base/periods.ts';
import type { ClientKeyRecord } from './client-keys.ts';
import { Connection } from './connection.ts';
import type { Row } from './connection.ts';
import type { CredentialLimit, CredentialUse } from './credential-limits.ts';
import type { CredentialTotals, LedgerRow, UsageFilter, UsageGroup, UsageKey } from './ledger.ts';
import { SqliteClientKeys } from './sqlite-client-keys.ts';
import type { LedgerInsight } from './ledger-insight.ts';
import { SqliteCredentialLimits } from './sqlite-credential-limits.ts';
import { SqliteLedger } from './sqlite-ledger.ts';
import type { SeatRecord, SessionRecord, Store } from './store.ts';
import { flag, json, plain, Table, time } from './table.ts';

const seatTable = new Table<SeatRecord>('seats', {
  id: plain(),
  name: plain(),
  browser: plain(),
  origin: plain(),
  fingerprint: plain(),
  pairedAtMs: time(),
  lastSeenAtMs: time(),
});

const places = z.array(z.object({ seatId: z.string(), browserStore: z.string() }));
const { organisations, models, trouble } = sessionStatusSchema.shape;
const sessionTable = new Table<SessionRecord>('sessions', {
  id: plain(),
  name: plain(),
  accountId: plain(),
  email: plain(),
  displayName: plain(),
  organisationId: plain(),
  isOrganisationPinned: flag,
  organisations: json(organisations, []),
  plan: plain(),
  restsIn: plain(),
  transport: plain(),
  seatId: plain(),
  browserStore: plain(),
  sharedBy: json(places, []),
  rev: plain(),
  state: plain(),
  isDefault: flag,
  syncedAtMs: time(),
  validUntilMs: time(),
  models: json(models, []),
  modelsAtMs: time(),
  trouble: json(trouble, null),
});

const saveQuota = `
  INSERT INTO quotas (owner, window, model, used_fraction, status, resets_at_ms, source, observed_at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (owner, window, model) DO UPDATE SET
    used_fraction = excluded.used_fraction, status = excluded.status, resets_at_ms = excluded.resets_at_ms,
    source = excluded.source, observed_at_ms = excluded.observed_at_ms
  WHERE excluded.observed_at_ms >= quotas.observed_at_ms`;

const readQuotas = `
  SELECT window, model, used_fraction AS usedFraction, status, resets_at_ms AS resetsAtMs, source,
    observed_at_ms AS observedAtMs
  FROM quotas WHERE owner = ? ORDER BY window, model`;

/** The store in one SQLite file. All calls are synchronous; each is one transaction. */
export class SqliteStore implements Store {
  readonly #connection: Connection;
  readonly #clientKeys: SqliteClientKeys;
  readonly #limits: SqliteCredentialLimits;
  readonly #ledger: SqliteLedger;
  readonly #report: (problem: string) => void;
  /** As the database has them: every request asks, and nobody else writes while this process holds the home's lock. */
  #sessions: readonly SessionRecord[] | undefined;

  /** `report` is told what a row holds that this version cannot read. */
  constructor(database: DatabaseSync, path: string, report: (problem: string) => void, periods = new Periods()) {
    this.#connection = new Connection(database, path);
    this.#clientKeys = new SqliteClientKeys(this.#connection, report, periods);
    this.#limits = new SqliteCredentialLimits(this.#connection);
    this.#ledger = new SqliteLedger(this.#connection, report, (rows, uses) => {
      this.#clientKeys.count(rows);
      this.#limits.count(uses);
    });
    this.#report = report;
  }

  seats(): readonly SeatRecord[] {
    return this.#connection.all('SELECT * FROM seats ORDER BY paired_at_ms, id').map((row) => this.#seat(row));
  }

  seat(id: string): SeatRecord | undefined {
    const row = this.#connection.get('SELECT * FROM seats WHERE id = ?', id);
    return row && this.#seat(row);
  }

  saveSeat(seat: SeatRecord): void {
    this.#connection.save(seatTable.upsert, seatTable.toRow(seat));
  }

  deleteSeat(id: string): boolean {
    return this.#connection.run('DELETE FROM seats WHERE id = ?', id) > 0;
  }

  sessions(): readonly SessionRecord[] {
    return (this.#sessions ??= this.#readSessions());
  }

  #readSessions(): readonly SessionRecord[] {
    const rows = this.#connection.all('SELECT * FROM sessions ORDER BY is_default DESC, synced_at_ms DESC, id');
    return rows.map((row) => this.#session(row));
  }

  session(id: string): SessionRecord | undefined {
    const row = this.#connection.get('SELECT * FROM sessions WHERE id = ?', id);
    return row && this.#session(row);
  }

  saveSession(session: SessionRecord): void {
    this.#sessions = undefined;
    this.#connection.inTransaction(() => {
      if (session.isDefault) this.#connection.run('UPDATE sessions SET is_default = 0 WHERE id <> ?', session.id);
      this.#connection.save(sessionTable.upsert, sessionTable.toRow(session));
    });
  }

  deleteSession(id: string): boolean {
    this.#sessions = undefined;
    return this.#connection.inTransaction(() => {
      const wasDefault = this.#connection.get('SELECT is_default FROM sessions WHERE id = ?', id)?.['is_default'] === 1;
      const isDeleted = this.#connection.run('DELETE FROM sessions WHERE id = ?', id) > 0;
      this.#connection.run('DELETE FROM quotas WHERE owner = ?', `session/${id}`);
      this.#connection.run('DELETE FROM credential_limits WHERE credential = ?', id);
      if (wasDefault) {
        const next = 'SELECT id FROM sessions ORDER BY synced_at_ms DESC, id LIMIT 1';
        this.#connection.run(`UPDATE sessions SET is_default = 1 WHERE id = (${next})`);
      }
      return isDeleted;
    });
  }

  quotas(owner: string): readonly QuotaWindow[] {
    return this.#connection
      .all(readQuotas, owner)
      .map(({ model, ...row }) => quotaWindowSchema.parse(model === '' ? row : { ...row, model }));
  }

  saveQuotas(owner: string, windows: readonly QuotaWindow[]): void {
    this.#connection.inTransaction(() => {
      for (const window of windows) this.#connection.save(saveQuota, quotaRow(owner, window));
    });
  }

  setting(name: string): string | undefined {
    const value = this.#connection.get('SELECT value FROM settings WHERE name = ?', name)?.['value'];
    return typeof value === 'string' ? value : undefined;
  }

  saveSetting(name: string, value: string): void {
    this.#connection.run(
      'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    );
  }

  appendExchanges(rows: readonly LedgerRow[], uses: readonly CredentialUse[] = []): void {
    this.#ledger.appendExchanges(rows, uses);
  }

  credentialLimits(): readonly CredentialLimit[] {
    return this.#limits.credentialLimits();
  }

  saveTokenLimits(limits: readonly CredentialLimit[]): void {
    this.#limits.saveTokenLimits(limits);
  }

  beginPeriods(limits: readonly CredentialLimit[]): void {
    this.#limits.beginPeriods(limits);
  }

  exchange(id: string): LedgerRow | undefined {
    return this.#ledger.exchange(id);
  }

  recentExchanges(limit: number): readonly LedgerRow[] {
    return this.#ledger.recentExchanges(limit);
  }

  usage(by: UsageKey, filter: UsageFilter): readonly UsageGroup[] {
    return this.#ledger.usage(by, filter);
  }

  get insight(): LedgerInsight {
    return this.#ledger.insight;
  }

  credentialTotals(): readonly CredentialTotals[] {
    return this.#ledger.credentialTotals();
  }

  pruneExchanges(keepRows: number, olderThanMs: number): number {
    return this.#ledger.pruneExchanges(keepRows, olderThanMs);
  }

  clientKeys(): readonly ClientKeyRecord[] {
    return this.#clientKeys.clientKeys();
  }

  addClientKey(record: ClientKeyRecord): void {
    this.#clientKeys.addClientKey(record);
  }

  revokeClientKey(id: string, atMs: number): boolean {
    return this.#clientKeys.revokeClientKey(id, atMs);
  }

  close(): void {
    this.#connection.close();
  }

  #seat(row: Row): SeatRecord {
    return seatTable.fromRow(row, this.#report);
  }

  #session(row: Row): SessionRecord {
    return sessionTable.fromRow(row, (problem) => this.#report(`${problem} (session ${String(row['id'])})`));
  }
}

function quotaRow(owner: string, window: QuotaWindow): SQLInputValue[] {
  const { model = '', usedFraction, status, resetsAtMs, source, observedAtMs } = window;
  const resets = resetsAtMs === null ? null : Math.round(resetsAtMs);
  return [owner, window.window, model, usedFraction, status, resets, source, Math.round(observedAtMs)];
}
