/**
 * A stand-in of auth.openai.com as Codex knows it: the consent page, the token endpoint with its rotating refresh tokens
 * and signed id tokens, and the revocation.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Call } from '../server/call.ts';
import type { Route } from '../server/routes.ts';
import { sendJson } from '../server/send.ts';
import { AuthServer, startAuthServer } from './auth-server.ts';
import type { AuthOptions, ProviderFacts, Started } from './auth-server.ts';
import type { Denial } from './authorize.ts';
import { JwtSigner } from './jwt.ts';
import type { AuthorizeRequest, Family, GrantReason } from './ledger.ts';
import { bob, mary } from './openai-account.ts';
import type { ChatGptAccount } from './openai-account.ts';
import type { AuthScenario } from './scenario.ts';
import type { AuthState } from './state.ts';
import { readBody, TokenRefusal } from './token.ts';
import type { JsonObject, Minted, TokenRules } from './token.ts';

export const codexClientId = 'app_EMoamEEZ73f0CkXaXp7hrann';

export interface OpenAiAuthOptions extends AuthOptions<ChatGptAccount> {
  /** Of `http://localhost:<port>/auth/callback`; the two that are registered without it. */
  readonly redirectPorts?: readonly number[];
  /** Where the code of a refusal stands: `{"error":{"code"}}`, `{"error"}` or `{"code"}`. */
  readonly errorForm?: 'object' | 'string' | 'code';
}

export async function startOpenAiAuth(options: OpenAiAuthOptions = {}): Promise<OpenAiAuth> {
  const signer = await JwtSigner.create();
  const started = await startAuthServer(factsFor(options, signer), options);
  return new OpenAiAuth(started, options.scenario ?? {}, signer);
}

export class OpenAiAuth extends AuthServer<ChatGptAccount> {
  readonly keyId: string;
  /** For a companion whose person has no browser but the test itself. */
  readonly environment: Readonly<Record<string, string>>;

  constructor(started: Started<ChatGptAccount>, scenario: Partial<AuthScenario>, signer: JwtSigner) {
    super(started, scenario);
    this.keyId = signer.keyId;
    this.environment = { CCPROXY_UPSTREAM_OPENAI_AUTH: this.url };
  }

  /** The program's own `auth.json` of a person who is signed in, as Codex would have written it. */
  signInToCodex(email: string = this.visitor): CodexAuthFile {
    const { id_token, access_token, refresh_token } = this.signIn({ email }) as unknown as CodexAuthFile['tokens'];
    return {
      OPENAI_API_KEY: null,
      tokens: { id_token, access_token, refresh_token, account_id: this.person(email).accountId },
      last_refresh: new Date().toISOString(),
    };
  }
}

export interface CodexAuthFile {
  readonly OPENAI_API_KEY: null;
  readonly tokens: {
    readonly id_token: string;
    readonly access_token: string;
    readonly refresh_token: string;
    readonly account_id: string;
  };
  readonly last_refresh: string;
}

const issuer = 'https://auth.openai.com';
const accountClaims = 'https://api.openai.com/auth';
const profileClaims = 'https://api.openai.com/profile';
const idTokenLifeSeconds = 3600;

function factsFor(options: OpenAiAuthOptions, signer: JwtSigner): ProviderFacts<ChatGptAccount> {
  const ports = options.redirectPorts ?? [1455, 1457];
  const redirects = new Set(ports.map((port) => `http://localhost:${port}/auth/callback`));
  return {
    people: [mary, bob],
    rules: {
      provider: 'OpenAI',
      clients: new Map([[codexClientId, 'Codex'], ...Object.entries(options.clients ?? {})]),
      mayReturnTo: (uri) => redirects.has(uri),
      scopes: new Set(['openid', 'profile', 'email', 'offline_access', 'api.connectors.read', 'api.connectors.invoke']),
      neededScopes: ['openid'],
      refuses: refuseWorkspace,
    },
    tokenRules: tokenRulesFor(options, signer),
    tokenPath: '/oauth/token',
    refreshPrefix: 'rt_',
    refreshLifeMs: 90 * 86_400_000,
    moreRoutes: moreRoutes(signer),
  };
}

/** The program may insist on a workspace that the person is no member of. */
function refuseWorkspace({ query }: AuthorizeRequest, { accountId }: ChatGptAccount): Denial | null {
  const allowed = query.get('allowed_workspace_id');
  if (allowed === null || allowed.split(',').includes(accountId)) return null;
  return { error: 'access_denied', description: 'The workspace of this account is not allowed.' };
}

function moreRoutes(signer: JwtSigner): readonly Route<AuthState<ChatGptAccount>>[] {
  return [
    { method: 'POST', path: '/oauth/revoke', serve: revoke },
    {
      method: 'GET',
      path: '/.well-known/jwks.json',
      serve: (call) => sendJson(call, 200, { keys: [signer.publicKey] }),
    },
  ];
}

/** RFC 7009: an unknown token is none any more, and that is what was wished for. @throws TokenRefusal */
function revoke(call: Call, state: AuthState<ChatGptAccount>): Promise<void> | void {
  const { body } = readBody(call);
  const { token } = body;
  if (typeof token !== 'string') throw state.tokenRules.invalidRequest('Missing or invalid parameter: token');
  state.calls.revoke += 1;
  state.ledger.revokeToken(token);
  return sendJson(call, 200, {});
}

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const signInAgain = 'Please try signing in again.';

