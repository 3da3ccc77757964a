import type { CompanionFrame, ExtensionFrame } from '../shared/link/frame.ts';
import { closeCode, PEER_SILENCE_MS } from '../shared/link/protocol.ts';
import { SocketClosed } from './inbox.ts';
import { connectLink } from './link-connection.ts';
import type { LinkConnection, LinkSurroundings } from './link-connection.ts';
import { endOfClose, LinkError, retryDelayMs, stateAfter } from './link-end.ts';
import type { LinkEnd } from './link-end.ts';
import type { Candidate, PairStore, StoredPair } from './pair-store.ts';
import type { LinkState } from './state.ts';

export interface LinkOptions extends LinkSurroundings {
  readonly pairs: PairStore;
  /** 0 to 1. */
  readonly random: () => number;
  /** Called on each message: a worker of Firefox lives on only if an extension API is called. */
  readonly keepAwake: () => void;
  readonly onState: (state: LinkState) => void;
  readonly onFrame: (frame: CompanionFrame, body: Uint8Array<ArrayBuffer>) => void;
  readonly silenceMs?: number;
}

/**
 * The link that is kept up for as long as there is a pair: connects, answers pings, reconnects. Its state comes from the
 * live handshake only.
 */
export class Link {
  readonly #options: LinkOptions;
  #state: LinkState = { kind: 'connecting' };
  #connection: LinkConnection | undefined;
  #pairId: string | undefined;
  #receiving: Promise<void> | undefined;
  #round: Promise<void> | undefined;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelSilence: (() => void) | undefined;
  #nextTryAtMs: number | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The pair of the live link. */
  get pairId(): string | undefined {
    return this.isOnline ? this.#pairId : undefined;
  }

  get isOnline(): boolean {
    return this.#connection !== undefined;
  }

  /** Tries at once unless it is online or already trying; resolves when the outcome is known. For what a person did. */
  tryNow(): Promise<void> {
    if (this.isOnline) return Promise.resolve();
    this.#failures = 0;
    return this.#startRound();
  }

  /** The net below the timers, which die with the worker: tries if an attempt is due or none is planned. */
  nudge(): Promise<void> {
    if (this.isOnline || this.#isWaiting()) return Promise.resolve();
    return this.#startRound();
  }

  /** Sends over the live link; `false` if there is none. */
  send(frame: ExtensionFrame, body?: Uint8Array): boolean {
    const connection = this.#connection;
    if (connection === undefined) return false;
    connection.send(frame, body).catch(() => connection.close(closeCode.badFrame));
    return true;
  }

  /** Ends the link that there is, if any, and plans no other. What becomes of the pair is the caller's. */
  async hangUp(): Promise<void> {
    this.#cancelRetry?.();
    await this.#round;
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    this.#cancelSilence?.();
    connection.close(1000);
    await this.#receiving;
  }

  /** Drops whatever there is and connects as the store now says. */
  async restart(): Promise<void> {
    await this.hangUp();
    await this.tryNow();
  }

  #isWaiting(): boolean {
    const isDue = this.#nextTryAtMs === null || this.#nextTryAtMs <= this.#options.clock.now();
    return this.#round !== undefined || !isDue;
  }

