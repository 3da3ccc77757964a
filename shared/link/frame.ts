/**
 * The frames of the link. A sealed message is `u32 big-endian header length | header as JSON | body bytes`; only frames
 * named so carry a body. `hello` and `auth` travel unsealed, as JSON text, before there is a key to seal with.
 */
import { z } from 'zod';
import {
  redirectLoginProviderIdSchema,
  restingPlaceSchema,
  sessionCookieSchema,
  transportChoiceSchema,
} from '../credential.ts';
import { clientSettingsSchema, companionStatusSchema } from '../status.ts';
import { fromBase64Url, utf8 } from './bytes.ts';

const base64Url = (maximum: number) =>
  z
    .string()
    .max(maximum)
    .refine((text) => fromBase64Url(text) !== undefined, 'not base64url');
const id = z.string().min(1).max(100);
const label = z.string().max(300);

/** Companion -> extension, unsealed: nothing secret. `pk` is the companion's public key, `n` its nonce. */
export const helloSchema = z.object({
  t: z.literal('hello'),
  v: z.number().int(),
  min: z.number().int(),
  n: base64Url(64),
  pk: base64Url(200),
  app: label,
});
export type Hello = z.infer<typeof helloSchema>;

/** What every version of `auth` begins with: enough to say politely that the versions do not meet. */
export const authVersionSchema = z.object({ t: z.literal('auth'), v: z.number().int() });

/** Extension -> companion, unsealed envelope; `v` is the version it chose, `ct` holds the sealed `finish`. */
export const authSchema = authVersionSchema.extend({
  /** `farewell`: proves the pair once more, and may then say `unpair` and nothing else. */
  mode: z.enum(['pair', 'session', 'farewell']),
  id,
  n: base64Url(64),
  enc: base64Url(200),
  ct: base64Url(4096),
});
export type Auth = z.infer<typeof authSchema>;

/** The sealed content of `auth`. */
export const finishSchema = z.object({
  t: z.literal('finish'),
  client: z.object({ name: label, version: label, browser: label }),
});
export type ClientIdentity = z.infer<typeof finishSchema>['client'];

const ping = z.object({ t: z.literal('ping') });
const pong = z.object({ t: z.literal('pong') });
const unpair = z.object({ t: z.literal('unpair') });
/** Answers a frame that could not be served; `ref` is the `t` or id of that frame. */
const error = z.object({
  t: z.literal('error'),
  code: label,
  message: z.string().max(2000),
  ref: label.optional(),
  retryable: z.boolean(),
});

/** Companion -> extension. */
export const companionFrameSchema = z.discriminatedUnion('t', [
  /** Proves the companion: only after it may secrets flow. `pairId` comes with a pairing. */
  z.object({ t: z.literal('ready'), pairId: id.optional(), seatId: id, fingerprint: label, serverTimeMs: z.number() }),
  /** The pair is on disk: the second phase of the commit. */
  z.object({ t: z.literal('pair.committed') }),
  /** The pair's long-term key is due: both ends derive the next one from this session and `id`; it is never sent. */
  z.object({ t: z.literal('rekey.offer'), id }),
  /** The next key is the pair's key now: the extension may forget the one before. */
  z.object({ t: z.literal('rekey.ack'), id }),
  z.object({
    t: z.literal('session.ack'),
    rev: z.number().int(),
    ok: z.boolean(),
    sessionId: id.optional(),
    error: z.object({ code: label, message: z.string().max(2000) }).optional(),
  }),
  z.object({ t: z.literal('session.request'), reason: label }),
  /**
   * A login waits for the person. Sent to every browser that is online, and to each that comes while it waits; the same
   * `loginId` again changes nothing. A browser opens `authorizeUrl` only after a click, and only on hosts of its own list.
   */
  z.object({
    t: z.literal('oauth.start'),
    loginId: id,
    provider: redirectLoginProviderIdSchema,
    authorizeUrl: z.url().max(4000),
    /** Where the provider sends the person back to: caught by the browser, nobody listens there. */
    redirectUri: z.url().max(500),
    /** SHA-256 of the state, base64url: enough to recognise the answer, useless to forge one. */
    stateHash: base64Url(64),
    expiresAtMs: z.number(),
  }),
  /** Over, whichever browser (or terminal) finished it. `account` is its name. */
  z.object({
    t: z.literal('oauth.result'),
    loginId: id,
    ok: z.boolean(),
    account: label.optional(),
    error: z.object({ code: label, message: z.string().max(2000), remedy: z.string().max(1000) }).optional(),
  }),
  z.object({ t: z.literal('status'), status: companionStatusSchema }),
  z.object({ t: z.literal('client-settings'), settings: clientSettingsSchema }),
  /** Has a body: the JSON answer of a management route, of `API_ANSWER_BYTES` at most. `status` is that of HTTP. */
  z.object({ t: z.literal('api.answer'), id, status: z.number().int().min(200).max(599) }),
  /** To be shown by the system, where the person allowed that. `id`: the same one again replaces it. */
  z.object({ t: z.literal('notify'), id, title: label, text: z.string().max(1000) }),
  /** A fetch to run in this browser; `bodyBytes` of request body follow as `job.body` frames. */
  z.object({
    t: z.literal('job.start'),
    id,
    store: label,
    method: z.enum(['GET', 'POST', 'PUT', 'DELETE']),
    path: z.string().startsWith('/').max(2000),
    headers: z.record(z.string().max(100), z.string().max(2000)),
    bodyBytes: z.number().int().nonnegative(),
    /** What the person is told that runs, e.g. `claude-code`. */
    client: label,
  }),
  /** Has a body: the next slice of the request body. */
  z.object({ t: z.literal('job.body'), id }),
  z.object({ t: z.literal('job.cancel'), id }),
  /** Grants the sender this many more bytes. */
  z.object({ t: z.literal('job.window'), id, bytes: z.number().int().positive() }),
  ping,
  pong,
  unpair,
  error,
]);
export type CompanionFrame = z.infer<typeof companionFrameSchema>;

