/**
 * The composition root: with `web-mode.ts`, `api-mode.ts` and `account-mode.ts` the only place that constructs everything,
 * and the order in which it starts and stops.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { homedir } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { disclosureText } from '../shared/login-disclosure.ts';
import { Secret } from '../shared/redact.ts';
import type { ClientSettings, CompanionStatus, SeatStatus } from '../shared/status.ts';
import { openAccountMode } from './account-mode.ts';
import { AuthFiles } from './account/files/auth-files.ts';
import { authFileNotices } from './account/files/auth-file-notices.ts';
import { CredentialTraits } from './account/credential-traits.ts';
import { openApiMode } from './api-mode.ts';
import { isSessionId } from './account/session-record.ts';
import { systemClock } from './base/clock.ts';
import { CompanionError } from './base/error.ts';
import type { Logger } from './base/log.ts';
import { Periods, systemTimeZone } from './base/periods.ts';
import { ClientKeys } from './client/client-keys.ts';
import type { LiveConfig, ReloadReport } from './config/live-config.ts';
import type { Config } from './config/load.ts';
import { pathsOf } from './config/paths.ts';
import { resetScheduleOf } from './config/reset-schedule.ts';
import { ActivityBoard } from './exchange/activity.ts';
import { Ledger } from './exchange/ledger.ts';
import { QuotaBoard } from './exchange/quota-board.ts';
import { ExchangeTally } from './exchange/tally.ts';
import { ExchangeService } from './exchange/serve.ts';
import { ThinkingMemory } from './exchange/thinking-memory.ts';
import { TokenLimits } from './exchange/token-limits.ts';
import { AdminKeyCheck } from './http/admin-key.ts';
import { ClientKeyCheck } from './http/client-key.ts';
import { createClientServer } from './http/client-server.ts';
import type { ServedRoute } from './http/client-server.ts';
import { addClaudeCodeRoute } from './http/control/claude-code-route.ts';
import { AuthBook } from './http/control/auth-book.ts';
import { askManagement } from './http/control/in-process-door.ts';
import { addConfigRoute } from './http/control/config-route.ts';
import { createKeyControl } from './http/control/key-control.ts';
import type { KeyHealthFacts } from './http/control/key-control.ts';
import { addLedgerRoutes } from './http/control/ledger-routes.ts';
import { createControlServer } from './http/control/routes.ts';
import type { ControlService } from './http/control/routes.ts';
import { SessionDesk } from './http/control/session-desk.ts';
import { addFronts } from './http/front/add-fronts.ts';
import { createCatalogue } from './http/front/catalogue.ts';
import { allowedHostsFor, checkHost } from './http/guard.ts';
import { checkBinding, listenForClients, listenForCommands, urlHost } from './http/listen.ts';
import { addHealthRoutes } from './http/health.ts';
import { addLoginPages } from './http/device/add-login-pages.ts';
import { LoginTickets } from './http/device/login-tickets.ts';
import { deviceLoginRoutes } from './http/manage/device-login-routes.ts';
import { addRoutes } from './http/manage/add-routes.ts';
import { configRoutes } from './http/manage/config-routes.ts';
import { authFileRoutes } from './http/manage/auth-file-routes.ts';
import { authRoutes } from './http/manage/auth-routes.ts';
import { keyStatsRoute } from './http/manage/key-stats-route.ts';
import type { LedgerNames } from './http/manage/ledger-names.ts';
import { ledgerRoutes } from './http/manage/ledger-routes.ts';
import { clientKeyRoutes } from './http/manage/client-key-routes.ts';
import { notificationRoutes } from './http/manage/notification-routes.ts';
import { quotaRoutes } from './http/manage/quota-routes.ts';
import { openApiRoute } from './http/manage/openapi-route.ts';
import { refreshRoute } from './http/manage/refresh-route.ts';
import type { Route } from './http/manage/route.ts';
import { sessionRoutes } from './http/manage/session-routes.ts';
import { statusRoute } from './http/manage/status-route.ts';
import { measureCredentials } from './http/measure-credentials.ts';
import { addMetricsRoute } from './http/metrics.ts';
import { addPages } from './http/pages.ts';
import { quotaRoute } from './http/quota.ts';
import { openLink } from './link/link.ts';
import type { Link } from './link/link.ts';
import { openNotifyMode } from './notify-mode.ts';
import { forGoodMs } from './router/plan.ts';
import type { Standing } from './router/plan.ts';
import { openStore } from './store/open-store.ts';
import { ClaudeCodeUpstream } from './upstream/claude-code/claude-code.ts';
import { createDispatcher } from './upstream/dispatcher.ts';
import { openVault } from './vault/open-vault.ts';
import type { Vault } from './vault/vault.ts';
import { userAgent, version } from './version.ts';
import { openWebMode } from './web-mode.ts';

export type AppEvent =
  | { readonly event: 'seat-online' | 'seat-offline'; readonly seat: SeatStatus | undefined }
  | { readonly event: 'stop-requested' };

export interface AppOptions {
  readonly config: Config;
  /** Whoever holds `config`, where it can be read again. */
  readonly live?: LiveConfig;
  readonly logger: Logger;
  /** Where Claude Code and Codex, and their logins, are looked for; the process's own unless given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly onEvent?: (event: AppEvent) => void;
}

export interface App {
  /** What a person should know about how it opened: a database that was set aside, a vault without a keyring. */
  readonly notices: readonly string[];
  /** The control routes, for callers in this process. */
  readonly control: FastifyInstance;
  /** What the server for clients has. */
  readonly served: () => readonly ServedRoute[];
  readonly service: ControlService;
  /** Listens for clients, browsers and commands; resolves to the address. Errors: `PORT_IN_USE`, `BIND_REFUSED`. */
  start(): Promise<string>;
  /** Drains, then closes everything. Safe to call in any state. */
  stop(): Promise<void>;
}

