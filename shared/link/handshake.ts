/**
 * Pairing and session handshake: HPKE (RFC 9180) in PSK mode, DHKEM(P-256, HKDF-SHA256) / HKDF-SHA256 / AES-256-GCM.
 * The extension encapsulates to the companion's public key under a pre-shared key: the pairing token's secret the first
 * time, the long-term key ever after. A farewell is proved with a key derived from the long-term key, which opens nothing
 * else. None of these keys is ever transmitted.
 *
 *   companion -> extension  hello  {nonce, public key}            nothing secret
 *   extension -> companion  auth   {nonce, enc, sealed finish}    proves the extension
 *   companion -> extension  ready  (sealed)                       proves the companion; only now may secrets flow
 */
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_P256_HKDF_SHA256 } from 'hpke';
import type { KeyPair } from 'hpke';
import { fromBase64Url, toBase64Url, utf8 } from './bytes.ts';
import { finishSchema } from './frame.ts';
import type { Auth, ClientIdentity, Hello } from './frame.ts';
import { LINK_MIN_VERSION, LINK_NAME, LINK_VERSION } from './protocol.ts';
import { SealedChannel } from './sealed-channel.ts';

type Bytes = Uint8Array<ArrayBuffer>;
export type HandshakeMode = Auth['mode'];
export type CompanionKeyPair = KeyPair<CryptoKey>;

/** Why a handshake ended without a channel. `impostor`: whoever answers does not hold the key that was pinned. */
export type HandshakeFailure = 'impostor' | 'version' | 'authentication' | 'malformed';

export class HandshakeError extends Error {
  readonly reason: HandshakeFailure;

  constructor(reason: HandshakeFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HandshakeError';
    this.reason = reason;
  }
}

const suite = new CipherSuite(KEM_DHKEM_P256_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);
const emptyBytes = new Uint8Array(0);

/** A fresh identity for a companion, and its form for the vault (32 bytes of private key, 65 of public). */
export async function generateCompanionKeys(): Promise<{ readonly privateKey: Bytes; readonly publicKey: Bytes }> {
  const keys = await suite.GenerateKeyPair(true);
  return {
    privateKey: (await suite.SerializePrivateKey(keys.privateKey)) as Bytes,
    publicKey: (await suite.SerializePublicKey(keys.publicKey)) as Bytes,
  };
}

/** Rejects for bytes that are not a key pair of P-256. The private key cannot be read out again. */
export async function loadCompanionKeys(privateKey: Bytes, publicKey: Bytes): Promise<CompanionKeyPair> {
  const [x, y] = [toBase64Url(publicKey.subarray(1, 33)), toBase64Url(publicKey.subarray(33))];
  const key = { kty: 'EC', crv: 'P-256', x, y };
  const algorithm = { name: 'ECDH', namedCurve: 'P-256' };
  // As JWK, because Node prints a warning about an experimental API when the suite reads a private key on its own.
  return {
    privateKey: await crypto.subtle.importKey('jwk', { ...key, d: toBase64Url(privateKey) }, algorithm, false, [
      'deriveBits',
    ]),
    publicKey: await suite.DeserializePublicKey(publicKey),
  };
}

export async function createHello(keys: CompanionKeyPair, app: string): Promise<Hello> {
  return {
    t: 'hello',
    v: LINK_VERSION,
    min: LINK_MIN_VERSION,
    n: toBase64Url(crypto.getRandomValues(new Uint8Array(32))),
    pk: toBase64Url(await suite.SerializePublicKey(keys.publicKey)),
    app,
  };
}

/** `false` when the two ranges of versions do not meet. */
export function mayTalk(hello: Pick<Hello, 'v' | 'min'>): boolean {
  return hello.v >= LINK_MIN_VERSION && hello.min <= LINK_VERSION;
}

/** `true` for a version, as chosen in `auth`, that lies within what `hello` offered. */
export function isSpoken(version: number): boolean {
  return version >= LINK_MIN_VERSION && version <= LINK_VERSION;
}

export interface Established {
  readonly channel: SealedChannel;
  /** The key for all later sessions; only after a pairing. */
  readonly longTermKey: Bytes | undefined;
  /** The key that may follow the long-term one, equal on both sides; each `rekeyId` gives another. */
  readonly deriveNextKey: (rekeyId: string) => Promise<Bytes>;
  /** Short fingerprint of the key in use, equal on both sides: `4F2A-91C7`. Right after the pairing it names the pair. */
  readonly fingerprint: string;
}

export interface ExtensionHandshake {
  readonly hello: Hello;
  readonly mode: HandshakeMode;
  /** `pair:<8 hex>` or the pair id. */
  readonly id: string;
  readonly preSharedKey: Bytes;
  /** The companion's public key (base64url) as pinned at pairing; `undefined` only when pairing. */
  readonly pinnedKey: string | undefined;
  /** This extension's own origin, `chrome-extension://<id>`. */
  readonly origin: string;
  readonly client: ClientIdentity;
}

