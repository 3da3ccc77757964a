/** Anthropic's token endpoint: JSON both ways, and the state is wanted in the exchange, which OAuth does not ask for. */
import { asObject, asText } from '../../wire/hub/fields.ts';
import type { LoginAccount, StoredLogin } from '../login/stored-login.ts';
import { Secret } from '../../../shared/redact.ts';
import { readAnthropicProfile } from './anthropic-profile.ts';
import type { LoginProvider } from './login-providers.ts';
import { askProvider, isSuccess, withTimeLimit } from './provider-call.ts';
import type { ProviderAnswer, ProviderCallOptions } from './provider-call.ts';
import { accessTokenOf, readTokenAnswer, renewLogin } from './token-answer.ts';
import type { CodeGrant, TokenEndpoint } from './token-endpoint.ts';
import { explainExchangeRefusal, explainRefreshRefusal } from './token-refusal.ts';

/** Every call that a login's token authorises needs it. */
const anthropicOAuthBeta = 'oauth-2025-04-20';

/** It never stands in the way, so it does not get to make anybody wait for long either. */
const profileTimeoutMs = 10_000;

export class AnthropicTokenEndpoint implements TokenEndpoint {
  readonly #provider: LoginProvider;
  readonly #options: ProviderCallOptions;

  constructor(provider: LoginProvider, options: ProviderCallOptions) {
    this.#provider = provider;
    this.#options = options;
  }

  async exchange(grant: CodeGrant, signal: AbortSignal): Promise<StoredLogin> {
    const answer = await this.#post(
      {
        grant_type: 'authorization_code',
        code: grant.code.reveal(),
        redirect_uri: grant.redirectUri,
        client_id: this.#provider.clientId,
        code_verifier: grant.verifier.reveal(),
        state: grant.state,
      },
      signal,
    );
    const nowMs = this.#options.nowMs();
    if (!isSuccess(answer)) {
      const secrets = [grant.code, grant.verifier, new Secret(grant.state)];
      throw explainExchangeRefusal(answer, { provider: this.#provider, secrets, nowMs });
    }
    const tokens = readTokenAnswer(this.#provider, answer.json, nowMs);
    const login: StoredLogin = {
      provider: 'anthropic',
      accessToken: accessTokenOf(this.#provider, tokens),
      refreshToken: tokens.refreshToken,
      idToken: null,
      expiresAtMs: tokens.expiresAtMs,
      refreshExpiresAtMs: tokens.refreshExpiresAtMs,
      scopes: tokens.scopes ?? this.#provider.scopes,
      account: accountOf(answer.json),
      refreshedAtMs: nowMs,
    };
    return { ...login, account: (await this.profile(login, signal)) ?? login.account };
  }

  async refresh(login: StoredLogin, signal: AbortSignal): Promise<StoredLogin> {
    const answer = await this.#post(
      {
        grant_type: 'refresh_token',
        refresh_token: login.refreshToken?.reveal() ?? '',
        client_id: this.#provider.clientId,
      },
      signal,
    );
    const nowMs = this.#options.nowMs();
    if (!isSuccess(answer)) {
      const secrets = [login.refreshToken, login.accessToken];
      throw explainRefreshRefusal(answer, { provider: this.#provider, secrets, nowMs });
    }
    const next = renewLogin(login, readTokenAnswer(this.#provider, answer.json, nowMs), nowMs);
    return { ...next, account: login.account ?? accountOf(answer.json) };
  }

  async profile(login: StoredLogin, signal: AbortSignal): Promise<LoginAccount | undefined> {
    const { profileUrl, name } = this.#provider;
    if (profileUrl === null) return undefined;
    try {
      const answer = await askProvider(
        withTimeLimit(profileTimeoutMs, this.#options),
        { who: name, url: profileUrl, headers: anthropicHeaders(login.accessToken) },
        signal,
      );
      return isSuccess(answer) ? (readAnthropicProfile(answer.json) ?? undefined) : undefined;
    } catch {
      return undefined;
    }
  }

  #post(body: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ProviderAnswer> {
    const question = {
      who: this.#provider.name,
      url: this.#provider.tokenUrl,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    return askProvider(this.#options, question, signal);
  }
}

export function anthropicHeaders(accessToken: Secret): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${accessToken.reveal()}`, 'anthropic-beta': anthropicOAuthBeta };
}

/** What comes along with the tokens: whose they are, but not on which plan. */
function accountOf(json: unknown): LoginAccount | null {
  const account = asObject(asObject(json)['account']);
  const organisation = asObject(asObject(json)['organization']);
  const id = asText(account['uuid']) ?? null;
  const email = asText(account['email_address']) ?? null;
  if (id === null && email === null) return null;
  return {
    id,
    email,
    displayName: null,
    organisationId: asText(organisation['uuid']) ?? null,
    organisation: asText(organisation['name']) ?? null,
    subscriptionType: null,
    rateLimitTier: null,
  };
}