/** A program of 200 MB, read from the disk for the first time, on a slow computer. */
const claudeCodeStartMs = 60_000;

/** Claude.ai sessions, as a provider. */
const webProvider = 'claude-web';

/** The name under which its limits are kept; no credential is called so. */
const claudeCodeQuotas = 'claude-code';

/** HS256 is as strong as its secret, up to here. */
const soundSecretBytes = 32;

/** Opens vault and store and builds every part; nothing listens yet. The caller holds the instance lock. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, live, logger, onEvent, environment = process.env } = options;
  const paths = pathsOf(config.home);
  const nowMs = () => systemClock.nowMs();
  const startedAtMs = nowMs();
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
  const readClientKey = async () =>
    config.security.auth ? (config.security.authToken ?? (await loadOrCreateKey(vault, 'client-key', 'ccpk'))) : null;
  let clientKey = await readClientKey();
  const adminKey = config.security.adminKey ?? (await loadOrCreateKey(vault, 'admin-key', 'ccpa'));
  const clientKeys = new ClientKeys({
    store,
    clock: systemClock,
    periods,
    secret: async () => config.security.jwtSecret ?? loadOrCreateKey(vault, 'jwt-secret', 'ccpj'),
  });
  let port = config.server.port;
  let isListening = false;
  const url = () => `http://${urlHost(config.server.host)}:${port}`;

  const dispatcher = createDispatcher(config.timeouts, config.network);
  const traits = new CredentialTraits(store);
  const isOff = (id: string) => traits.isOff(id);
  const web = openWebMode({
    config,
    vault,
    store,
    isOff,
    dispatcher,
    link: () => link,
    onExpired: (session) => news.onSessionExpired(session),
    logger,
    nowMs,
  });
  const { sessions } = web;
  // After a damaged database was set aside, what is in the vault may still be wanted for its rescue.
  if (openedStore.quarantinedTo === null) await sessions.sweep();
  const activity = new ActivityBoard({ onChange: () => link.broadcastStatus(), nowMs });
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
  // A login may be renewed before there is a link.
  let tellBrowsers = (): void => undefined;
  const accounts = await openAccountMode({
    config,
    paths,
    vault,
    dispatcher,
    quotas,
    browsers: { isAnyOnline: () => link.isAnyOnline(), post: (frame) => link.post(frame) },
    check: (token, signal) => api.checkLogin(token, signal),
    onMade: (loginId) => api.pool.forget(loginId),
    environment,
    onChange: () => tellBrowsers(),
    logger,
    nowMs,
  });
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
    link: () => link,
    logger,
  });
  const { notifier } = news;
  const claudeCode = new ClaudeCodeUpstream({
    path: config.claudeCode.path,
    baseUrl: config.upstreams.anthropic,
    ownUrls: () => [url(), ...[...allowedHosts()].map((name) => `http://${name}`)],
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

  const sessionStatuses = () => sessions.list().map((session) => sessions.describe(session));
  const status = (): CompanionStatus => ({
    version,
    pid: process.pid,
    url: url(),
    startedAtMs,
    atMs: nowMs(),
    vault: { ...vault.description },
    transport: config.web.transport ?? 'auto',
    isAuthRequired: clientKey !== null,
    sessions: sessionStatuses(),
    seats: [...link.seats()],
    activity: [...activity.list()],
    keys: [...keyControl.summary()],
    logins: accounts.logins
      .statuses()
      .map((login) => (isOff(login.id) ? Object.assign({ isOff: true }, login) : login)),
    pendingLogins: [...accounts.desk.pending(), ...accounts.deviceDesk.pending()],
    claudeCode: { quotas: [...quotas.windowsOf(`key/${claudeCodeQuotas}`)] },
    fileNotices: authFileNotices(authFiles.statuses()).slice(0, 50),
    ...(live && { settings: { problem: live.problem?.slice(0, 4000) ?? null, pending: [...live.pending] } }),
  });
  /** For somebody who looks: what is old is asked anew, and told when it comes. */
  const freshStatus = (): CompanionStatus => {
    for (const session of sessions.list()) void sessions.refreshUsage(session.id);
    accounts.look();
    return status();
  };
  const clientSettings = (): ClientSettings => settingsFor(url(), clientKey);
  const keyControl = createKeyControl({
    keys: api.keys,
    get providers() {
      return config.providers;
    },
    ask: api.listModels,
    health: (id) => (isOff(id) ? { isHealthy: false, reason: 'you turned it off' } : healthOf(api.standing(id))),
    totals: () => ledger.totals(),
  });

  let hostsOfPort = allowedHostsFor(port, config.server.allowedHosts);
  const allowedHosts = () => hostsOfPort;
  const link: Link = await openLink({
    store,
    vault,
    clock: systemClock,
    log: logger,
    app: userAgent,
    isHostAllowed: (request) => checkHost(request, allowedHosts()) === undefined,
    handlers: {
      onSessionPush: async (seatId, push) => {
        const sessionId = await sessions.receivePush(seatId, push);
        // What was learned of the one before, such as a full window of another plan, is found out anew.
        api.pool.forget(sessionId);
        return { sessionId };
      },
      onSessionClear: (seatId, clear) => sessions.receiveClear(seatId, clear.store, clear.reason),
      onExchangeStop: (_seatId, exchangeId) => void activity.stop(exchangeId),
      ...accounts.linkHandlers,
      onApiCall: (_seatId, call, body) => askManagement(control, call, body),
      onOnline: (seatId) => {
        onEvent?.({ event: 'seat-online', seat: link.seats().find((seat) => seat.id === seatId) });
        link.broadcastStatus();
        sessions.recheckSeat(seatId).catch((cause: unknown) => {
          logger.warn({ err: cause }, 'the sessions of a browser that came back could not be checked');
        });
      },
      onOffline: (seatId) => {
        onEvent?.({ event: 'seat-offline', seat: link.seats().find((seat) => seat.id === seatId) });
        link.broadcastStatus();
      },
      onUnpaired: (seatId) => {
        sessions.forgetSeat(seatId).catch((cause: unknown) => {
          logger.error({ err: cause }, 'the sessions of an unpaired browser could not be forgotten');
        });
      },
      status: freshStatus,
      clientSettings,
    },
  });

  tellBrowsers = () => {
    link.broadcastStatus();
    news.onLogins(accounts.logins.statuses());
  };

  const loginTickets = new LoginTickets(nowMs);
  const names: LedgerNames = {
    credentials: () => [...sessions.list(), ...api.named()],
    clientKeys: () => clientKeys.list(),
    providers: () => config.providers,
  };
  /** The same routes behind three doors: the admin key, the control socket, the link. */
  const authBook = new AuthBook({
    keys: api.keys,
    logins: accounts.logins,
    sessions,
    traits,
    get providers() {
      return config.providers;
    },
    pool: api.pool,
    ask: api.listModels,
    standing: (id) => api.standing(id, undefined),
    quotaOf: (id) => limits.use(id),
    // Of this run the pool knows the last use; of earlier ones the ledger, which is long, and is not read at each look.
    totals: cachedFor(30_000, () => ledger.totals()),
    onChange: () => link.broadcastStatus(),
    onReplaced: (from, to) => limits.setLimit([to], limits.use(from).limit),
  });
  const authFiles = new AuthFiles({
    folder: config.auth.folder ?? paths.authFolder,
    keys: api.keys,
    get providers() {
      return config.providers;
    },
    store,
    logger,
    onChange: () => link.broadcastStatus(),
    onReplaced: (from, to) => {
      traits.move(from, to);
      api.pool.forget(from);
      limits.setLimit([to], limits.use(from).limit);
    },
  });
  await authFiles.scan();
  const sessionDesk = new SessionDesk({
    sessions,
    traits,
    pool: api.pool,
    standing: (id) => api.standing(id, undefined),
    onChange: () => link.broadcastStatus(),
  });
  const routes: readonly Route[] = [
    ...authRoutes(authBook),
    ...authFileRoutes(authFiles),
    keyStatsRoute(() => keyControl.stats()),
    ...sessionRoutes({ desk: sessionDesk, nowMs }),
    refreshRoute(() => accounts.logins.worker()),
    ...deviceLoginRoutes({
      desk: () => accounts.deviceDesk,
      tickets: loginTickets,
      disclosure: (provider) => disclosureText(provider).split('\n\n'),
      url: () => (isListening ? url() : undefined),
    }),
    ...clientKeyRoutes(clientKeys),
    ...configRoutes(live),
    statusRoute({
      status,
      notices: () => [...notices, ...authFileNotices(authFiles.statuses())],
      configProblem: () => live?.problem ?? null,
      ledger,
    }),
    ...notificationRoutes(() => notifier.test()),
    ...quotaRoutes({
      credentials: () => [
        ...sessions.list().map(({ id, name }) => ({ id, name, providerId: webProvider, kind: 'web-session' as const })),
        ...api.everyCredential(),
      ],
      limits,
      windowsOf,
      nowMs,
    }),
    quotaRoute({
      sessions: sessionStatuses,
      keys: api.credentials,
      windowsOf: (owner) => quotas.windowsOf(owner),
      standingOf: (id) => api.standing(id),
      coolingModelsOf: (id) => api.pool.health(id)?.coolingModels ?? [],
      claudeCode: () => quotas.windowsOf(`key/${claudeCodeQuotas}`),
      nowMs,
    }),
    ...ledgerRoutes({ ledger, names, nowMs }),
  ];
  const keyCheck = new ClientKeyCheck({ key: clientKey, clientKeys, mode: config.server.mode, nowMs });
  const adminKeyCheck = new AdminKeyCheck(adminKey, nowMs);
  const client = createClientServer({
    keyCheck,
    adminKeyCheck,
    loginTickets,
    allowedHosts,
    accountNames: () => [
      ...sessions.list().flatMap(({ name, email }) => (email === null ? [name] : [name, email])),
      ...api.everyCredential().map(({ name }) => name),
    ],
    logger,
    nowMs,
  });
  const described = openApiRoute(routes, version);
  addRoutes(client.app, [...routes, described], 'network');
  const catalogue = createCatalogue({
    get providers() {
      return config.providers;
    },
    keys: api.credentials,
    lists: api.lists,
    sessions,
    isOff,
  });
  addFronts(client.app, exchanges, catalogue);
  addHealthRoutes(client.app, {
    isStopping: () => activity.isDraining,
    checks: {
      vault: () => vault.get('admin-key'),
      database: () => store.saveSetting('probed-at-ms', String(nowMs())),
    },
    nowMs,
  });
  addMetricsRoute(client.app, {
    access: () => config.metrics.access,
    adminKeyCheck,
    sources: {
      version,
      tally,
      ledger,
      credentials: () =>
        measureCredentials({
          sessions: sessions.list(),
          keys: api.everyCredential(),
          logins: accounts.logins.statuses(),
          isOff,
          standingOf: (id) => api.standing(id),
          windowsOf,
        }),
      seats: () => link.seats(),
      runningExchanges: () => activity.list().length,
      refresh: () => accounts.logins.worker(),
      nowMs,
    },
  });
  addPages(client.app, () => ({
    version,
    upMs: nowMs() - startedAtMs,
    isKeyRequired: clientKey !== null,
    keys: api.keys.list().length,
    logins: accounts.logins.list().length,
    sessions: sessions.list().length,
    browsers: link.seats().filter(({ isOnline }) => isOnline).length,
  }));
  addLoginPages(client.app);
  link.attach(client.server);

  const service: ControlService = {
    status: freshStatus,
    clientSettings,
    adminKey: () => adminKey,
    issuePairing: async () => {
      const { token, link: pairingLink, expiresAtMs } = await link.issueToken(port);
      return { token: token.reveal(), link: pairingLink.reveal(), expiresAtMs };
    },
    seats: () => link.seats(),
    unpair: async (wanted) => {
      const seat = findSeat(link.seats(), wanted);
      const { forgotten, kept } = await sessions.forgetSeat(seat.id);
      await link.unpair(seat.id);
      const namesOf = (records: typeof kept) => records.map((session) => session.name);
      return { ...seat, forgottenSessions: namesOf(forgotten), keptSessions: namesOf(kept) };
    },
    sessions: sessionStatuses,
    removeSession: async (wanted) => {
      const session = sessions.find(wanted);
      return sessionDesk.remove(session.id);
    },
    useSession: (wanted, organisation) => sessions.describe(sessions.use(wanted, organisation)),
    keys: keyControl,
    logins: accounts.control,
    stop: () => onEvent?.({ event: 'stop-requested' }),
  };
  const control = createControlServer(service, logger, nowMs);
  addRoutes(control, [...routes, described], 'trusted');
  addClaudeCodeRoute(control, async () => {
    const { mode } = config.claudeCode;
    return { mode, readiness: mode === 'off' ? null : await claudeCode.readiness() };
  });
  addConfigRoute(control, live);
  addLedgerRoutes(control, { ledger, names, nowMs });

  live?.onChange(async (changed) => {
    logger.info({ changed: [...changed] }, 'settings took effect');
    if (changed.has('server.mode')) keyCheck.limit(config.server.mode);
    if (changed.has('security.auth_token')) keyCheck.expect((clientKey = await readClientKey()));
    if (changed.has('server.allowed_hosts')) hostsOfPort = allowedHostsFor(port, config.server.allowedHosts);
    if (isAnyIn(changed, 'timeouts.')) dispatcher.renew(dispatcher.current);
    if (isAnyIn(changed, 'keys.', 'providers', 'codex.models')) await api.reload();
    await accounts.applySettings(changed);
    link.broadcastStatus();
  });
  let stopWatching: (() => void) | undefined;

  const notices = [
    ...noticesOf(vault, openedVault.quarantinedTo, openedStore.quarantinedTo),
    ...keyNotices({
      clientKey,
      adminKey,
      jwtSecret: config.security.jwtSecret,
      hasLostSecret: openedVault.quarantinedTo !== null && clientKeys.hasValid(),
    }),
  ];
  const stopAll = async () => {
    stopWatching?.();
    await activity.drain(isListening ? config.server.drainSeconds * 1000 : 0);
    await Promise.all([
      web.upstream.settle(),
      claudeCode.close(),
      accounts.close(),
      notifier.close(),
      authFiles.close(),
    ]);
    const closed = Promise.all([client.close(), control.close()]);
    await link.close();
    await closed;
    if (isListening && process.platform !== 'win32') rmSync(paths.controlSocket, { force: true });
    await dispatcher.close();
    ledger.close();
    limits.close();
    store.close();
  };
  let stopping: Promise<void> | undefined;
  return {
    get notices() {
      return [...notices, ...authFileNotices(authFiles.statuses())];
    },
    control,
    served: client.routes,
    service,
    async start() {
      checkBinding(config.server.host, clientKey !== null);
      void claudeCode.tidy();
      if (config.auth.watch) authFiles.watch();
      await listenForCommands(control, paths.controlSocket);
      isListening = true;
      port = await listenForClients(client.app, config.server.host, config.server.port);
      hostsOfPort = allowedHostsFor(port, config.server.allowedHosts);
      limits.start();
      stopWatching = live?.watch((outcome) => logReload(logger, outcome));
      return url();
    },
    stop: () => (stopping ??= stopAll()),
  };
}

