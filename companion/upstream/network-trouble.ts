/** What keeps a connection from coming about, in words that help. Never a secret: proxies are named without passwords. */
import { CompanionError } from '../base/error.ts';

/** Nobody whom we trust has signed the certificate: behind a company's proxy, that is the company's own. */
const untrusted: ReadonlySet<string> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
]);

/** `undefined` for an error that is not about a certificate. `host` as in `api.openai.com`. */
export function explainTlsFailure(cause: Error, host: string): CompanionError | undefined {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === undefined) return undefined;
  const explain = (message: string, remedy: string) =>
    new CompanionError('UPSTREAM_UNREACHABLE', message, { remedy, cause });
  if (untrusted.has(code)) {
    return explain(
      `The certificate of ${host} is signed by nobody that is trusted here (${code}).`,
      'If your company looks into TLS: set `network.use_system_ca: true`, or `network.ca_file` to its certificate.',
    );
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return explain(`The certificate of ${host} is not valid today (${code}).`, 'Check the clock of this computer.');
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return explain(
      `${host} showed a certificate of another host (${code}).`,
      'Something on the way answers in its place: check the network, the proxy and the configured address.',
    );
  }
  return undefined;
}

/** `proxy.example.com:3128`. */
export function proxyLabel(proxy: URL): string {
  return proxy.port === '' ? proxy.hostname : proxy.host;
}

/** ` (ECONNREFUSED)`: the system's code tells a person much, and holds no secret. */
export function systemReason(cause: unknown): string {
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? ` (${code})` : '';
}
