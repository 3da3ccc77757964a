/** Records to rows and back, from one list of columns for each table. */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { z } from 'zod';

type Row = Readonly<Record<string, SQLOutputValue>>;

/** How one field stands in its column. */
export interface Column<Value> {
  toSql(value: Value): SQLInputValue;
  /** `report` is told when the column holds what this version cannot read. */
  fromSql(value: SQLOutputValue, report: (problem: string) => void): Value;
}

/** Text, a number or null: as it is. The table's own constraints guard it. */
export function plain<Value extends string | number | null>(): Column<Value> {
  return { toSql: (value) => value, fromSql: (value) => value as Value };
}

/** Unix milliseconds. Browsers tell times with fractions; nobody needs them. */
export function time<Value extends number | null>(): Column<Value> {
  return {
    toSql: (value) => (value === null ? null : Math.round(value)),
    fromSql: (value) => value as Value,
  };
}

/** A figure that somebody else told: what is no count is as good as not told, and must never make the row unreadable. */
export const count: Column<number | null> = {
  toSql: (value) => (Number.isSafeInteger(value) ? value : null),
  fromSql: (value) => value as number | null,
};

export const flag: Column<boolean> = {
  toSql: (value) => (value ? 1 : 0),
  fromSql: (value) => value === 1,
};

/** A value in JSON; one that no longer fits `schema` reads as `fallback`, since all of them are fetched anew anyway. */
export function json<Value>(schema: z.ZodType<Value>, fallback: NoInfer<Value>): Column<Value> {
  return {
    toSql: (value) => JSON.stringify(value),
    fromSql(value, report) {
      const parsed = schema.safeParse(parseJson(value));
      if (parsed.success) return parsed.data;
      report('holds JSON that does not fit');
      return fallback;
    },
  };
}

function parseJson(value: SQLOutputValue): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    return undefined;
  }
}

type Columns<Fields> = { readonly [Field in keyof Fields & string]: Column<Fields[Field]> };

/** One table, by the fields of its record; column names are theirs in snake case. */
export class Table<Fields extends object> {
  readonly name: string;
  /** Inserts the record, or overwrites the one with the same id. */
  readonly upsert: string;
  readonly #columns: readonly { field: string; name: string; column: Column<unknown> }[];

  constructor(name: string, columns: Columns<Fields>) {
    this.name = name;
    this.#columns = Object.entries(columns as Record<string, Column<unknown>>).map(([field, column]) => ({
      field,
      name: field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      column,
    }));
    const names = this.#columns.map((column) => column.name);
    const updates = names.filter((column) => column !== 'id').map((column) => `${column} = excluded.${column}`);
    this.upsert =
      `INSERT INTO ${name} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) ` +
      `ON CONFLICT (id) DO UPDATE SET ${updates.join(', ')}`;
  }

  /** The parameters for `upsert`, in its order. */
  toRow(record: Fields): SQLInputValue[] {
    const values = record as Readonly<Record<string, unknown>>;
    return this.#columns.map(({ field, column }) => column.toSql(values[field]));
  }

  fromRow(row: Row, report: (problem: string) => void): Fields {
    const entries = this.#columns.map(({ field, name, column }) => {
      const reportColumn = (problem: string): void => report(`${this.name}.${name} ${problem}`);
      return [field, column.fromSql(row[name] ?? null, reportColumn)];
    });
    return Object.fromEntries(entries) as Fields;
  }
}