function cachedFor<Value>(lifetimeMs: number, read: () => Value): () => Value {
  let kept: { readonly value: Value; readonly untilMs: number } | undefined;
  return () => {
    const nowMs = systemClock.monotonicMs();
    if (kept === undefined || kept.untilMs <= nowMs) kept = { value: read(), untilMs: nowMs + lifetimeMs };
    return kept.value;
  };
}

function healthOf(standing: Standing): KeyHealthFacts {
  if (standing.state === 'ready') return { isHealthy: true, reason: null };
  const until = standing.untilMs >= forGoodMs ? '' : `, until ${new Date(standing.untilMs).toISOString()}`;
  return { isHealthy: false, reason: `${standing.reason}${until}` };
}

function isAnyIn(keys: ReadonlySet<string>, ...beginnings: readonly string[]): boolean {
  return [...keys].some((key) => beginnings.some((beginning) => key.startsWith(beginning)));
}

function logReload(logger: Logger, outcome: ReloadReport | CompanionError): void {
  if (outcome instanceof CompanionError) logger.error({ error: outcome }, 'the settings could not be read again');
  else if (outcome.pending.length > 0) logger.info({ pending: outcome.pending }, 'settings wait for the next start');
}

/** Generated once, then kept: programs hold it in their settings. */
async function loadOrCreateKey(vault: Vault, name: string, prefix: string): Promise<Secret> {
  const key = await vault.update(name, (current) =>
    current === undefined ? new Secret(`${prefix}_${randomBytes(32).toString('base64url')}`) : undefined,
  );
  if (key === undefined) throw new CompanionError('INTERNAL', `The vault kept no ${name}.`);
  return key;
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

interface KeyFacts {
  readonly clientKey: Secret | null;
  readonly adminKey: Secret;
  readonly jwtSecret: Secret | undefined;
  /** The vault was set aside, and there are client keys that were signed with what it held. */
  readonly hasLostSecret: boolean;
}

/** Keys that protect less than they seem to, or that open nothing any more. */
function keyNotices({ clientKey, adminKey, jwtSecret, hasLostSecret }: KeyFacts): readonly string[] {
  const notices: readonly (readonly [boolean, string])[] = [
    [
      jwtSecret !== undefined && Buffer.byteLength(jwtSecret.reveal()) < soundSecretBytes,
      'CCPROXY_JWT_SECRET has less than 32 bytes and may be guessed: `openssl rand -base64 32` makes a better one.',
    ],
    [
      clientKey?.reveal() === adminKey.reveal(),
      'The client key is the admin key as well, so that every client can manage the companion: set another one.',
    ],
    [
      jwtSecret === undefined && hasLostSecret,
      'The keys of single clients were signed with a secret that is gone: make them anew with `companion token create`.',
    ],
  ];
  return notices.filter(([isSo]) => isSo).map(([, text]) => text);
}

/** Damaged files are never thrown away, and never keep the companion from starting. */
function noticesOf(vault: Vault, damagedVault: string | null, damagedStore: string | null): readonly string[] {
  const notices = [
    vault.description.note,
    damagedVault && `The vault was damaged and set aside as ${damagedVault}: pair your browsers again.`,
    damagedStore && `The database was damaged and set aside as ${damagedStore}: pair your browsers again.`,
  ];
  return notices.filter((notice) => notice !== null);
}

function findSeat(seats: readonly SeatStatus[], wanted: string): SeatStatus {
  const exact = seats.filter((seat) => seat.id === wanted || seat.name === wanted);
  const starting = seats.filter((seat) => seat.id.startsWith(wanted));
  const [found, another] = exact.length > 0 ? exact : starting;
  if (found === undefined) throw new CompanionError('NOT_FOUND', `No paired browser is called "${wanted}".`);
  if (another !== undefined)
    throw new CompanionError(
      'NOT_FOUND',
      `"${wanted}" could be several browsers; use an id from \`companion browsers\`.`,
    );
  return found;
}
