/** How the companion is, in one piece: for the popup, the dashboard and `companion status`. */
import type { ClientSettings, CompanionStatus, SessionStatus } from '../../shared/status.ts';
import type { Secret } from '../../shared/redact.ts';
import { authFileNotices } from '../account/files/auth-file-notices.ts';
import type { Link } from '../link/link.ts';
import { version } from '../version.ts';
import type { Address } from './address.ts';
import type { Core } from './core.ts';
import type { Management } from './management.ts';

export interface StatusBoard {
  /** Unix milliseconds. */
  readonly startedAtMs: number;
  now(): CompanionStatus;
  /** For somebody who looks: what is old is asked anew, and told when it comes. */
  look(): CompanionStatus;
  sessions(): SessionStatus[];
  clientSettings(): ClientSettings;
}

export interface StatusBoardOptions {
  readonly core: Core;
  readonly management: Pick<Management, 'keyControl' | 'authFiles'>;
  readonly address: Address;
  readonly link: () => Link;
}

const mostFileNotices = 50;
const longestProblem = 4000;

export function createStatusBoard({ core, management, address, link }: StatusBoardOptions): StatusBoard {
  const { config, live, vault, web, accounts, activity, ownKeys, isOff, nowMs } = core;
  const { keyControl, authFiles } = management;
  const startedAtMs = nowMs();
  const sessions = () => web.sessions.list().map((session) => web.sessions.describe(session));
  const logins = () =>
    accounts.logins.statuses().map((login) => (isOff(login.id) ? Object.assign({ isOff: true }, login) : login));
  const now = (): CompanionStatus => ({
    version,
    pid: process.pid,
    url: address.url,
    startedAtMs,
    atMs: nowMs(),
    vault: { ...vault.description },
    transport: config.web.transport ?? 'auto',
    isAuthRequired: ownKeys.client !== null,
    sessions: sessions(),
    seats: [...link().seats()],
    activity: [...activity.list()],
    keys: [...keyControl.summary()],
    logins: logins(),
    pendingLogins: [...accounts.desk.pending(), ...accounts.deviceDesk.pending()],
    claudeCode: { quotas: [...core.claudeCodeWindows()] },
    fileNotices: authFileNotices(authFiles.statuses()).slice(0, mostFileNotices),
    ...(live && { settings: { problem: live.problem?.slice(0, longestProblem) ?? null, pending: [...live.pending] } }),
  });
  return {
    startedAtMs,
    now,
    look: () => {
      for (const session of web.sessions.list()) void web.sessions.refreshUsage(session.id);
      accounts.look();
      return now();
    },
    sessions,
    clientSettings: () => settingsFor(address.url, ownKeys.client),
  };
}

function settingsFor(url: string, clientKey: Secret | null): ClientSettings {
  const key = clientKey?.reveal() ?? 'no-key-needed';
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: key,
    ANTHROPIC_API_KEY: key,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: key,
  };
}
