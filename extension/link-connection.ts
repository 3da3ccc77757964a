import { companionFrameSchema, decodeFrame, encodeFrame, helloSchema } from '../shared/link/frame.ts';
import type { ClientIdentity, CompanionFrame, ExtensionFrame, Hello } from '../shared/link/frame.ts';
import { answerHello, HandshakeError } from '../shared/link/handshake.ts';
import type { Established, HandshakeMode } from '../shared/link/handshake.ts';
import { closeCode, HANDSHAKE_TIMEOUT_MS, LINK_PATH, MAX_FRAME_BYTES } from '../shared/link/protocol.ts';
import { Inbox, SocketClosed } from './inbox.ts';
import { endOfClose, endOfHandshake, LinkError } from './link-end.ts';
import type { Clock, OpenSocket, Socket } from './ports.ts';

type Bytes = Uint8Array<ArrayBuffer>;
export type Ready = Extract<CompanionFrame, { t: 'ready' }>;

/** Who we are on every link, and what it runs on. */
export interface LinkSurroundings {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  /** This extension's origin, as the browser puts it into the `Origin` header. */
  readonly origin: string;
  readonly identify: () => Promise<ClientIdentity>;
}

/** How to prove ourselves, and whom to expect. */
export interface LinkCredentials {
  readonly port: number;
  readonly mode: HandshakeMode;
  readonly id: string;
  readonly preSharedKey: Bytes;
  /** `undefined` only when pairing. */
  readonly pinnedKey: string | undefined;
}

/**
 * One link with a companion that has proved itself. It exists only after `ready` was opened: whoever holds one may send
 * secrets over it.
 */
export class LinkConnection {
  readonly hello: Hello;
  readonly ready: Ready;
  readonly longTermKey: Bytes | undefined;
  readonly deriveNextKey: Established['deriveNextKey'];
  readonly fingerprint: string;
  readonly #socket: Socket;
  readonly #inbox: Inbox;
  readonly #channel: Established['channel'];
  #isOpen = true;

  constructor(parts: { socket: Socket; inbox: Inbox; hello: Hello; ready: Ready; established: Established }) {
    this.hello = parts.hello;
    this.ready = parts.ready;
    this.longTermKey = parts.established.longTermKey;
    this.deriveNextKey = parts.established.deriveNextKey;
    this.fingerprint = parts.established.fingerprint;
    this.#socket = parts.socket;
    this.#inbox = parts.inbox;
    this.#channel = parts.established.channel;
  }

