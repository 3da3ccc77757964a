/**
 * A Node stand-in for the extension's end of the link, built from the same shared code: pairs or resumes, answers pings,
 * and may act as a browser that runs jobs (`runJob`).
 */
import { WebSocket } from 'ws';
import { companionFrameSchema, decodeFrame, encodeFrame, helloSchema } from '../../shared/link/frame.ts';
import type { ClientIdentity, CompanionFrame, ExtensionFrame, Hello } from '../../shared/link/frame.ts';
import { answerHello, farewellKeyOf } from '../../shared/link/handshake.ts';
import type { Established } from '../../shared/link/handshake.ts';
import { pairingId, parsePairingToken } from '../../shared/link/pairing-token.ts';
import { closeCode, LINK_PATH } from '../../shared/link/protocol.ts';
import type { SealedChannel } from '../../shared/link/sealed-channel.ts';
import { LinkClientJobs } from './link-client-jobs.ts';
import type { RunJob } from './link-client-jobs.ts';

export const CHROME_ORIGIN = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop';
export const FIREFOX_ORIGIN = 'moz-extension://0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
const patienceMs = 5_000;

/** What an extension keeps of a pair. */
export interface ClientPair {
  readonly seatId: string;
  readonly key: Uint8Array<ArrayBuffer>;
  /** The companion's public key, base64url. */
  readonly pinnedKey: string;
  readonly fingerprint: string;
}

export interface LinkClientOptions {
  readonly port: number;
  /** A pairing token or link: then a new pair is made. */
  readonly token?: string;
  /** The pair to resume. */
  readonly pair?: ClientPair;
  /** Proves the pair for a farewell only. */
  readonly isFarewell?: boolean;
  readonly origin?: string;
  readonly client?: Partial<ClientIdentity>;
  /** Acts as the browser. Without it `job.*` frames are left to `expect`. */
  readonly runJob?: RunJob;
  /** `false` leaves the pairing at `ready`: nothing is committed yet. */
  readonly commits?: boolean;
  /** `false` plays dead: pings stay unanswered. */
  readonly answersPings?: boolean;
}

export interface Received<Type extends CompanionFrame['t'] = CompanionFrame['t']> {
  readonly frame: Extract<CompanionFrame, { t: Type }>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The socket was closed, or never opened (then `code` is the HTTP status of the refusal). */
export class LinkClosed extends Error {
  readonly code: number;

  constructor(code: number, reason: string) {
    super(`link closed: ${code} ${reason}`);
    this.name = 'LinkClosed';
    this.code = code;
  }
}

export class LinkClient {
  readonly socket: WebSocket;
  readonly pair: ClientPair;
  readonly deriveNextKey: Established['deriveNextKey'];
  /** Resolves when the socket is closed, with the close code. */
  readonly closed: Promise<number>;
  /** Every frame so far, in order. */
  readonly received: Received[] = [];
  readonly #channel: SealedChannel;
  readonly #jobs: LinkClientJobs | undefined;
  readonly #answersPings: boolean;
  readonly #arrivals = new EventTarget();
  readonly #taken = new Set<Received>();
  #inbox: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(socket: WebSocket, pair: ClientPair, established: Established, options: LinkClientOptions) {
    this.socket = socket;
    this.pair = pair;
    this.deriveNextKey = established.deriveNextKey;
    this.#channel = established.channel;
    this.#answersPings = options.answersPings ?? true;
    this.#jobs = options.runJob && new LinkClientJobs(options.runJob, (frame, body) => this.send(frame, body));
    socket.on('message', (data: Buffer) => {
      // Whoever cannot seal is not the companion of this pair.
      this.#inbox = this.#inbox.then(() => this.#receive(data)).catch(() => socket.close(closeCode.badFrame));
    });
    this.closed = this.#whenClosed();
  }

  async send(frame: ExtensionFrame, body?: Uint8Array): Promise<void> {
    await this.sendSealed(encodeFrame(frame, body));
  }

  /** For frames that the schema does not know, and for bytes that are no frame at all. */
  async sendSealed(plain: Uint8Array<ArrayBuffer>): Promise<void> {
    const sealed = await this.#channel.seal(plain);
    this.socket.send(sealed);
  }

