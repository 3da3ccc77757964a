import type { Connection } from './connection.ts';
import type { CredentialLimit, CredentialLimitStore, CredentialUse } from './credential-limits.ts';

const insert =
  'INSERT INTO credential_limits (credential, token_limit, used_tokens, period_began_ms) VALUES (?, ?, ?, ?)';

/** A use of a later period begins it; one of an earlier period comes too late to count. */
const countUse = `${insert} ON CONFLICT (credential) DO UPDATE SET
  used_tokens = CASE
    WHEN excluded.period_began_ms > period_began_ms THEN excluded.used_tokens
    WHEN excluded.period_began_ms = period_began_ms THEN min(used_tokens + excluded.used_tokens, ${Number.MAX_SAFE_INTEGER})
    ELSE used_tokens END,
  period_began_ms = max(period_began_ms, excluded.period_began_ms)`;

const saveLimit = `${insert} ON CONFLICT (credential) DO UPDATE SET token_limit = excluded.token_limit`;

const beginPeriod = `${insert} ON CONFLICT (credential) DO UPDATE SET
  used_tokens = excluded.used_tokens, period_began_ms = excluded.period_began_ms`;

const read = `
  SELECT credential, token_limit AS tokenLimit, used_tokens AS usedTokens, period_began_ms AS periodBeganMs
  FROM credential_limits ORDER BY credential`;

/** The part of the store that counts for credentials. */
export class SqliteCredentialLimits implements CredentialLimitStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Inside of the transaction that appends the exchanges: a crash never keeps one without the other. */
  count(uses: readonly CredentialUse[]): void {
    for (const { credential, tokens, periodBeganMs } of uses) {
      this.#connection.save(countUse, [credential, null, tokens, Math.round(periodBeganMs)]);
    }
  }

  credentialLimits(): readonly CredentialLimit[] {
    return this.#connection.all(read) as unknown as CredentialLimit[];
  }

  saveTokenLimits(limits: readonly CredentialLimit[]): void {
    this.#save(saveLimit, limits);
  }

  beginPeriods(limits: readonly CredentialLimit[]): void {
    this.#save(beginPeriod, limits);
  }

  #save(sql: string, limits: readonly CredentialLimit[]): void {
    this.#connection.inTransaction(() => {
      for (const { credential, tokenLimit, usedTokens, periodBeganMs } of limits) {
        this.#connection.save(sql, [credential, tokenLimit, usedTokens, Math.round(periodBeganMs)]);
      }
    });
  }
}
