/** The raw transport on undici's handlers: no streams, no parsing, no copy. One socket read is one write to the client. */
import { errors } from 'undici';
import type { Dispatcher } from 'undici';
import { CompanionError } from '../base/error.ts';
import { Connections, wasKept } from './connections.ts';
import { decodeContent } from './content-decoding.ts';
import type { Timeouts } from './dispatcher.ts';
import { RawBody } from './raw-body.ts';
import type { RawReply, RawRequest, RawTransport } from './raw-transport.ts';
import { asTransportError } from './transport-error.ts';

export interface RawTransportOptions {
  /** `Connections` where dead connections are to be left behind; any other dispatcher is used as it is. */
  readonly dispatcher: Dispatcher;
  readonly timeouts: Pick<Timeouts, 'firstByteMs' | 'idleMs'>;
  /** For error messages, from the host: `Anthropic (api.anthropic.com)`. The host alone unless given. */
  readonly providerName?: (host: string) => string;
}

/** The first one, and one replay. */
const maxAttempts = 2;

export function createRawTransport(options: RawTransportOptions): RawTransport {
  return {
    send: (request, signal) =>
      new Promise((resolve, reject) => {
        new RawCall(options, request, signal, resolve, reject).start();
      }),
  };
}

/** One request and its answer, from the first attempt to the last byte. */
class RawCall implements Dispatcher.DispatchHandler {
  readonly #options: RawTransportOptions;
  readonly #request: RawRequest;
  readonly #signal: AbortSignal;
  readonly #resolve: (reply: RawReply) => void;
  readonly #reject: (error: CompanionError) => void;
  readonly #originLength: number;
  #attempts = 0;
  #usedDispatcher: Dispatcher | undefined;
  #controller: Dispatcher.DispatchController | null = null;
  #body: RawBody | undefined;
  #isOver = false;
  #interimSinceMs: number | undefined;

  constructor(
    options: RawTransportOptions,
    request: RawRequest,
    signal: AbortSignal,
    resolve: (reply: RawReply) => void,
    reject: (error: CompanionError) => void,
  ) {
    this.#options = options;
    this.#request = request;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    const path = request.url.indexOf('/', request.url.indexOf('://') + 3);
    this.#originLength = path < 0 ? request.url.length : path;
  }

