/** Invented states of the extension, one for each thing that a person can meet. */
import type { ExtensionState, LinkState, LoginAttempt, SyncState } from '../../../extension/state.ts';
import type { QuotaWindow } from '../../../shared/quota.ts';
import type { CompanionStatus, LoginStatus, SeatStatus, SessionStatus } from '../../../shared/status.ts';

/** Thursday, 20 November 2025, 14:32 in Berlin. */
export const NOW_MS = Date.parse('2025-11-20T13:32:00Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const quotas: readonly QuotaWindow[] = [
  quota('seven_day', 0.81, NOW_MS + 5 * DAY_MS),
  quota('five_hour', 0.42, NOW_MS + 2 * HOUR_MS + 8 * MINUTE_MS),
];

export function quota(window: string, usedFraction: number | null, resetsAtMs: number | null): QuotaWindow {
  const status = usedFraction !== null && usedFraction >= 1 ? 'exceeded' : 'allowed';
  return { window, usedFraction, resetsAtMs, status, source: 'usage-endpoint', observedAtMs: NOW_MS - 12_000 };
}

export const session: SessionStatus = {
  id: 'session-1',
  name: 'ada@example.com',
  email: 'ada@example.com',
  displayName: 'Ada Lovelace',
  organisationId: 'organisation-1',
  organisation: 'Analytical Engines',
  organisations: [{ id: 'organisation-1', name: 'Analytical Engines', mayChat: true }],
  plan: 'Max 5×',
  restsIn: 'vault',
  seatId: 'seat-1',
  state: 'active',
  isDefault: true,
  syncedAtMs: NOW_MS - 2 * MINUTE_MS,
  validUntilMs: NOW_MS + 29 * DAY_MS,
  models: [{ id: 'claude-sonnet-4-5', name: 'Sonnet 4.5' }],
  quotas: [...quotas],
  trouble: null,
};

export const seat: SeatStatus = {
  id: 'seat-1',
  name: 'Chromium on ada-laptop',
  browser: 'Chromium 142',
  isOnline: true,
  pairedAtMs: NOW_MS - 21 * DAY_MS,
  lastSeenAtMs: NOW_MS,
  fingerprint: '4F2A-91C7',
};

export const companion: CompanionStatus = {
  version: '0.1.0',
  pid: 4711,
  url: 'http://127.0.0.1:8000',
  startedAtMs: NOW_MS - 3 * HOUR_MS,
  atMs: NOW_MS - 4_000,
  vault: { kind: 'keyring', location: 'the system keyring (Secret Service)', note: null },
  transport: 'auto',
  isAuthRequired: true,
  sessions: [session],
  seats: [seat],
  activity: [],
};

export const claudeLogin: LoginStatus = {
  id: 'claude-3f9a2c41',
  provider: 'anthropic',
  owner: 'companion',
  name: 'ada@example.com',
  email: 'ada@example.com',
  organisation: 'Analytical Engines',
  plan: 'Max 20×',
  location: 'OS keyring (service: ccproxy-companion)',
  state: 'usable',
  expiresAtMs: NOW_MS + 6 * HOUR_MS,
  isRefreshable: true,
  refreshedAtMs: NOW_MS - 2 * HOUR_MS,
  scopes: ['user:inference', 'user:profile'],
  quotas: [...quotas],
  trouble: null,
};

/** Paired, agreed, synced, and nothing to worry about. */
export const synced: ExtensionState = {
  link: { kind: 'online', sinceMs: NOW_MS - HOUR_MS },
  pair: { port: 8000, seatId: 'seat-1', fingerprint: '4F2A-91C7', pairedAtMs: NOW_MS - 21 * DAY_MS },
  goodbyeUntilMs: null,
  choices: {
    consentedAtMs: NOW_MS - 21 * DAY_MS,
    restsIn: 'vault',
    keepsSynced: true,
    transport: 'auto',
    store: null,
  },
  hasSitePermission: true,
  signedIn: 'yes',
  sync: { kind: 'done', atMs: NOW_MS - 2 * MINUTE_MS, sessionId: 'session-1' },
  companion,
  jobs: [],
  stores: [{ id: '0', isPrivate: false }],
  logins: [],
};

