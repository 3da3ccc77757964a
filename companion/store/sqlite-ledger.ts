import { z } from 'zod';
import type { Connection, Row } from './connection.ts';
import type { CredentialUse } from './credential-limits.ts';
import type {
  CredentialTotals,
  LedgerExplanation,
  LedgerRow,
  LedgerStore,
  UsageFilter,
  UsageGroup,
  UsageKey,
} from './ledger.ts';
import { addGroups, pruneStepRows, tokensOf } from './ledger.ts';
import type { LedgerInsight } from './ledger-insight.ts';
import { isFailure, SqliteInsight } from './sqlite-insight.ts';
import { count, flag, json, plain, Table, time } from './table.ts';

const considered = z.object({ who: z.string(), verdict: z.string(), reason: z.string() });
const attempt = z.object({
  who: z.string(),
  status: z.number().nullable(),
  outcome: z.string(),
  durationMs: z.number(),
});
const explanation: z.ZodType<LedgerExplanation> = z.object({
  plan: z.string(),
  considered: z.array(considered),
  attempts: z.array(attempt),
});
const warnings: z.ZodType<readonly string[]> = z.array(z.string());

const exchangeTable = new Table<Omit<LedgerRow, 'guessedTokens'>>('exchanges', {
  id: plain(),
  atMs: time(),
  client: plain(),
  clientKey: plain(),
  dialect: plain(),
  route: plain(),
  model: plain(),
  servedModel: plain(),
  mode: plain(),
  provider: plain(),
  credential: plain(),
  isTranslated: flag,
  isStream: flag,
  status: plain(),
  outcome: plain(),
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  firstByteMs: time(),
  durationMs: time(),
  warnings: json(warnings, []),
  explanation: json(explanation, { plan: 'not known', considered: [], attempts: [] }),
});

interface Grouping {
  readonly index: string;
  /** The first columns of the index: grouped by them, SQLite sorts nothing and answers from the index alone. */
  readonly columns: string;
  /** Which of them names the group. */
  readonly key: string;
}

const groupings: Readonly<Record<Exclude<UsageKey, 'day'>, Grouping>> = {
  model: { index: 'by_model', columns: 'served_model, model', key: "coalesce(served_model, model, '')" },
  client: { index: 'by_client', columns: 'client_key, client', key: 'client' },
  client_key: { index: 'by_client', columns: 'client_key', key: "coalesce(client_key, '')" },
  credential: { index: 'by_credential', columns: 'provider, credential', key: "coalesce(credential, '')" },
  provider: { index: 'by_credential', columns: 'provider', key: "coalesce(provider, '')" },
};

const sums = `
  count(*) AS exchanges, total(${isFailure}) AS failures,
  total(input_tokens) AS inputTokens, total(output_tokens) AS outputTokens,
  total(cache_read_tokens) AS cacheReadTokens, total(cache_write_tokens) AS cacheWriteTokens,
  min(at_ms) AS firstAtMs, max(at_ms) AS lastAtMs`;

const lastFailure = `
  SELECT outcome, at_ms AS atMs FROM exchanges INDEXED BY exchanges_by_credential
  WHERE provider IS ? AND credential = ? AND ${isFailure} ORDER BY at_ms DESC LIMIT 1`;

const oldest = 'SELECT rowid FROM exchanges ORDER BY at_ms, rowid LIMIT ?';

/** The ledger part of the store. */
export class SqliteLedger implements LedgerStore {
  readonly #connection: Connection;
  readonly #report: (problem: string) => void;
  readonly #alsoCount: (rows: readonly LedgerRow[], uses: readonly CredentialUse[]) => void;
  readonly insight: LedgerInsight;

