import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { withPlainErrors } from '../base/sqlite-error.ts';

export type Row = Record<string, SQLOutputValue>;

/** One open database: statements are prepared once, and failures of the disk become `STORE_UNAVAILABLE`. */
export class Connection {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return withPlainErrors(this.#path, () => this.#statement(sql).all(...values));
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return withPlainErrors(this.#path, () => this.#statement(sql).get(...values));
  }

  /** The number of rows that changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return withPlainErrors(this.#path, () => Number(this.#statement(sql).run(...values).changes));
  }

  /** Runs `sql` with its parameters in their order. */
  save(sql: string, row: readonly SQLInputValue[]): void {
    withPlainErrors(this.#path, () => this.#statement(sql).run(...row));
  }

  inTransaction<Result>(task: () => Result): Result {
    this.#execute('BEGIN IMMEDIATE');
    try {
      const result = task();
      this.#execute('COMMIT');
      return result;
    } catch (thrown) {
      // SQLite rolls back by itself when the disk is full; a second ROLLBACK would hide the real error.
      if (this.#database.isTransaction) this.#execute('ROLLBACK');
      throw thrown;
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #execute(sql: string): void {
    withPlainErrors(this.#path, () => this.#database.exec(sql));
  }
}