/** `synced` with another session in place of the one that this browser synced. */
export function withSession(changed: Partial<SessionStatus>, rest: Partial<ExtensionState> = {}): ExtensionState {
  return { ...synced, companion: { ...companion, sessions: [{ ...session, ...changed }] }, ...rest };
}

export function withLink(link: LinkState, rest: Partial<ExtensionState> = {}): ExtensionState {
  return { ...synced, link, ...rest };
}

export function withTrouble(code: string, message = 'the words of the companion'): ExtensionState {
  return withSession({ trouble: { code, message, atMs: NOW_MS - 20_000 } });
}

type SyncFailureCode = Extract<SyncState, { kind: 'failed' }>['code'];

export function withFailedSync(code: SyncFailureCode, message = 'the words of the companion'): ExtensionState {
  return { ...synced, sync: { kind: 'failed', atMs: NOW_MS - 3_000, code, message } };
}

const notYetSynced: Pick<ExtensionState, 'sync' | 'companion'> = {
  sync: { kind: 'never' },
  companion: { ...companion, sessions: [] },
};

export const unpaired: ExtensionState = {
  ...synced,
  ...notYetSynced,
  link: { kind: 'unpaired' },
  pair: null,
  choices: { ...synced.choices, consentedAtMs: null },
  signedIn: 'unknown',
  companion: null,
};

export const firstTime: ExtensionState = {
  ...synced,
  ...notYetSynced,
  pair: { port: 8000, seatId: 'seat-1', fingerprint: '4F2A-91C7', pairedAtMs: NOW_MS - 20_000 },
  choices: { ...synced.choices, consentedAtMs: null },
  signedIn: 'unknown',
};

const job = { id: 'job-1', client: 'claude-code', startedAtMs: NOW_MS - 3_000 };
const longWord = 'Donaudampfschifffahrtsgesellschaftskapitänswitwenversicherung';

/** Labels as an enemy, or simply the world, would choose them. */
export const hostileLabels = {
  markup: '<img src=x onerror="document.title=\'owned\'"><b>Ada</b>',
  endless: `${longWord} `.repeat(5).slice(0, 300),
  unbroken: 'W'.repeat(300),
  rightToLeft: '\u202Eמשתמש בדיקה\u202C عميل',
};

/** A name as organisations give themselves: too long for one line of the popup, and not for two. */
export const longOrganisation = 'Königlich-Preußische Gesellschaft für Analytische Maschinen';

/** The keys of several providers, some of which rest. */
export const withKeys = (state: ExtensionState): ExtensionState => ({
  ...state,
  companion: {
    ...(state.companion ?? companion),
    keys: [
      { provider: 'anthropic', count: 3, healthy: 2 },
      { provider: 'openai', count: 1, healthy: 1 },
      { provider: 'our-own-server', count: 2, healthy: 0 },
    ],
  },
});

export const hostile: ExtensionState = {
  ...withSession({
    displayName: hostileLabels.markup,
    email: `${'a'.repeat(120)}@${'b'.repeat(160)}.example`,
    organisation: hostileLabels.unbroken,
    plan: hostileLabels.endless,
    quotas: [
      quota(hostileLabels.unbroken.slice(0, 80), 0.5, NOW_MS + HOUR_MS),
      quota('<i>x</i>', null, null),
      ...quotas,
    ],
  }),
  jobs: [
    { ...job, client: hostileLabels.markup },
    { ...job, id: 'job-2', client: hostileLabels.unbroken },
    { ...job, id: 'job-3', client: hostileLabels.rightToLeft },
  ],
};

