import { closeCode, HANDSHAKE_TIMEOUT_MS } from '../shared/link/protocol.ts';
import { connectLink } from './link-connection.ts';
import type { LinkConnection, LinkSurroundings } from './link-connection.ts';
import { LinkError } from './link-end.ts';
import { bytesOf } from './pair-store.ts';
import type { OwedGoodbye, PairStore } from './pair-store.ts';

export interface FarewellsOptions extends LinkSurroundings {
  readonly pairs: PairStore;
  /** A goodbye was said, tried in vain, or given up. */
  readonly onChange: () => void;
}

/** `told`: the companion confirmed it under seal. `unknown`: it does not know the pair. `later`: nobody heard it. */
type Outcome = 'told' | 'unknown' | 'later';

/**
 * Tells companions that pairs with them ended here, as soon as they can be reached, for a bounded time. It holds nothing
 * by which a session could be had, and sends nothing but `unpair`.
 */
export class Farewells {
  readonly #options: FarewellsOptions;
  /** Pairs whose companion was tried in vain: before that there is nothing to tell the person. */
  readonly #missed = new Set<string>();
  #round: Promise<void> | undefined;

  constructor(options: FarewellsOptions) {
    this.#options = options;
  }

  get isAnyOwed(): boolean {
    return this.#options.pairs.goodbyes.length > 0;
  }

  /** Until when companions that were away are tried again; `null` when there are none. */
  get missedUntilMs(): number | null {
    const missed = this.#options.pairs.goodbyes.filter(({ pairId }) => this.#missed.has(pairId));
    return missed.length === 0 ? null : Math.max(...missed.map(({ untilMs }) => untilMs));
  }

  /** Tries every goodbye that is owed, once; resolves when that is done. */
  async deliver(): Promise<void> {
    this.#round ??= this.#deliverAll().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #deliverAll(): Promise<void> {
    const { pairs, clock, onChange } = this.#options;
    await pairs.load();
    for (const goodbye of pairs.goodbyes) {
      const isExpired = goodbye.untilMs <= clock.now();
      const isOver = isExpired || (await this.#say(goodbye)) !== 'later';
      if (isOver) await pairs.forgetGoodbye(goodbye.pairId);
      else this.#missed.add(goodbye.pairId);
      onChange();
    }
  }

  /** The key of a pair changes now and then, and which one the companion holds may not have been certain. */
  async #say(goodbye: OwedGoodbye): Promise<Outcome> {
    for (const key of goodbye.keys) {
      const outcome = await this.#sayWith(goodbye, bytesOf(key));
      if (outcome !== 'unknown') return outcome;
    }
    return 'unknown';
  }

  async #sayWith({ port, pairId, companionKey }: OwedGoodbye, preSharedKey: Uint8Array<ArrayBuffer>): Promise<Outcome> {
    try {
      const credentials = { port, mode: 'farewell', id: pairId, preSharedKey, pinnedKey: companionKey } as const;
      const connection = await connectLink(this.#options, credentials);
      await connection.send({ t: 'unpair' });
      return (await isConfirmed(connection, this.#options)) ? 'told' : 'later';
    } catch (error) {
      // Only whoever showed the pinned key gets as far as refusing. That key is public, but all a liar gains is our silence.
      return error instanceof LinkError && error.end.kind === 'refused' ? 'unknown' : 'later';
    }
  }
}

async function isConfirmed(connection: LinkConnection, { clock }: LinkSurroundings): Promise<boolean> {
  const cancelTimeout = clock.after(HANDSHAKE_TIMEOUT_MS, () => connection.close(closeCode.handshakeTimeout));
  try {
    for (;;) if ((await connection.receive()).frame.t === 'unpair') return true;
  } catch {
    return false;
  } finally {
    cancelTimeout();
    connection.close(1000);
  }
}