  start(): void {
    if (this.#signal.aborted) return this.#fail(this.#signal.reason);
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#dispatch();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The client may have gone while the connection was made: nothing is sent then.
    if (this.#isOver) controller.abort(new Error('aborted'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return this.#noteInterim(controller);
    const headers = readHeaders(controller.rawHeaders);
    this.#body = new RawBody(controller, this.#forgetSignal);
    this.#resolve(this.#toReply(status, headers, this.#body));
  }

  /** Each interim answer would start undici's time-out anew, and some servers send nothing else. */
  #noteInterim(controller: Dispatcher.DispatchController): void {
    this.#interimSinceMs ??= performance.now();
    if (performance.now() - this.#interimSinceMs <= this.#options.timeouts.firstByteMs) return;
    queueMicrotask(() => controller.abort(new errors.HeadersTimeoutError()));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    this.#isOver = true;
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, cause: unknown): void {
    if (this.#isOver) return;
    if (this.#body !== undefined || !this.#mayReplay(cause)) return this.#fail(cause);
    const { dispatcher } = this.#options;
    if (dispatcher instanceof Connections && this.#usedDispatcher !== undefined) dispatcher.renew(this.#usedDispatcher);
    this.#dispatch();
  }

  #dispatch(): void {
    const { dispatcher, timeouts } = this.#options;
    const { url, method, headers, body } = this.#request;
    this.#attempts += 1;
    this.#controller = null;
    const options: Dispatcher.DispatchOptions = {
      origin: url.slice(0, this.#originLength),
      path: url.slice(this.#originLength) || '/',
      method,
      headers: headers as string[],
      // undici takes any async iterable; its types name only some.
      body: body as Buffer | null,
      headersTimeout: timeouts.firstByteMs,
      bodyTimeout: timeouts.idleMs,
    };
    dispatcher.dispatch(options, this);
    if (dispatcher instanceof Connections) this.#usedDispatcher = dispatcher.current;
  }

  /** A connection that was kept and is lost before a byte of the answer had most likely been closed by then. */
  #mayReplay(cause: unknown): boolean {
    const { body } = this.#request;
    const canBeSentAgain = body === null || Buffer.isBuffer(body);
    return canBeSentAgain && this.#attempts < maxAttempts && wasKept(cause);
  }

  readonly #onAbort = (): void => {
    const wasOver = this.#isOver;
    this.#isOver = true;
    const error = this.#toError(this.#signal.reason);
    if (this.#body === undefined) this.#reject(error);
    else this.#body.abort(error);
    if (!wasOver) this.#controller?.abort(new Error('aborted'));
  };

  /** When a consumer has had enough: the connection is closed, since the rest of the answer would come over it. */
  readonly #leave = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forgetSignal();
    this.#controller?.abort(new Error('left'));
  };

  /** Not from within undici's parser, which is about to go on with the next chunk. */
  #breakOff(body: RawBody): void {
    queueMicrotask(() => {
      this.#leave();
      body.abort(new CompanionError('UPSTREAM_UNREADABLE', 'The answer is longer than it may be.'));
    });
  }

  #fail(cause: unknown): void {
    this.#isOver = true;
    const error = this.#toError(cause);
    if (this.#body !== undefined) return this.#body.break(error);
    this.#forgetSignal();
    this.#reject(error);
  }

  readonly #forgetSignal = (): void => {
    this.#signal.removeEventListener('abort', this.#onAbort);
  };

  #toError(cause: unknown): CompanionError {
    const host = this.#request.url.slice(this.#request.url.indexOf('://') + 3, this.#originLength);
    const who = this.#options.providerName?.(host) ?? host;
    return asTransportError(cause, { who, hasBegun: this.#body !== undefined }, this.#signal);
  }

  #toReply(status: number, headers: readonly string[], body: RawBody): RawReply {
    const header = (name: string) => valueOf(headers, name);
    const chunks = () => this.#decoded(body, header('content-encoding'));
    return {
      status,
      headers,
      header,
      pour: (sink) => body.pour(sink),
      chunks,
      read: (maxBytes) => this.#readWhole(chunks(), maxBytes),
      discard: () => (body.isTaken ? this.#breakOff(body) : body.discard(this.#leave)),
    };
  }

  async *#decoded(body: RawBody, encoding: string | undefined): AsyncGenerator<Uint8Array> {
    try {
      yield* decodeContent(body.chunks(), encoding);
    } catch (cause) {
      throw this.#toError(cause);
    } finally {
      this.#leave();
    }
  }

  async #readWhole(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of chunks) {
      parts.push(chunk);
      length += chunk.length;
      if (length > maxBytes) {
        throw new CompanionError('UPSTREAM_UNREADABLE', `The answer is larger than ${maxBytes} bytes.`);
      }
    }
    return Buffer.concat(parts);
  }
}

/** As they came, in lower case; values as bytes, so that they can be written again as they were. */
function readHeaders(raw: Dispatcher.DispatchController['rawHeaders']): readonly string[] {
  if (Array.isArray(raw)) {
    return raw.map((part, index) => {
      const text = typeof part === 'string' ? part : part.toString('latin1');
      return index % 2 === 0 ? text.toLowerCase() : text;
    });
  }
  return Object.entries(raw ?? {}).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((each) => [name.toLowerCase(), each]),
  );
}

/** Of a header that came several times, the values joined. */
function valueOf(headers: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === name) value = value === undefined ? headers[at + 1] : `${value}, ${headers[at + 1]}`;
  }
  return value;
}
