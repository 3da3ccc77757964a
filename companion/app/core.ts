/** Everything that serves an exchange: what is kept, who may serve, and the path from a request to an answer. No doors yet. */
import { homedir } from 'node:os';
import { openAccountMode } from './account-mode.ts';
import type { AccountMode } from './account-mode.ts';
import { openApiMode } from './api-mode.ts';
import type { ApiMode } from './api-mode.ts';
import { openNotifyMode } from './notify-mode.ts';
import type { NotifyMode } from './notify-mode.ts';
import type { Opened } from './opened.ts';
import { OwnKeys } from './own-keys.ts';
import { openWebMode } from './web-mode.ts';
import type { WebMode } from './web-mode.ts';
import { CredentialTraits } from '../account/credential-traits.ts';
import { isSessionId } from '../account/session-record.ts';
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Periods, systemTimeZone } from '../base/periods.ts';
import { ClientKeys } from '../client/client-keys.ts';
import type { LiveConfig } from '../config/live-config.ts';
import type { Config } from '../config/load.ts';
import type { Paths } from '../config/paths.ts';
import { resetScheduleOf } from '../config/reset-schedule.ts';
import { ActivityBoard } from '../exchange/activity.ts';
import { Ledger } from '../exchange/ledger.ts';
import { QuotaBoard } from '../exchange/quota-board.ts';
import { ExchangeService } from '../exchange/serve.ts';
import { ExchangeTally } from '../exchange/tally.ts';
import { ThinkingMemory } from '../exchange/thinking-memory.ts';
import { TokenLimits } from '../exchange/token-limits.ts';
import type { Link } from '../link/link.ts';
import type { QuotaWindow } from '../../shared/quota.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { ClaudeCodeUpstream } from '../upstream/claude-code/claude-code.ts';
import type { Connections } from '../upstream/connections.ts';
import { createDispatcher } from '../upstream/dispatcher.ts';
import { openVault } from '../vault/open-vault.ts';
import type { Vault } from '../vault/vault.ts';
import { userAgent } from '../version.ts';

/** Claude.ai sessions, as a provider. */
export const webProvider = 'claude-web';

/** A program of 200 MB, read from the disk for the first time, on a slow computer. */
const claudeCodeStartMs = 60_000;

/** The name under which its limits are kept; no credential is called so. */
const claudeCodeQuotas = 'claude-code';

export interface CoreOptions {
  readonly config: Config;
  readonly live: LiveConfig | undefined;
  readonly paths: Paths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** Opened later: nothing here asks for it before there is work. */
  readonly link: () => Link;
  /** Something that browsers show has changed; before there is a link nobody is told. */
  readonly tellBrowsers: () => void;
  /** Is told of everything that has to be closed should a later part fail. */
  readonly opened: Opened;
  /** Every address of the companion itself, so that Claude Code does not ask it in a circle. */
  readonly ownUrls: () => readonly string[];
}

export interface Core extends Omit<CoreOptions, 'link' | 'ownUrls' | 'environment' | 'opened'> {
  readonly vault: Vault;
  readonly store: Store;
  readonly ownKeys: OwnKeys;
  readonly clientKeys: ClientKeys;
  readonly dispatcher: Connections;
  readonly traits: CredentialTraits;
  /** The person turned it off. */
  readonly isOff: (credentialId: string) => boolean;
  readonly web: WebMode;
  readonly api: ApiMode;
  readonly accounts: AccountMode;
  readonly news: NotifyMode;
  readonly claudeCode: ClaudeCodeUpstream;
  readonly claudeCodeWindows: () => readonly QuotaWindow[];
  readonly activity: ActivityBoard;
  readonly quotas: QuotaBoard;
  /** What a provider told of the limits of a key, login or session. */
  readonly windowsOf: (credentialId: string) => readonly QuotaWindow[];
  readonly limits: TokenLimits;
  readonly tally: ExchangeTally;
  readonly ledger: Ledger;
  readonly exchanges: ExchangeService;
  /** What was found damaged, or protects less than it seems to. */
  readonly notices: readonly string[];
}

