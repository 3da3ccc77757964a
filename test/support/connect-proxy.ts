/** A company's proxy: knows `CONNECT` and nothing else, asks for a password if it is told to, and sends every host to one place. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ConnectProxy {
  readonly port: number;
  /** `host:port` of each tunnel that was asked for, with the credentials that came along. */
  readonly asked: readonly { readonly authority: string; readonly authorization: string | undefined }[];
  /** Tunnels that are open now. */
  readonly open: ReadonlySet<Socket>;
}

export interface ProxyBehaviour {
  /** Port on 127.0.0.1 that stands for every host. */
  readonly targetPort: number;
  /** `user:password`. */
  readonly password?: string;
  /** Answers every `CONNECT` with this. */
  readonly status?: number;
  /** Never answers. */
  readonly isMute?: boolean;
}

export async function openConnectProxy(behaviour: ProxyBehaviour): Promise<ConnectProxy> {
  const asked: { authority: string; authorization: string | undefined }[] = [];
  const open = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(400).end());
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    const authorization = request.headers['proxy-authorization'];
    asked.push({ authority: request.url ?? '', authorization });
    open.add(client);
    client.on('close', () => open.delete(client)).on('error', () => undefined);
    if (behaviour.isMute === true) return void client.resume().on('end', () => client.end());
    const status = statusFor(behaviour, authorization);
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const upstream = connect(behaviour.targetPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, asked, open };
}

function statusFor({ password, status }: ProxyBehaviour, authorization: string | undefined): number {
  if (status !== undefined) return status;
  const expected = password && `Basic ${Buffer.from(password).toString('base64')}`;
  return expected === undefined || authorization === expected ? 200 : 407;
}