  /** The first frame of this type that no earlier `expect` has taken; waits for it. */
  async expect<Type extends CompanionFrame['t']>(type: Type, withinMs = patienceMs): Promise<Received<Type>> {
    const signal = AbortSignal.timeout(withinMs);
    for (;;) {
      const found = this.received.find((item) => item.frame.t === type && !this.#taken.has(item));
      if (found !== undefined) {
        this.#taken.add(found);
        return found as unknown as Received<Type>;
      }
      if (this.#isClosed) throw new LinkClosed(await this.closed, `before "${type}" came`);
      await this.#arrival(signal, type);
    }
  }

  /** Closes and waits until it is closed. */
  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  /** What came before the close is still read first: opening a frame takes longer than hearing of the close. */
  async #whenClosed(): Promise<number> {
    const code = await closeCodeOf(this.socket);
    await this.#inbox;
    this.#jobs?.stopAll();
    this.#isClosed = true;
    this.#arrivals.dispatchEvent(new Event('change'));
    return code;
  }

  #arrival(signal: AbortSignal, type: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) reject(new Error(`no "${type}" frame in time`));
      this.#arrivals.addEventListener('change', () => resolve(), { once: true });
      signal.addEventListener('abort', () => reject(new Error(`no "${type}" frame in time`)), { once: true });
    });
  }

  async #receive(data: Buffer): Promise<void> {
    const { frame: header, body } = decodeFrame(await this.#channel.open(new Uint8Array(data)));
    const frame = companionFrameSchema.parse(header);
    if (this.#jobs?.receive(frame, body) === true) return;
    this.received.push({ frame, body });
    if (frame.t === 'ping' && this.#answersPings) await this.send({ t: 'pong' });
    this.#arrivals.dispatchEvent(new Event('change'));
  }
}

/** Connects as far as `ready`, and through `pair.committed` when pairing. Throws `LinkClosed` when turned away. */
export async function connectLink(options: LinkClientOptions): Promise<LinkClient> {
  const origin = options.origin ?? CHROME_ORIGIN;
  const socket = await openSocket(options.port, origin);
  const hello = helloSchema.parse(JSON.parse(await nextText(socket)));
  const secrets = await secretsOf(options);
  const client = { name: 'link-client', version: '0.1.0', browser: 'Chromium', ...options.client };
  const established = await answerHello({ hello, origin, client, ...secrets });
  const link = new LinkClient(socket, pairOf(options, established, hello), established, options);
  socket.send(JSON.stringify(established.auth));
  const ready = await link.expect('ready');
  if (options.pair !== undefined) return link;
  Object.assign(link.pair, { seatId: ready.frame.pairId });
  if (options.commits === false) return link;
  await link.send({ t: 'pair.commit' });
  await link.expect('pair.committed');
  return link;
}

/** Opens the bare WebSocket of an extension; rejects with `LinkClosed` and the HTTP status when it is refused. */
export function openSocket(port: number, origin: string | undefined = CHROME_ORIGIN): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${LINK_PATH}`, origin === '' ? {} : { origin });
  holdMessages(socket);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      reject(new LinkClosed(response.statusCode ?? 0, String(response.headers['x-companion-error'] ?? '')));
    });
  });
}

/** The next text message; rejects with `LinkClosed` when the socket closes first. */
export function nextText(socket: WebSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    const onClose = (code: number, reason: Buffer): void => reject(new LinkClosed(code, reason.toString()));
    socket.once('close', onClose);
    socket.once('message', (data: Buffer) => {
      socket.off('close', onClose);
      resolve(data.toString());
    });
    socket.resume();
  });
}

/** Resolves with the close code of a socket; 1006 if it was closed before anybody asked. */
export function closeCodeOf(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => {
    if (socket.readyState === WebSocket.CLOSED) resolve(1006);
    socket.once('close', (code) => resolve(code));
    socket.resume();
  });
}

/** `hello` may come in the same packet as the upgrade: nothing is read until somebody listens. */
function holdMessages(socket: WebSocket): void {
  socket.once('open', () => socket.pause());
}

async function secretsOf({ token, pair, isFarewell }: LinkClientOptions) {
  if (pair !== undefined && isFarewell === true) {
    const preSharedKey = await farewellKeyOf(pair.key);
    return { mode: 'farewell', id: pair.seatId, preSharedKey, pinnedKey: pair.pinnedKey } as const;
  }
  if (pair !== undefined) {
    return { mode: 'session', id: pair.seatId, preSharedKey: pair.key, pinnedKey: pair.pinnedKey } as const;
  }
  const secret = parsePairingToken(token ?? '')?.secret;
  if (secret === undefined) throw new Error('neither a pair nor a readable token was given');
  return { mode: 'pair', id: await pairingId(secret), preSharedKey: secret, pinnedKey: undefined } as const;
}

function pairOf(options: LinkClientOptions, established: Established, hello: Hello): ClientPair {
  if (options.pair !== undefined) return options.pair;
  const key = established.longTermKey ?? new Uint8Array(0);
  return { seatId: '', key, pinnedKey: hello.pk, fingerprint: established.fingerprint };
}