/** Several accounts and browsers, requests under way, and every label as bad as it can be in one of them. */
export const busy: ExtensionState = {
  ...synced,
  companion: {
    ...companion,
    sessions: [
      { ...session, quotas: [...quotas, { ...quota('seven_day_opus', 1, NOW_MS + 5 * DAY_MS), source: 'error' }] },
      {
        ...session,
        id: 'session-2',
        displayName: 'Grace Hopper',
        email: 'grace@example.org',
        organisation: null,
        plan: 'Pro',
        restsIn: 'browser',
        seatId: 'seat-2',
        isDefault: false,
        quotas: [{ ...quota('five_hour', 0.93, NOW_MS + HOUR_MS), source: 'stream' }],
        trouble: { code: 'CHALLENGE', message: 'cf-mitigated', atMs: NOW_MS - MINUTE_MS },
      },
      {
        ...session,
        id: 'session-3',
        displayName: null,
        email: null,
        name: 'old account',
        plan: null,
        organisation: null,
        state: 'expired',
        isDefault: false,
        quotas: [],
        validUntilMs: NOW_MS - DAY_MS,
      },
    ],
    seats: [
      seat,
      {
        ...seat,
        id: 'seat-2',
        name: 'Firefox on ada-laptop',
        browser: 'Firefox 144',
        isOnline: false,
        lastSeenAtMs: NOW_MS - 2 * DAY_MS,
        fingerprint: '0B77-E210',
      },
    ],
    activity: [
      {
        exchangeId: 'x1',
        client: 'claude-code',
        model: 'claude-sonnet-4-5',
        transport: 'browser',
        seatId: 'seat-1',
        startedAtMs: NOW_MS - 3_000,
      },
      {
        exchangeId: 'x2',
        client: 'openai-sdk',
        model: 'claude-opus-4-1',
        transport: 'direct',
        seatId: null,
        startedAtMs: NOW_MS - 14_000,
      },
    ],
  },
};

export const hostileDashboard: ExtensionState = {
  ...hostile,
  companion: {
    ...companion,
    sessions: hostile.companion?.sessions ?? [],
    vault: { kind: 'key-file', location: `/home/${hostileLabels.unbroken}`, note: hostileLabels.markup },
    seats: [
      { ...seat, name: hostileLabels.markup },
      { ...seat, id: 'seat-2', name: hostileLabels.unbroken, browser: hostileLabels.rightToLeft },
    ],
    activity: [
      {
        exchangeId: 'x1',
        client: hostileLabels.unbroken,
        model: hostileLabels.markup,
        transport: 'direct',
        seatId: null,
        startedAtMs: NOW_MS,
      },
    ],
  },
};

export const chatgptLogin: LoginStatus = {
  ...claudeLogin,
  id: 'chatgpt-77b1e902',
  provider: 'openai',
  owner: 'codex',
  name: 'ada.lovelace@analytical-engines.example',
  email: 'ada.lovelace@analytical-engines.example',
  organisation: null,
  plan: 'Plus',
  location: '/home/ada/.codex/auth.json',
  expiresAtMs: NOW_MS + 9 * DAY_MS,
  quotas: [{ ...quota('five_hour', 0.22, NOW_MS + HOUR_MS), source: 'headers' }],
};

export const claudeCodeLogin: LoginStatus = {
  ...claudeLogin,
  id: 'claude-code-0a0b0c0d',
  owner: 'claude-code',
  organisation: null,
  location: '/home/ada/.claude/.credentials.json',
  state: 'off',
  isRefreshable: false,
  quotas: [],
};

export const deadLogin: LoginStatus = {
  ...claudeLogin,
  id: 'claude-dead',
  name: 'grace@example.org',
  email: 'grace@example.org',
  plan: null,
  state: 'dead',
  isRefreshable: false,
  quotas: [],
  trouble: { code: 'LOGIN_EXPIRED', message: 'refresh token was revoked', remedy: 'Sign in again.', atMs: NOW_MS },
};

const expiredLogin: LoginStatus = {
  ...chatgptLogin,
  state: 'expired',
  expiresAtMs: NOW_MS - HOUR_MS,
  quotas: [],
  trouble: { code: 'LOGIN_REFRESH_FAILED', message: 'auth.openai.com answered 503', remedy: '', atMs: NOW_MS },
};

