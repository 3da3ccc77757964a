/** What paired browsers reach: the link, with whoever serves its frames. */
import type { FastifyInstance } from 'fastify';
import type { SeatStatus } from '../../shared/status.ts';
import { systemClock } from '../base/clock.ts';
import { checkHost } from '../http/guard.ts';
import { askManagement } from '../http/control/in-process-door.ts';
import { openLink } from '../link/link.ts';
import type { Link } from '../link/link.ts';
import type { LinkHandlers } from '../link/ports.ts';
import { userAgent } from '../version.ts';
import type { Address } from './address.ts';
import type { Core } from './core.ts';
import type { StatusBoard } from './status-board.ts';

export interface LinkDoorOptions {
  readonly core: Core;
  readonly address: Address;
  readonly status: StatusBoard;
  readonly control: () => FastifyInstance;
  readonly link: () => Link;
  readonly onSeat: (event: 'seat-online' | 'seat-offline', seat: SeatStatus | undefined) => void;
}

/** Errors: those of vault and store. */
export function openLinkDoor(options: LinkDoorOptions): Promise<Link> {
  const { store, vault, logger } = options.core;
  return openLink({
    store,
    vault,
    clock: systemClock,
    log: logger,
    app: userAgent,
    isHostAllowed: (request) => checkHost(request, options.address.allowedHosts) === undefined,
    handlers: handlersOf(options),
  });
}

function handlersOf({ core, status, control, link, onSeat }: LinkDoorOptions): LinkHandlers {
  const { web, api, accounts, activity, logger } = core;
  const { sessions } = web;
  const tellOf = (event: 'seat-online' | 'seat-offline', seatId: string): void => {
    onSeat(
      event,
      link()
        .seats()
        .find((seat) => seat.id === seatId),
    );
    link().broadcastStatus();
  };
  return {
    onSessionPush: async (seatId, push) => {
      const sessionId = await sessions.receivePush(seatId, push);
      // What was learned of the one before, such as a full window of another plan, is found out anew.
      api.pool.forget(sessionId);
      return { sessionId };
    },
    onSessionClear: (seatId, clear) => sessions.receiveClear(seatId, clear.store, clear.reason),
    onExchangeStop: (_seatId, exchangeId) => void activity.stop(exchangeId),
    ...accounts.linkHandlers,
    onApiCall: (_seatId, call, body) => askManagement(control(), call, body),
    onOnline: (seatId) => {
      tellOf('seat-online', seatId);
      sessions.recheckSeat(seatId).catch((cause: unknown) => {
        logger.warn({ err: cause }, 'the sessions of a browser that came back could not be checked');
      });
    },
    onOffline: (seatId) => tellOf('seat-offline', seatId),
    onUnpaired: (seatId) => {
      sessions.forgetSeat(seatId).catch((cause: unknown) => {
        logger.error({ err: cause }, 'the sessions of an unpaired browser could not be forgotten');
      });
    },
    status: () => status.look(),
    clientSettings: () => status.clientSettings(),
  };
}
