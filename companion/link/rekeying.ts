/**
 * Gives a pair a new long-term key while its browser is connected, in two phases. Both ends derive the key from the running
 * session; it is never sent.
 *
 *   companion -> extension  rekey.offer  the offer is noted in the vault
 *   extension -> companion  rekey.ack    the new key is on disk there, beside the old one
 *   companion -> extension  rekey.ack    the new key has taken the place of the old one, in one write
 *
 * The companion always has exactly one key. The extension has the old one too until it knows that the new one counts, by the
 * last `rekey.ack` or by a session under it, and tries both: so a crash between any two lines locks nobody out. An
 * answer to an earlier offer, arriving late over a socket that was replaced, changes nothing: the last offer alone counts.
 */
import { randomBytes } from 'node:crypto';
import type { CompanionFrame } from '../../shared/link/frame.ts';
import { REKEY_AFTER_MS } from '../../shared/link/protocol.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { toCompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { PairBook } from './pair-book.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export interface RekeyingOptions {
  readonly seatId: string;
  /** The key that the browser proved to hold. */
  readonly key: Bytes;
  readonly deriveNextKey: (rekeyId: string) => Promise<Bytes>;
  readonly post: (frame: CompanionFrame) => void;
  readonly pairs: Pick<PairBook, 'keySinceMs' | 'noteOffer' | 'replaceKey'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Rekeying {
  readonly #options: RekeyingOptions;
  #key: Bytes;
  #offer: { readonly id: string; readonly key: Bytes } | undefined;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: RekeyingOptions) {
    this.#options = options;
    this.#key = options.key;
  }

  /** Offers a new key as soon as the one in use is old enough: now, or at some time while the browser is connected. */
  start(): void {
    void this.#try(() => this.#plan());
  }

  /** The browser is gone. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** The extension has the offered key on disk. An answer to anything but the open offer is passed over. */
  accept(offerId: string): Promise<void> {
    return this.#try(async () => {
      const offer = this.#offer;
      if (offer?.id !== offerId) return;
      this.#offer = undefined;
      const { pairs, seatId, post, log } = this.#options;
      if (!(await pairs.replaceKey(seatId, offer.id, offer.key))) return;
      this.#key = offer.key;
      post({ t: 'rekey.ack', id: offer.id });
      log.info({ seat: seatId }, 'the pair has a new key');
      await this.#plan();
    });
  }

  async #plan(): Promise<void> {
    const { pairs, seatId, clock } = this.#options;
    const sinceMs = await pairs.keySinceMs(seatId);
    if (sinceMs === undefined || this.#isStopped) return;
    const dueInMs = sinceMs + REKEY_AFTER_MS - clock.nowMs();
    if (dueInMs <= 0) return this.#makeOffer();
    this.#timer = clock.setTimer(() => void this.#try(() => this.#makeOffer()), dueInMs);
  }

  async #makeOffer(): Promise<void> {
    const { pairs, seatId, deriveNextKey, post } = this.#options;
    const id = randomBytes(8).toString('hex');
    const key = await deriveNextKey(id);
    if (this.#isStopped || !(await pairs.noteOffer(seatId, this.#key, id))) return;
    this.#offer = { id, key };
    post({ t: 'rekey.offer', id });
  }

  /** A vault that fails is no reason to hang up: the key in use is as good as before, and the next session tries again. */
  async #try(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (cause) {
      const { log, seatId } = this.#options;
      log.warn({ seat: seatId, code: toCompanionError(cause).code }, 'the key of a pair could not be changed');
    }
  }
}