export const jobErrorCodeSchema = z.enum([
  /** The extension's own list does not allow this request. */
  'refused',
  /** Web mode is not switched on in this browser. */
  'no-consent',
  /** The browser lacks permission for the site. */
  'no-permission',
  /** No tab of the site could be opened, or it went away. */
  'no-tab',
  /** The fetch failed: offline, DNS, reset, ... */
  'network',
  /** The person stopped it in the popup. */
  'stopped',
]);
export type JobErrorCode = z.infer<typeof jobErrorCodeSchema>;

/** Extension -> companion. */
export const extensionFrameSchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('pair.commit') }),
  /** The key that was offered is on disk here, beside the one in use. */
  z.object({ t: z.literal('rekey.ack'), id }),
  z.object({
    t: z.literal('session.push'),
    /** Rises by one with every push of a store. */
    rev: z.number().int().positive(),
    /** Cookie store of the browser that the session is in. */
    store: label,
    restsIn: restingPlaceSchema,
    transport: transportChoiceSchema,
    /** Empty when the session stays in the browser. */
    cookies: z.array(sessionCookieSchema).max(8),
    /** When the session's cookie expires, if the browser knows. */
    validUntilMs: z.number().nullable(),
    /** `click`, `cookie-change` or `reconnect`: a click makes the companion check at once. */
    reason: z.enum(['click', 'cookie-change', 'reconnect', 'requested']),
  }),
  /** The person signed out of the site, or took the session back. */
  z.object({ t: z.literal('session.clear'), store: label, reason: z.enum(['signed-out', 'unsynced']) }),
  /** What the provider's redirect said: `code`, or `error` when it or the person refused. */
  z.object({
    t: z.literal('oauth.callback'),
    loginId: id,
    state: z.string().max(500),
    code: z.string().min(1).max(4000).optional(),
    error: label.optional(),
    errorDescription: z.string().max(2000).optional(),
    /** RFC 9207: who claims to have answered. */
    iss: z.string().max(500).optional(),
  }),
  z.object({ t: z.literal('oauth.cancel'), loginId: id, reason: z.enum(['person', 'tab-closed', 'refused']) }),
  /** The person clicked in a page of ours; answered by `status`, or by `error` with this frame's name. */
  z.object({ t: z.literal('login.begin'), provider: redirectLoginProviderIdSchema }),
  z.object({ t: z.literal('login.refresh'), id }),
  z.object({ t: z.literal('login.remove'), id }),
  z.object({ t: z.literal('status.get') }),
  z.object({ t: z.literal('client-settings.get') }),
  z.object({ t: z.literal('exchange.stop'), exchangeId: id }),
  /**
   * Has a body: JSON, or none. A page of ours asks a management route, as `docs/openapi.json` describes it; answered by
   * `api.answer` of the same `id`. The pair is what the admin key is to other callers.
   */
  z.object({
    t: z.literal('api.call'),
    id,
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    path: z.string().startsWith('/').max(2000),
  }),
  z.object({
    t: z.literal('job.head'),
    id,
    status: z.number().int().min(0).max(599),
    headers: z.array(z.tuple([z.string().max(200), z.string().max(8000)])).max(200),
  }),
  /**
   * Has a body: the next slice of the response body. The sender starts with `JOB_WINDOW_BYTES` of credit, may send while
   * any is left (the last chunk may exceed it), and waits for `job.window` once it is spent.
   */
  z.object({ t: z.literal('job.chunk'), id }),
  z.object({ t: z.literal('job.end'), id }),
  z.object({ t: z.literal('job.error'), id, code: jobErrorCodeSchema, message: z.string().max(2000) }),
  ping,
  pong,
  unpair,
  error,
]);
export type ExtensionFrame = z.infer<typeof extensionFrameSchema>;

/** A frame and the bytes that ride behind its header. */
export interface FrameWithBody<Frame> {
  readonly frame: Frame;
  readonly body: Uint8Array<ArrayBuffer>;
}

const nothing = new Uint8Array(0);

export function encodeFrame(
  frame: CompanionFrame | ExtensionFrame,
  body: Uint8Array = nothing,
): Uint8Array<ArrayBuffer> {
  const header = utf8(JSON.stringify(frame));
  const message = new Uint8Array(4 + header.length + body.length);
  new DataView(message.buffer).setUint32(0, header.length);
  message.set(header, 4);
  message.set(body, 4 + header.length);
  return message;
}

/**
 * Splits an opened message; the header is parsed but not validated, the body is a view. Throws a `SyntaxError` when
 * malformed.
 */
export function decodeFrame(message: Uint8Array<ArrayBuffer>): FrameWithBody<unknown> {
  if (message.length < 4) throw new SyntaxError('frame too short');
  const headerLength = new DataView(message.buffer, message.byteOffset, message.byteLength).getUint32(0);
  if (4 + headerLength > message.length) throw new SyntaxError('frame header longer than the frame');
  return { frame: parseHeader(message.subarray(4, 4 + headerLength)), body: message.subarray(4 + headerLength) };
}

function parseHeader(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The cause is left out on purpose: a JSON error quotes the text it failed on, and that text may hold a cookie.
    throw new SyntaxError('frame header is not JSON');
  }
}
