import { z } from 'zod';
import type { Periods } from '../base/periods.ts';
import type { ClientKeyCounts, ClientKeyRecord, ClientKeyStore } from './client-keys.ts';
import { countUse } from './client-keys.ts';
import type { Connection, Row } from './connection.ts';
import { tokensOfRow } from './ledger.ts';
import type { LedgerRow } from './ledger.ts';
import { json, plain, Table, time } from './table.ts';

const models: z.ZodType<readonly string[] | null> = z.array(z.string()).nullable();

const clientKeyTable = new Table<ClientKeyRecord>('client_keys', {
  id: plain(),
  name: plain(),
  mode: plain(),
  // A list that cannot be read allows nothing.
  models: json(models, []),
  requestBudget: plain(),
  tokenBudget: plain(),
  budgetPeriod: plain(),
  ratePerMinute: plain(),
  createdAtMs: time(),
  expiresAtMs: time(),
  revokedAtMs: time(),
  lastUsedAtMs: time(),
  totalRequests: plain(),
  totalTokens: plain(),
  periodBeganMs: time(),
  periodRequests: plain(),
  periodTokens: plain(),
});

/** The client keys' part of the store. */
export class SqliteClientKeys implements ClientKeyStore {
  readonly #connection: Connection;
  readonly #report: (problem: string) => void;
  readonly #periods: Periods;

  /** `report` is told what a row holds that this version cannot read. */
  constructor(connection: Connection, report: (problem: string) => void, periods: Periods) {
    this.#connection = connection;
    this.#report = report;
    this.#periods = periods;
  }

  clientKeys(): readonly ClientKeyRecord[] {
    const rows = this.#connection.all('SELECT * FROM client_keys ORDER BY created_at_ms, rowid');
    return rows.map((row) => this.#record(row));
  }

  addClientKey(record: ClientKeyRecord): void {
    this.#connection.save(clientKeyTable.upsert, clientKeyTable.toRow(record));
  }

  revokeClientKey(id: string, atMs: number): boolean {
    const revoke = 'UPDATE client_keys SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL';
    return this.#connection.run(revoke, Math.round(atMs), id) > 0;
  }

  /** Raises the counts of the keys that these rows came with. To be called in the transaction that appends them. */
  count(rows: readonly LedgerRow[]): void {
    const ids = new Set(rows.flatMap(({ clientKey }) => clientKey ?? []));
    for (const id of ids) {
      this.#countFor(
        id,
        rows.filter(({ clientKey }) => clientKey === id),
      );
    }
  }

  #countFor(id: string, rows: readonly LedgerRow[]): void {
    const stored = this.#connection.get('SELECT * FROM client_keys WHERE id = ?', id);
    if (stored === undefined) return;
    const record = this.#record(stored);
    const counts = rows.reduce<ClientKeyCounts>((sum, row) => {
      const use = { atMs: row.atMs, tokens: tokensOfRow(row) };
      return countUse(sum, use, this.#periods.startOf(record.budgetPeriod, row.atMs));
    }, record);
    this.#connection.save(clientKeyTable.upsert, clientKeyTable.toRow({ ...record, ...counts }));
  }

  #record(row: Row): ClientKeyRecord {
    return clientKeyTable.fromRow(row, (problem) => this.#report(`${problem} (${String(row['id'])})`));
  }
}
