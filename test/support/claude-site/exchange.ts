/** One request and its answer, the same over HTTP/1.1 and HTTP/2, with the ways to break it that a test needs. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { constants as http2 } from 'node:http2';
import { parseCookies } from './cookies.ts';
import type { RouteName } from './scenario.ts';
import type { Channel, RecordedRequest } from './state.ts';

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;
export type Headers = Readonly<Record<string, string | readonly string[]>>;

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const MAX_BODY_BYTES = 48 * 1024 * 1024;

export class Exchange {
  readonly record: Mutable<RecordedRequest>;
  /** Whom the client meant, without a port. */
  readonly host: string;
  /** Aborts when the client leaves before the end. */
  readonly clientGone: AbortSignal;
  /** Set-Cookie lines that the answer is to carry, whatever it will be. */
  readonly cookiesToSet: string[] = [];
  readonly #request: AnyRequest;
  readonly #response: AnyResponse;

  private constructor(channel: Channel, request: AnyRequest, response: AnyResponse, body: Buffer) {
    this.#request = request;
    this.#response = response;
    this.record = describe(channel, request, body);
    const authority = request.headers[':authority'] ?? request.headers.host ?? '';
    this.host = String(authority).replace(/:\d+$/, '');
    this.clientGone = this.#watchClient();
  }

  static async read(channel: Channel, request: AnyRequest, response: AnyResponse): Promise<Exchange> {
    return new Exchange(channel, request, response, await readBody(request));
  }

  get json(): unknown {
    return this.record.json;
  }

  setRoute(route: RouteName): void {
    this.record.route = route;
  }

  reply(status: number, headers: Headers, body: string | Buffer = ''): void {
    this.begin(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
    this.record.bytesSent += Buffer.byteLength(body);
    this.finish(body);
  }

  replyJson(status: number, value: unknown, headers: Headers = {}): void {
    this.reply(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
  }

  replyNothing(status: number): void {
    this.begin(status, {});
    this.finish('');
  }

  sendEarlyHints(): void {
    this.#response.writeEarlyHints({ link: '</robots.txt>; rel=preload; as=fetch' });
  }

  begin(status: number, headers: Headers): void {
    this.record.status = status;
    const cookies = this.cookiesToSet.length === 0 ? {} : { 'set-cookie': this.cookiesToSet };
    const all = { ...headers, ...cookies, server: 'cloudflare', 'cf-cache-status': 'DYNAMIC' };
    for (const [name, value] of Object.entries(all)) this.#response.setHeader(name, value as string | string[]);
    this.#response.statusCode = status;
    (this.#response as ServerResponse).flushHeaders();
  }

  /** Resolves when the client may take more, or is gone. */
  async write(bytes: Buffer): Promise<void> {
    if (this.clientGone.aborted) return;
    this.record.bytesSent += bytes.length;
    const mayGoOn = (this.#response as ServerResponse).write(bytes);
    if (!mayGoOn) await this.#drained();
  }

  finish(body: string | Buffer = ''): void {
    if (this.record.outcome !== 'open') return;
    this.#close('answered');
    (this.#response as ServerResponse).end(body);
  }

  /** Breaks the connection: `reset` hard, `fin` politely but without the end of the body. */
  cut(how: 'reset' | 'fin'): void {
    if (this.record.outcome !== 'open') return;
    this.#close('cut');
    if ('stream' in this.#response) {
      if (how === 'reset') this.#response.stream.close(http2.NGHTTP2_INTERNAL_ERROR);
      else this.#response.stream.session?.destroy();
      return;
    }
    const socket = (this.#request as IncomingMessage).socket;
    if (how === 'reset') socket.resetAndDestroy();
    else socket.end();
  }

  #watchClient(): AbortSignal {
    const gone = new AbortController();
    this.#response.on('error', () => undefined);
    this.#response.on('close', () => {
      if (this.record.outcome === 'open') this.#close('aborted');
      if (this.record.outcome === 'aborted') gone.abort();
    });
    return gone.signal;
  }

  #close(outcome: 'answered' | 'aborted' | 'cut'): void {
    this.record.outcome = outcome;
    this.record.endedAtMs = Date.now();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#response.off('drain', done);
        this.#response.off('close', done);
        resolve();
      };
      this.#response.on('drain', done);
      this.#response.on('close', done);
    });
  }
}

async function readBody(request: AnyRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError('request body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function describe(channel: Channel, request: AnyRequest, body: Buffer): Mutable<RecordedRequest> {
  const url = new URL(request.url ?? '/', 'https://claude.ai');
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      name.startsWith(':') || value === undefined ? [] : [[name, [value].flat().join(name === 'cookie' ? '; ' : ', ')]],
    ),
  );
  return {
    channel,
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.search,
    route: null,
    headers,
    cookies: parseCookies(headers['cookie']),
    body,
    json: parseJson(body),
    startedAtMs: Date.now(),
    status: null,
    outcome: 'open',
    endedAtMs: null,
    bytesSent: 0,
  };
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
