/** A provider that writes bytes instead of answers: what no HTTP library would send. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface HostileProvider {
  readonly url: string;
  /** Every request as it came, head and body. */
  readonly requests: readonly string[];
}

/** `answer` is called once for each request, when all of it is there. Gone when the test ends. */
export async function openHostile(answer: (socket: Socket, request: string) => void): Promise<HostileProvider> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = '';
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk;
      for (let end = endOfRequest(received); end >= 0; end = endOfRequest(received)) {
        const request = received.slice(0, end);
        received = received.slice(end);
        requests.push(request);
        answer(socket, request);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Where the first request ends; -1 while it is not complete. Chunked ones end with their last chunk. */
function endOfRequest(received: string): number {
  const head = received.indexOf('\r\n\r\n') + 4;
  if (head < 4) return -1;
  if (/\r\ntransfer-encoding: chunked/i.test(received.slice(0, head))) {
    const last = received.indexOf('0\r\n\r\n', head);
    return last < 0 ? -1 : last + 5;
  }
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(received.slice(0, head))?.[1] ?? 0);
  return received.length < head + length ? -1 : head + length;
}

/** An answer with a length, and the connection kept. */
export function answerOf(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(body);
  const head = `HTTP/1.1 ${status} Whatever\r\n${lines.join('')}content-length: ${length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}
