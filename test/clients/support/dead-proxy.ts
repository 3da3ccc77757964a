/** A proxy that lets nothing through and remembers who was asked for: keeps a program of others off the network. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface DeadProxy {
  /** For a child's environment: everything but loopback is sent here. */
  readonly environment: Readonly<Record<string, string>>;
  /** What was asked for, as `host:port` or a URL. */
  readonly wanted: readonly string[];
  close(): Promise<void>;
}

export async function startDeadProxy(): Promise<DeadProxy> {
  const wanted: string[] = [];
  const server = createServer((request, response) => {
    wanted.push(request.url ?? '');
    response.writeHead(502).end();
  });
  server.on('connect', (request, socket) => {
    wanted.push(request.url ?? '');
    // Whoever is refused may be gone before he hears it.
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    environment: { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: '127.0.0.1,localhost' },
    wanted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
