/** Which logins this browser opens, and what a redirect says. Pure but for the digest. */
import type { RedirectLoginProviderId } from '../shared/credential.ts';
import { toBase64Url, utf8 } from '../shared/link/bytes.ts';
import type { CompanionFrame } from '../shared/link/frame.ts';

export type OAuthStart = Extract<CompanionFrame, { t: 'oauth.start' }>;

/** The pages where each provider asks its person. A companion that went wrong can still open nothing else. */
const authorizeOrigins: Readonly<Record<RedirectLoginProviderId, readonly string[]>> = {
  anthropic: [
    'https://claude.ai',
    'https://claude.com',
    'https://platform.claude.com',
    'https://console.anthropic.com',
  ],
  openai: ['https://auth.openai.com'],
};

const loopbackNames = ['localhost', '127.0.0.1'] as const;
const loopbackPaths = ['/callback', '/auth/callback'] as const;

/** Anthropic's own pages that show the code to be copied; OpenAI has none. */
const callbackPages: Readonly<Record<RedirectLoginProviderId, readonly string[]>> = {
  anthropic: ['https://platform.claude.com/oauth/code/callback', 'https://console.anthropic.com/oauth/code/callback'],
  openai: [],
};

/** Where a redirect may lead, as filters of `webNavigation`: the worker is woken for these addresses and no others. */
export const redirectFilters: readonly { readonly hostEquals: string; readonly pathEquals: string }[] = [
  ...loopbackNames.flatMap((hostEquals) => loopbackPaths.map((pathEquals) => ({ hostEquals, pathEquals }))),
  ...Object.values(callbackPages)
    .flat()
    .map((page) => ({ hostEquals: new URL(page).hostname, pathEquals: new URL(page).pathname })),
];

/** `true` when what the companion offers is a login that this browser knows, and fits together. */
export async function mayOpenLogin({ provider, authorizeUrl, redirectUri, stateHash }: OAuthStart): Promise<boolean> {
  const page = parse(authorizeUrl);
  if (page === undefined || !isAuthorizePage(page, provider) || !isRedirectUri(redirectUri, provider)) return false;
  const redirectUris = valuesOf(page.searchParams, 'redirect_uri');
  const states = valuesOf(page.searchParams, 'state');
  if (redirectUris.length !== 1 || redirectUris[0] !== redirectUri || states.length !== 1) return false;
  return (await hashState(states[0] ?? '')) === stateHash;
}

/** A provider's stand-in on this computer serves plain http; no page of the network does. */
function isAuthorizePage(page: URL, provider: RedirectLoginProviderId): boolean {
  if (page.username !== '' || page.password !== '') return false;
  return isLoopback(page) || authorizeOrigins[provider].includes(page.origin);
}

function isRedirectUri(redirectUri: string, provider: RedirectLoginProviderId): boolean {
  if (callbackPages[provider].includes(redirectUri)) return true;
  const url = parse(redirectUri);
  if (url === undefined || !isLoopback(url) || url.username !== '' || url.password !== '') return false;
  return includes(loopbackPaths, url.pathname) && url.search === '' && url.hash === '';
}

function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && includes(loopbackNames, hostname);
}

/** What a provider answered, in the words of the link. */
export interface OAuthAnswer {
  readonly state: string;
  readonly code?: string;
  readonly error?: string;
  readonly errorDescription?: string;
  /** RFC 9207: who claims to have answered. */
  readonly iss?: string;
}

export interface Redirect {
  /** Origin and path: what must equal the login's own redirect address. */
  readonly uri: string;
  /** `null`: it has no state, says neither code nor error, says something twice, or is longer than any real one. */
  readonly answer: OAuthAnswer | null;
}

/** `undefined` for an address that is nobody's redirect. */
export function readRedirect(address: string): Redirect | undefined {
  const url = parse(address);
  if (url === undefined) return undefined;
  const uri = `${url.origin}${url.pathname}`;
  const isKnown = isRedirectUri(uri, 'anthropic') || isRedirectUri(uri, 'openai');
  return isKnown ? { uri, answer: readAnswer(url.searchParams) } : undefined;
}

/** Longest values that the link carries. */
const limits = { state: 500, code: 4000, error: 300, error_description: 2000, iss: 500 } as const;

function readAnswer(parameters: URLSearchParams): OAuthAnswer | null {
  const isTwice = Object.keys(limits).some((name) => valuesOf(parameters, name).length > 1);
  if (isTwice) return null;
  const [state, code, error, iss] = (['state', 'code', 'error', 'iss'] as const).map((name) => read(parameters, name));
  // A refusal with too much to say is still a refusal.
  const description = parameters.get('error_description')?.slice(0, limits.error_description);
  if (state === undefined || (code === undefined) === (error === undefined)) return null;
  return {
    state,
    ...(code === undefined ? {} : { code }),
    ...(error === undefined ? {} : { error }),
    ...(description === undefined || description === '' ? {} : { errorDescription: description }),
    ...(iss === undefined ? {} : { iss }),
  };
}

function valuesOf(parameters: URLSearchParams, name: string): readonly string[] {
  return [...parameters].filter(([key]) => key === name).map(([, value]) => value);
}

function read(parameters: URLSearchParams, name: keyof typeof limits): string | undefined {
  const value = parameters.get(name) ?? '';
  return value === '' || value.length > limits[name] ? undefined : value;
}

/** SHA-256 of the state, base64url: what the companion tells of it. */
export async function hashState(state: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(state))));
}

/** `redirectUri` as a browser writes it: without the port that its scheme has anyway. */
export function sameAddress(redirectUri: string, uri: string): boolean {
  const url = parse(redirectUri);
  return url !== undefined && `${url.origin}${url.pathname}` === uri;
}

function parse(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}

function includes(list: readonly string[], value: string): boolean {
  return list.includes(value);
}
