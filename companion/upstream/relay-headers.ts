/** Which headers travel between a client and a provider: all but those of a single connection, and those that are ours. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { LeasedCredential, OAuthToken } from '../../shared/credential.ts';

/** RFC 9110, 7.6.1: they speak of one connection. `connection` names more of them. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** Set anew for the provider, meant for the companion, or secret. */
const clientOnly: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'expect',
  'cookie',
  'authorization',
  'x-api-key',
  // Whose plan pays is the token's to say, never the client's.
  'chatgpt-account-id',
  'x-proxy-mode',
  // Programs that manage the companion too may send theirs with everything.
  'x-admin-key',
  'x-login-session',
]);

/** Speak for the provider's own origin, or change state in a browser. */
const providerOnly: ReadonlySet<string> = new Set([
  'set-cookie',
  'set-cookie2',
  'clear-site-data',
  'alt-svc',
  'strict-transport-security',
  'nel',
  'report-to',
]);

/**
 * The headers that authorise a call, as `[name, value, ...]`; empty for a keyless provider. A client's own credential goes
 * out in the header in which it came, as `clientHeaders` (raw) shows it. A login brings along what its provider wants
 * beside the token; that stands in the place of the client's headers of the same names.
 */
export function credentialHeader(
  provider: Pick<ApiProvider, 'wire'>,
  key: LeasedCredential,
  clientHeaders: readonly string[] = [],
): readonly string[] {
  if (key.kind === 'oauth-token') return tokenHeaders(provider, key, clientHeaders);
  const secret = key.secret?.reveal();
  if (secret === undefined) return [];
  const isApiKey = cameAs(clientHeaders, secret) ?? (provider.wire === 'anthropic' && !isAccessToken(secret));
  if (isApiKey) return ['x-api-key', secret];
  const bearer = ['authorization', `Bearer ${secret}`];
  const isOurs = key.origin !== 'client' && isAccessToken(secret);
  return isOurs && provider.wire === 'anthropic' ? [...bearer, ...oauthBeta(clientHeaders)] : bearer;
}

function tokenHeaders(
  { wire }: Pick<ApiProvider, 'wire'>,
  { secret, accountId }: OAuthToken,
  clientHeaders: readonly string[],
): readonly string[] {
  const bearer = ['authorization', `Bearer ${secret.reveal()}`];
  if (wire === 'anthropic') return [...bearer, ...oauthBeta(clientHeaders)];
  return accountId === null ? bearer : [...bearer, 'chatgpt-account-id', accountId];
}

const BETA_HEADER = 'anthropic-beta';
/** Without it the Messages API takes no token of a login. */
const OAUTH_BETA = 'oauth-2025-04-20';

/** What the client asks for, all of it, and the one more, in one line. */
function oauthBeta(clientHeaders: readonly string[]): readonly string[] {
  const lines = clientHeaders.filter((_, at) => at % 2 === 1 && clientHeaders[at - 1]?.toLowerCase() === BETA_HEADER);
  const asked = lines.flatMap((line) => line.split(',')).map((name) => name.trim());
  const names = new Set([...asked.filter((name) => name !== ''), OAUTH_BETA]);
  return [BETA_HEADER, [...names].join(',')];
}

/**
 * What a provider gets of a client's raw headers (`[name, value, ...]`), names in lower case, and `credential` (as above)
 * in the place of those of the same names. The client's `user-agent` goes along; one that has none is introduced as us.
 */
export function requestHeaders(
  rawHeaders: readonly string[],
  credential: readonly string[],
  userAgent: string,
): readonly string[] {
  const named = namedByConnection(rawHeaders);
  const headers: string[] = [];
  let hasUserAgent = false;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (isConnections(name, named) || clientOnly.has(name) || name.startsWith('x-companion-')) continue;
    if (isNamedIn(credential, name)) continue;
    hasUserAgent ||= name === 'user-agent';
    headers.push(name, rawHeaders[at + 1] as string);
  }
  if (!hasUserAgent) headers.push('user-agent', userAgent);
  headers.push(...credential);
  return headers;
}

/**
 * What a client gets of a provider's headers, and `extra` (`[name, value, ...]`, in lower case) in the place of those of the
 * same name. Length and encoding stay: the body is passed on as it is.
 */
export function replyHeaders(rawHeaders: readonly string[], extra: readonly string[] = []): string[] {
  const named = namedByConnection(rawHeaders);
  const headers: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const lowerCaseName = name.toLowerCase();
    if (isConnections(lowerCaseName, named) || isForOthers(lowerCaseName) || isNamedIn(extra, lowerCaseName)) continue;
    headers.push(name, rawHeaders[at + 1] as string);
  }
  headers.push(...extra);
  return headers;
}

function isNamedIn(headers: readonly string[], name: string): boolean {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return true;
  return false;
}

/** No web page may read our answers, whatever its provider thinks of it; and `x-companion-` is ours to say. */
function isForOthers(name: string): boolean {
  return providerOnly.has(name) || name.startsWith('access-control-') || name.startsWith('x-companion-');
}

function isConnections(name: string, named: ReadonlySet<string> | undefined): boolean {
  return hopByHop.has(name) || name.startsWith('proxy-') || named?.has(name) === true;
}

/** Almost always `keep-alive` or `close`, which are no headers to look for. */
function namedByConnection(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.length !== 10 || rawHeaders[at]?.toLowerCase() !== 'connection') continue;
    for (const token of (rawHeaders[at + 1] as string).toLowerCase().split(','))
      (named ??= new Set()).add(token.trim());
  }
  return named;
}

/** Whether `secret` came as an API key (`true`) or as a bearer token (`false`); `undefined` when in neither way. */
function cameAs(clientHeaders: readonly string[], secret: string): boolean | undefined {
  for (let at = 0; at + 1 < clientHeaders.length; at += 2) {
    const name = clientHeaders[at]?.toLowerCase();
    const value = clientHeaders[at + 1]?.trim();
    if (name === 'x-api-key' && value === secret) return true;
    if (name === 'authorization' && value?.replace(/^Bearer\s+/i, '') === secret) return false;
  }
  return undefined;
}

/** Anthropic's access tokens (OAuth) are refused as API keys. */
function isAccessToken(secret: string): boolean {
  return secret.startsWith('sk-ant-oat');
}
