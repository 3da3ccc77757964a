/** A server that is nothing but sockets, for whatever a provider would never send on purpose. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SocketServer {
  readonly url: string;
  /** Every connection so far, in order. */
  readonly sockets: readonly Socket[];
}

/** `serve` is called for each connection; `count` is its number, from 1. Gone when the test is over. */
export async function openSocketServer(serve: (socket: Socket, count: number) => void): Promise<SocketServer> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.setNoDelay(true).on('error', () => undefined);
    serve(socket, sockets.length);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

/** Calls `answer` for each request on the socket, by its head; bodies are read by `content-length` and dropped. */
export function onRequest(socket: Socket, answer: (head: string, count: number) => void): void {
  let received = Buffer.alloc(0);
  let count = 0;
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = received.toString('latin1', 0, end);
      const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      received = received.subarray(end + 4 + length);
      count += 1;
      answer(head, count);
    }
  });
}
