/** Puts the link together. What the app holds, and all that it needs to hold. */
import type { IncomingMessage, Server } from 'node:http';
import type { SeatStatus } from '../../shared/status.ts';
import type { LoginBrowsers } from '../account/oauth/login-desk-contract.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { JobRunner } from '../upstream/browser-transport.ts';
import type { Vault } from '../vault/vault.ts';
import { loadOrCreateCompanionKeys } from './companion-keys.ts';
import { LinkServer } from './link-server.ts';
import { PairBook } from './pair-book.ts';
import type { SeatStore } from './pair-book.ts';
import { PairingDesk } from './pairing.ts';
import type { IssuedToken } from './pairing.ts';
import type { LinkHandlers } from './ports.ts';
import { SeatRegistry } from './seat-registry.ts';

export interface LinkOptions {
  readonly store: SeatStore;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Logger;
  readonly handlers: LinkHandlers;
  /** What we call ourselves in `hello`: `ccproxy-companion/0.1.0`. */
  readonly app: string;
  /** The exact Host allow-list, shared with the HTTP guard. */
  readonly isHostAllowed: (request: IncomingMessage) => boolean;
}

export interface Link extends JobRunner, LoginBrowsers {
  /** To every browser that is online. */
  post(frame: Parameters<SeatRegistry['post']>[0]): void;
  /** Takes over the upgrades of this server. */
  attach(server: Server): void;
  /** A fresh pairing token for the port that the companion listens on; the one before is void. */
  issueToken(port: number): Promise<IssuedToken>;
  /** Until when somebody may pair with the current token; `undefined` when there is none. */
  pairingOpenUntilMs(): number | undefined;
  seats(): readonly SeatStatus[];
  /** Asks an extension to read the session again. `false` when it is offline. */
  requestSession(seatId: string, reason: string): boolean;
  /** Ends a pair; `false` when there is no such pair. */
  unpair(seatId: string): Promise<boolean>;
  /** Tells every connected browser how things stand: soon, and at most four times a second. */
  broadcastStatus(): void;
  /** Says goodbye to every browser. */
  close(): Promise<void>;
}

/** Errors: those of vault and store. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { store, vault, clock, log, handlers } = options;
  const keys = await loadOrCreateCompanionKeys(vault);
  const pairs = new PairBook({ store, vault, clock });
  const swept = await pairs.sweep();
  if (swept > 0) log.info({ count: swept }, 'removed keys that an interrupted pairing left behind');
  const pairing = new PairingDesk(clock);
  const registry = new SeatRegistry({ pairs, clock, handlers, log });
  const { app, isHostAllowed } = options;
  const server = new LinkServer({ keys, app, pairing, pairs, registry, handlers, clock, log, isHostAllowed });
  return {
    attach: (httpServer) => server.attach(httpServer),
    issueToken: (port) => pairing.issue(port),
    pairingOpenUntilMs: () => pairing.openUntilMs(),
    seats: () => registry.seats(),
    isOnline: (seatId) => registry.isOnline(seatId),
    runJob: (seatId, job, signal) => registry.runJob(seatId, job, signal),
    isAnyOnline: () => registry.isAnyOnline(),
    post: (frame) => registry.post(frame),
    requestSession: (seatId, reason) => registry.requestSession(seatId, reason),
    unpair: (seatId) => registry.unpair(seatId),
    broadcastStatus: () => registry.broadcastStatus(),
    close: () => server.close(),
  };
}
