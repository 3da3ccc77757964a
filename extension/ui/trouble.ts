/** What went wrong, in a person's words: every code that a sync or a session can carry leads to one of these troubles. */
import type { SyncFailure } from '../state.ts';
import { type Message, message } from './message.ts';

export type Trouble =
  | 'permission'
  | 'not-signed-in'
  | 'signed-out'
  | 'expired'
  | 'consent'
  | 'offline'
  | 'timeout'
  | 'challenge'
  | 'limit'
  | 'region'
  | 'disabled'
  | 'verification'
  | 'organisation'
  | 'busy'
  | 'provider'
  | 'refused'
  | 'network'
  | 'slow'
  | 'browser'
  | 'seat'
  | 'locked'
  | 'vault'
  | 'disk'
  | 'fault';

/** Troubles that are a state of the popup of their own, with a step that mends them. */
export type OwnState = 'permission' | 'not-signed-in' | 'signed-out' | 'expired' | 'consent';
export type ExplainedTrouble = Exclude<Trouble, OwnState>;

const troubleOfCode: Readonly<Record<SyncFailure, Trouble>> = {
  'no-permission': 'permission',
  'not-signed-in': 'not-signed-in',
  offline: 'offline',
  timeout: 'timeout',
  SESSION_REQUIRED: 'expired',
  SESSION_EXPIRED: 'expired',
  SESSION_SIGNED_OUT: 'signed-out',
  ORGANISATION_UNUSABLE: 'organisation',
  ACCOUNT_DISABLED: 'disabled',
  VERIFICATION_REQUIRED: 'verification',
  RATE_LIMITED: 'limit',
  TOKEN_LIMIT_REACHED: 'limit',
  CHALLENGE: 'challenge',
  REGION_BLOCKED: 'region',
  PROVIDER_REFUSED: 'refused',
  OVERLOADED: 'busy',
  UPSTREAM_ERROR: 'provider',
  UPSTREAM_UNREADABLE: 'provider',
  STREAM_BROKEN: 'provider',
  UPSTREAM_UNREACHABLE: 'network',
  CONNECT_TIMEOUT: 'slow',
  FIRST_BYTE_TIMEOUT: 'slow',
  IDLE_TIMEOUT: 'slow',
  SEAT_OFFLINE: 'seat',
  SITE_PERMISSION_MISSING: 'permission',
  CONSENT_MISSING: 'consent',
  BROWSER_JOB_FAILED: 'browser',
  STOPPED_BY_USER: 'browser',
  SHUTTING_DOWN: 'offline',
  NOT_RUNNING: 'offline',
  VAULT_LOCKED: 'locked',
  VAULT_UNREADABLE: 'vault',
  STORE_UNAVAILABLE: 'disk',
  // Never the answer to a sync; should one arrive all the same, something is wrong with the companion.
  INVALID_REQUEST: 'fault',
  NOT_AVAILABLE_IN_MODE: 'fault',
  MODEL_NOT_FOUND: 'fault',
  ROUTE_NOT_FOUND: 'fault',
  NOT_FOUND: 'fault',
  BODY_TOO_LARGE: 'fault',
  CONTENT_TYPE_REFUSED: 'fault',
  FILE_URL_REFUSED: 'fault',
  CLIENT_KEY_MISSING: 'fault',
  CLIENT_KEY_INVALID: 'fault',
  CLIENT_KEY_EXPIRED: 'fault',
  CLIENT_KEY_REVOKED: 'fault',
  CLIENT_NOT_ALLOWED: 'fault',
  CLIENT_BUDGET_SPENT: 'fault',
  CLIENT_RATE_LIMITED: 'fault',
  ADMIN_KEY_MISSING: 'fault',
  ADMIN_KEY_INVALID: 'fault',
  TOO_MANY_FAILED_KEYS: 'fault',
  HOST_REFUSED: 'fault',
  ORIGIN_REFUSED: 'fault',
  CONTROL_REFUSED: 'fault',
  NO_CREDENTIAL: 'fault',
  LOGIN_REQUIRED: 'fault',
  LOGIN_EXPIRED: 'fault',
  LOGIN_REFRESH_FAILED: 'fault',
  LOGIN_UNREADABLE: 'fault',
  LOGIN_DENIED: 'fault',
  LOGIN_REFUSED: 'fault',
  LOGIN_MISMATCH: 'fault',
  LOGIN_TIMED_OUT: 'fault',
  LOGIN_CANCELLED: 'fault',
  LOGIN_PORTS_BUSY: 'fault',
  LOGIN_UNCONFIGURED: 'fault',
  KEY_REJECTED: 'fault',
  QUOTA_EXHAUSTED: 'fault',
  PAIRING_REFUSED: 'fault',
  CLAUDE_CODE_MISSING: 'fault',
  CLAUDE_CODE_FAILED: 'fault',
  CLIENT_GONE: 'fault',
  PORT_IN_USE: 'fault',
  ALREADY_RUNNING: 'fault',
  CONFIG_INVALID: 'fault',
  BIND_REFUSED: 'fault',
  HOME_UNSAFE: 'fault',
  INTERNAL: 'fault',
};

