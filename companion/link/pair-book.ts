/**
 * The pairs on disk: a row in the store and a key in the vault. The row is what makes a pair; it is written last and
 * deleted first, so a crash between the two leaves at most a key that belongs to nobody, which the next start sweeps out.
 *
 * A crash anywhere in the ceremony leaves no pair, or one that both sides can use: the extension keeps its pending pair
 * before it sends `pair.commit`, and a session under it makes it final; if the companion has no row, the session is
 * refused and the extension forgets the pending pair.
 */
import { randomBytes } from 'node:crypto';
import type { ClientIdentity } from '../../shared/link/frame.ts';
import type { Clock } from '../base/clock.ts';
import type { SeatRecord, Store } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import { formatSeatKey, isSameKey, parseSeatKey } from './seat-key.ts';
import type { SeatKey } from './seat-key.ts';

const vaultPrefix = 'seat/';

/** The part of the store that the link keeps pairs in. */
export type SeatStore = Pick<Store, 'seats' | 'seat' | 'saveSeat' | 'deleteSeat'>;

/** A pair that was agreed on but is not on disk yet. */
export interface PendingPair {
  readonly seatId: string;
  readonly longTermKey: Uint8Array<ArrayBuffer>;
  readonly origin: string;
  readonly client: ClientIdentity;
  readonly fingerprint: string;
}

export class PairBook {
  readonly #store: SeatStore;
  readonly #vault: Vault;
  readonly #clock: Clock;

  constructor(dependencies: { readonly store: SeatStore; readonly vault: Vault; readonly clock: Clock }) {
    this.#store = dependencies.store;
    this.#vault = dependencies.vault;
    this.#clock = dependencies.clock;
  }

  seats(): readonly SeatRecord[] {
    return this.#store.seats();
  }

  seat(id: string): SeatRecord | undefined {
    return this.#store.seat(id);
  }

  freshId(): string {
    return randomBytes(8).toString('hex');
  }

  /**
   * The long-term key of a seat, if `origin` is the one it was paired from; random bytes otherwise, after the same work.
   * Errors: those of the vault, which must not be mistaken for a wrong key.
   */
  async keyFor(id: string, origin: string): Promise<Uint8Array<ArrayBuffer>> {
    const record = this.#store.seat(id);
    const secret = await this.#vault.get(`${vaultPrefix}${record?.id ?? 'unknown'}`);
    const key = parseSeatKey(secret)?.key;
    return key !== undefined && record?.origin === origin ? key : new Uint8Array(randomBytes(32));
  }

  /** Since when the key of this pair is in use; `undefined` when there is no such pair. Errors: those of the vault. */
  async keySinceMs(id: string): Promise<number | undefined> {
    const record = this.#store.seat(id);
    if (record === undefined) return undefined;
    return parseSeatKey(await this.#vault.get(`${vaultPrefix}${id}`))?.sinceMs ?? record.pairedAtMs;
  }

  /**
   * First phase of a new key: notes which offer counts from now on. `false`, and nothing noted, when `key` is no longer that
   * of the pair. Errors: those of the vault.
   */
  noteOffer(id: string, key: Uint8Array, offerId: string): Promise<boolean> {
    return this.#changeKey(id, (stored) => (isSameKey(stored.key, key) ? { ...stored, offerId } : undefined));
  }

  /**
   * Second phase: `key` takes the place of the one before, in one write. `false`, and nothing changed, when another offer
   * counts by now: the extension then holds that one's key, and perhaps no longer this one. Errors: those of the vault.
   */
  replaceKey(id: string, offerId: string, key: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const next: SeatKey = { key, sinceMs: this.#clock.nowMs(), offerId: null };
    return this.#changeKey(id, (stored) => (stored.offerId === offerId ? next : undefined));
  }

  /** On disk, whole, when it resolves; when it rejects there is no pair. */
  async add(pair: PendingPair): Promise<SeatRecord> {
    const vaultName = `${vaultPrefix}${pair.seatId}`;
    const nowMs = this.#clock.nowMs();
    await this.#vault.set(vaultName, formatSeatKey({ key: pair.longTermKey, sinceMs: nowMs, offerId: null }));
    const record: SeatRecord = {
      id: pair.seatId,
      name: this.#freeName(pair.client.browser || pair.client.name),
      browser: pair.client.browser,
      origin: pair.origin,
      fingerprint: pair.fingerprint,
      pairedAtMs: nowMs,
      lastSeenAtMs: nowMs,
    };
    try {
      this.#store.saveSeat(record);
      return record;
    } catch (cause) {
      await this.#vault.delete(vaultName).catch(() => false);
      throw cause;
    }
  }

  /** Notes that the seat is here now, and which browser it is by now. Does nothing for a pair that was removed. */
  touch(id: string, browser?: string): void {
    const record = this.#store.seat(id);
    if (record === undefined) return;
    this.#store.saveSeat({ ...record, browser: browser ?? record.browser, lastSeenAtMs: this.#clock.nowMs() });
  }

  /** `true` if there was such a pair. When the vault fails, the pair is gone all the same. */
  async remove(id: string): Promise<boolean> {
    const wasThere = this.#store.deleteSeat(id);
    if (wasThere) await this.#vault.delete(`${vaultPrefix}${id}`);
    return wasThere;
  }

  /** Deletes the keys that a crash left without a row. To be run before anybody can pair. */
  async sweep(): Promise<number> {
    const known = new Set(this.#store.seats().map((seat) => `${vaultPrefix}${seat.id}`));
    const orphans = (await this.#vault.list(vaultPrefix)).filter((name) => !known.has(name));
    for (const name of orphans) await this.#vault.delete(name);
    return orphans.length;
  }

  async #changeKey(id: string, change: (stored: SeatKey) => SeatKey | undefined): Promise<boolean> {
    let isChanged = false;
    await this.#vault.update(`${vaultPrefix}${id}`, (secret) => {
      const stored = parseSeatKey(secret);
      const changed = stored === undefined ? undefined : change(stored);
      isChanged = changed !== undefined;
      return changed === undefined ? undefined : formatSeatKey(changed);
    });
    return isChanged;
  }

  /** `Chrome`, `Chrome 2`, ...: two profiles of one browser must be told apart. */
  #freeName(wanted: string): string {
    const taken = new Set(this.#store.seats().map((seat) => seat.name));
    const base = wanted.trim() || 'Browser';
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? base : `${base} ${number}`;
      if (!taken.has(name)) return name;
    }
  }
}
