import type { ClientKeyRecord } from '../../companion/store/client-keys.ts';
import type { LedgerRow } from '../../companion/store/ledger.ts';
import type { SeatRecord, SessionRecord } from '../../companion/store/store.ts';
import type { QuotaWindow } from '../../shared/quota.ts';
import type { LoginStatus } from '../../shared/status.ts';

/** A seat, complete and plausible; `changes` say what the test is about. */
export function seatRecord(changes: Partial<SeatRecord> = {}): SeatRecord {
  return {
    id: 'seat-1',
    name: 'Chrome on Linux',
    browser: 'chrome',
    origin: 'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    fingerprint: '4F2A-91C7',
    pairedAtMs: 1_767_000_000_000,
    lastSeenAtMs: null,
    ...changes,
  };
}

/** A session, complete and plausible; `changes` say what the test is about. */
export function sessionRecord(changes: Partial<SessionRecord> = {}): SessionRecord {
  const { seatId = 'seat-1', browserStore = '0' } = changes;
  return {
    id: 'session-1',
    name: 'ada@example.org',
    accountId: 'account-1',
    email: 'ada@example.org',
    displayName: 'Ada',
    organisationId: 'organisation-1',
    isOrganisationPinned: false,
    organisations: [{ id: 'organisation-1', name: "Ada's Organization", mayChat: true }],
    plan: 'Pro',
    restsIn: 'vault',
    transport: 'auto',
    seatId: 'seat-1',
    browserStore: '0',
    sharedBy: seatId === null || browserStore === null ? [] : [{ seatId, browserStore }],
    rev: 1,
    state: 'active',
    isDefault: false,
    syncedAtMs: 1_767_000_000_000,
    validUntilMs: 1_769_000_000_000,
    models: [{ id: 'claude-sonnet-4-5', name: 'Claude Sonnet 4.5' }],
    modelsAtMs: 1_767_000_000_000,
    trouble: null,
    ...changes,
  };
}

/** A quota window, complete and plausible; `changes` say what the test is about. */
export function quotaWindow(changes: Partial<QuotaWindow> = {}): QuotaWindow {
  return {
    window: 'five_hour',
    usedFraction: 0.25,
    status: 'allowed',
    resetsAtMs: 1_767_010_000_000,
    source: 'stream',
    observedAtMs: 1_767_000_000_000,
    ...changes,
  };
}

/** A row of the ledger, complete and plausible; `changes` say what the test is about. */
export function ledgerRow(changes: Partial<LedgerRow> = {}): LedgerRow {
  return {
    id: 'exc_1',
    atMs: 1_767_000_000_000,
    client: 'claude-code',
    clientKey: null,
    dialect: 'anthropic',
    route: '/v1/messages',
    model: 'claude-sonnet-4-5',
    servedModel: 'claude-sonnet-4-5',
    mode: 'api',
    provider: 'anthropic',
    credential: 'anthropic-3f9a2c41',
    isTranslated: false,
    isStream: true,
    status: 200,
    outcome: 'ok',
    inputTokens: 100,
    outputTokens: 20,
    cacheReadTokens: 3000,
    cacheWriteTokens: 400,
    firstByteMs: 410,
    durationMs: 3200,
    warnings: [],
    explanation: {
      plan: 'api: Anthropic, key work (priority)',
      considered: [{ who: 'Anthropic key work', verdict: 'chosen', reason: 'first by priority' }],
      attempts: [{ who: 'Anthropic key work', status: 200, outcome: 'served', durationMs: 3190 }],
    },
    ...changes,
  };
}

/** A client key, complete and plausible; `changes` say what the test is about. */
export function clientKeyRecord(changes: Partial<ClientKeyRecord> = {}): ClientKeyRecord {
  return {
    id: 'ck_1',
    name: 'laptop',
    mode: 'both',
    models: null,
    requestBudget: null,
    tokenBudget: null,
    budgetPeriod: 'never',
    ratePerMinute: null,
    createdAtMs: 1_767_000_000_000,
    expiresAtMs: 1_769_592_000_000,
    revokedAtMs: null,
    lastUsedAtMs: null,
    totalRequests: 0,
    totalTokens: 0,
    periodBeganMs: 0,
    periodRequests: 0,
    periodTokens: 0,
    ...changes,
  };
}

/** A login that serves, complete and plausible; `changes` say what the test is about. */
export function loginStatus(changes: Partial<LoginStatus> = {}): LoginStatus {
  return {
    id: 'claude-1',
    provider: 'anthropic',
    owner: 'companion',
    name: 'ada@example.org',
    email: 'ada@example.org',
    organisation: null,
    plan: null,
    location: 'memory',
    state: 'usable',
    expiresAtMs: null,
    isRefreshable: true,
    refreshedAtMs: null,
    scopes: [],
    quotas: [],
    trouble: null,
    ...changes,
  };
}
