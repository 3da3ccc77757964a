import { z } from 'zod';
import { fromBase64Url, toBase64Url } from '../shared/link/bytes.ts';
import { farewellKeyOf } from '../shared/link/handshake.ts';
import type { StoragePort } from './ports.ts';
import type { Pair } from './state.ts';
import { StoredCell } from './stored-cell.ts';

const keySchema = z.string().refine((text) => fromBase64Url(text)?.length === 32, 'not a 32-byte key');

const storedPairSchema = z.object({
  port: z.number().int().min(1).max(65_535),
  pairId: z.string().min(1).max(100),
  seatId: z.string().min(1).max(100),
  /** The long-term key, base64url: never leaves this record but into the handshake. */
  key: keySchema,
  /** The key that the companion offered last. Whether it took the place of `key` there shows in the next session. */
  next: z
    .object({ id: z.string().max(100), key: keySchema })
    .nullable()
    .default(null),
  /** The companion's public key, pinned when it proved that it knew the token. */
  companionKey: z.string().min(1).max(200),
  fingerprint: z.string().max(300),
  pairedAtMs: z.number(),
});
export type StoredPair = z.infer<typeof storedPairSchema>;

/** What is left of a pair that ended here before its companion heard of it: enough to say goodbye, and for nothing else. */
const owedGoodbyeSchema = z.object({
  port: storedPairSchema.shape.port,
  pairId: storedPairSchema.shape.pairId,
  companionKey: storedPairSchema.shape.companionKey,
  /** Farewell keys, one for each key that the companion may hold: no session can be had with them. */
  keys: z.array(keySchema).max(4),
  /** After this it is forgotten here, told or not. */
  untilMs: z.number(),
});
export type OwedGoodbye = z.infer<typeof owedGoodbyeSchema>;

/** How long a companion that is away can still be told that a pair ended. */
export const GOODBYE_LIFE_MS = 14 * 24 * 60 * 60_000;

const recordSchema = z.object({
  current: storedPairSchema.nullable(),
  /** Stored before `pair.commit` is sent: whether the companion kept it shows in the next session handshake. */
  pending: storedPairSchema.nullable(),
  wasEverOnline: z.boolean(),
  goodbyes: z.array(owedGoodbyeSchema).default([]),
});
type PairRecord = z.infer<typeof recordSchema>;

export interface NewPair extends Omit<StoredPair, 'key' | 'next'> {
  readonly longTermKey: Uint8Array;
}

/** One way to prove a pair: `rekeyId` is set when it is with a key that was offered, and may not count yet. */
export interface Candidate {
  readonly pair: StoredPair;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly rekeyId: string | null;
}

export function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  return fromBase64Url(key) ?? new Uint8Array(0);
}

/**
 * The pair of this browser profile with its companion. A new pair is written as pending and replaces the current one in a
 * single write, so that a crash between any two lines leaves the old pair or the new one, never half of either.
 */
export class PairStore {
  readonly #cell: StoredCell<PairRecord>;
  /** The pending pair whose ceremony runs in this very moment; no session may be tried with it yet. */
  #inCeremony: string | undefined;

  constructor(area: StoragePort) {
    const initial: PairRecord = { current: null, pending: null, wasEverOnline: false, goodbyes: [] };
    this.#cell = new StoredCell({ area, key: 'pair', version: 1, schema: recordSchema, initial });
  }

  load(): Promise<PairRecord> {
    return this.#cell.load();
  }

  get wasEverOnline(): boolean {
    return this.#cell.value.wasEverOnline;
  }

  /** What the pages show: never the key. */
  get shown(): Pair | null {
    const pair = this.#cell.value.current ?? this.#usablePending();
    if (pair === null) return null;
    const { port, seatId, fingerprint, pairedAtMs } = pair;
    return { port, seatId, fingerprint, pairedAtMs };
  }

  /** Companions that are still to be told that a pair ended. */
  get goodbyes(): readonly OwedGoodbye[] {
    return this.#cell.value.goodbyes;
  }

