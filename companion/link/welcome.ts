/** The companion's half of the handshake on a fresh socket, from `hello` to a sealed channel. Nothing secret before it. */
import type { WebSocket } from 'ws';
import { authSchema, authVersionSchema } from '../../shared/link/frame.ts';
import type { Auth, ClientIdentity, Hello } from '../../shared/link/frame.ts';
import { acceptAuth, createHello, farewellKeyOf, HandshakeError, isSpoken } from '../../shared/link/handshake.ts';
import type { CompanionKeyPair, Established } from '../../shared/link/handshake.ts';
import { closeCode, HANDSHAKE_TIMEOUT_MS } from '../../shared/link/protocol.ts';
import type { CloseCode } from '../../shared/link/protocol.ts';
import type { Clock } from '../base/clock.ts';
import type { PairBook } from './pair-book.ts';
import type { PairingDesk, TokenClaim } from './pairing.ts';

/** An `auth` is a few hundred bytes; a peer that has proved nothing may not make us hold more. */
const maxAuthBytes = 8 * 1024;

/** Ends a socket with a code that tells the extension what happened. */
export class LinkRefusal extends Error {
  readonly code: CloseCode;

  constructor(code: CloseCode, message: string) {
    super(message);
    this.name = 'LinkRefusal';
    this.code = code;
  }
}

export interface WelcomeDependencies {
  readonly keys: CompanionKeyPair;
  /** What we call ourselves in `hello`: `ccproxy-companion/0.1.0`. */
  readonly app: string;
  readonly pairing: PairingDesk;
  readonly pairs: PairBook;
  readonly clock: Clock;
}

interface Proved {
  readonly channel: Established['channel'];
  readonly deriveNextKey: Established['deriveNextKey'];
  readonly client: ClientIdentity;
  readonly fingerprint: string;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** A peer that holds a pre-shared key: the token's (then a pair may be made), that of a seat, or that of its farewell. */
export type Welcomed =
  | (Proved & { readonly mode: 'session'; readonly seatId: string; readonly key: Bytes })
  | (Proved & { readonly mode: 'farewell'; readonly seatId: string })
  | (Proved & { readonly mode: 'pair'; readonly longTermKey: Bytes; readonly claim: TokenClaim });

/**
 * Throws `LinkRefusal` for a peer that is late, malformed, of another version, or cannot prove itself; errors of the vault
 * pass through, for they say nothing about the peer.
 */
export async function welcome(socket: WebSocket, origin: string, dependencies: WelcomeDependencies): Promise<Welcomed> {
  const hello = await createHello(dependencies.keys, dependencies.app);
  const answer = firstMessage(socket, dependencies.clock);
  socket.send(JSON.stringify(hello));
  const auth = parseAuth(await answer);
  switch (auth.mode) {
    case 'pair':
      return welcomeToPair({ hello, auth, origin }, dependencies);
    case 'session':
      return welcomeBack({ hello, auth, origin }, dependencies);
    case 'farewell':
      return welcomeToLeave({ hello, auth, origin }, dependencies);
  }
}

interface Introduction {
  readonly hello: Hello;
  readonly auth: Auth;
  readonly origin: string;
}

async function welcomeToPair(introduction: Introduction, dependencies: WelcomeDependencies): Promise<Welcomed> {
  const attempt = dependencies.pairing.attempt(introduction.auth.id);
  const proved = await prove(introduction, attempt.preSharedKey, dependencies.keys);
  const claim = attempt.succeed();
  if (claim === undefined || proved.longTermKey === undefined) throw refusedAuthentication();
  return { ...proved, mode: 'pair', longTermKey: proved.longTermKey, claim };
}

async function welcomeBack(introduction: Introduction, dependencies: WelcomeDependencies): Promise<Welcomed> {
  const { auth, origin } = introduction;
  const key = await dependencies.pairs.keyFor(auth.id, origin);
  return { ...(await prove(introduction, key, dependencies.keys)), mode: 'session', seatId: auth.id, key };
}

async function welcomeToLeave(introduction: Introduction, dependencies: WelcomeDependencies): Promise<Welcomed> {
  const { auth, origin } = introduction;
  const preSharedKey = await farewellKeyOf(await dependencies.pairs.keyFor(auth.id, origin));
  return { ...(await prove(introduction, preSharedKey, dependencies.keys)), mode: 'farewell', seatId: auth.id };
}

async function prove(introduction: Introduction, preSharedKey: Bytes, keys: CompanionKeyPair) {
  try {
    return await acceptAuth({ ...introduction, keys, preSharedKey });
  } catch (cause) {
    throw cause instanceof HandshakeError ? refusedAuthentication() : cause;
  }
}

/** One wording for an unknown id and for a wrong key: a stranger learns nothing from it. */
function refusedAuthentication(): LinkRefusal {
  return new LinkRefusal(closeCode.authentication, 'authentication failed');
}

function parseAuth(text: string): Auth {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new LinkRefusal(closeCode.badFrame, 'auth is not JSON');
  }
  const version = authVersionSchema.safeParse(message);
  if (!version.success) throw new LinkRefusal(closeCode.badFrame, 'not an auth frame');
  if (!isSpoken(version.data.v)) throw new LinkRefusal(closeCode.version, 'link versions do not meet');
  const auth = authSchema.safeParse(message);
  if (!auth.success) throw new LinkRefusal(closeCode.badFrame, 'malformed auth frame');
  return auth.data;
}

function firstMessage(socket: WebSocket, clock: Clock): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(
      () => settle(() => reject(new LinkRefusal(closeCode.handshakeTimeout, 'no auth in time'))),
      HANDSHAKE_TIMEOUT_MS,
    );
    const onMessage = (data: { readonly byteLength?: number; toString(): string }, isBinary: boolean): void => {
      const isAcceptable = !isBinary && (data.byteLength ?? 0) <= maxAuthBytes;
      settle(() =>
        isAcceptable ? resolve(data.toString()) : reject(new LinkRefusal(closeCode.badFrame, 'not an auth frame')),
      );
    };
    const onClose = (): void => settle(() => reject(new LinkRefusal(closeCode.goingAway, 'the peer left')));
    const settle = (finish: () => void): void => {
      timer.cancel();
      socket.off('message', onMessage);
      socket.off('close', onClose);
      finish();
    };
    socket.on('message', onMessage);
    socket.on('close', onClose);
  });
}