const hostileLogin: LoginStatus = {
  ...claudeLogin,
  id: 'hostile',
  name: hostileLabels.markup,
  email: hostileLabels.unbroken,
  organisation: hostileLabels.rightToLeft,
  plan: hostileLabels.endless,
  location: `/home/${hostileLabels.unbroken}`,
  trouble: { code: 'PROVIDER_REFUSED', message: hostileLabels.markup, remedy: hostileLabels.endless, atMs: NOW_MS },
};

/** `state` with these logins, beside whatever else there is. */
export function withLogins(state: ExtensionState, ...logins: readonly LoginStatus[]): ExtensionState {
  return { ...state, companion: { ...(state.companion ?? companion), logins: [...logins], pendingLogins: [] } };
}

export const loginAttempt: LoginAttempt = {
  id: 'login-1',
  provider: 'anthropic',
  stage: 'offered',
  expiresAtMs: NOW_MS + 9 * MINUTE_MS,
  account: null,
  error: null,
};

export function withAttempt(change: Partial<LoginAttempt>, state: ExtensionState = withLogins(synced)): ExtensionState {
  return { ...state, logins: [{ ...loginAttempt, ...change }] };
}

/** Every state that the popup tells apart, by a name for the screenshot. */
export const popupStates: Readonly<Record<string, ExtensionState | null>> = {
  loading: null,
  unpaired,
  'unpaired-goodbye-owed': { ...unpaired, goodbyeUntilMs: NOW_MS + 14 * DAY_MS },
  'companion-missing': withLink(
    { kind: 'offline', nextTryAtMs: NOW_MS + 4_000, wasEverOnline: false },
    { companion: null, sync: { kind: 'never' } },
  ),
  connecting: withLink({ kind: 'connecting' }),
  offline: withLink({ kind: 'offline', nextTryAtMs: NOW_MS + 4_000, wasEverOnline: true }),
  impostor: withLink({ kind: 'impostor' }),
  forgotten: withLink({ kind: 'forgotten' }),
  'version-companion': withLink({ kind: 'version', update: 'companion' }),
  'version-extension': withLink({ kind: 'version', update: 'extension' }),
  consent: firstTime,
  'consent-stores': {
    ...firstTime,
    stores: [
      { id: 'firefox-default', isPrivate: false },
      { id: 'firefox-private', isPrivate: true },
      { id: 'firefox-container-3', isPrivate: false },
    ],
  },
  'no-permission': { ...synced, hasSitePermission: false },
  'not-signed-in': { ...synced, ...notYetSynced, signedIn: 'no' },
  ready: { ...synced, ...notYetSynced },
  'ready-with-keys': withKeys({ ...synced, ...notYetSynced }),
  syncing: { ...synced, sync: { kind: 'running' } },
  synced: { ...synced, jobs: [job] },
  'synced-in-browser': withSession({ restsIn: 'browser', organisation: null }),
  'synced-long-organisation': withSession({ organisation: longOrganisation }),
  'synced-unchecked': withSession({ state: 'unchecked', quotas: [], plan: null }),
  'synced-busy': { ...busy, jobs: [job, { ...job, id: 'job-2' }, { ...job, id: 'job-3', client: 'openai-sdk' }] },
  'synced-hostile': hostile,
  'signed-out': withSession({ state: 'signed-out' }, { signedIn: 'no' }),
  'session-expired': withSession({ state: 'expired' }),
  'session-expired-with-keys': withKeys(withSession({ state: 'expired' })),
  'signed-out-with-keys': withKeys(withSession({ state: 'signed-out' }, { signedIn: 'no' })),
  'sync-failed-timeout': withFailedSync('timeout'),
  'sync-failed-vault-locked': withFailedSync('VAULT_LOCKED', 'org.freedesktop.Secret.Error.IsLocked'),
  'trouble-challenge': withTrouble('CHALLENGE', 'claude.ai answered with a check for browsers'),
  'trouble-limit': withTrouble('RATE_LIMITED'),
  'trouble-refused': withTrouble('PROVIDER_REFUSED', hostileLabels.markup),
  'login-offered-claude': withAttempt({}),
  'login-offered-chatgpt': withAttempt({ provider: 'openai' }),
  'login-opened': withAttempt({ stage: 'opened' }),
  'login-answered': withAttempt({ stage: 'answered' }),
  'logins-none': withLogins(synced),
  'logins-both': withLogins(synced, claudeLogin, chatgptLogin),
  'logins-trouble': withLogins({ ...synced, ...notYetSynced }, deadLogin, expiredLogin),
  'logins-off': withLogins({ ...synced, ...notYetSynced }, claudeCodeLogin),
  'logins-consent': withLogins(firstTime),
};

