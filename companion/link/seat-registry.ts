/** All paired browsers: who is online, by which socket, and what may be asked of them. */
import { closeCode } from '../../shared/link/protocol.ts';
import type { SeatStatus } from '../../shared/status.ts';
import type { Clock } from '../base/clock.ts';
import type { LoginBrowsers, OAuthResult, OAuthStart } from '../account/oauth/login-desk-contract.ts';
import { CompanionError, toCompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { SeatRecord } from '../store/store.ts';
import type { JobRunner } from '../upstream/browser-transport.ts';
import type { TransportReply } from '../upstream/transport.ts';
import type { JobRequest } from './jobs.ts';
import type { PairBook } from './pair-book.ts';
import type { LinkHandlers, Notice } from './ports.ts';
import type { Seat } from './seat.ts';
import { StatusBroadcast } from './status-broadcast.ts';

export interface SeatRegistryOptions {
  readonly pairs: PairBook;
  readonly clock: Clock;
  readonly handlers: LinkHandlers;
  readonly log: Logger;
}

export class SeatRegistry implements JobRunner, LoginBrowsers {
  readonly #pairs: PairBook;
  readonly #clock: Clock;
  readonly #handlers: LinkHandlers;
  readonly #log: Logger;
  readonly #online = new Map<string, Seat>();
  readonly #broadcast: StatusBroadcast;

  constructor(options: SeatRegistryOptions) {
    this.#pairs = options.pairs;
    this.#clock = options.clock;
    this.#handlers = options.handlers;
    this.#log = options.log;
    this.#broadcast = new StatusBroadcast(options.clock, () => this.#showStatus());
  }

  seats(): readonly SeatStatus[] {
    return this.#pairs.seats().map((record) => this.#statusOf(record));
  }

  isOnline(seatId: string): boolean {
    return this.#online.has(seatId);
  }

  /** Errors before the answer began: `SEAT_OFFLINE` and those of `SeatJobs.run`. */
  async runJob(seatId: string, request: JobRequest, signal: AbortSignal): Promise<TransportReply> {
    const seat = this.#online.get(seatId);
    if (seat === undefined) {
      throw new CompanionError('SEAT_OFFLINE', 'The browser that holds this session is not connected.');
    }
    return seat.runJob(request, signal);
  }

  /** `false` when the seat is offline. */
  requestSession(seatId: string, reason: string): boolean {
    const seat = this.#online.get(seatId);
    seat?.requestSession(reason);
    return seat !== undefined;
  }

  isAnyOnline(): boolean {
    return this.#online.size > 0;
  }

  /** Tells every browser that is online of a login, or shows a notice there. */
  post(frame: OAuthStart | OAuthResult | Notice): void {
    for (const seat of this.#online.values()) seat.show(frame);
  }

  /** Tells every connected browser how things stand: soon, and at most four times a second. */
  broadcastStatus(): void {
    this.#broadcast.request();
  }

  /** Ends a pair, from whichever side it was asked. `false` when there is no such pair. */
  async unpair(seatId: string): Promise<boolean> {
    const wasPaired = await this.#forget(seatId);
    const seat = this.#online.get(seatId);
    if (seat !== undefined) {
      this.leave(seat);
      await seat.dismiss();
    }
    if (!wasPaired) return false;
    this.#log.info({ seat: seatId }, 'unpaired');
    this.#handlers.onUnpaired(seatId);
    this.broadcastStatus();
    return true;
  }

  /** The newest socket of a pair wins: an older one may be dead without our knowing. */
  join(seat: Seat, browser: string): void {
    const before = this.#online.get(seat.id);
    this.#online.set(seat.id, seat);
    before?.close(closeCode.replaced, 'replaced by a newer connection');
    this.#noteSeen(seat.id, browser);
    this.#log.info({ seat: seat.id, replaced: before !== undefined }, 'browser connected');
    if (before === undefined) this.#handlers.onOnline(seat.id);
    this.#handlers.onSeated(seat.id, (frame) => seat.show(frame));
    this.broadcastStatus();
  }

  /** Does nothing for a seat that a newer one has replaced. */
  leave(seat: Seat): void {
    if (this.#online.get(seat.id) !== seat) return;
    this.#online.delete(seat.id);
    this.#noteSeen(seat.id);
    this.#log.info({ seat: seat.id }, 'browser disconnected');
    this.#handlers.onOffline(seat.id);
    this.broadcastStatus();
  }

  /** Says goodbye to every browser; they try again by themselves. */
  close(): void {
    for (const seat of this.#online.values()) {
      this.leave(seat);
      seat.close(closeCode.goingAway, 'the companion stops');
    }
    this.#broadcast.stop();
  }

  async #forget(seatId: string): Promise<boolean> {
    try {
      return await this.#pairs.remove(seatId);
    } catch (cause) {
      // The row went first, so the pair is over; the next start sweeps the key out.
      this.#log.warn({ seat: seatId, code: toCompanionError(cause).code }, 'the key of a removed pair is still there');
      return true;
    }
  }

  /** A full disk is no reason to hang up on a browser that works. */
  #noteSeen(seatId: string, browser?: string): void {
    try {
      this.#pairs.touch(seatId, browser);
    } catch (error) {
      this.#log.warn({ seat: seatId, error }, 'when the browser was last seen could not be noted');
    }
  }

  #statusOf(record: SeatRecord): SeatStatus {
    const { id, name, browser, pairedAtMs, fingerprint } = record;
    const isOnline = this.#online.has(id);
    const lastSeenAtMs = isOnline ? this.#clock.nowMs() : record.lastSeenAtMs;
    return { id, name, browser, isOnline, pairedAtMs, lastSeenAtMs, fingerprint };
  }

  #showStatus(): void {
    if (this.#online.size === 0) return;
    const status = this.#handlers.status();
    for (const seat of this.#online.values()) seat.showStatus(status);
  }
}
