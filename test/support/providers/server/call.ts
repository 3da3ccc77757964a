/** One request and its answer, with the ways to break it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { noFaults } from './fault.ts';
import type { Faults } from './fault.ts';
import { nowMs } from './record.ts';
import type { RecordedRequest } from './record.ts';

export type Headers = Readonly<Record<string, string>>;

export interface Arrival {
  readonly number: number;
  readonly connection: number;
  readonly turn: number;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

export class Call {
  readonly record: Mutable<RecordedRequest>;
  /** Headers of whatever the answer will be. */
  readonly headers: Record<string, string> = {};
  faults: Faults = noFaults;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** Made when somebody waits: most answers are sent at once. */
  #gone: AbortController | null = null;

  constructor(request: IncomingMessage, response: ServerResponse, arrival: Arrival) {
    this.#request = request;
    this.#response = response;
    this.record = new Recorded(request, arrival);
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    response.on('close', () => this.#leave());
  }

  /** Aborts when the client leaves before the end. */
  get clientGone(): AbortSignal {
    this.#gone ??= new AbortController();
    if (this.record.outcome === 'aborted') this.#gone.abort();
    return this.#gone.signal;
  }

  get isOpen(): boolean {
    return this.record.outcome === 'open';
  }

  /** Resolves to whether it came whole. */
  async readBody(): Promise<boolean> {
    const chunks: Buffer[] = [];
    await new Promise<void>((resolve) => {
      this.#request.on('data', (chunk: Buffer) => chunks.push(chunk));
      this.#request.on('end', resolve);
      this.#request.on('close', resolve);
    });
    this.record.body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    return this.#request.complete;
  }

  sendInterim(status: 100 | 103): void {
    if (status === 100) this.#response.writeContinue();
    else this.#response.writeEarlyHints({ link: '</early>; rel=preload; as=fetch' });
  }

  begin(status: number, headers: Headers, options: { readonly isLengthUnknown?: boolean } = {}): void {
    const response = this.#response;
    this.record.status = status;
    if (this.faults.delimiter === 'close') {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
    }
    response.writeHead(status, { ...this.headers, ...headers, ...this.#extraHeaders() });
    if (options.isLengthUnknown === true) response.flushHeaders();
  }

  /** Resolves when the client may take more, or is gone. */
  async write(bytes: Buffer | string): Promise<void> {
    if (!this.isOpen || bytes.length === 0) return;
    this.record.bytesSent += Buffer.byteLength(bytes);
    if (!this.#response.write(bytes)) await this.#drained();
  }

  finish(body: Buffer | string = ''): void {
    if (!this.isOpen) return;
    this.record.bytesSent += Buffer.byteLength(body);
    this.#close('answered');
    this.#response.end(body);
  }

  /** Breaks the connection: `reset` hard, `fin` politely but without the end of the body. */
  cut(how: 'reset' | 'fin'): void {
    if (!this.isOpen) return;
    this.#close('cut');
    const { socket } = this.#request;
    // Inside TLS there is no reset to send: what is left is to vanish.
    if (how === 'reset' && socket instanceof TLSSocket) socket.destroy();
    else if (how === 'reset') socket.resetAndDestroy();
    else socket.destroySoon();
  }

  /** Waits; resolves at once when the client leaves. */
  async pause(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: this.clientGone }).catch(() => undefined);
  }

  #extraHeaders(): Headers {
    const { headers, paddingHeaderBytes } = this.faults;
    return paddingHeaderBytes === 0 ? headers : { ...headers, 'x-padding': 'p'.repeat(paddingHeaderBytes) };
  }

  #leave(): void {
    if (!this.isOpen) return;
    this.#close('aborted');
    this.record.clientGoneAtMs = this.record.endedAtMs;
    this.#gone?.abort();
  }

  #close(outcome: 'answered' | 'aborted' | 'cut'): void {
    this.record.outcome = outcome;
    this.record.endedAtMs = nowMs();
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

class Recorded implements Mutable<RecordedRequest> {
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly pathname: string;
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly connection: number;
  readonly turn: number;
  readonly startedAtMs = nowMs();
  body: Buffer = Buffer.alloc(0);
  key: string | null = null;
  status: number | null = null;
  outcome: RecordedRequest['outcome'] = 'open';
  endedAtMs: number | null = null;
  clientGoneAtMs: number | null = null;
  bytesSent = 0;
  #json: { readonly value: unknown } | null = null;

  constructor(request: IncomingMessage, arrival: Arrival) {
    this.number = arrival.number;
    this.connection = arrival.connection;
    this.turn = arrival.turn;
    this.method = request.method ?? 'GET';
    this.path = request.url ?? '/';
    this.pathname = this.path.split('?', 1)[0] ?? '/';
    this.rawHeaders = request.rawHeaders;
    this.headers = request.headers as Record<string, string | undefined>;
  }

  get json(): unknown {
    this.#json ??= { value: parseJson(this.body) };
    return this.#json.value;
  }
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
