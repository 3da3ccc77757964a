/** The link's end in the companion: from a socket that knocks to a seat that serves. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { CompanionFrame } from '../../shared/link/frame.ts';
import type { CompanionKeyPair } from '../../shared/link/handshake.ts';
import { closeCode, MAX_FRAME_BYTES } from '../../shared/link/protocol.ts';
import type { CloseCode } from '../../shared/link/protocol.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Admission, judgeUpgrade, refuseUpgrade } from './admission.ts';
import type { UpgradeRefusal } from './admission.ts';
import { Farewell } from './farewell.ts';
import type { PairBook } from './pair-book.ts';
import { PairCeremony } from './pair-ceremony.ts';
import type { PairingDesk } from './pairing.ts';
import type { LinkHandlers } from './ports.ts';
import { Rekeying } from './rekeying.ts';
import { SealedSocket } from './sealed-socket.ts';
import type { SeatRegistry } from './seat-registry.ts';
import { Seat } from './seat.ts';
import { LinkRefusal, welcome } from './welcome.ts';
import type { Welcomed } from './welcome.ts';

/** How long a peer may take to answer our goodbye. */
const goodbyeMs = 1_000;

export interface LinkServerOptions {
  readonly keys: CompanionKeyPair;
  /** What we call ourselves in `hello`: `ccproxy-companion/0.1.0`. */
  readonly app: string;
  readonly pairing: PairingDesk;
  readonly pairs: PairBook;
  readonly registry: SeatRegistry;
  readonly handlers: LinkHandlers;
  readonly clock: Clock;
  readonly log: Logger;
  /** The exact Host allow-list, shared with the HTTP guard. */
  readonly isHostAllowed: (request: IncomingMessage) => boolean;
}

type PairPeer = Extract<Welcomed, { mode: 'pair' }>;
type SessionPeer = Extract<Welcomed, { mode: 'session' }>;

interface SeatFacts extends Pick<SessionPeer, 'seatId' | 'key' | 'deriveNextKey'> {
  readonly browser: string;
}

export class LinkServer {
  readonly #options: LinkServerOptions;
  readonly #admission: Admission;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  #isClosed = false;
  #isClosing = false;

  constructor(options: LinkServerOptions) {
    this.#options = options;
    this.#admission = new Admission(options.clock);
  }

  /** Takes every upgrade of this server: whatever is not the link is refused. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
  }

  /** Says goodbye to everybody; resolves when every socket is closed, after a second at most. */
  async close(): Promise<void> {
    // An extension that was just told goodbye tries again at once: let in, it would keep the server open for ever.
    this.#isClosing = true;
    this.#options.registry.close();
    const sockets = [...this.#webSockets.clients];
    const closed = sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
    for (const socket of sockets) socket.close(closeCode.goingAway, 'the companion stops');
    const timer = this.#options.clock.setTimer(() => sockets.forEach((socket) => socket.terminate()), goodbyeMs);
    await Promise.all(closed);
    timer.cancel();
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (this.#isClosed) return void socket.destroy();
    if (this.#isClosing) return void socket.destroy();
    const refusal = judgeUpgrade(request, this.#options.isHostAllowed);
    if (refusal !== undefined) return this.#refuse(socket, refusal);
    const leave = this.#admission.enter();
    if (leave === undefined) return this.#refuse(socket, { status: 429, code: null });
    socket.once('close', leave);
    const origin = request.headers.origin ?? '';
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      void this.#receive(webSocket, origin).finally(leave);
    });
  }

  #refuse(socket: Duplex, refusal: UpgradeRefusal): void {
    this.#options.log.warn(refusal, 'an upgrade to the link was refused');
    refuseUpgrade(socket, refusal);
  }

  /** Resolves once the peer has proved itself or was turned away. */
  async #receive(webSocket: WebSocket, origin: string): Promise<void> {
    // A protocol error (a frame too large, say) is followed by `close`, which is where it is dealt with.
    webSocket.on('error', () => undefined);
    try {
      if (!this.#admission.mayShakeHands(origin)) throw new LinkRefusal(closeCode.slowDown, 'too many handshakes');
      const peer = await welcome(webSocket, origin, this.#options);
      if (webSocket.readyState === webSocket.OPEN) this.#admit(webSocket, origin, peer);
    } catch (cause) {
      this.#turnAway(webSocket, origin, cause);
    }
  }

  #turnAway(webSocket: WebSocket, origin: string, cause: unknown): void {
    const closing = cause instanceof LinkRefusal ? cause : undefined;
    const code: CloseCode = closing?.code ?? closeCode.internal;
    const reason = closing?.message ?? 'internal error';
    const facts = closing === undefined ? { error: cause } : {};
    this.#options.log.warn({ origin, closeCode: code, reason, ...facts }, 'a peer of the link was turned away');
    const timer = this.#options.clock.setTimer(() => webSocket.terminate(), goodbyeMs);
    webSocket.once('close', () => timer.cancel());
    webSocket.close(code, reason);
  }

  #admit(webSocket: WebSocket, origin: string, peer: Welcomed): void {
    const { clock, log } = this.#options;
    const socket = new SealedSocket({
      socket: webSocket,
      channel: peer.channel,
      clock,
      onFault: (cause) => log.error({ error: cause }, 'the link failed on a frame'),
    });
    switch (peer.mode) {
      case 'pair':
        return this.#beginPair(socket, origin, peer);
      case 'session':
        return this.#resume(socket, peer);
      case 'farewell':
        return this.#hearFarewell(socket, peer);
    }
  }

