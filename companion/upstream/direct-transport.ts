/** The `http` form of `Transport`: this process calls the site itself, with the session's cookies from the vault. */
import { setTimeout as sleep } from 'node:timers/promises';
import { request as undiciRequest } from 'undici';
import type { Dispatcher } from 'undici';
import { decodeContent } from './content-decoding.ts';
import { asTransportError } from './transport-error.ts';
import type { Transport, TransportReply, TransportRequest } from './transport.ts';

export interface DirectTransportOptions {
  /** Origin of the site, without a path: `https://claude.ai`. */
  readonly baseUrl: string;
  readonly dispatcher: Dispatcher;
  /** Product name and version; sent as it is. We never borrow another program's. */
  readonly userAgent: string;
  /**
   * Value of the `cookie` header, asked anew for every request, because the session may have rotated; and where the
   * `set-cookie` lines of an answer go, awaited before the answer is handed on: a rotated session must not be lost.
   */
  readonly cookies: {
    header(): Promise<string>;
    rotate(lines: readonly string[], sentHeader: string): Promise<void>;
  };
}

const who = 'claude.ai';

/** How long the answer that rotated the session may lag behind one that was refused because of it. */
const rotationLagMs = 100;

export function createDirectTransport(options: DirectTransportOptions): Transport {
  return {
    kind: 'direct',
    async send(request, signal) {
      const first = await attempt(options, request, signal);
      const isRefused = first.reply.statusCode === 401 || first.reply.statusCode === 403;
      if (!isRefused || !(await hasRotatedSince(options, first.cookie))) return toReply(first.reply, signal);
      // It was sent with a session that another request's answer replaced: that says nothing about the one we hold now.
      await first.reply.body.dump();
      return toReply((await attempt(options, request, signal)).reply, signal);
    },
  };
}

interface Attempt {
  readonly reply: Dispatcher.ResponseData;
  /** The `cookie` header that it was sent with. */
  readonly cookie: string;
}

async function attempt(
  options: DirectTransportOptions,
  request: TransportRequest,
  signal: AbortSignal,
): Promise<Attempt> {
  const cookie = await options.cookies.header();
  const reply = await begin(options, request, cookie, signal);
  const setCookie = reply.headers['set-cookie'];
  if (setCookie !== undefined) await options.cookies.rotate([setCookie].flat(), cookie);
  return { reply, cookie };
}

async function hasRotatedSince({ cookies }: DirectTransportOptions, sent: string): Promise<boolean> {
  const isOther = () =>
    cookies.header().then(
      (now) => now !== sent,
      () => false,
    );
  if (await isOther()) return true;
  await sleep(rotationLagMs);
  return isOther();
}

function toReply(reply: Dispatcher.ResponseData, signal: AbortSignal): TransportReply {
  return { status: reply.statusCode, headers: flattenHeaders(reply.headers), body: readBody(reply, signal) };
}

async function begin(
  options: DirectTransportOptions,
  request: TransportRequest,
  cookie: string,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  try {
    return await undiciRequest(new URL(request.path, options.baseUrl), {
      method: request.method,
      headers: {
        ...request.headers,
        'user-agent': options.userAgent,
        'accept-encoding': 'identity',
        cookie,
      },
      body: request.body ?? null,
      dispatcher: options.dispatcher,
      signal,
    });
  } catch (cause) {
    throw asTransportError(cause, { who, hasBegun: false }, signal);
  }
}

/** Undoes a content-encoding that the site chose in spite of `identity`, and names what cut the body. */
async function* readBody(reply: Dispatcher.ResponseData, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const encoding = [reply.headers['content-encoding'] ?? []].flat().join(',');
  try {
    yield* decodeContent(reply.body, encoding);
  } catch (cause) {
    throw asTransportError(cause, { who, hasBegun: true }, signal);
  } finally {
    reply.body.destroy();
  }
}

function flattenHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === 'set-cookie') continue;
    flat[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return flat;
}