  /** What a session may be tried with, in this order: the newer pair or key comes first, and may be the only valid one. */
  async candidates(): Promise<readonly Candidate[]> {
    const { current } = await this.#cell.load();
    const pairs = [this.#usablePending(), current].filter((pair) => pair !== null);
    return pairs.flatMap(candidatesWith);
  }

  async keepPending({ longTermKey, ...facts }: NewPair): Promise<void> {
    this.#inCeremony = facts.pairId;
    const pending: StoredPair = { ...facts, key: toBase64Url(longTermKey), next: null };
    await this.#cell.update((record) => ({ ...record, pending }));
  }

  /** The ceremony is over, well or badly: from now on a session handshake decides about a pair that is still pending. */
  endCeremony(): void {
    this.#inCeremony = undefined;
  }

  /** Makes the pending pair the current one. To the companion of the pair before, a goodbye is owed. */
  async promote(pairId: string, nowMs: number): Promise<void> {
    const { current, pending } = await this.#cell.load();
    if (pending?.pairId !== pairId) return;
    const goodbyes = await goodbyesTo([current], nowMs);
    await this.#cell.update((record) =>
      record.pending?.pairId === pairId
        ? { ...record, current: record.pending, pending: null, goodbyes: [...record.goodbyes, ...goodbyes] }
        : record,
    );
  }

  /** Keeps an offered key beside the one in use, in place of an earlier offer. `false` when the pair is gone. */
  async keepNextKey(pairId: string, id: string, key: Uint8Array): Promise<boolean> {
    const next = { id, key: toBase64Url(key) };
    const after = await this.#cell.update((record) =>
      record.current?.pairId === pairId ? { ...record, current: { ...record.current, next } } : record,
    );
    return after.current?.pairId === pairId;
  }

  /** The companion uses the offered key: the one before is forgotten. Does nothing for an offer that is not the last one. */
  async promoteKey(pairId: string, rekeyId: string): Promise<void> {
    await this.#cell.update((record) => {
      const { current } = record;
      if (current?.pairId !== pairId || current.next?.id !== rekeyId) return record;
      return { ...record, current: { ...current, key: current.next.key, next: null } };
    });
  }

  async noteOnline(): Promise<void> {
    await this.#cell.update((record) => (record.wasEverOnline ? record : { ...record, wasEverOnline: true }));
  }

  /** The companion does not know a pair that was never confirmed: its half of the ceremony did not happen. */
  async dropPending(pairId: string): Promise<void> {
    await this.#cell.update((record) => (record.pending?.pairId === pairId ? { ...record, pending: null } : record));
  }

  /** Forgets one pair, wherever it stands. */
  async remove(pairId: string): Promise<void> {
    await this.#cell.update((record) => ({
      ...record,
      current: record.current?.pairId === pairId ? null : record.current,
      pending: record.pending?.pairId === pairId ? null : record.pending,
    }));
  }

  /** Ends every pair. Their keys are gone with this one write; only what says goodbye stays. */
  async unpair(nowMs: number): Promise<void> {
    const { current, pending } = await this.#cell.load();
    const goodbyes = await goodbyesTo([current, pending], nowMs);
    const after = await this.#cell.update((record) =>
      // A key that was offered in this very moment may be the one that counts: then the farewell keys are made anew.
      record.current === current && record.pending === pending
        ? { ...record, current: null, pending: null, goodbyes: [...record.goodbyes, ...goodbyes] }
        : record,
    );
    if (after.current !== null || after.pending !== null) await this.unpair(nowMs);
  }

  /** The goodbye was said, or nobody is there any more who would have to hear it. */
  async forgetGoodbye(pairId: string): Promise<void> {
    await this.#cell.update((record) => {
      const goodbyes = record.goodbyes.filter((goodbye) => goodbye.pairId !== pairId);
      return goodbyes.length === record.goodbyes.length ? record : { ...record, goodbyes };
    });
  }

  #usablePending(): StoredPair | null {
    const { pending } = this.#cell.value;
    return pending?.pairId === this.#inCeremony ? null : pending;
  }
}

function candidatesWith(pair: StoredPair): readonly Candidate[] {
  const known: Candidate = { pair, key: bytesOf(pair.key), rekeyId: null };
  return pair.next === null ? [known] : [{ pair, key: bytesOf(pair.next.key), rekeyId: pair.next.id }, known];
}

async function goodbyesTo(pairs: readonly (StoredPair | null)[], nowMs: number): Promise<readonly OwedGoodbye[]> {
  return Promise.all(pairs.filter((pair) => pair !== null).map((pair) => goodbyeTo(pair, nowMs + GOODBYE_LIFE_MS)));
}

async function goodbyeTo({ port, pairId, companionKey, key, next }: StoredPair, untilMs: number): Promise<OwedGoodbye> {
  const known = next === null ? [key] : [next.key, key];
  const keys = await Promise.all(known.map(async (each) => toBase64Url(await farewellKeyOf(bytesOf(each)))));
  return { port, pairId, companionKey, keys, untilMs };
}
