/** What manages the companion, put together: the list of credentials, files and sessions, and the routes that change them. */
import { disclosureText } from '../../shared/login-disclosure.ts';
import { authFileNotices } from '../account/files/auth-file-notices.ts';
import { AuthFiles } from '../account/files/auth-files.ts';
import { systemClock } from '../base/clock.ts';
import { AuthBook } from '../http/control/auth-book.ts';
import { createKeyControl } from '../http/control/key-control.ts';
import type { KeyControl, KeyHealthFacts } from '../http/control/key-control.ts';
import { SessionDesk } from '../http/control/session-desk.ts';
import { LoginTickets } from '../http/device/login-tickets.ts';
import { authFileRoutes } from '../http/manage/auth-file-routes.ts';
import { authRoutes } from '../http/manage/auth-routes.ts';
import { clientKeyRoutes } from '../http/manage/client-key-routes.ts';
import { configRoutes } from '../http/manage/config-routes.ts';
import { deviceLoginRoutes } from '../http/manage/device-login-routes.ts';
import { keyStatsRoute } from '../http/manage/key-stats-route.ts';
import type { LedgerNames } from '../http/manage/ledger-names.ts';
import { ledgerRoutes } from '../http/manage/ledger-routes.ts';
import { notificationRoutes } from '../http/manage/notification-routes.ts';
import { openApiRoute } from '../http/manage/openapi-route.ts';
import { quotaRoutes } from '../http/manage/quota-routes.ts';
import { refreshRoute } from '../http/manage/refresh-route.ts';
import type { Route } from '../http/manage/route.ts';
import { sessionRoutes } from '../http/manage/session-routes.ts';
import { statusRoute } from '../http/manage/status-route.ts';
import { quotaRoute } from '../http/quota.ts';
import { forGoodMs } from '../router/plan.ts';
import type { Standing } from '../router/plan.ts';
import { version } from '../version.ts';
import type { Address } from './address.ts';
import { webProvider } from './core.ts';
import type { Core } from './core.ts';
import type { StatusBoard } from './status-board.ts';

export interface Management {
  readonly authFiles: AuthFiles;
  readonly keyControl: KeyControl;
  readonly sessionDesk: SessionDesk;
  readonly loginTickets: LoginTickets;
  readonly names: LedgerNames;
  /** What a person should know, as of now. */
  notices(): readonly string[];
  /** Behind three doors: the admin key, the control socket, the link. */
  routes(status: StatusBoard): readonly Route[];
}

const totalsLifetimeMs = 30_000;

