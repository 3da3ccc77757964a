/** The one way out: connections that are kept, through the company's proxy where there is one, trusting whom it should. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { Agent, buildConnector } from 'undici';
import type { Secret } from '../../shared/redact.ts';
import { CompanionError } from '../base/error.ts';
import { Connections, watchConnector } from './connections.ts';
import { explainTlsFailure } from './network-trouble.ts';
import { isReachedDirectly } from './no-proxy.ts';
import { openTunnel } from './proxy-tunnel.ts';

export interface Timeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
}

export interface Network {
  /** `http://user:password@host:port`; `null` and `undefined`: none. */
  readonly proxy?: Secret | null | undefined;
  /** Hosts that are reached without it, as in `NO_PROXY`; loopback always is. */
  readonly noProxy: readonly string[];
  /** PEM certificates to trust besides those that Node trusts (`NODE_EXTRA_CA_CERTS` among them). */
  readonly caFile: string | undefined;
  /** Trust what this computer trusts, too. */
  readonly useSystemCa: boolean;
}

/**
 * Connections outlive a person's pauses: a new one costs a TLS handshake before the first token. No cap on streams.
 * What fails while connecting through a proxy, or because a certificate is not trusted, rejects as a `CompanionError`
 * that says what to set. `timeouts` may change: that counts for new connections, and after `renew` for everything that is sent.
 * Errors: `CONFIG_INVALID` for a `caFile` that cannot be used.
 */
export function createDispatcher(timeouts: Timeouts, network?: Network): Connections {
  const connect = watchConnector(createConnector(timeouts, network));
  const open = () =>
    new Agent({
      connect,
      headersTimeout: timeouts.firstByteMs,
      bodyTimeout: timeouts.idleMs,
      keepAliveTimeout: 60_000,
      keepAliveMaxTimeout: 600_000,
      maxHeaderSize: 64 * 1024,
      // One stream a connection: none waits for another's packets, and a lost one takes no other with it.
      allowH2: false,
    });
  return new Connections(open);
}

type Connector = buildConnector.connector;
type Target = buildConnector.Options;

function createConnector(timeouts: Pick<Timeouts, 'connectMs'>, network: Network | undefined): Connector {
  const secureContext = network && createTrust(network);
  const trust = secureContext === undefined ? {} : { secureContext };
  const connect = connectorWithin((timeout) => buildConnector({ timeout, allowH2: false, ...trust }), timeouts);
  const proxy = network?.proxy?.reveal();
  const direct: Connector = (target, callback) => connect()(target, honest(target, callback));
  if (network === undefined || proxy === undefined) return direct;
  const proxyUrl = new URL(proxy);
  return (target, callback) => {
    // Plain http is for servers of the own network, which no proxy on the way to the Internet is asked for.
    if (target.protocol !== 'https:' || isReachedDirectly(target, network.noProxy)) return direct(target, callback);
    return openTunnel({ proxy: proxyUrl, timeoutMs: timeouts.connectMs, ...trust }, target, (outcome) => {
      if (outcome instanceof Error) callback(outcome, null);
      else direct({ ...target, httpSocket: outcome }, callback);
    });
  };
}

/** The connector with the time-out of the moment; the same one, with the TLS sessions it remembers, until that changes. */
function connectorWithin(
  build: (timeoutMs: number) => Connector,
  timeouts: Pick<Timeouts, 'connectMs'>,
): () => Connector {
  let timeoutMs = timeouts.connectMs;
  let connector = build(timeoutMs);
  return () => {
    if (timeouts.connectMs !== timeoutMs) {
      timeoutMs = timeouts.connectMs;
      connector = build(timeoutMs);
    }
    return connector;
  };
}

/** An error of TLS in words that say what to do about it. */
function honest(target: Target, callback: buildConnector.Callback): buildConnector.Callback {
  return (...outcome) => {
    const [error] = outcome;
    if (error === null) callback(...outcome);
    else callback(explainTlsFailure(error, target.hostname) ?? error, null);
  };
}

/** Made once: to parse a few hundred certificates anew for each connection would take longer than its handshake. */
function createTrust({ caFile, useSystemCa }: Network): SecureContext | undefined {
  if (caFile === undefined && !useSystemCa) return undefined;
  const own = caFile === undefined ? [] : readCertificates(caFile);
  const system = useSystemCa ? getCACertificates('system') : [];
  return createSecureContext({ ca: [...new Set([...getCACertificates('default'), ...system, ...own])] });
}

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Checked one by one: OpenSSL passes over what it cannot read without a word. */
function readCertificates(path: string): readonly string[] {
  const certificates = readIfPossible(path).match(certificatePattern) ?? [];
  if (certificates.length === 0) {
    throw new CompanionError('CONFIG_INVALID', `network.ca_file: ${path} holds no certificate in PEM form.`, {
      remedy: 'It must have lines with -----BEGIN CERTIFICATE-----; `openssl x509 -inform der` converts others.',
    });
  }
  try {
    return certificates.map((certificate) => new X509Certificate(certificate).toString());
  } catch (cause) {
    throw new CompanionError('CONFIG_INVALID', `network.ca_file: ${path} holds a certificate that is damaged.`, {
      cause,
    });
  }
}

function readIfPossible(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new CompanionError('CONFIG_INVALID', `network.ca_file: ${path} could not be read (${reason}).`, { cause });
  }
}