  /** Seals and sends; frames leave in the order of the calls. Dropped silently once the link is closed. */
  async send(frame: ExtensionFrame, body?: Uint8Array): Promise<void> {
    const sealed = await this.#channel.seal(encodeFrame(frame, body));
    if (this.#isOpen) this.#socket.send(sealed);
  }

  /** Waits for the next frame that this version knows; an unknown one is answered with `error` and passed over. */
  async receive(): Promise<{ readonly frame: CompanionFrame; readonly body: Bytes }> {
    for (;;) {
      const { frame, body } = await this.#open(await this.#inbox.next());
      const parsed = companionFrameSchema.safeParse(frame);
      if (parsed.success) return { frame: parsed.data, body };
      await this.send(unknownFrameError(frame));
    }
  }

  /** Ends the link at once; `receive` then rejects with `SocketClosed(code)`. */
  close(code: number): void {
    this.#isOpen = false;
    this.#inbox.end(code);
    closeSocket(this.#socket, code);
  }

  async #open(data: unknown): Promise<{ readonly frame: unknown; readonly body: Bytes }> {
    try {
      return decodeFrame(await this.#channel.open(sealedBytes(data)));
    } catch {
      this.close(closeCode.badFrame);
      throw new SocketClosed(closeCode.badFrame);
    }
  }
}

/** Opens a link to the companion on a loopback port. Rejects with a `LinkError`; nothing secret was sent then. */
export async function connectLink(
  surroundings: LinkSurroundings,
  credentials: LinkCredentials,
): Promise<LinkConnection> {
  const socket = openLoopbackSocket(surroundings.openSocket, credentials.port);
  const inbox = new Inbox(socket);
  const cancelTimeout = surroundings.clock.after(HANDSHAKE_TIMEOUT_MS, () => inbox.end(closeCode.handshakeTimeout));
  try {
    return await shakeHands(socket, inbox, surroundings, credentials);
  } catch (error) {
    closeSocket(socket, closeCodeFor(error));
    throw error;
  } finally {
    cancelTimeout();
  }
}

async function shakeHands(
  socket: Socket,
  inbox: Inbox,
  surroundings: LinkSurroundings,
  credentials: LinkCredentials,
): Promise<LinkConnection> {
  const hello = parseHello(await nextOf(inbox, undefined));
  const established = await answerHello({
    hello,
    mode: credentials.mode,
    id: credentials.id,
    preSharedKey: credentials.preSharedKey,
    pinnedKey: credentials.pinnedKey,
    origin: surroundings.origin,
    client: await surroundings.identify(),
  }).catch((error: unknown) => {
    throw error instanceof HandshakeError ? new LinkError(endOfHandshake(error.reason, hello), error.message) : error;
  });
  socket.send(JSON.stringify(established.auth));
  const ready = await openReady(established, await nextOf(inbox, hello));
  return new LinkConnection({ socket, inbox, hello, ready, established });
}

async function nextOf(inbox: Inbox, hello: Hello | undefined): Promise<unknown> {
  return await inbox.next().catch((error: unknown) => {
    if (!(error instanceof SocketClosed)) throw error;
    const end = endOfClose(error.code, hello);
    // Whoever has not proved itself may not end a pair: at most it says that it does not know us.
    throw new LinkError(end.kind === 'unpaired' ? { kind: 'refused' } : end, error.message);
  });
}

function parseHello(data: unknown): Hello {
  const isSmallText = typeof data === 'string' && data.length <= 4096;
  const parsed = isSmallText ? helloSchema.safeParse(parseJson(data)) : undefined;
  if (parsed?.success !== true) throw new LinkError({ kind: 'impostor' }, 'no companion says hello like this');
  return parsed.data;
}

/** Only who holds the pre-shared key and the private key can make a `ready` that opens. */
async function openReady(established: Established, data: unknown): Promise<Ready> {
  const opened = await established.channel
    .open(sealedBytes(data))
    .then((plain) => companionFrameSchema.safeParse(decodeFrame(plain).frame))
    .catch(() => undefined);
  if (opened?.success === true && opened.data.t === 'ready') return opened.data;
  throw new LinkError({ kind: 'impostor' }, 'the answer was not sealed by the companion of this pair');
}

function openLoopbackSocket(openSocket: OpenSocket, port: number): Socket {
  const socket = openSocket(`ws://127.0.0.1:${port}${LINK_PATH}`);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('error', () => undefined);
  return socket;
}

/** Empty, and so never openable, for anything but a sealed message of the allowed size. */
function sealedBytes(data: unknown): Bytes {
  return data instanceof ArrayBuffer && data.byteLength <= MAX_FRAME_BYTES ? new Uint8Array(data) : new Uint8Array(0);
}

function unknownFrameError(frame: unknown): ExtensionFrame {
  const name = typeof frame === 'object' && frame !== null && 't' in frame ? String(frame.t).slice(0, 100) : 'unnamed';
  return {
    t: 'error',
    code: 'UNKNOWN_FRAME',
    message: 'This version does not know the frame.',
    ref: name,
    retryable: false,
  };
}

function closeCodeFor(error: unknown): number {
  const kind = error instanceof LinkError ? error.end.kind : undefined;
  if (kind === 'version') return closeCode.version;
  return kind === 'impostor' ? closeCode.authentication : 1000;
}

function closeSocket(socket: Socket, code: number): void {
  // Browsers let a page close with 1000 or 3000 to 4999 only.
  socket.close(code >= 3000 ? code : 1000);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
