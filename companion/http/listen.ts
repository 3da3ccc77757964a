/** Where the servers listen: the address for clients, the socket for commands, and what keeps them from it in words. */
import { chmodSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { ensurePrivateFolder, systemErrorCode } from '../base/atomic-file.ts';
import { CompanionError } from '../base/error.ts';

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

/** Others may reach us only when they need a key. Throws `BIND_REFUSED`. */
export function checkBinding(host: string, isKeyRequired: boolean): void {
  if (loopbackHosts.has(host) || isKeyRequired) return;
  throw new CompanionError(
    'BIND_REFUSED',
    `Without a client key, anybody who reaches ${host} could use your accounts.`,
  );
}

/** The address under which this computer reaches us. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === 'localhost') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** Resolves to the port. Errors: `PORT_IN_USE`, `CONFIG_INVALID`. */
export async function listenForClients(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === 'EADDRINUSE')
      throw new CompanionError('PORT_IN_USE', `Port ${port} on ${host} is in use by another program.`, { cause });
    if (code === 'EACCES')
      throw new CompanionError('PORT_IN_USE', `This user may not listen on port ${port}.`, { cause });
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new CompanionError('CONFIG_INVALID', `${host} is not an address of this computer.`, { cause });
    }
    throw cause;
  }
  return (app.server.address() as AddressInfo).port;
}

/** The instance lock is held, so a socket file that is there was left behind by a crash. */
export async function listenForCommands(control: FastifyInstance, path: string): Promise<void> {
  if (process.platform === 'win32') return void (await control.listen({ path }));
  await ensurePrivateFolder(dirname(path));
  rmSync(path, { force: true });
  await control.listen({ path });
  chmodSync(path, 0o600);
}