  #startRound(): Promise<void> {
    this.#cancelRetry?.();
    this.#round ??= this.#tryPairs().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #tryPairs(): Promise<void> {
    const candidates = await this.#options.pairs.candidates();
    if (candidates.length === 0) return this.#settle({ kind: 'unpaired' });
    this.#showAttempt();
    let end: LinkEnd = { kind: 'nobody' };
    for (const candidate of candidates) {
      const outcome = await this.#tryPair(candidate);
      if (outcome === 'online') return;
      end = outcome;
      // A refused key that was offered says nothing: the companion may not have come to use it.
      const isVerdict = end.kind === 'refused' && candidate.rekeyId === null;
      if (isVerdict) await this.#options.pairs.dropPending(candidate.pair.pairId);
    }
    return this.#settle(end);
  }

  async #tryPair(candidate: Candidate): Promise<LinkEnd | 'online'> {
    const { pair, key } = candidate;
    try {
      const connection = await connectLink(this.#options, {
        port: pair.port,
        mode: 'session',
        id: pair.pairId,
        preSharedKey: key,
        pinnedKey: pair.companionKey,
      });
      await this.#goOnline(connection, candidate);
      return 'online';
    } catch (error) {
      return error instanceof LinkError ? error.end : { kind: 'nobody' };
    }
  }

  async #goOnline(connection: LinkConnection, { pair, rekeyId }: Candidate): Promise<void> {
    const { pairs, clock } = this.#options;
    await pairs.promote(pair.pairId, clock.now());
    if (rekeyId !== null) await pairs.promoteKey(pair.pairId, rekeyId);
    await pairs.noteOnline();
    this.#failures = 0;
    this.#connection = connection;
    this.#pairId = pair.pairId;
    this.#setState({ kind: 'online', sinceMs: clock.now() });
    this.#receiving = this.#receiveAll(connection, pair);
  }

  async #receiveAll(connection: LinkConnection, pair: StoredPair): Promise<void> {
    try {
      for (;;) {
        this.#watchSilence(connection);
        const { frame, body } = await connection.receive();
        this.#options.keepAwake();
        if (this.#connection === connection) await this.#handle(connection, pair, frame, body);
      }
    } catch (error) {
      const code = error instanceof SocketClosed ? error.code : closeCode.badFrame;
      await this.#endConnection(connection, pair, endOfClose(code, connection.hello));
    }
  }

  async #handle(
    connection: LinkConnection,
    { pairId }: StoredPair,
    frame: CompanionFrame,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    switch (frame.t) {
      case 'ping':
        return void connection.send({ t: 'pong' });
      case 'unpair':
        return connection.close(closeCode.unpaired);
      case 'rekey.offer':
        // A full disk is no reason to hang up: the key in use is as good as before.
        return this.#acceptNextKey(connection, pairId, frame.id).catch(() => undefined);
      case 'rekey.ack':
        return this.#options.pairs.promoteKey(pairId, frame.id).catch(() => undefined);
      default:
        return this.#options.onFrame(frame, body);
    }
  }

  /** Answered only once the key is on disk: from then on the companion may forget the one before. */
  async #acceptNextKey(connection: LinkConnection, pairId: string, rekeyId: string): Promise<void> {
    const key = await connection.deriveNextKey(rekeyId);
    if (await this.#options.pairs.keepNextKey(pairId, rekeyId, key))
      await connection.send({ t: 'rekey.ack', id: rekeyId });
  }

  async #endConnection(connection: LinkConnection, pair: StoredPair, end: LinkEnd): Promise<void> {
    connection.close(1000);
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#cancelSilence?.();
    if (end.kind === 'unpaired') await this.#options.pairs.remove(pair.pairId);
    await this.#settle(end);
  }

  /** Shows how it ended and plans the next attempt. */
  async #settle(end: LinkEnd): Promise<void> {
    const { clock, pairs, random } = this.#options;
    if ((await pairs.candidates()).length === 0) {
      this.#nextTryAtMs = null;
      return this.#setState({ kind: 'unpaired' });
    }
    this.#failures += 1;
    const delayMs = retryDelayMs(end, this.#failures, random());
    this.#nextTryAtMs = clock.now() + delayMs;
    this.#cancelRetry?.();
    this.#cancelRetry = clock.after(delayMs, () => void this.#startRound());
    this.#setState(stateAfter(end, this.#nextTryAtMs, pairs.wasEverOnline));
  }

  #watchSilence(connection: LinkConnection): void {
    this.#cancelSilence?.();
    const silenceMs = this.#options.silenceMs ?? PEER_SILENCE_MS;
    this.#cancelSilence = this.#options.clock.after(silenceMs, () => connection.close(1000));
  }

  /** Only the first attempt shows as connecting: a retry every minute should not make the popup flicker. */
  #showAttempt(): void {
    if (this.#failures === 0) this.#setState({ kind: 'connecting' });
    else if (this.#state.kind === 'offline') this.#setState({ ...this.#state, nextTryAtMs: null });
  }

  #setState(state: LinkState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