export interface TroubleWords {
  readonly status: Message;
  readonly tone: 'warn' | 'bad';
  readonly title: Message;
  readonly body: Message;
  /** `site`: opening claude.ai mends it, or tells more. `sync`: another try can help. `time`: nothing but waiting. */
  readonly mendedBy: 'site' | 'sync' | 'time';
}

const attention = { status: message('statusNeedsAttention'), tone: 'warn' } as const;
const failed = { status: message('statusNotSynced'), tone: 'bad' } as const;

const words: Readonly<Record<ExplainedTrouble, TroubleWords>> = {
  offline: { ...failed, title: message('troubleOfflineTitle'), body: message('troubleOfflineBody'), mendedBy: 'sync' },
  timeout: { ...failed, title: message('troubleTimeoutTitle'), body: message('troubleTimeoutBody'), mendedBy: 'sync' },
  challenge: {
    ...attention,
    title: message('troubleChallengeTitle'),
    body: message('troubleChallengeBody'),
    mendedBy: 'site',
  },
  limit: {
    status: message('statusLimitReached'),
    tone: 'warn',
    title: message('troubleLimitTitle'),
    body: message('troubleLimitBody'),
    mendedBy: 'time',
  },
  region: { ...failed, title: message('troubleRegionTitle'), body: message('troubleRegionBody'), mendedBy: 'site' },
  disabled: {
    ...failed,
    title: message('troubleDisabledTitle'),
    body: message('troubleDisabledBody'),
    mendedBy: 'site',
  },
  verification: {
    ...attention,
    title: message('troubleVerificationTitle'),
    body: message('troubleVerificationBody'),
    mendedBy: 'site',
  },
  organisation: {
    ...attention,
    title: message('troubleOrganisationTitle'),
    body: message('troubleOrganisationBody'),
    mendedBy: 'site',
  },
  busy: { ...attention, title: message('troubleBusyTitle'), body: message('troubleBusyBody'), mendedBy: 'sync' },
  provider: {
    ...attention,
    title: message('troubleProviderTitle'),
    body: message('troubleProviderBody'),
    mendedBy: 'sync',
  },
  refused: {
    ...attention,
    title: message('troubleRefusedTitle'),
    body: message('troubleRefusedBody'),
    mendedBy: 'site',
  },
  network: {
    ...attention,
    title: message('troubleNetworkTitle'),
    body: message('troubleNetworkBody'),
    mendedBy: 'sync',
  },
  slow: { ...attention, title: message('troubleSlowTitle'), body: message('troubleSlowBody'), mendedBy: 'sync' },
  browser: {
    ...attention,
    title: message('troubleBrowserTitle'),
    body: message('troubleBrowserBody'),
    mendedBy: 'site',
  },
  seat: { ...attention, title: message('troubleSeatTitle'), body: message('troubleSeatBody'), mendedBy: 'sync' },
  locked: { ...failed, title: message('troubleLockedTitle'), body: message('troubleLockedBody'), mendedBy: 'sync' },
  vault: { ...failed, title: message('troubleVaultTitle'), body: message('troubleVaultBody'), mendedBy: 'sync' },
  disk: { ...failed, title: message('troubleDiskTitle'), body: message('troubleDiskBody'), mendedBy: 'sync' },
  fault: { ...failed, title: message('troubleFaultTitle'), body: message('troubleFaultBody'), mendedBy: 'sync' },
};

/** `code` as a sync or a session's status carries it; codes of a newer companion count as a fault. */
export function troubleOf(code: string): Trouble {
  return isKnownFailure(code) ? troubleOfCode[code] : 'fault';
}

export function isOwnState(trouble: Trouble): trouble is OwnState {
  return !Object.hasOwn(words, trouble);
}

export function troubleWords(trouble: ExplainedTrouble): TroubleWords {
  return words[trouble];
}

function isKnownFailure(code: string): code is SyncFailure {
  return Object.hasOwn(troubleOfCode, code);
}
