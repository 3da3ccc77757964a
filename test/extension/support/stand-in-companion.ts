import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { LinkSurroundings } from '../../../extension/link-connection.ts';
import type { Clock, OpenSocket } from '../../../extension/ports.ts';
import { authSchema, decodeFrame, encodeFrame, extensionFrameSchema } from '../../../shared/link/frame.ts';
import type { CompanionFrame, ExtensionFrame, Hello } from '../../../shared/link/frame.ts';
import {
  acceptAuth,
  createHello,
  farewellKeyOf,
  generateCompanionKeys,
  loadCompanionKeys,
} from '../../../shared/link/handshake.ts';
import type { CompanionKeyPair, Established } from '../../../shared/link/handshake.ts';
import { closeCode } from '../../../shared/link/protocol.ts';
import { formatPairingToken, pairingId } from '../../../shared/link/pairing-token.ts';
import { hurriedClock } from './fakes.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export const testOrigin = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop';

export const openTestSocket: OpenSocket = (url) =>
  new WebSocket(url, { origin: testOrigin }) as unknown as ReturnType<OpenSocket>;

export function surroundings(clock: Clock = hurriedClock()): LinkSurroundings {
  return {
    clock,
    openSocket: openTestSocket,
    origin: testOrigin,
    identify: async () => ({ name: 'Companion', version: '1.0.0', browser: 'Chromium on Linux' }),
  };
}

export async function freshKeys(): Promise<CompanionKeyPair> {
  const { privateKey, publicKey } = await generateCompanionKeys();
  return loadCompanionKeys(privateKey, publicKey);
}

/** One socket as the companion sees it. */
export class Visit {
  readonly socket: WebSocket;
  readonly #channel: Established['channel'];

  constructor(socket: WebSocket, channel: Established['channel']) {
    this.socket = socket;
    this.#channel = channel;
  }

  async send(frame: CompanionFrame | { t: string }, body?: Uint8Array): Promise<void> {
    this.socket.send(await this.#channel.seal(encodeFrame(frame as CompanionFrame, body)));
  }

  open(data: Buffer): Promise<Bytes> {
    return this.#channel.open(new Uint8Array(data));
  }
}

/** A companion's end of the link, scripted by its fields; a real server with the real handshake. */
export class StandInCompanion {
  keys: CompanionKeyPair;
  port = 0;
  /** Secrets of tokens that may pair. */
  readonly tokens = new Map<string, Bytes>();
  /** Long-term keys of pairs on disk. */
  readonly pairs = new Map<string, Bytes>();
  /** Every WebSocket message that arrived, raw: to look for what should not have been sent. */
  readonly raw: Buffer[] = [];
  readonly frames: { readonly frame: ExtensionFrame; readonly body: Bytes }[] = [];
  readonly visits: Visit[] = [];
  connections = 0;
  /** `false`: it hears the goodbye, and goes away before it has acted on it. */
  confirmsFarewells = true;
  changeHello: (hello: Hello) => Hello = (hello) => hello;
  /** What happens instead of `ready`. */
  insteadOfReady: ((socket: WebSocket) => void) | undefined;
  onCommit: (visit: Visit) => Promise<void> = (visit) => visit.send({ t: 'pair.committed' });
  onFrame: (visit: Visit, frame: ExtensionFrame) => void = () => undefined;
  #server: Server | undefined;
  #sockets: WebSocketServer | undefined;
  #pairCount = 0;

  constructor(keys: CompanionKeyPair) {
    this.keys = keys;
  }

  async listen(port = 0): Promise<this> {
    this.#server = createServer();
    this.#sockets = new WebSocketServer({ server: this.#server, path: '/link' });
    this.#sockets.on('connection', (socket, request) => {
      this.connections += 1;
      socket.on('error', () => undefined);
      void this.#welcome(socket, request.headers.origin ?? '').catch(() => socket.close(closeCode.authentication));
    });
    await new Promise<void>((resolve) => this.#server?.listen(port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async close(code?: number): Promise<void> {
    for (const client of this.#sockets?.clients ?? []) {
      if (code === undefined) client.terminate();
      else client.close(code);
    }
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
  }

  async issueToken(): Promise<string> {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    this.tokens.set(await pairingId(secret), secret);
    return formatPairingToken({ port: this.port, secret });
  }

  async #welcome(socket: WebSocket, origin: string): Promise<void> {
    const hello = await createHello(this.keys, 'companion/test');
    const messages = messagesOf(socket, this.raw);
    socket.send(JSON.stringify(this.changeHello(hello)));
    const auth = authSchema.parse(JSON.parse((await messages.next()).toString()));
    if (this.insteadOfReady !== undefined) return this.insteadOfReady(socket);
    const known = auth.mode === 'pair' ? this.tokens.get(auth.id) : this.pairs.get(auth.id);
    const key = known ?? crypto.getRandomValues(new Uint8Array(32));
    const preSharedKey = auth.mode === 'farewell' ? await farewellKeyOf(key) : key;
    const accepted = await acceptAuth({ hello, auth, keys: this.keys, preSharedKey, origin });
    const pairId = auth.mode === 'pair' ? `pair-${(this.#pairCount += 1)}` : auth.id;
    const visit = new Visit(socket, accepted.channel);
    await visit.send({
      t: 'ready',
      ...(auth.mode === 'pair' ? { pairId } : {}),
      seatId: pairId,
      fingerprint: accepted.fingerprint,
      serverTimeMs: Date.now(),
    });
    this.visits.push(visit);
    await this.#serve(visit, messages, { pairId, longTermKey: accepted.longTermKey });
  }

  async #hearFarewell(visit: Visit, pairId: string): Promise<void> {
    if (!this.confirmsFarewells) return;
    this.pairs.delete(pairId);
    await visit.send({ t: 'unpair' });
    visit.socket.close(closeCode.unpaired);
  }

  async #serve(
    visit: Visit,
    messages: { next(): Promise<Buffer> },
    { pairId, longTermKey }: { pairId: string; longTermKey: Bytes | undefined },
  ): Promise<void> {
    for (;;) {
      const { frame, body } = decodeFrame(await visit.open(await messages.next()));
      const parsed = extensionFrameSchema.parse(frame);
      this.frames.push({ frame: parsed, body });
      if (parsed.t === 'pair.commit' && longTermKey !== undefined) {
        this.pairs.set(pairId, longTermKey);
        await this.onCommit(visit);
      }
      if (parsed.t === 'unpair') await this.#hearFarewell(visit, pairId);
      this.onFrame(visit, parsed);
    }
  }
}

function messagesOf(socket: WebSocket, raw: Buffer[]): { next(): Promise<Buffer> } {
  const queue: Buffer[] = [];
  let wake: (() => void) | undefined;
  socket.on('message', (data: Buffer) => {
    raw.push(data);
    queue.push(data);
    wake?.();
  });
  return {
    async next() {
      while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return queue.shift() as Buffer;
    },
  };
}
