/**
 * A connection through an HTTP proxy: `CONNECT`, then the bytes are the target's. Done here and not by undici's own
 * agent, which gives requests through a proxy other headers than direct ones, and few words for what went wrong.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { CompanionError } from '../base/error.ts';
import { explainTlsFailure, proxyLabel, systemReason } from './network-trouble.ts';

export interface TunnelOptions {
  /** May have a user and a password, which go to the proxy and nowhere else. */
  readonly proxy: URL;
  readonly timeoutMs: number;
  /** For a proxy that is itself reached over TLS. */
  readonly secureContext?: SecureContext;
}

export interface TunnelTarget {
  readonly hostname: string;
  readonly port?: string | undefined;
}

/**
 * Calls back once, with the connection or with what kept it from coming about: `CONNECT_TIMEOUT`, or
 * `UPSTREAM_UNREACHABLE` with what the proxy said and what to set.
 */
export function openTunnel(
  { proxy, timeoutMs, ...trust }: TunnelOptions,
  target: TunnelTarget,
  callback: (outcome: Socket | CompanionError) => void,
): void {
  const request = begin(proxy, authorityOf(target), trust.secureContext);
  const timer = setTimeout(() => request.destroy(tooSlow(proxy)), timeoutMs);
  const finish = (outcome: Socket | CompanionError) => {
    clearTimeout(timer);
    callback(outcome);
  };
  request.on('error', (cause) => finish(asProxyError(cause, proxy)));
  request.on('connect', (response: IncomingMessage, socket: Socket, head: Buffer) => {
    if (response.statusCode !== 200) {
      socket.destroy();
      return finish(refusal(response, proxy));
    }
    if (head.length > 0) socket.unshift(head);
    return finish(socket);
  });
  request.end();
}

function authorityOf({ hostname, port }: TunnelTarget): string {
  return `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port || '443'}`;
}

function begin(proxy: URL, authority: string, secureContext: SecureContext | undefined): ClientRequest {
  const isSecure = proxy.protocol === 'https:';
  // Not by `import`, which reads every export at once: one of them loads Node's own copy of undici, which nobody needs.
  const { request } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http');
  return request({
    method: 'CONNECT',
    host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: proxy.port || (isSecure ? 443 : 80),
    path: authority,
    headers: { host: authority, ...authorization(proxy) },
    agent: false,
    ...(secureContext === undefined ? {} : { secureContext }),
  });
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64');
  return { 'proxy-authorization': `Basic ${credentials}` };
}

/** A password with a bare percent sign in it was not encoded by whoever wrote it down. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function tooSlow(proxy: URL): CompanionError {
  return new CompanionError('CONNECT_TIMEOUT', `The proxy ${proxyLabel(proxy)} opened no connection in time.`, {
    remedy: 'Check that the proxy can be reached and lets the provider through, or raise `timeouts.connect`.',
  });
}

function asProxyError(cause: Error, proxy: URL): CompanionError {
  if (cause instanceof CompanionError) return cause;
  const trust = explainTlsFailure(cause, `the proxy ${proxyLabel(proxy)}`);
  if (trust !== undefined) return trust;
  const message = `The proxy ${proxyLabel(proxy)} cannot be reached${systemReason(cause)}.`;
  return new CompanionError('UPSTREAM_UNREACHABLE', message, { remedy: whereItIsSet, cause });
}

const whereItIsSet =
  'Check `network.proxy` (or HTTPS_PROXY), or list hosts that need no proxy in `network.no_proxy` (or NO_PROXY).';

function refusal({ statusCode = 0 }: IncomingMessage, proxy: URL): CompanionError {
  const who = `The proxy ${proxyLabel(proxy)}`;
  if (statusCode !== 407) {
    return new CompanionError('UPSTREAM_UNREACHABLE', `${who} refused to connect to the provider (${statusCode}).`, {
      remedy: `The proxy has to allow this host. ${whereItIsSet}`,
    });
  }
  const hadPassword = proxy.username !== '' || proxy.password !== '';
  const message = hadPassword ? `${who} did not accept its user and password (407).` : `${who} wants a password (407).`;
  return new CompanionError('UPSTREAM_UNREACHABLE', message, {
    remedy: 'Write it as `http://user:password@host:port` in `network.proxy` (or HTTPS_PROXY), special letters as %40.',
  });
}
