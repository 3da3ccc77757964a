/** A small TCP proxy between two programs that delays, trickles, stalls, cuts and resets by command. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How bytes travel in one direction. */
export interface Lane {
  /** Before each piece. */
  readonly delayMs: number;
  /** At most so many bytes in a piece; `null`: as they come. */
  readonly pieceBytes: number | null;
  /** What happens after so many bytes of a connection; `null`: nothing. */
  readonly trouble: { readonly afterBytes: number; readonly kind: 'reset' | 'fin' | 'stall' } | null;
}

export interface FaultProxyOptions {
  /** Port on loopback that it stands in front of. */
  readonly targetPort: number;
  readonly port?: number;
}

/** What new connections meet. */
export type Welcome = 'serve' | 'refuse' | 'reset' | 'silence';

const clear: Lane = { delayMs: 0, pieceBytes: null, trouble: null };

export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new FaultProxy(options);
  await proxy.listen();
  return proxy;
}

export class FaultProxy {
  /** For connections to come; those that are open go on as they began. */
  welcome: Welcome = 'serve';
  readonly #targetPort: number;
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#greet(socket));
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Set<Socket>();
  #port: number;
  #accepted = 0;
  #toTarget = clear;
  #toClient = clear;

  constructor({ targetPort, port }: FaultProxyOptions) {
    this.#targetPort = targetPort;
    this.#port = port ?? 0;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Connections so far. */
  get accepted(): number {
    return this.#accepted;
  }

  get openConnections(): number {
    return this.#clients.size;
  }

  /** Slows down or breaks what the target answers, from the next byte on, on open connections too. */
  set toClient(part: Partial<Lane>) {
    this.#toClient = { ...clear, ...part };
  }

  /** The same for what clients send. */
  set toTarget(part: Partial<Lane>) {
    this.#toTarget = { ...clear, ...part };
  }

  /** Back to a wire. */
  heal(): void {
    this.welcome = 'serve';
    this.#toClient = clear;
    this.#toTarget = clear;
  }

  /** Breaks every open connection, on both sides. */
  cutAll(how: 'reset' | 'fin'): void {
    for (const socket of this.#sockets) breakOff(socket, how);
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', 1024, resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Stops listening, so that connecting is refused; `listen` takes the same port again. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #greet(client: Socket): void {
    this.#accepted += 1;
    this.#keep(client);
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    switch (this.welcome) {
      case 'refuse':
        client.destroy();
        return;
      case 'reset':
        client.resetAndDestroy();
        return;
      case 'silence':
        client.resume();
        return;
      case 'serve': {
        const target = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
        this.#keep(target);
        void carry(client, target, () => this.#toTarget);
        void carry(target, client, () => this.#toClient);
      }
    }
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
  }
}

/** Carries one direction to its end; an end that was not a polite one breaks the other side likewise. */
async function carry(from: Socket, to: Socket, lane: () => Lane): Promise<void> {
  let carried = 0;
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (let offset = 0; offset < chunk.length;) {
        const { delayMs, pieceBytes, trouble } = lane();
        if (delayMs > 0) await sleep(delayMs);
        const room = trouble === null ? Infinity : Math.max(0, trouble.afterBytes - carried);
        const piece = chunk.subarray(offset, offset + Math.min(pieceBytes ?? Infinity, room, chunk.length));
        offset += piece.length;
        carried += piece.length;
        if (piece.length > 0 && !to.write(piece)) await drained(to);
        else if (pieceBytes !== null) await new Promise((resolve) => setImmediate(resolve));
        if (trouble === null || carried < trouble.afterBytes) continue;
        return await makeTrouble(trouble.kind, from, to);
      }
    }
    to.end();
  } catch {
    to.resetAndDestroy();
  }
}

async function makeTrouble(kind: 'reset' | 'fin' | 'stall', from: Socket, to: Socket): Promise<void> {
  if (kind === 'stall') {
    // Both stay open, and nothing more is passed on.
    await new Promise((resolve) => to.once('close', resolve));
    from.destroy();
    return;
  }
  // Let what was written arrive first.
  await sleep(20);
  breakOff(to, kind);
  breakOff(from, kind);
}

function breakOff(socket: Socket, how: 'reset' | 'fin'): void {
  if (how === 'reset') socket.resetAndDestroy();
  else socket.destroySoon();
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
    if (socket.destroyed) done();
  });
}