/** Reads the credential files once. Errors: those of the vault. */
export async function openManagement(core: Core, address: Address): Promise<Management> {
  const { api, web, traits, limits, ledger, isOff, tellBrowsers: onChange, nowMs } = core;
  const { sessions } = web;
  const { pool } = api;
  const standing = (id: string): Standing => api.standing(id);
  const keyControl = createKeyControl({
    ...keysOf(core),
    ask: api.listModels,
    health: (id) => (isOff(id) ? { isHealthy: false, reason: 'you turned it off' } : healthOf(standing(id))),
    totals: () => ledger.totals(),
  });
  const authBook = new AuthBook({
    ...keysOf(core),
    logins: core.accounts.logins,
    sessions,
    traits,
    pool,
    ask: api.listModels,
    standing,
    quotaOf: (id) => limits.use(id),
    // Of this run the pool knows the last use; of earlier ones the ledger, which is long, and is not read at each look.
    totals: cachedFor(totalsLifetimeMs, () => ledger.totals()),
    onChange,
    onReplaced: (from, to) => moveLimit(core, from, to),
  });
  const authFiles = new AuthFiles({
    ...keysOf(core),
    folder: core.config.auth.folder ?? core.paths.authFolder,
    store: core.store,
    logger: core.logger,
    onChange,
    onReplaced: (from, to) => {
      traits.move(from, to);
      pool.forget(from);
      moveLimit(core, from, to);
    },
  });
  await authFiles.scan();
  const sessionDesk = new SessionDesk({ sessions, traits, pool, standing, onChange });
  const loginTickets = new LoginTickets(nowMs);
  const names: LedgerNames = {
    credentials: () => [...sessions.list(), ...api.named()],
    clientKeys: () => core.clientKeys.list(),
    providers: () => core.config.providers,
  };
  const notices = () => [...core.notices, ...authFileNotices(authFiles.statuses())];
  const routesFor = (status: StatusBoard): readonly Route[] => [
    ...authRoutes(authBook),
    ...authFileRoutes(authFiles),
    keyStatsRoute(() => keyControl.stats()),
    ...sessionRoutes({ desk: sessionDesk, nowMs }),
    ...loginRoutes(core, loginTickets, address),
    ...clientKeyRoutes(core.clientKeys),
    ...configRoutes(core.live),
    statusRoute({ status: () => status.now(), notices, configProblem: () => core.live?.problem ?? null, ledger }),
    ...notificationRoutes(() => core.news.notifier.test()),
    ...quotaRoutesOf(core),
    ...ledgerRoutes({ ledger, names, nowMs }),
  ];
  return {
    authFiles,
    keyControl,
    sessionDesk,
    loginTickets,
    names,
    notices,
    routes: (status) => {
      const routes = routesFor(status);
      return [...routes, openApiRoute(routes, version)];
    },
  };
}

/** The keys, and the providers that they can be for, as the settings have them at every moment. */
function keysOf({ config, api }: Core) {
  return {
    keys: api.keys,
    get providers() {
      return config.providers;
    },
  };
}

/** A key with another secret has another id; what the person allowed it stays. */
function moveLimit({ limits }: Core, from: string, to: string): void {
  limits.setLimit([to], limits.use(from).limit);
}

function loginRoutes({ accounts }: Core, tickets: LoginTickets, address: Address): readonly Route[] {
  return [
    refreshRoute(() => accounts.logins.worker()),
    ...deviceLoginRoutes({
      desk: () => accounts.deviceDesk,
      tickets,
      disclosure: (provider) => disclosureText(provider).split('\n\n'),
      url: () => (address.isListening ? address.url : undefined),
    }),
  ];
}

function quotaRoutesOf({ web, api, limits, quotas, windowsOf, claudeCodeWindows, nowMs }: Core): readonly Route[] {
  const { sessions } = web;
  const asCredential = ({ id, name }: { readonly id: string; readonly name: string }) => {
    return { id, name, providerId: webProvider, kind: 'web-session' as const };
  };
  return [
    ...quotaRoutes({
      credentials: () => [...sessions.list().map(asCredential), ...api.everyCredential()],
      limits,
      windowsOf,
      nowMs,
    }),
    quotaRoute({
      sessions: () => sessions.list().map((session) => sessions.describe(session)),
      keys: api.credentials,
      windowsOf: (owner) => quotas.windowsOf(owner),
      standingOf: (id) => api.standing(id),
      coolingModelsOf: (id) => api.pool.health(id)?.coolingModels ?? [],
      claudeCode: claudeCodeWindows,
      nowMs,
    }),
  ];
}

function healthOf(standing: Standing): KeyHealthFacts {
  if (standing.state === 'ready') return { isHealthy: true, reason: null };
  const until = standing.untilMs >= forGoodMs ? '' : `, until ${new Date(standing.untilMs).toISOString()}`;
  return { isHealthy: false, reason: `${standing.reason}${until}` };
}

function cachedFor<Value>(lifetimeMs: number, read: () => Value): () => Value {
  let kept: { readonly value: Value; readonly untilMs: number } | undefined;
  return () => {
    const nowMs = systemClock.monotonicMs();
    if (kept === undefined || kept.untilMs <= nowMs) kept = { value: read(), untilMs: nowMs + lifetimeMs };
    return kept.value;
  };
}
