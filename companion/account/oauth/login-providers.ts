/** The facts of the two providers that a login is made at, taken from the configuration. */
import type { RedirectLoginProviderId } from '../../../shared/credential.ts';
import type { Config } from '../../config/load.ts';
import type { LoginWay } from './login-desk-contract.ts';

/** Where a provider may send the person back to. The path is the same on every port. */
export interface RedirectFacts {
  readonly path: string;
  /** `any`: every port of this computer is accepted; else only these, the first one preferred. */
  readonly ports: 'any' | readonly number[];
  /** A page of the provider's own that shows the code for copying; `null` when it has none. */
  readonly manual: string | null;
}

export interface LoginProvider {
  readonly id: RedirectLoginProviderId;
  /** As a person knows it. */
  readonly name: string;
  readonly clientId: string;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly scopes: readonly string[];
  /** What its authorize page wants besides what OAuth names. */
  readonly extraParameters: (way: LoginWay) => Readonly<Record<string, string>>;
  readonly redirect: RedirectFacts;
  /** Origins that may name themselves as the issuer of an answer (RFC 9207). */
  readonly origins: ReadonlySet<string>;
  /** `null` where the tokens themselves tell whose they are. */
  readonly profileUrl: string | null;
  readonly usageUrl: string;
}

export type LoginProviders = Readonly<Record<RedirectLoginProviderId, LoginProvider>>;

export function createLoginProviders({ oauth, upstreams }: Pick<Config, 'oauth' | 'upstreams'>): LoginProviders {
  return { anthropic: anthropic(oauth.anthropic, upstreams), openai: openai(oauth.openai, upstreams) };
}

function anthropic(settings: Config['oauth']['anthropic'], upstreams: Config['upstreams']): LoginProvider {
  const authorizeUrl = settings.authorizeUrl ?? `${upstreams.claudeWeb}/oauth/authorize`;
  const tokenUrl = `${upstreams.anthropicAuth}${settings.tokenPath}`;
  return {
    id: 'anthropic',
    name: 'Anthropic',
    clientId: settings.clientId,
    authorizeUrl,
    tokenUrl,
    scopes: settings.scopes,
    // Asks for the page that shows the code.
    extraParameters: (way) => (way === 'manual' ? { code: 'true' } : {}),
    redirect: { path: '/callback', ports: 'any', manual: settings.manualRedirect },
    origins: originsOf(authorizeUrl, tokenUrl, settings.manualRedirect, upstreams.claudeWeb, upstreams.anthropic),
    profileUrl: `${upstreams.anthropic}/api/oauth/profile`,
    usageUrl: `${upstreams.anthropic}/api/oauth/usage`,
  };
}

function openai(settings: Config['oauth']['openai'], upstreams: Config['upstreams']): LoginProvider {
  const authorizeUrl = settings.authorizeUrl ?? `${upstreams.openaiAuth}/oauth/authorize`;
  const tokenUrl = `${upstreams.openaiAuth}/oauth/token`;
  return {
    id: 'openai',
    name: 'OpenAI',
    clientId: settings.clientId,
    authorizeUrl,
    tokenUrl,
    scopes: settings.scopes,
    extraParameters: () => ({
      id_token_add_organizations: 'true',
      codex_cli_simplified_flow: 'true',
      originator: 'ccproxy-companion',
    }),
    redirect: { path: '/auth/callback', ports: [1455, 1457], manual: null },
    origins: originsOf(authorizeUrl, tokenUrl),
    profileUrl: null,
    usageUrl: `${upstreams.chatgpt}/wham/usage`,
  };
}

function originsOf(...urls: readonly string[]): ReadonlySet<string> {
  return new Set(urls.map((url) => new URL(url).origin));
}

/** `http://localhost:1455/auth/callback`. The name, not the number: that is how the providers know it. */
export function loopbackRedirect({ path }: RedirectFacts, port: number): string {
  return `http://localhost:${port}${path}`;
}