/** Opens vault and store and builds what works on them. Errors: those of vault and store. */
export async function openCore(options: CoreOptions): Promise<Core> {
  const { config, live, paths, environment, logger, nowMs, link, tellBrowsers, opened, ownUrls } = options;
  const openedVault = await openVault({ config, paths, logger });
  const { vault } = openedVault;
  const periods = new Periods(() => config.auth.quota.timeZone ?? systemTimeZone());
  const openedStore = openStore(config.storage.dbPath, {
    quarantine: true,
    isChosen: config.storage.dbPath !== paths.database,
    logger,
    periods,
  });
  const { store } = openedStore;
  opened.add(() => store.close());
  const ownKeys = await OwnKeys.open(config, vault);
  const secret = (): ReturnType<OwnKeys['jwtSecret']> => ownKeys.jwtSecret();
  const clientKeys = new ClientKeys({ store, clock: systemClock, periods, secret });
  const dispatcher = createDispatcher(config.timeouts, config.network);
  opened.add(() => dispatcher.close());
  const traits = new CredentialTraits(store);
  const isOff = (id: string) => traits.isOff(id);
  const web = openWebMode({
    config,
    vault,
    store,
    isOff,
    dispatcher,
    link,
    onExpired: (session) => news.onSessionExpired(session),
    logger,
    nowMs,
  });
  const { sessions } = web;
  // After a damaged database was set aside, what is in the vault may still be wanted for its rescue.
  if (openedStore.quarantinedTo === null) await sessions.sweep();
  const activity = new ActivityBoard({ onChange: tellBrowsers, nowMs });
  const quotas = new QuotaBoard({ store, nowMs });
  const windowsOf = (id: string) => quotas.windowsOf(isSessionId(id) ? `session/${id}` : `key/${id}`);
  // Limits are counted from the first exchange on; who serves and who is told of it is known by then.
  const limits = new TokenLimits({
    store,
    scheduleOf: (providerId) => resetScheduleOf(config.auth.quota.resetSchedule, providerId),
    periods,
    providerOf: (id) =>
      isSessionId(id) ? webProvider : api.everyCredential().find((one) => one.id === id)?.providerId,
    windowsOf,
    onEvent: (event) => news.onLimit(event),
    nowMs,
  });
  opened.add(() => limits.close());
  const tally = new ExchangeTally();
  const ledger = new Ledger({
    store,
    quotas,
    limits,
    tally,
    logger,
    nowMs,
    get keepDays() {
      return config.ledger.keepDays;
    },
    get keepRows() {
      return config.ledger.keepRows;
    },
  });
  opened.add(() => ledger.close());
  // A login may be renewed before anybody is there to be told.
  let noteLogins = (): void => undefined;
  const accounts = await openAccountMode({
    config,
    paths,
    vault,
    dispatcher,
    quotas,
    browsers: { isAnyOnline: () => link().isAnyOnline(), post: (frame) => link().post(frame) },
    check: (token, signal) => api.checkLogin(token, signal),
    onMade: (loginId) => api.pool.forget(loginId),
    environment,
    onChange: () => noteLogins(),
    logger,
    nowMs,
  });
  opened.add(() => accounts.close());
  const api = await openApiMode({
    config,
    vault,
    dispatcher,
    quotas,
    limits,
    onRejected: (id, code) => news.onRejected(id, code),
    sessions: () => sessions.list(),
    logins: accounts.logins,
    traits,
    logger,
    nowMs,
  });
  const news = openNotifyMode({
    config,
    dispatcher,
    credentials: api.everyCredential,
    sessions: () => sessions.list(),
    logins: accounts.logins.statuses(),
    link,
    logger,
  });
  opened.add(() => news.notifier.close());
  noteLogins = () => {
    tellBrowsers();
    news.onLogins(accounts.logins.statuses());
  };
  const claudeCode = new ClaudeCodeUpstream({
    path: config.claudeCode.path,
    baseUrl: config.upstreams.anthropic,
    ownUrls,
    clientApp: userAgent,
    warm: config.claudeCode.warm,
    homeFolder: paths.home,
    userHome: homedir(),
    environment,
    logger,
    clock: systemClock,
    get timeouts() {
      return { ...config.timeouts, startMs: claudeCodeStartMs };
    },
    onQuota: (window) => quotas.note(claudeCodeQuotas, [window]),
  });
  opened.add(() => claudeCode.close());
  const exchanges = new ExchangeService({
    plan: (request) => api.routing.plan(request),
    keepsConversations: () => api.credentials().length > 1 || sessions.list().length > 1,
    api: api.upstream,
    pool: api.pool,
    sessions,
    claudeWeb: web.upstream,
    claudeCode,
    logins: accounts.logins,
    thinking: new ThinkingMemory(),
    activity,
    ledger,
    limits,
    logger,
    nowMs,
    get maxAttempts() {
      return config.router.maxAttempts;
    },
  });
  const hasLostSecret = openedVault.quarantinedTo !== null && clientKeys.hasValid();
  return {
    config,
    live,
    paths,
    logger,
    nowMs,
    tellBrowsers,
    vault,
    store,
    ownKeys,
    clientKeys,
    dispatcher,
    traits,
    isOff,
    web,
    api,
    accounts,
    news,
    claudeCode,
    claudeCodeWindows: () => quotas.windowsOf(`key/${claudeCodeQuotas}`),
    activity,
    quotas,
    windowsOf,
    limits,
    tally,
    ledger,
    exchanges,
    notices: [
      ...damageNotices(vault, openedVault.quarantinedTo, openedStore.quarantinedTo),
      ...ownKeys.notices(hasLostSecret),
    ],
  };
}

/** Damaged files are never thrown away, and never keep the companion from starting. */
function damageNotices(vault: Vault, damagedVault: string | null, damagedStore: string | null): readonly string[] {
  const notices = [
    vault.description.note,
    damagedVault && `The vault was damaged and set aside as ${damagedVault}: pair your browsers again.`,
    damagedStore && `The database was damaged and set aside as ${damagedStore}: pair your browsers again.`,
  ];
  return notices.filter((notice) => notice !== null);
}