function refusedGrant(reason: GrantReason): Refused {
  switch (reason) {
    case 'refresh-used':
      return {
        status: 401,
        code: 'refresh_token_reused',
        message: `Your refresh token has already been used to generate a new access token. ${signInAgain}`,
      };
    case 'refresh-expired':
      return { status: 401, code: 'refresh_token_expired', message: `Your refresh token has expired. ${signInAgain}` };
    case 'refresh-revoked':
      return {
        status: 401,
        code: 'refresh_token_invalidated',
        message: `Your refresh token has been invalidated. ${signInAgain}`,
      };
    case 'refresh-unknown':
      return { status: 401, code: 'invalid_grant', message: `Could not validate your refresh token. ${signInAgain}` };
    case 'client-mismatch':
      return { status: 401, code: 'invalid_client', message: 'The grant was issued to another client.' };
    case 'verifier-mismatch':
      return { status: 400, code: 'invalid_grant', message: 'PKCE verification failed: invalid code_verifier.' };
    case 'code-unknown':
    case 'code-used':
    case 'code-expired':
    case 'redirect-mismatch':
    case 'state-mismatch':
      return { status: 400, code: 'invalid_grant', message: 'The authorization code is invalid or has expired.' };
  }
}

function tokenRulesFor(options: OpenAiAuthOptions, signer: JwtSigner): TokenRules<ChatGptAccount> {
  const nowSeconds = () => Math.floor((options.nowMs?.() ?? Date.now()) / 1000);
  return {
    exchangeForms: ['form'],
    refreshForms: ['json', 'form'],
    wantsState: false,
    turnsBrowsersAway: false,
    usualLifeSeconds: 10 * 86_400,
    invalidRequest: (message) =>
      new TokenRefusal(400, errorBody('object', { status: 400, code: 'invalid_request', message })),
    refuseGrant: (reason) => {
      const refused = refusedGrant(reason);
      return new TokenRefusal(refused.status, errorBody(options.errorForm ?? 'object', refused));
    },
    fail: (status) => {
      const code = status === 429 ? 'rate_limit_exceeded' : status < 500 ? 'not_found' : 'server_error';
      return errorBody('object', { status, code, message: 'The request could not be served.' });
    },
    mintAccess: (family, lifeSeconds) => signer.sign(accessClaims(family, nowSeconds(), lifeSeconds)),
    answer: (family, minted) => answerOf(family, minted, signer.sign(idClaims(family, minted, nowSeconds()))),
  };
}

function errorBody(form: 'object' | 'string' | 'code', { code, message }: Refused): JsonObject {
  switch (form) {
    case 'object':
      return { error: { message, type: 'invalid_request_error', param: null, code } };
    case 'string':
      return { error: code, error_description: message };
    case 'code':
      return { code, message };
  }
}

function answerOf(family: Family<ChatGptAccount>, minted: Minted, idToken: string): JsonObject {
  return {
    access_token: minted.accessToken,
    id_token: idToken,
    // Without the scope for it there is no way to renew.
    ...(family.scopes.includes('offline_access') && { refresh_token: family.refreshToken }),
    token_type: 'Bearer',
    expires_in: minted.expiresInSeconds,
    scope: family.scopes.join(' '),
  };
}

function accessClaims({ person, clientId, scopes }: Family<ChatGptAccount>, now: number, life: number): JsonObject {
  return {
    aud: ['https://api.openai.com/v1'],
    client_id: clientId,
    exp: now + life,
    [accountClaims]: {
      chatgpt_account_id: person.accountId,
      chatgpt_account_user_id: `${person.userId}__${person.accountId}`,
      chatgpt_compute_residency: 'no_constraint',
      chatgpt_plan_type: person.plan,
      chatgpt_user_id: person.userId,
      user_id: person.userId,
    },
    [profileClaims]: { email: person.email, email_verified: true },
    iat: now,
    iss: issuer,
    jti: randomUUID(),
    nbf: now,
    pwd_auth_time: now * 1000,
    scp: scopes,
    session_id: `authsess_${person.userId}`,
    sub: `auth0|${person.userId}`,
  };
}

function idClaims(
  { person, clientId, query }: Family<ChatGptAccount>,
  { accessToken }: Minted,
  now: number,
): JsonObject {
  return {
    at_hash: createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'),
    aud: [clientId],
    auth_provider: 'password',
    auth_time: now,
    email: person.email,
    email_verified: true,
    exp: now + idTokenLifeSeconds,
    [accountClaims]: {
      chatgpt_account_id: person.accountId,
      chatgpt_plan_type: person.plan,
      chatgpt_subscription_active_start: new Date((now - 20 * 86_400) * 1000).toISOString(),
      chatgpt_subscription_active_until: new Date((now + 10 * 86_400) * 1000).toISOString(),
      chatgpt_subscription_last_checked: new Date(now * 1000).toISOString(),
      chatgpt_user_id: person.userId,
      groups: [],
      ...(query.get('id_token_add_organizations') === 'true' && {
        organizations: person.organisations.map(({ id, title, role, isDefault }) => ({
          id,
          is_default: isDefault,
          role,
          title,
        })),
      }),
      user_id: person.userId,
    },
    iat: now,
    iss: issuer,
    jti: randomUUID(),
    name: person.name,
    rat: now,
    sid: randomUUID(),
    sub: `auth0|${person.userId}`,
  };
}
