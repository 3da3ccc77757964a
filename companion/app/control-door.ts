/** What the `companion` command reaches: its own questions, and the management routes without a key. */
import type { FastifyInstance } from 'fastify';
import type { SeatStatus } from '../../shared/status.ts';
import { called } from '../base/called.ts';
import { CompanionError } from '../base/error.ts';
import { addClaudeCodeRoute } from '../http/control/claude-code-route.ts';
import { addConfigRoute } from '../http/control/config-route.ts';
import { addLedgerRoutes } from '../http/control/ledger-routes.ts';
import { createControlApp, createControlServer } from '../http/control/routes.ts';
import type { ControlService } from '../http/control/routes.ts';
import type { Route } from '../http/manage/route.ts';
import { mountLater, onceOpened } from '../http/open-later.ts';
import type { Link } from '../link/link.ts';
import type { Address } from './address.ts';
import type { Core } from './core.ts';
import type { Management } from './management.ts';
import type { StatusBoard } from './status-board.ts';

export interface ControlDoorOptions {
  readonly core: Core;
  readonly address: Address;
  readonly management: Management;
  /** Loads them. */
  readonly routes: () => Promise<readonly Route[]>;
  readonly status: StatusBoard;
  readonly link: Link;
  readonly onStop: () => void;
}

export interface ControlDoor {
  readonly app: FastifyInstance;
  readonly service: ControlService;
}

export function openControlDoor(options: ControlDoorOptions): ControlDoor {
  const { core, management, routes } = options;
  const { config, live, claudeCode, ledger, logger, nowMs } = core;
  const service = serviceOf(options);
  const app = createControlServer(service, logger, nowMs);
  mountLater(
    app,
    onceOpened(async () => {
      const { addRoutes } = await import('../http/manage/add-routes.ts');
      const later = createControlApp(logger, nowMs);
      addRoutes(later, await routes(), 'trusted');
      return later;
    }),
  );
  addClaudeCodeRoute(app, async () => {
    const { mode } = config.claudeCode;
    return { mode, readiness: mode === 'off' ? null : await claudeCode.readiness() };
  });
  addConfigRoute(app, live);
  addLedgerRoutes(app, { ledger, names: management.names, nowMs });
  return { app, service };
}

function serviceOf({ core, address, management, status, link, onStop }: ControlDoorOptions): ControlService {
  const { ownKeys, accounts, web } = core;
  const { sessions } = web;
  return {
    status: () => status.look(),
    clientSettings: () => status.clientSettings(),
    adminKey: () => ownKeys.admin,
    issuePairing: async () => {
      const { token, link: pairingLink, expiresAtMs } = await link.issueToken(address.port);
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
    sessions: () => status.sessions(),
    removeSession: async (wanted) => management.sessionDesk.remove(sessions.find(wanted).id),
    useSession: (wanted, organisation) => sessions.describe(sessions.use(wanted, organisation)),
    keys: management.keyControl,
    logins: accounts.control,
    stop: onStop,
  };
}

function findSeat(seats: readonly SeatStatus[], wanted: string): SeatStatus {
  const [found, another] = called(wanted, seats, ({ id, name }) => [id, name]);
  if (found === undefined) throw new CompanionError('NOT_FOUND', `No paired browser is called "${wanted}".`);
  if (another !== undefined)
    throw new CompanionError(
      'NOT_FOUND',
      `"${wanted}" could be several browsers; use an id from \`companion browsers\`.`,
    );
  return found;
}
