/**
 * A stand-in of the server where a Claude subscription is connected: the consent page of claude.ai, the page that shows a
 * code, and the token endpoint, each as strict as the real one or stricter.
 */
import { bob, mary, tess } from '../anthropic/account.ts';
import type { ClaudeAccount } from '../anthropic/account.ts';
import type { IssuedToken, TokenAuthority } from '../anthropic/tokens.ts';
import type { Call } from '../server/call.ts';
import { createId } from '../server/ids.ts';
import { AuthServer, startAuthServer } from './auth-server.ts';
import type { AuthOptions, ProviderFacts } from './auth-server.ts';
import { queryOf } from './authorize.ts';
import type { GrantReason } from './ledger.ts';
import { sendCodePage, sendErrorPage } from './page.ts';
import { TokenRefusal } from './token.ts';
import type { TokenRules } from './token.ts';

export const claudeClientId = '9d1c250a-e61b-44d9-88ed-5944d1962f5e';

export type AnthropicAuthOptions = AuthOptions<ClaudeAccount>;

export async function startAnthropicAuth(options: AnthropicAuthOptions = {}): Promise<AnthropicAuth> {
  return new AnthropicAuth(await startAuthServer(factsFor(options), options), options.scenario ?? {});
}

export class AnthropicAuth extends AuthServer<ClaudeAccount> implements TokenAuthority {
  look(accessToken: string): IssuedToken | undefined {
    const found = this.find(accessToken);
    if (found === undefined) return undefined;
    return { account: found.family.person, scopes: found.family.scopes, state: found.state };
  }
}

const manualPages = new Set(
  ['https://platform.claude.com', 'https://console.anthropic.com'].map((origin) => `${origin}/oauth/code/callback`),
);

function factsFor(options: AnthropicAuthOptions): ProviderFacts<ClaudeAccount> {
  return {
    people: [mary, bob, tess],
    rules: {
      provider: 'Claude',
      clients: new Map([[claudeClientId, 'Claude Code'], ...Object.entries(options.clients ?? {})]),
      mayReturnTo: (uri) => manualPages.has(uri) || isLoopback(uri),
      scopes: new Set([
        'org:create_api_key',
        'user:profile',
        'user:inference',
        'user:sessions:claude_code',
        'user:mcp_servers',
        'user:file_upload',
      ]),
      neededScopes: [],
    },
    tokenRules,
    tokenPath: '/v1/oauth/token',
    refreshPrefix: 'sk-ant-ort01-',
    refreshLifeMs: 28 * 86_400_000,
    moreRoutes: [{ method: 'GET', path: '/oauth/code/callback', serve: showCode }],
  };
}

/** Any port, but by name, and on this path only. Also the code page of this server itself, for tests without a browser. */
function isLoopback(uri: string): boolean {
  return (
    /^http:\/\/localhost:\d{1,5}\/callback$/.test(uri) || /^http:\/\/127\.0\.0\.1:\d+\/oauth\/code\/callback$/.test(uri)
  );
}

function showCode(call: Call): Promise<void> | void {
  const query = queryOf(call);
  const [code, state] = [query.get('code'), query.get('state')];
  if (code !== null && state !== null) return sendCodePage(call, code, state);
  return sendErrorPage(call, 400, query.get('error_description') ?? query.get('error') ?? 'Missing code parameter');
}

const grantTexts: Readonly<Record<GrantReason, string>> = {
  'code-unknown': "Invalid 'code' in request.",
  'code-used': "Invalid 'code' in request.",
  'code-expired': 'Authorization code expired',
  'client-mismatch': "Invalid 'client_id' in request.",
  'redirect-mismatch': "Invalid 'redirect_uri' in request.",
  'verifier-mismatch': "Invalid 'code_verifier' in request.",
  'state-mismatch': "Invalid 'state' in request.",
  'refresh-unknown': 'Refresh token not found or invalid',
  'refresh-used': 'Refresh token not found or invalid',
  'refresh-expired': 'Refresh token expired',
  'refresh-revoked': 'Refresh token not found or invalid',
};

const tokenRules: TokenRules<ClaudeAccount> = {
  exchangeForms: ['json', 'form'],
  refreshForms: ['json', 'form'],
  wantsState: true,
  turnsBrowsersAway: true,
  usualLifeSeconds: 28_800,
  // Both shapes are seen from the real one: what it cannot read in the API's envelope, a bad grant in OAuth's.
  invalidRequest: (message) => new TokenRefusal(400, envelope('invalid_request_error', message)),
  refuseGrant: (reason) => new TokenRefusal(400, { error: 'invalid_grant', error_description: grantTexts[reason] }),
  fail: (status) => {
    if (status === 429) return envelope('rate_limit_error', 'Rate limited. Please try again later.');
    return status < 500 ? envelope('not_found_error', 'Not found') : envelope('api_error', 'Internal server error');
  },
  mintAccess: () => createId('sk-ant-oat01-', 80),
  answer: (family, { accessToken, expiresInSeconds }) => ({
    token_type: 'Bearer',
    access_token: accessToken,
    expires_in: expiresInSeconds,
    refresh_token: family.refreshToken,
    scope: family.scopes.join(' '),
    organization: { uuid: family.person.organisation.uuid, name: family.person.organisation.name },
    account: { uuid: family.person.uuid, email_address: family.person.email },
  }),
};

function envelope(type: string, message: string): { readonly type: 'error'; readonly error: object } {
  return { type: 'error', error: { type, message } };
}