/** The extension's half. Throws `HandshakeError` before anything is sent when version or pinned key do not fit. */
export async function answerHello(handshake: ExtensionHandshake): Promise<Established & { readonly auth: Auth }> {
  const { hello, mode, id, client } = handshake;
  if (!mayTalk(hello)) throw new HandshakeError('version', `companion speaks link version ${hello.v}`);
  if (mode !== 'pair' && hello.pk !== handshake.pinnedKey) {
    throw new HandshakeError('impostor', 'the public key differs from the one pinned at pairing');
  }
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  const version = Math.min(hello.v, LINK_VERSION);
  const publicKey = await suite.DeserializePublicKey(decoded(hello.pk)).catch((cause: unknown) => {
    throw new HandshakeError('malformed', 'unreadable public key', { cause });
  });
  const { encapsulatedSecret, ctx } = await suite.SetupSender(publicKey, {
    info: bindingInfo({ hello, version, mode, id, nonce, origin: handshake.origin }),
    psk: handshake.preSharedKey,
    pskId: utf8(id),
  });
  const sealedFinish = await ctx.Seal(utf8(JSON.stringify({ t: 'finish', client })));
  const auth: Auth = {
    t: 'auth',
    v: version,
    mode,
    id,
    n: nonce,
    enc: toBase64Url(encapsulatedSecret),
    ct: toBase64Url(sealedFinish),
  };
  const reply = await SealedChannel.replyDirection((label, length) => ctx.Export(utf8(label), length));
  return {
    auth,
    channel: new SealedChannel({
      seal: (plain) => ctx.Seal(plain) as Promise<Bytes>,
      open: (sealed) => reply.open(sealed),
    }),
    longTermKey: mode === 'pair' ? ((await ctx.Export(utf8('long-term psk'), 32)) as Bytes) : undefined,
    deriveNextKey: (rekeyId) => nextKey((label, length) => ctx.Export(utf8(label), length), rekeyId),
    fingerprint: await fingerprintOf((label, length) => ctx.Export(utf8(label), length), mode, handshake.preSharedKey),
  };
}

export interface CompanionHandshake {
  readonly hello: Hello;
  readonly auth: Auth;
  readonly keys: CompanionKeyPair;
  /**
   * The pre-shared key for the id in `auth`. For an unknown id pass random bytes: then the same work is done, and fails
   * in the same way, as for a wrong key.
   */
  readonly preSharedKey: Bytes;
  /** The `Origin` header of the WebSocket upgrade. */
  readonly origin: string;
}

/** The companion's half. Throws `HandshakeError('authentication')` when the peer does not hold the pre-shared key. */
export async function acceptAuth(
  handshake: CompanionHandshake,
): Promise<Established & { readonly client: ClientIdentity }> {
  const { hello, auth, keys, preSharedKey, origin } = handshake;
  try {
    const ctx = await suite.SetupRecipient(keys, decoded(auth.enc), {
      info: bindingInfo({ hello, version: auth.v, mode: auth.mode, id: auth.id, nonce: auth.n, origin }),
      psk: preSharedKey,
      pskId: utf8(auth.id),
    });
    const finish = finishSchema.parse(JSON.parse(new TextDecoder().decode(await ctx.Open(decoded(auth.ct)))));
    const reply = await SealedChannel.replyDirection((label, length) => ctx.Export(utf8(label), length));
    return {
      client: finish.client,
      channel: new SealedChannel({
        seal: (plain) => reply.seal(plain),
        open: (sealed) => ctx.Open(sealed) as Promise<Bytes>,
      }),
      longTermKey: auth.mode === 'pair' ? ((await ctx.Export(utf8('long-term psk'), 32)) as Bytes) : undefined,
      deriveNextKey: (rekeyId) => nextKey((label, length) => ctx.Export(utf8(label), length), rekeyId),
      fingerprint: await fingerprintOf((label, length) => ctx.Export(utf8(label), length), auth.mode, preSharedKey),
    };
  } catch (cause) {
    throw new HandshakeError('authentication', 'the peer could not prove that it is paired', { cause });
  }
}

interface Binding {
  readonly hello: Hello;
  /** The version chosen by the extension; the offer in `hello` is bound as well, so nobody can talk both ends down. */
  readonly version: number;
  readonly mode: HandshakeMode;
  readonly id: string;
  readonly nonce: string;
  readonly origin: string;
}

/** Everything that both ends must have seen alike, or nothing opens. */
function bindingInfo({ hello, version, mode, id, nonce, origin }: Binding): Bytes {
  return utf8(JSON.stringify([LINK_NAME, hello.v, hello.min, version, mode, id, hello.n, nonce, hello.pk, origin]));
}

type ExportSecret = (label: string, length: number) => Promise<Uint8Array>;

/** From the session's own fresh secret: whoever learned the key of today knows nothing about the one of tomorrow. */
async function nextKey(exportSecret: ExportSecret, rekeyId: string): Promise<Bytes> {
  return (await exportSecret(`next long-term psk ${rekeyId}`, 32)) as Bytes;
}

/**
 * What proves a pair for a farewell and for nothing else: the long-term key cannot be found from it, so it may outlive that
 * key in a browser that was unpaired.
 */
export async function farewellKeyOf(longTermKey: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', longTermKey, 'HKDF', false, ['deriveBits']);
  const context = { name: 'HKDF', hash: 'SHA-256', salt: emptyBytes, info: utf8(`${LINK_NAME} farewell psk`) };
  return new Uint8Array(await crypto.subtle.deriveBits(context, key, 256));
}

async function fingerprintOf(exportSecret: ExportSecret, mode: HandshakeMode, preSharedKey: Bytes): Promise<string> {
  const longTermKey = mode === 'pair' ? await exportSecret('long-term psk', 32) : preSharedKey;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', joined(utf8('fingerprint'), longTermKey)));
  const hex = [...digest.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
  return `${hex.slice(0, 4)}-${hex.slice(4)}`;
}

function joined(first: Uint8Array, second: Uint8Array): Bytes {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function decoded(text: string): Bytes {
  return fromBase64Url(text) ?? emptyBytes;
}
