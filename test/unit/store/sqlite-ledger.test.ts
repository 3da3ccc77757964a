import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { Connection } from '../../../companion/store/connection.ts';
import { usageKeys } from '../../../companion/store/ledger.ts';
import { migrations } from '../../../companion/store/migrations.ts';
import { SqliteLedger } from '../../../companion/store/sqlite-ledger.ts';
import { ledgerRow } from '../../support/records.ts';

/** A connection that keeps the SQL of its questions. */
class WatchedConnection extends Connection {
  readonly questions: string[] = [];

  override all(...parameters: Parameters<Connection['all']>): ReturnType<Connection['all']> {
    this.questions.push(parameters[0]);
    return super.all(...parameters);
  }

  override get(...parameters: Parameters<Connection['get']>): ReturnType<Connection['get']> {
    this.questions.push(parameters[0]);
    return super.get(...parameters);
  }
}

it.each(usageKeys)(
  'usage by %s is summed from an index alone, in its order: a million rows would not be read in a second',
  (by) => {
    const database = new DatabaseSync(':memory:');
    onTestFinished(() => database.close());
    for (const step of migrations) database.exec(step);
    const connection = new WatchedConnection(database, ':memory:');
    const ledger = new SqliteLedger(
      connection,
      () => undefined,
      () => undefined,
    );
    ledger.appendExchanges([ledgerRow()]);
    ledger.usage(by, { sinceMs: 1 });
    ledger.usage(by, {});
    const plans = connection.questions.map((sql) =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail)),
    );
    expect(plans.length).toBeGreaterThan(1);
    for (const plan of plans) expect(plan).toEqual([expect.stringContaining(' USING COVERING INDEX exchanges_by_')]);
  },
);

it('tells the last failure of a credential without reading its other rows', () => {
  const database = new DatabaseSync(':memory:');
  onTestFinished(() => database.close());
  for (const step of migrations) database.exec(step);
  const connection = new WatchedConnection(database, ':memory:');
  const ledger = new SqliteLedger(
    connection,
    () => undefined,
    () => undefined,
  );
  ledger.appendExchanges([ledgerRow({ outcome: 'OVERLOADED' })]);
  ledger.credentialTotals();
  const [plan] = database.prepare(`EXPLAIN QUERY PLAN ${connection.questions.at(-1)}`).all();
  expect(plan?.['detail']).toContain('USING COVERING INDEX exchanges_by_credential (provider=? AND credential=?)');
});
