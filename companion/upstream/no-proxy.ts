/** Whom a proxy is not asked for, by the conventions of `NO_PROXY`. */
import ipaddr from 'ipaddr.js';

interface Host {
  /** Without a port; an IPv6 address may stand in brackets. */
  readonly hostname: string;
  readonly port?: string | undefined;
  readonly protocol?: string;
}

/**
 * `entries` are host names (subdomains included, with a leading dot or without), `*.` and a name (subdomains only),
 * addresses, ranges (`10.0.0.0/8`), each with a port or without, or `*`. Loopback is always direct.
 */
export function isReachedDirectly(target: Host, entries: readonly string[]): boolean {
  const host = bare(target.hostname);
  const port = target.port || (target.protocol === 'http:' ? '80' : '443');
  return isLoopback(host) || entries.some((entry) => fits(entry, host, port));
}

function bare(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

function fits(entry: string, host: string, port: string): boolean {
  const [, name = '', wantedPort] = /^(\[.+\]|[^:]+|[^[\]]*:[^[\]]*:[^[\]]*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (name === '' || (wantedPort !== undefined && wantedPort !== port)) return false;
  if (name === '*') return true;
  if (ipaddr.isValid(host)) return isWithin(bare(name), host);
  if (name.startsWith('*.')) return host.endsWith(bare(name.slice(1)));
  const domain = bare(name.replace(/^\./, ''));
  return host === domain || host.endsWith(`.${domain}`);
}

function isWithin(range: string, address: string): boolean {
  const own = ipaddr.process(address);
  if (ipaddr.isValid(range)) return ipaddr.process(range).toNormalizedString() === own.toNormalizedString();
  if (!ipaddr.isValidCIDR(range)) return false;
  const [network, bits] = ipaddr.parseCIDR(range);
  return network.kind() === own.kind() && own.match(network, bits);
}
