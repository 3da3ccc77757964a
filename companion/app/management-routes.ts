/**
 * Every management route, made of the companion's parts. Loaded with the first request for one of them: who imports this at
 * the start pays for all of their schemas.
 */
import { disclosureText } from '../../shared/login-disclosure.ts';
import type { LoginTickets } from '../http/device/login-tickets.ts';
import { authFileRoutes } from '../http/manage/auth-file-routes.ts';
import { authRoutes } from '../http/manage/auth-routes.ts';
import { clientKeyRoutes } from '../http/manage/client-key-routes.ts';
import { configRoutes } from '../http/manage/config-routes.ts';
import { deviceLoginRoutes } from '../http/manage/device-login-routes.ts';
import { keyStatsRoute } from '../http/manage/key-stats-route.ts';
import { ledgerRoutes } from '../http/manage/ledger-routes.ts';
import { notificationRoutes } from '../http/manage/notification-routes.ts';
import { openApiRoute } from '../http/manage/openapi-route.ts';
import { quotaRoutes } from '../http/manage/quota-routes.ts';
import { refreshRoute } from '../http/manage/refresh-route.ts';
import { sessionRoutes } from '../http/manage/session-routes.ts';
import { statusRoute } from '../http/manage/status-route.ts';
import { quotaRoute } from '../http/quota.ts';
import type { Route } from '../http/manage/route.ts';
import { version } from '../version.ts';
import type { Address } from './address.ts';
import { webProvider } from './core.ts';
import type { Core } from './core.ts';
import type { Management } from './management.ts';
import type { StatusBoard } from './status-board.ts';

export interface RouteParts {
  readonly core: Core;
  readonly address: Address;
  readonly management: Management;
  readonly status: StatusBoard;
}

/** Behind three doors: the admin key, the control socket, the link. */
export function createManagementRoutes({ core, address, management, status }: RouteParts): readonly Route[] {
  const { ledger, nowMs } = core;
  const { authBook, authFiles, keyControl, sessionDesk, loginTickets, names, notices } = management;
  const routes: readonly Route[] = [
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
  return [...routes, openApiRoute(routes, version)];
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
