/**
 * The first thing that every request meets, upgrades included, before any routing: is it addressed to us, and by a
 * program rather than a web page? DNS rebinding and pages that call loopback end here.
 */
import type { IncomingMessage } from 'node:http';
import { CompanionError } from '../base/error.ts';

/** `host:port` values, lower case, under which the companion may be called. */
export function allowedHostsFor(port: number, configured: readonly string[]): ReadonlySet<string> {
  const names = ['127.0.0.1', 'localhost', '[::1]', ...configured.map((name) => name.toLowerCase())];
  const withPort = names.map((name) => (/:\d+$/.test(name) ? name : `${name}:${port}`));
  return new Set(port === 80 ? [...withPort, ...names] : withPort);
}

/** `HOST_REFUSED` unless there is exactly one `Host` line and it names us; the request target must be a plain path. */
export function checkHost(request: IncomingMessage, allowedHosts: ReadonlySet<string>): CompanionError | undefined {
  const host = onlyHost(request.rawHeaders);
  if (host === undefined || !allowedHosts.has(host.toLowerCase())) {
    return new CompanionError('HOST_REFUSED', 'The Host header does not name this companion.');
  }
  if (request.url?.startsWith('/') !== true) {
    return new CompanionError('INVALID_REQUEST', 'The request target must be a path.');
  }
  return undefined;
}

/** `undefined` unless there is exactly one. */
function onlyHost(rawHeaders: readonly string[]): string | undefined {
  let host: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (host !== undefined) return undefined;
    host = rawHeaders[at + 1] ?? '';
  }
  return host;
}

/** What the companion's own page for logins by code sends: docs/decisions/0017-login-pages.md. */
const pageCalls = /^\/v0\/oauth\/(?:copilot|kiro)\/(?:redeem|session|begin|attempts\/[0-9a-f-]{36}\/cancel)$/;

/**
 * `ORIGIN_REFUSED` for whatever a web page sent. Programs send neither header; a page always sends one of them. An Origin
 * that equals our own address is refused too, but for the few calls of the one page of ours that makes any.
 */
export function checkCaller(request: IncomingMessage): CompanionError | undefined {
  if (request.headers.origin !== undefined && !isOwnPageCall(request)) {
    return new CompanionError('ORIGIN_REFUSED', 'The request comes from a web page.');
  }
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'none' && site !== 'same-origin') {
    return new CompanionError('ORIGIN_REFUSED', 'The request was caused by another site.');
  }
  return undefined;
}

/**
 * Only behind `checkHost`: after a rebinding the Host is the name of the foreign page, which is refused there, so that an
 * Origin that equals a Host of ours was sent by a page of ours.
 */
function isOwnPageCall({ method, url = '', headers }: IncomingMessage): boolean {
  if (method !== 'POST' || !pageCalls.test(url)) return false;
  return headers.host !== undefined && headers.origin === `http://${headers.host.toLowerCase()}`;
}
