/** A real server on loopback that records what reaches it, lets the faults have their way, and else serves an API. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Certificate } from '../../browser/certificate.ts';
import { Call } from './call.ts';
import type { Headers } from './call.ts';
import { FaultBook, noFaults } from './fault.ts';
import type { CannedAnswer, FaultPlan } from './fault.ts';
import type { Abortion, RecordedRequest } from './record.ts';
import { sendBody } from './send.ts';

/** What the API adds to the server. */
export interface Api {
  /** Headers that every answer has. */
  readonly commonHeaders: (call: Call) => Headers;
  /** Who asks, found out before anything is refused; `null` for strangers. */
  readonly nameKey: (request: RecordedRequest) => string | null;
  /** The error in the API's own shape. */
  readonly errorEnvelope: (answer: CannedAnswer, call: Call) => unknown;
  readonly serve: (call: Call) => Promise<void> | void;
}

export interface ServerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** How long an idle connection is kept; 60 seconds without it. */
  readonly keepAliveMs?: number;
  /** With it there is a second door over TLS, for browsers that reach it by a resolver rule. */
  readonly certificate?: Certificate;
}

export interface RunningServer {
  /** Origin without a slash. */
  readonly url: string;
  readonly port: number;
  /** Port of the TLS door; `null` without a certificate. */
  readonly httpsPort: number | null;
  readonly requests: RecordedRequest[];
  readonly abortions: Abortion[];
  /** What went wrong inside the stand-in itself; a good test ends with none. */
  readonly failures: readonly string[];
  /** Connections that are open now. */
  readonly openConnections: number;
  setFaults(plan: FaultPlan): void;
  /** Forgets what was recorded. */
  forget(): void;
  close(): Promise<void>;
}

export async function startServer(api: Api, options: ServerOptions): Promise<RunningServer> {
  const desk = new Desk(api);
  const handle = (request: IncomingMessage, response: ServerResponse) => void desk.handle(request, response);
  const habits = {
    keepAliveTimeout: options.keepAliveMs ?? 60_000,
    maxHeaderSize: 256 * 1024,
    noDelay: true,
    requestTimeout: 0,
  };
  const server = createServer(habits, handle);
  server.on('connection', (socket) => desk.greet(socket));
  const doors = [await openDoor(server, options.port ?? 0)];
  if (options.certificate !== undefined) {
    const { key, certificate: cert } = options.certificate;
    const secure = createSecureServer({ ...habits, key, cert }, handle);
    secure.on('secureConnection', (socket: Socket) => desk.greet(socket));
    secure.on('tlsClientError', () => undefined);
    doors.push(await openDoor(secure, 0));
  }
  const port = doors[0]?.port ?? 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    httpsPort: doors[1]?.port ?? null,
    requests: desk.requests,
    abortions: desk.abortions,
    failures: desk.failures,
    get openConnections() {
      return desk.sockets.size;
    },
    setFaults: (plan) => {
      desk.faults.plan = plan;
    },
    forget: () => desk.forget(),
    close: async () => void (await Promise.all(doors.map((door) => door.close()))),
  };
}

interface Connection {
  readonly number: number;
  turns: number;
}

class Desk {
  readonly requests: RecordedRequest[] = [];
  readonly abortions: Abortion[] = [];
  readonly failures: string[] = [];
  readonly faults = new FaultBook();
  readonly sockets = new Map<Socket, Connection>();
  readonly #api: Api;
  #connections = 0;
  #arrivals = 0;

  constructor(api: Api) {
    this.#api = api;
  }

  greet(socket: Socket): void {
    this.#connections += 1;
    this.sockets.set(socket, { number: this.#connections, turns: 0 });
    socket.once('close', () => this.sockets.delete(socket));
  }

  forget(): void {
    this.requests.length = 0;
    this.abortions.length = 0;
    this.failures.length = 0;
    this.#arrivals = 0;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = new Call(request, response, this.#count(request.socket));
    response.once('close', () => this.#noteAbortion(call));
    try {
      if (!(await call.readBody())) return;
      call.record.key = this.#api.nameKey(call.record);
      this.requests.push(call.record);
      call.faults = this.faults.take(call.record);
      Object.assign(call.headers, this.#api.commonHeaders(call));
      if (call.faults === noFaults || (await this.#passFaults(call))) await this.#api.serve(call);
    } catch (thrown) {
      this.failures.push(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
      response.destroy();
    }
  }

  #count(socket: Socket): { readonly number: number; readonly connection: number; readonly turn: number } {
    const connection = this.sockets.get(socket);
    if (connection !== undefined) connection.turns += 1;
    this.#arrivals += 1;
    return { number: this.#arrivals, connection: connection?.number ?? 0, turn: connection?.turns ?? 1 };
  }

  #noteAbortion({ record }: Call): void {
    if (record.clientGoneAtMs === null) return;
    this.abortions.push({ request: record, atMs: record.clientGoneAtMs, bytesSent: record.bytesSent });
  }

  /** Resolves to whether the request is still to be served. */
  async #passFaults(call: Call): Promise<boolean> {
    const { faults } = call;
    if (faults.onReuse !== 'answer' && call.record.turn > 1) {
      call.cut(faults.onReuse);
      return false;
    }
    for (const status of faults.interim) call.sendInterim(status);
    if (faults.delayBeforeHeadersMs > 0) await call.pause(faults.delayBeforeHeadersMs);
    if (faults.beforeHeaders === 'stall') await call.pause(2 ** 31 - 1);
    else if (faults.beforeHeaders !== 'answer') call.cut(faults.beforeHeaders);
    if (!call.isOpen) return false;
    if (faults.canned === null) return true;
    await this.#sendCanned(call, faults.canned);
    return false;
  }

  async #sendCanned(call: Call, answer: CannedAnswer): Promise<void> {
    const { type, body } = cannedBody(answer, () => JSON.stringify(this.#api.errorEnvelope(answer, call)));
    await sendBody(call, answer.status, body, { 'content-type': type, ...answer.headers });
  }
}

function cannedBody(
  answer: CannedAnswer,
  envelope: () => string,
): { readonly type: string; readonly body: string | Buffer } {
  const type = 'application/json';
  if (answer.body !== undefined) return { type, body: answer.body };
  switch (answer.form ?? 'envelope') {
    case 'envelope':
      return { type, body: envelope() };
    case 'broken-json':
      return { type, body: envelope().slice(0, -3) };
    case 'empty':
      return { type, body: '' };
    case 'html':
      return {
        type: 'text/html; charset=UTF-8',
        body: `<html><head><title>${answer.status}</title></head><body><center><h1>${answer.status}</h1></center></body></html>`,
      };
  }
}

interface Door {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on loopback, and can close with connections still open. */
async function openDoor(server: Server, port: number): Promise<Door> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', 4096, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