  #beginPair(socket: SealedSocket, origin: string, peer: PairPeer): void {
    const { pairs, pairing, clock, log } = this.#options;
    const { longTermKey, deriveNextKey, client, fingerprint, claim } = peer;
    const seatId = pairs.freshId();
    socket.serve(
      new PairCeremony({
        socket,
        clock,
        log,
        commit: () => pairing.spend(claim, () => pairs.add({ seatId, longTermKey, origin, client, fingerprint })),
        onPaired: (record) => {
          log.info({ seat: record.id, browser: record.browser }, 'paired');
          this.#seat(socket, { seatId: record.id, browser: record.browser, key: longTermKey, deriveNextKey });
        },
      }),
    );
    this.#greet(socket, { seatId, fingerprint, pairId: seatId });
  }

  /** The pair may have been removed while its browser was shaking hands. */
  #resume(socket: SealedSocket, { seatId, key, deriveNextKey, client }: SessionPeer): void {
    const record = this.#options.pairs.seat(seatId);
    if (record === undefined) return socket.close(closeCode.unpaired, 'unpaired');
    this.#greet(socket, { seatId, fingerprint: record.fingerprint });
    this.#seat(socket, { seatId, browser: client.browser, key, deriveNextKey });
  }

  #hearFarewell(socket: SealedSocket, { seatId, fingerprint }: Welcomed & { readonly mode: 'farewell' }): void {
    const { registry, clock } = this.#options;
    socket.serve(new Farewell({ socket, clock, unpair: () => registry.unpair(seatId) }));
    this.#greet(socket, { seatId, fingerprint });
  }

  #greet(socket: SealedSocket, facts: { seatId: string; fingerprint: string; pairId?: string }): void {
    socket.post({ t: 'ready', ...facts, serverTimeMs: this.#options.clock.nowMs() });
  }

  #seat(socket: SealedSocket, { seatId: id, browser, key, deriveNextKey }: SeatFacts): void {
    const { registry, handlers, pairs, clock, log } = this.#options;
    const post = (frame: CompanionFrame): void => socket.post(frame);
    const seat = new Seat({
      id,
      socket,
      handlers,
      rekeying: new Rekeying({ seatId: id, key, deriveNextKey, post, pairs, clock, log }),
      log,
      onUnpair: () => void registry.unpair(id),
      onGone: (gone) => registry.leave(gone),
    });
    socket.serve(seat);
    registry.join(seat, browser);
  }
}
