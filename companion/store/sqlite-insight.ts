import type { SQLInputValue } from 'node:sqlite';
import type { Connection, Row } from './connection.ts';
import type {
  Edges,
  ExchangeFilter,
  ExchangePlace,
  InsightKey,
  LatencySample,
  LedgerInsight,
  PlacedExchange,
  SeriesPoint,
} from './ledger-insight.ts';
import type { LedgerRow } from './ledger.ts';

/** What the person or the client broke off is no failure. */
export const isFailure = "outcome NOT IN ('ok', 'CLIENT_GONE', 'STOPPED_BY_USER')";

const keys: Readonly<Record<InsightKey, string>> = {
  total: "''",
  model: "coalesce(served_model, model, '')",
  client: 'client',
  provider: "coalesce(provider, '')",
};

const tokens = `
  total(input_tokens) + total(output_tokens) + total(cache_read_tokens) + total(cache_write_tokens)`;

/**
 * Asks `exchanges_by_time` alone, in which every column stands that is grouped, filtered or summed here. One bucket at a
 * time: to group a few hundred rows costs less than to sort all of them.
 */
export class SqliteInsight implements LedgerInsight {
  readonly #connection: Connection;
  readonly #read: (row: Row) => LedgerRow;

  /** `read` makes a record of a row. */
  constructor(connection: Connection, read: (row: Row) => LedgerRow) {
    this.#connection = connection;
    this.#read = read;
  }

  seriesPoints(by: InsightKey, edges: Edges): readonly SeriesPoint[] {
    const rows = this.#inBuckets(
      `SELECT ${keys[by]} AS key, count(*) AS exchanges, total(${isFailure}) AS failures, ${tokens} AS tokens
       FROM exchanges INDEXED BY exchanges_by_time WHERE at_ms >= ? AND at_ms < ? ${groupBy(by)}`,
      edges,
    );
    return rows as unknown as SeriesPoint[];
  }

  latencySamples(by: InsightKey, edges: Edges): readonly LatencySample[] {
    const rows = this.#inBuckets(
      `SELECT ${keys[by]} AS key, count(*) AS exchanges,
         group_concat(first_byte_ms) AS firstByteMs, group_concat(duration_ms) AS durationMs
       FROM exchanges INDEXED BY exchanges_by_time WHERE at_ms >= ? AND at_ms < ? AND outcome = 'ok' ${groupBy(by)}`,
      edges,
    );
    return rows.map(({ bucket, key, firstByteMs = null, durationMs = null }) => ({
      bucket,
      key: String(key),
      firstByteMs: numbersIn(firstByteMs),
      durationMs: numbersIn(durationMs),
    }));
  }

  exchangesBefore(filter: ExchangeFilter, before: ExchangePlace | undefined, limit: number): readonly PlacedExchange[] {
    const { condition, values } = conditionOf(filter);
    const place = before === undefined ? [] : [before.atMs, before.atMs, before.row];
    const isBefore = before === undefined ? 'TRUE' : 'at_ms <= ? AND (at_ms < ? OR rowid < ?)';
    const sql = `
      SELECT exchanges.*, exchanges.rowid AS row FROM (
        SELECT rowid AS found FROM exchanges INDEXED BY exchanges_by_time
        WHERE ${isBefore} AND ${condition} ORDER BY at_ms DESC, rowid DESC LIMIT ?
      ) CROSS JOIN exchanges ON exchanges.rowid = found ORDER BY at_ms DESC, exchanges.rowid DESC`;
    return this.#exchanges(sql, ...place, ...values, limit);
  }

  exchangesAfter(filter: ExchangeFilter, row: number, limit: number): readonly PlacedExchange[] {
    const { condition, values } = conditionOf(filter);
    const sql = `
      SELECT exchanges.*, rowid AS row FROM exchanges NOT INDEXED WHERE rowid > ? AND ${condition}
      ORDER BY rowid LIMIT ?`;
    return this.#exchanges(sql, row, ...values, limit);
  }

  newestRow(): number {
    return Number(this.#connection.get('SELECT max(rowid) AS row FROM exchanges')?.['row'] ?? 0);
  }

  oldestAtMs(): number | undefined {
    const atMs = this.#connection.get('SELECT min(at_ms) AS atMs FROM exchanges')?.['atMs'];
    return typeof atMs === 'number' ? atMs : undefined;
  }

  countExchanges(): number {
    return Number(this.#connection.get('SELECT count(*) AS rows FROM exchanges')?.['rows']);
  }

  #exchanges(sql: string, ...values: SQLInputValue[]): readonly PlacedExchange[] {
    return this.#connection.all(sql, ...values).map((row) => ({ row: Number(row['row']), exchange: this.#read(row) }));
  }

  #inBuckets(sql: string, edges: Edges): readonly (Row & { readonly bucket: number })[] {
    return edges.slice(1).flatMap((endMs, bucket) =>
      this.#connection
        .all(sql, Math.ceil(edges[bucket] ?? 0), Math.ceil(endMs))
        .filter(({ exchanges }) => exchanges !== 0)
        .map((row) => Object.assign(row, { bucket })),
    );
  }
}

/** All of a bucket together need no sorting into groups; without a row they are one group of none. */
function groupBy(by: InsightKey): string {
  return by === 'total' ? '' : 'GROUP BY 1';
}

const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;

/** Whole numbers with commas between, by hand: there are hundreds of thousands of them. */
function numbersIn(list: Row[string]): readonly number[] {
  if (typeof list !== 'string') return [];
  const numbers: number[] = [];
  let [value, sign] = [0, 1];
  for (let at = 0; at < list.length; at += 1) {
    const code = list.charCodeAt(at);
    if (code === comma) {
      numbers.push(sign * value);
      [value, sign] = [0, 1];
    } else if (code === minus) sign = -1;
    else value = value * 10 + (code - zero);
  }
  numbers.push(sign * value);
  return numbers;
}

interface Condition {
  readonly condition: string;
  readonly values: readonly SQLInputValue[];
}

function conditionOf({ model, client, clientKey, provider, credential, outcome, search }: ExchangeFilter): Condition {
  const parts: (Condition | undefined)[] = [
    model === undefined ? undefined : { condition: "coalesce(served_model, model, '') = ?", values: [model] },
    equals('client', client),
    equals("coalesce(client_key, '')", clientKey),
    equals("coalesce(provider, '')", provider),
    equals("coalesce(credential, '')", credential),
    outcome === 'failed' ? { condition: isFailure, values: [] } : equals('outcome', outcome),
    search === undefined ? undefined : searchFor(search),
  ];
  const told = parts.filter((part) => part !== undefined);
  return {
    condition: ['TRUE', ...told.map((part) => part.condition)].join(' AND '),
    values: told.flatMap((part) => part.values),
  };
}

function equals(column: string, value: string | undefined): Condition | undefined {
  return value === undefined ? undefined : { condition: `${column} = ?`, values: [value] };
}

const searched = ['served_model', 'model', 'client', 'provider', 'credential', 'outcome'] as const;

function searchFor({ text, credentials, clientKeys }: NonNullable<ExchangeFilter['search']>): Condition {
  const pattern = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const conditions = [
    ...searched.map((column) => String.raw`${column} LIKE ? ESCAPE '\'`),
    'credential IN (SELECT value FROM json_each(?))',
    'client_key IN (SELECT value FROM json_each(?))',
  ];
  return {
    condition: `(${conditions.join(' OR ')})`,
    values: [...searched.map(() => pattern), JSON.stringify(credentials), JSON.stringify(clientKeys)],
  };
}