  /**
   * `report` is told what a row holds that this version cannot read; `alsoCount` gets the rows inside of the transaction that
   * appends them.
   */
  constructor(
    connection: Connection,
    report: (problem: string) => void,
    alsoCount: (rows: readonly LedgerRow[], uses: readonly CredentialUse[]) => void,
  ) {
    this.#connection = connection;
    this.#report = report;
    this.#alsoCount = alsoCount;
    this.insight = new SqliteInsight(connection, (row) => this.#row(row));
  }

  appendExchanges(rows: readonly LedgerRow[], uses: readonly CredentialUse[] = []): void {
    this.#connection.inTransaction(() => {
      for (const row of rows) this.#connection.save(exchangeTable.upsert, exchangeTable.toRow(row));
      this.#alsoCount(rows, uses);
    });
  }

  exchange(id: string): LedgerRow | undefined {
    const exact = this.#connection.get('SELECT * FROM exchanges WHERE id = ?', id);
    if (exact !== undefined) return this.#row(exact);
    // No id holds the last character that there is, so this is the range of all that begin so.
    const between = 'SELECT * FROM exchanges WHERE id >= ? AND id < ? LIMIT 2';
    const [found, another] = this.#connection.all(between, id, `${id}\u{10ffff}`);
    return found === undefined || another !== undefined ? undefined : this.#row(found);
  }

  recentExchanges(limit: number): readonly LedgerRow[] {
    const newest = 'SELECT * FROM exchanges ORDER BY at_ms DESC, rowid DESC LIMIT ?';
    return this.#connection.all(newest, limit).map((row) => this.#row(row));
  }

  usage(by: UsageKey, { sinceMs = 0, untilMs = Number.MAX_SAFE_INTEGER }: UsageFilter): readonly UsageGroup[] {
    if (by === 'day') return [...this.#days(Math.ceil(sinceMs), Math.ceil(untilMs))];
    const { index, columns, key } = groupings[by];
    const groups = this.#connection.all(
      `SELECT ${key} AS key, ${sums} FROM exchanges INDEXED BY exchanges_${index}
       WHERE at_ms >= ? AND at_ms < ? GROUP BY ${columns}`,
      Math.ceil(sinceMs),
      Math.ceil(untilMs),
    ) as unknown as UsageGroup[];
    return mergeByKey(groups).sort(byTokens);
  }

  credentialTotals(): readonly CredentialTotals[] {
    const providers = this.usage('provider', {}).map(({ key }) => (key === '' ? null : key));
    return this.usage('credential', {})
      .filter((group) => group.key !== '')
      .map(({ key, exchanges, failures, lastAtMs }) => ({
        credential: key,
        exchanges,
        failures,
        lastAtMs,
        lastFailure: failures === 0 ? null : this.#lastFailure(key, providers),
      }));
  }

  pruneExchanges(keepRows: number, olderThanMs: number): number {
    return this.#connection.inTransaction(() => {
      const aged = `DELETE FROM exchanges WHERE rowid IN (
        SELECT rowid FROM exchanges WHERE at_ms < ? ORDER BY at_ms, rowid LIMIT ?)`;
      const expired = this.#connection.run(aged, Math.ceil(olderThanMs), pruneStepRows);
      const surplus = Math.min(this.#rowsAbove(keepRows), pruneStepRows - expired);
      if (surplus <= 0) return expired;
      return expired + this.#connection.run(`DELETE FROM exchanges WHERE rowid IN (${oldest})`, surplus);
    });
  }

  /** One range of the time index for each local day that has exchanges; sorting a million rows would take a second. */
  *#days(sinceMs: number, untilMs: number): Generator<UsageGroup> {
    const next = 'SELECT min(at_ms) AS atMs FROM exchanges WHERE at_ms >= ? AND at_ms < ?';
    const sum = `SELECT ${sums} FROM exchanges INDEXED BY exchanges_by_time WHERE at_ms >= ? AND at_ms < ?`;
    for (let fromMs = sinceMs; ;) {
      const atMs = this.#connection.get(next, fromMs, untilMs)?.['atMs'];
      if (typeof atMs !== 'number') return;
      const day = localDay(atMs);
      fromMs = Math.min(day.endMs, untilMs);
      const group = this.#connection.get(sum, atMs, fromMs) as unknown as Omit<UsageGroup, 'key'>;
      yield { key: day.name, ...group };
    }
  }

  /** The index begins with the provider, and no row of a credential has two in practice. */
  #lastFailure(credential: string, providers: readonly (string | null)[]): CredentialTotals['lastFailure'] {
    const rows = providers.map((provider) => this.#connection.get(lastFailure, provider, credential));
    const found = rows.filter((row) => row !== undefined);
    const [newest] = found.sort((left, right) => Number(right['atMs']) - Number(left['atMs']));
    return newest === undefined ? null : { outcome: String(newest['outcome']), atMs: Number(newest['atMs']) };
  }

  /** Row ids never lie, they only have gaps: most of the time they show without counting that nothing is to be done. */
  #rowsAbove(keepRows: number): number {
    // Two questions, each answered at one end of the table: asked in one, SQLite would walk through all of it.
    const ends = this.#connection.get(
      'SELECT (SELECT min(rowid) FROM exchanges) AS first, (SELECT max(rowid) FROM exchanges) AS last',
    );
    if (Number(ends?.['last'] ?? 0) - Number(ends?.['first'] ?? 0) < keepRows) return 0;
    return Number(this.#connection.get('SELECT count(*) AS rows FROM exchanges')?.['rows']) - keepRows;
  }

  #row(row: Row): LedgerRow {
    return exchangeTable.fromRow(row, (problem) => this.#report(`${problem} (${String(row['id'])})`));
  }
}

/** One model is several groups where clients call it by several names. */
function mergeByKey(groups: readonly UsageGroup[]): UsageGroup[] {
  const merged = new Map<string, UsageGroup>();
  for (const group of groups) {
    const known = merged.get(group.key);
    merged.set(group.key, known === undefined ? { ...group } : addGroups(known, group));
  }
  return [...merged.values()];
}

function byTokens(left: UsageGroup, right: UsageGroup): number {
  return tokensOf(right) - tokensOf(left) || right.exchanges - left.exchanges;
}

/** The day of the person's own zone that `atMs` is in. */
function localDay(atMs: number): { readonly name: string; readonly endMs: number } {
  const at = new Date(atMs);
  const [year, month, day] = [at.getFullYear(), at.getMonth(), at.getDate()];
  const name = [year, month + 1, day].map((part) => String(part).padStart(2, '0')).join('-');
  return { name, endMs: new Date(year, month, day + 1).getTime() };
}
