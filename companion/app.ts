/**
 * The composition root: with the rooms of `app/` the only place that constructs everything, and the order in which it starts,
 * takes over changed settings, and stops.
 */
import { rmSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import type { SeatStatus } from '../shared/status.ts';
import { Address } from './app/address.ts';
import { openClientDoor } from './app/client-door.ts';
import type { ClientDoor } from './app/client-door.ts';
import { openControlDoor } from './app/control-door.ts';
import type { ControlDoor } from './app/control-door.ts';
import { openCore } from './app/core.ts';
import type { Core } from './app/core.ts';
import { openLinkDoor } from './app/link-door.ts';
import { openManagement } from './app/management.ts';
import type { Management } from './app/management.ts';
import type { RouteParts } from './app/management-routes.ts';
import { Opened } from './app/opened.ts';
import { createStatusBoard } from './app/status-board.ts';
import { systemClock } from './base/clock.ts';
import { CompanionError } from './base/error.ts';
import type { Logger } from './base/log.ts';
import type { LiveConfig, ReloadReport } from './config/live-config.ts';
import type { Config } from './config/load.ts';
import { pathsOf } from './config/paths.ts';
import type { SettingKey } from './config/schema.ts';
import type { ServedRoute } from './http/client-server.ts';
import type { ControlService } from './http/control/routes.ts';
import type { Route } from './http/manage/route.ts';
import { checkBinding, listenForClients, listenForCommands } from './http/listen.ts';
import type { Link } from './link/link.ts';

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
  readonly served: () => Promise<readonly ServedRoute[]>;
  readonly service: ControlService;
  /** Listens for clients, browsers and commands; resolves to the address. Errors: `PORT_IN_USE`, `BIND_REFUSED`. */
  start(): Promise<string>;
  /** Drains, then closes everything. Safe to call in any state. */
  stop(): Promise<void>;
}

/** The parts, as start and stop need them. */
interface House {
  readonly core: Core;
  readonly address: Address;
  readonly management: Management;
  readonly link: Link;
  readonly client: ClientDoor;
  readonly control: ControlDoor;
}

/** Opens vault and store and builds every part; nothing listens yet. The caller holds the instance lock. */
export async function createApp(options: AppOptions): Promise<App> {
  const house = await build(options);
  const { core, management, client, control } = house;
  const { live } = core;
  live?.onChange((changed) => applySettings(house, changed));
  let stopWatching: (() => void) | undefined;
  let stopping: Promise<void> | undefined;
  return {
    get notices() {
      return management.notices();
    },
    control: control.app,
    served: client.routes,
    service: control.service,
    async start() {
      await listen(house);
      stopWatching = live?.watch((outcome) => logReload(core.logger, outcome));
      return house.address.url;
    },
    stop: () => {
      stopWatching?.();
      return (stopping ??= close(house));
    },
  };
}

async function build(options: AppOptions): Promise<House> {
  const opened = new Opened();
  try {
    return await buildParts(options, opened);
  } catch (thrown) {
    await opened.undo();
    throw thrown;
  }
}

async function buildParts(options: AppOptions, opened: Opened): Promise<House> {
  const { config, live, logger, onEvent, environment = process.env } = options;
  const address = new Address(config);
  // The link tells of what the core has, and the core asks browsers over the link.
  let openedLink: Link | undefined;
  const linkLater = (): Link => openedLink ?? raise('There is no link yet.');
  const core = await openCore({
    config,
    live,
    paths: pathsOf(config.home),
    environment,
    logger,
    nowMs: () => systemClock.nowMs(),
    link: linkLater,
    tellBrowsers: () => openedLink?.broadcastStatus(),
    opened,
    ownUrls: () => [address.url, ...[...address.allowedHosts].map((name) => `http://${name}`)],
  });
  const management = await openManagement(core);
  const status = createStatusBoard({ core, management, address, link: linkLater });
  const link = (openedLink = await openLinkDoor({
    core,
    address,
    status,
    control: () => control.app,
    link: linkLater,
    onSeat: (event, seat) => onEvent?.({ event, seat }),
  }));
  let loaded: Promise<readonly Route[]> | undefined;
  const routes = () => (loaded ??= loadRoutes({ core, address, management, status }));
  const client = openClientDoor({ core, address, management, routes, status, link });
  const onStop = () => onEvent?.({ event: 'stop-requested' });
  const control = openControlDoor({ core, address, management, routes, status, link, onStop });
  return { core, address, management, link, client, control };
}

async function listen({ core, address, management, client, control }: House): Promise<void> {
  const { config, paths, ownKeys, claudeCode, limits } = core;
  checkBinding(config.server.host, ownKeys.client !== null);
  void claudeCode.tidy();
  if (config.auth.watch) management.authFiles.watch();
  await listenForCommands(control.app, paths.controlSocket);
  address.open();
  address.settle(await listenForClients(client.app, config.server.host, config.server.port));
  limits.start();
}

/** What reads its settings anew with each use needs nothing here. */
async function applySettings({ core, address, link, client }: House, changed: ReadonlySet<SettingKey>): Promise<void> {
  const { config, ownKeys, dispatcher, api, accounts, logger } = core;
  logger.info({ changed: [...changed] }, 'settings took effect');
  if (changed.has('server.mode')) client.keyCheck.limit(config.server.mode);
  if (changed.has('security.auth_token')) client.keyCheck.expect(await ownKeys.readClientKey());
  if (changed.has('server.allowed_hosts')) address.readNames();
  if (isAnyIn(changed, 'timeouts.')) dispatcher.renew(dispatcher.current);
  if (isAnyIn(changed, 'keys.', 'providers', 'codex.models')) await api.reload();
  await accounts.applySettings(changed);
  link.broadcastStatus();
}

async function close({ core, address, management, link, client, control }: House): Promise<void> {
  const { config, paths, activity, web, claudeCode, accounts, news, dispatcher, ledger, limits, store } = core;
  await activity.drain(address.isListening ? config.server.drainSeconds * 1000 : 0);
  await Promise.all([
    web.upstream.settle(),
    claudeCode.close(),
    accounts.close(),
    news.notifier.close(),
    management.authFiles.close(),
  ]);
  const closed = Promise.all([client.close(), control.app.close()]);
  await link.close();
  await closed;
  if (address.isListening && process.platform !== 'win32') rmSync(paths.controlSocket, { force: true });
  await dispatcher.close();
  ledger.close();
  limits.close();
  store.close();
}

async function loadRoutes(parts: RouteParts): Promise<readonly Route[]> {
  const { createManagementRoutes } = await import('./app/management-routes.ts');
  return createManagementRoutes(parts);
}

function raise(message: string): never {
  throw new CompanionError('INTERNAL', message);
}

function isAnyIn(keys: ReadonlySet<string>, ...beginnings: readonly string[]): boolean {
  return [...keys].some((key) => beginnings.some((beginning) => key.startsWith(beginning)));
}

function logReload(logger: Logger, outcome: ReloadReport | CompanionError): void {
  if (outcome instanceof CompanionError) logger.error({ error: outcome }, 'the settings could not be read again');
  else if (outcome.pending.length > 0) logger.info({ pending: outcome.pending }, 'settings wait for the next start');
}