export const optionsStates: Readonly<Record<string, ExtensionState>> = {
  unpaired,
  'unpaired-goodbye-owed': { ...unpaired, goodbyeUntilMs: NOW_MS + 14 * DAY_MS },
  synced: busy,
  'no-permission': {
    ...synced,
    hasSitePermission: false,
    choices: { ...synced.choices, restsIn: 'browser' },
    stores: [
      { id: '0', isPrivate: false },
      { id: '1', isPrivate: true },
    ],
  },
  hostile: hostileDashboard,
};

export const dashboardStates: Readonly<Record<string, ExtensionState>> = {
  nothing: unpaired,
  busy,
  'busy-with-keys': withKeys(busy),
  'keys-only': withKeys({ ...synced, ...notYetSynced }),
  offline: { ...busy, link: { kind: 'offline', nextTryAtMs: null, wasEverOnline: true } },
  hostile: hostileDashboard,
  'logins-none': withLogins({ ...synced, ...notYetSynced }),
  logins: withLogins(withKeys(busy), claudeLogin, chatgptLogin, claudeCodeLogin),
  'logins-trouble': withLogins(synced, deadLogin, expiredLogin, { ...claudeCodeLogin, state: 'usable' }),
  'logins-offline': withLogins(
    withLink({ kind: 'offline', nextTryAtMs: null, wasEverOnline: true }),
    claudeLogin,
    claudeCodeLogin,
  ),
  'logins-hostile': withLogins(hostileDashboard, hostileLogin),
  'login-waits': withAttempt({}),
};

const offline: LinkState = { kind: 'offline', nextTryAtMs: null, wasEverOnline: true };
const failed = (code: string, message = ''): ExtensionState =>
  withAttempt({ stage: 'failed', error: { code, message } });

/** What the page after a redirect tells apart; a name that begins with `stray` is that of an answer to no login. */
export const doneStates: Readonly<Record<string, ExtensionState | null>> = {
  loading: null,
  completing: withAttempt({ stage: 'answered' }),
  offline: { ...withAttempt({ stage: 'answered' }), link: offline },
  done: withAttempt({ stage: 'done', account: 'ada@example.com' }),
  'done-hostile': withAttempt({ stage: 'done', account: hostileLabels.unbroken }),
  denied: failed('LOGIN_DENIED'),
  refused: failed('LOGIN_REFUSED', hostileLabels.markup),
  mismatch: failed('LOGIN_MISMATCH', 'Another account rests in that place.'),
  'timed-out': failed('LOGIN_TIMED_OUT'),
  cancelled: failed('LOGIN_CANCELLED'),
  'vault-locked': failed('VAULT_LOCKED', 'The system keyring is locked.'),
  unreachable: failed('UPSTREAM_UNREACHABLE', 'getaddrinfo ENOTFOUND platform.claude.com'),
  'unheard-of': failed('SOMETHING_NEW', 'words of a newer companion'),
  over: withAttempt({ stage: 'over' }),
  unknown: withLogins(synced),
  'still-waiting': withAttempt({ stage: 'opened' }),
  stray: withLogins(synced),
  'stray-while-waiting': withAttempt({ provider: 'openai' }),
};
