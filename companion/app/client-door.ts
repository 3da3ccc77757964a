/** What programs reach on the port: the APIs, the management routes behind the admin key, figures, pages. */
import type { FastifyInstance } from 'fastify';
import { AdminKeyCheck } from '../http/admin-key.ts';
import { ClientKeyCheck } from '../http/client-key.ts';
import { createClientServer } from '../http/client-server.ts';
import type { ClientServer } from '../http/client-server.ts';
import { addFronts } from '../http/front/add-fronts.ts';
import { createCatalogue } from '../http/front/catalogue.ts';
import type { ModelCatalogue } from '../http/front/models.ts';
import { addHealthRoutes } from '../http/health.ts';
import type { Route } from '../http/manage/route.ts';
import { measureCredentials } from '../http/measure-credentials.ts';
import { addMetricsRoute } from '../http/metrics.ts';
import { addPages } from '../http/pages.ts';
import type { Link } from '../link/link.ts';
import { version } from '../version.ts';
import type { Address } from './address.ts';
import type { Core } from './core.ts';
import type { Management } from './management.ts';
import type { StatusBoard } from './status-board.ts';

export interface ClientDoorOptions {
  readonly core: Core;
  readonly address: Address;
  readonly management: Pick<Management, 'loginTickets'>;
  /** Loads them. */
  readonly routes: () => Promise<readonly Route[]>;
  readonly status: Pick<StatusBoard, 'startedAtMs'>;
  readonly link: Link;
}

export interface ClientDoor extends ClientServer {
  readonly keyCheck: ClientKeyCheck;
}

export function openClientDoor(options: ClientDoorOptions): ClientDoor {
  const { core, address, management, routes, link } = options;
  const { config, ownKeys, clientKeys, logger, nowMs } = core;
  const keyCheck = new ClientKeyCheck({ key: ownKeys.client, clientKeys, mode: config.server.mode, nowMs });
  const adminKeyCheck = new AdminKeyCheck(ownKeys.admin, nowMs);
  const server = createClientServer({
    keyCheck,
    adminKeyCheck,
    loginTickets: management.loginTickets,
    allowedHosts: () => address.allowedHosts,
    accountNames: () => accountNames(core),
    addLater: (app) => addManagement(app, routes),
    logger,
    nowMs,
  });
  addFronts(server.app, core.exchanges, catalogueOf(core));
  addHealth(server, core);
  addMetrics(server, core, link, adminKeyCheck);
  addPages(server.app, () => landingFacts(options));
  link.attach(server.server);
  return { ...server, keyCheck };
}

async function addManagement(app: FastifyInstance, routes: ClientDoorOptions['routes']): Promise<void> {
  const [{ addRoutes }, { addLoginPages }] = await Promise.all([
    import('../http/manage/add-routes.ts'),
    import('../http/device/add-login-pages.ts'),
  ]);
  addRoutes(app, await routes(), 'network');
  addLoginPages(app);
}

/** Whatever a client with a key of its own is not to read. */
function accountNames({ web, api }: Core): readonly string[] {
  return [
    ...web.sessions.list().flatMap(({ name, email }) => (email === null ? [name] : [name, email])),
    ...api.everyCredential().map(({ name }) => name),
  ];
}

function catalogueOf({ config, api, web, isOff }: Core): ModelCatalogue {
  return createCatalogue({
    get providers() {
      return config.providers;
    },
    keys: api.credentials,
    lists: api.lists,
    sessions: web.sessions,
    isOff,
  });
}

function addHealth({ app }: ClientServer, { activity, vault, store, nowMs }: Core): void {
  addHealthRoutes(app, {
    isStopping: () => activity.isDraining,
    checks: {
      vault: () => vault.get('admin-key'),
      database: () => store.saveSetting('probed-at-ms', String(nowMs())),
    },
    nowMs,
  });
}

function addMetrics({ app }: ClientServer, core: Core, link: Link, adminKeyCheck: AdminKeyCheck): void {
  const { config, tally, ledger, web, api, accounts, activity, isOff, windowsOf, nowMs } = core;
  const credentials = () =>
    measureCredentials({
      sessions: web.sessions.list(),
      keys: api.everyCredential(),
      logins: accounts.logins.statuses(),
      isOff,
      standingOf: (id) => api.standing(id),
      windowsOf,
    });
  addMetricsRoute(app, {
    access: () => config.metrics.access,
    adminKeyCheck,
    sources: {
      version,
      tally,
      ledger,
      credentials,
      seats: () => link.seats(),
      runningExchanges: () => activity.list().length,
      refresh: () => accounts.logins.worker(),
      nowMs,
    },
  });
}

function landingFacts({ core, status, link }: ClientDoorOptions) {
  const { ownKeys, api, accounts, web, nowMs } = core;
  return {
    version,
    upMs: nowMs() - status.startedAtMs,
    isKeyRequired: ownKeys.client !== null,
    keys: api.keys.list().length,
    logins: accounts.logins.list().length,
    sessions: web.sessions.list().length,
    browsers: link.seats().filter(({ isOnline }) => isOnline).length,
  };
}
