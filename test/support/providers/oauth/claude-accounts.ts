/** Where a Claude subscription is connected and the API that it opens, each knowing of the other. */
import { startAnthropicApi } from '../anthropic/api.ts';
import type { AnthropicApi, AnthropicApiOptions } from '../anthropic/api.ts';
import { startAnthropicAuth } from './anthropic-auth.ts';
import type { AnthropicAuth, AnthropicAuthOptions } from './anthropic-auth.ts';

export interface ClaudeAccountsOptions {
  readonly auth?: AnthropicAuthOptions;
  readonly api?: Omit<AnthropicApiOptions, 'authority'>;
}

export interface ClaudeAccounts {
  readonly auth: AnthropicAuth;
  readonly api: AnthropicApi;
  /** For a companion whose person has no browser but the test itself. */
  readonly environment: Readonly<Record<string, string>>;
  reset(): void;
  close(): Promise<void>;
}

/** The API takes API keys too, as without a login; its Bearer tokens are those of `auth`, while they live. */
export async function startClaudeAccounts(options: ClaudeAccountsOptions = {}): Promise<ClaudeAccounts> {
  const auth = await startAnthropicAuth(options.auth);
  const api = await startAnthropicApi({ ...options.api, authority: auth });
  return {
    auth,
    api,
    environment: {
      CCPROXY_UPSTREAM_ANTHROPIC: api.url,
      CCPROXY_UPSTREAM_ANTHROPIC_AUTH: auth.url,
      CCPROXY_OAUTH_ANTHROPIC_AUTHORIZE_URL: auth.authorizeUrl,
      CCPROXY_OAUTH_ANTHROPIC_MANUAL_REDIRECT: `${auth.url}/oauth/code/callback`,
    },
    reset: () => {
      auth.reset();
      api.reset();
    },
    close: async () => void (await Promise.all([auth.close(), api.close()])),
  };
}
