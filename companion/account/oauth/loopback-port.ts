/** Ports of this computer that a provider's answer goes to: taken on both loopback addresses, or found to be free. */
import { randomInt } from 'node:crypto';
import { get } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { systemErrorCode } from '../../base/atomic-file.ts';

/** `localhost` is one or the other, and browsers try both. */
const addresses = ['127.0.0.1', '::1'] as const;

/** The computer has no such address. */
const isAbsent: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/**
 * Listens on `port` (0: any) of both addresses with servers that `create` makes. `undefined` when somebody else has the
 * port on either, or this user may not use it: a half would leave the answers of the other half to a stranger.
 */
export async function listenOnLoopback<Kind extends Server>(
  port: number,
  create: () => Kind,
): Promise<{ readonly port: number; readonly servers: readonly Kind[] } | undefined> {
  const servers: Kind[] = [];
  let bound = port;
  for (const host of addresses) {
    const server = create();
    const code = await listen(server, host, bound);
    if (code === undefined) {
      servers.push(server);
      bound = (server.address() as AddressInfo).port;
    } else if (!(isAbsent.has(code) && servers.length > 0)) {
      await closeAll(servers);
      return undefined;
    }
  }
  return { port: bound, servers };
}

/** `undefined` when it worked, else the system's code. */
async function listen(server: Server, host: string, port: number): Promise<string | undefined> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, ipv6Only: host === '::1', exclusive: true }, () => resolve());
    });
    server.removeAllListeners('error');
    server.on('error', () => undefined);
    return undefined;
  } catch (cause) {
    return systemErrorCode(cause) ?? 'unknown error';
  }
}

/** Each stops listening at once; resolves when the connections of all are gone. */
export async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
        }),
    ),
  );
}

async function isFree(port: number): Promise<boolean> {
  const taken = await listenOnLoopback(port, () => createServer());
  await closeAll(taken?.servers ?? []);
  return taken !== undefined;
}

const firstDynamicPort = 49_152;
const portCount = 65_536 - firstDynamicPort;
const tries = 20;

/** A port that nobody listens on and nobody could know before. */
export async function findFreePort(): Promise<number> {
  for (let at = 0; at < tries; at += 1) {
    const port = firstDynamicPort + randomInt(portCount);
    if (await isFree(port)) return port;
  }
  return firstDynamicPort + randomInt(portCount);
}

/** The first one that is free, else simply the first one. `ports` must not be empty. */
export async function preferFreePort(ports: readonly number[]): Promise<number> {
  for (const port of ports) if (await isFree(port)) return port;
  return ports[0] as number;
}

const cancelTimeoutMs = 1000;

/** Asks the listener of another login on `port` to make room, as the Codex CLI does. Whatever it answers is no matter. */
export async function askToCancel(port: number): Promise<void> {
  await Promise.all(addresses.map((host) => getCancel(host, port)));
}

function getCancel(host: string, port: number): Promise<void> {
  return new Promise((resolve) => {
    const options = { host, port, path: '/cancel', agent: false, headers: { connection: 'close' } };
    const request = get({ ...options, signal: AbortSignal.timeout(cancelTimeoutMs) }, (response) => {
      response.resume().on('error', () => undefined);
      resolve();
    });
    request.on('error', () => resolve());
  });
}
