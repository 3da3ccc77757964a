/**
 * The schema, step by step: step N takes a database from version N to N + 1 (`PRAGMA user_version`). A step that was
 * released is never changed; docs/storage.md describes the result.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE seats (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    browser         TEXT NOT NULL,
    origin          TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    paired_at_ms    INTEGER NOT NULL,
    last_seen_at_ms INTEGER
  ) STRICT;

  CREATE TABLE sessions (
    id                     TEXT PRIMARY KEY,
    name                   TEXT NOT NULL,
    account_id             TEXT,
    email                  TEXT,
    display_name           TEXT,
    organisation_id        TEXT,
    is_organisation_pinned INTEGER NOT NULL CHECK (is_organisation_pinned IN (0, 1)),
    organisations          TEXT NOT NULL,
    plan                   TEXT,
    rests_in               TEXT NOT NULL CHECK (rests_in IN ('vault', 'browser')),
    transport              TEXT NOT NULL CHECK (transport IN ('auto', 'browser', 'direct')),
    seat_id                TEXT,
    browser_store          TEXT,
    rev                    INTEGER NOT NULL,
    state                  TEXT NOT NULL CHECK (state IN ('active', 'unchecked', 'expired', 'signed-out')),
    is_default             INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    synced_at_ms           INTEGER NOT NULL,
    valid_until_ms         INTEGER,
    models                 TEXT NOT NULL,
    models_at_ms           INTEGER,
    trouble                TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX one_default_session ON sessions (is_default) WHERE is_default = 1;

  CREATE TABLE quotas (
    owner          TEXT NOT NULL,
    window         TEXT NOT NULL,
    model          TEXT NOT NULL,
    used_fraction  REAL,
    status         TEXT NOT NULL CHECK (status IN ('allowed', 'warning', 'exceeded')),
    resets_at_ms   INTEGER,
    source         TEXT NOT NULL CHECK (source IN ('stream', 'usage-endpoint', 'error')),
    observed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, window, model)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // `usage` reads the indexes alone: a million rows with their explanations would be a gigabyte to walk through.
  `
  CREATE TABLE exchanges (
    id                 TEXT PRIMARY KEY,
    at_ms              INTEGER NOT NULL,
    client             TEXT NOT NULL,
    dialect            TEXT NOT NULL,
    route              TEXT NOT NULL,
    model              TEXT,
    served_model       TEXT,
    mode               TEXT,
    provider           TEXT,
    credential         TEXT,
    is_translated      INTEGER NOT NULL CHECK (is_translated IN (0, 1)),
    is_stream          INTEGER NOT NULL CHECK (is_stream IN (0, 1)),
    status             INTEGER NOT NULL,
    outcome            TEXT NOT NULL,
    input_tokens       INTEGER,
    output_tokens      INTEGER,
    cache_read_tokens  INTEGER,
    cache_write_tokens INTEGER,
    first_byte_ms      INTEGER,
    duration_ms        INTEGER NOT NULL,
    warnings           TEXT NOT NULL,
    explanation        TEXT NOT NULL
  ) STRICT;
  CREATE INDEX exchanges_by_time ON exchanges
    (at_ms, outcome, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens);
  CREATE INDEX exchanges_by_model ON exchanges
    (served_model, model, at_ms, outcome, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens);
  CREATE INDEX exchanges_by_client ON exchanges
    (client, at_ms, outcome, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens);
  CREATE INDEX exchanges_by_credential ON exchanges
    (credential, at_ms, outcome, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens);

  CREATE TABLE quotas_with_headers (
    owner          TEXT NOT NULL,
    window         TEXT NOT NULL,
    model          TEXT NOT NULL,
    used_fraction  REAL,
    status         TEXT NOT NULL CHECK (status IN ('allowed', 'warning', 'exceeded')),
    resets_at_ms   INTEGER,
    source         TEXT NOT NULL CHECK (source IN ('stream', 'headers', 'usage-endpoint', 'error')),
    observed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, window, model)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO quotas_with_headers SELECT * FROM quotas;
  DROP TABLE quotas;
  ALTER TABLE quotas_with_headers RENAME TO quotas;
  `,
  `
  ALTER TABLE sessions ADD COLUMN shared_by TEXT NOT NULL DEFAULT '[]';
  UPDATE sessions SET shared_by = json_array(json_object('seatId', seat_id, 'browserStore', browser_store))
    WHERE seat_id IS NOT NULL AND browser_store IS NOT NULL;
  `,
  // Client keys are counted in the transaction that appends their exchanges, and limits of credentials likewise.
  `
  CREATE TABLE client_keys (
    id               TEXT PRIMARY KEY,
    name             TEXT NOT NULL,
    mode             TEXT NOT NULL CHECK (mode IN ('both', 'api', 'web', 'claude-code')),
    models           TEXT NOT NULL,
    request_budget   INTEGER,
    token_budget     INTEGER,
    budget_period    TEXT NOT NULL CHECK (budget_period IN ('never', 'daily', 'weekly', 'monthly')),
    rate_per_minute  INTEGER,
    created_at_ms    INTEGER NOT NULL,
    expires_at_ms    INTEGER,
    revoked_at_ms    INTEGER,
    last_used_at_ms  INTEGER,
    total_requests   INTEGER NOT NULL,
    total_tokens     INTEGER NOT NULL,
    period_began_ms  INTEGER NOT NULL,
    period_requests  INTEGER NOT NULL,
    period_tokens    INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE credential_limits (
    credential      TEXT PRIMARY KEY,
    token_limit     INTEGER,
    used_tokens     INTEGER NOT NULL,
    period_began_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE exchanges ADD COLUMN client_key TEXT;
  `,
  // What the dashboard groups, filters and sums by stands in the indexes: `exchanges_by_time` answers everything that is
  // asked of a span, the others what is asked of all time.
  `
  DROP INDEX exchanges_by_time;
  DROP INDEX exchanges_by_client;
  DROP INDEX exchanges_by_credential;
  CREATE INDEX exchanges_by_time ON exchanges
    (at_ms, outcome, served_model, model, client, client_key, provider, credential,
     input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, first_byte_ms, duration_ms);
  CREATE INDEX exchanges_by_client ON exchanges
    (client_key, client, at_ms, outcome, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens);
  CREATE INDEX exchanges_by_credential ON exchanges
    (provider, credential, at_ms, outcome, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens);
  `,
];
