/** OpenAI's token endpoint, asked as its own CLI asks it: a form for the exchange, JSON for the refresh. */
import { Secret } from '../../../shared/redact.ts';
import type { LoginAccount, StoredLogin } from '../login/stored-login.ts';
import { readJwt } from './jwt.ts';
import type { LoginProvider } from './login-providers.ts';
import { readOpenAiAccount } from './openai-account.ts';
import { askProvider, isSuccess } from './provider-call.ts';
import type { ProviderAnswer, ProviderCallOptions } from './provider-call.ts';
import { accessTokenOf, readTokenAnswer, renewLogin } from './token-answer.ts';
import type { CodeGrant, TokenEndpoint } from './token-endpoint.ts';
import { explainExchangeRefusal, explainRefreshRefusal } from './token-refusal.ts';

export class OpenAiTokenEndpoint implements TokenEndpoint {
  readonly #provider: LoginProvider;
  readonly #options: ProviderCallOptions;

  constructor(provider: LoginProvider, options: ProviderCallOptions) {
    this.#provider = provider;
    this.#options = options;
  }

  async exchange(grant: CodeGrant, signal: AbortSignal): Promise<StoredLogin> {
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: grant.code.reveal(),
      redirect_uri: grant.redirectUri,
      client_id: this.#provider.clientId,
      code_verifier: grant.verifier.reveal(),
    });
    const answer = await this.#post('application/x-www-form-urlencoded', form.toString(), signal);
    const nowMs = this.#options.nowMs();
    if (!isSuccess(answer)) {
      const secrets = [grant.code, grant.verifier, new Secret(grant.state)];
      throw explainExchangeRefusal(answer, { provider: this.#provider, secrets, nowMs });
    }
    const tokens = readTokenAnswer(this.#provider, answer.json, nowMs);
    const accessToken = accessTokenOf(this.#provider, tokens);
    return {
      provider: 'openai',
      accessToken,
      refreshToken: tokens.refreshToken,
      idToken: tokens.idToken,
      expiresAtMs: expiryOf(accessToken) ?? tokens.expiresAtMs,
      refreshExpiresAtMs: tokens.refreshExpiresAtMs,
      scopes: tokens.scopes ?? this.#provider.scopes,
      account: readOpenAiAccount(tokens.idToken?.reveal() ?? null, accessToken.reveal()),
      refreshedAtMs: nowMs,
    };
  }

  async refresh(login: StoredLogin, signal: AbortSignal): Promise<StoredLogin> {
    const body = JSON.stringify({
      client_id: this.#provider.clientId,
      grant_type: 'refresh_token',
      refresh_token: login.refreshToken?.reveal() ?? '',
    });
    const answer = await this.#post('application/json', body, signal);
    const nowMs = this.#options.nowMs();
    if (!isSuccess(answer)) {
      const secrets = [login.refreshToken, login.accessToken, login.idToken];
      throw explainRefreshRefusal(answer, { provider: this.#provider, secrets, nowMs });
    }
    const next = renewLogin(login, readTokenAnswer(this.#provider, answer.json, nowMs), nowMs);
    return {
      ...next,
      expiresAtMs: expiryOf(next.accessToken) ?? next.expiresAtMs,
      account: readOpenAiAccount(next.idToken?.reveal() ?? null, next.accessToken.reveal()) ?? login.account,
    };
  }

  /** Nobody needs to be asked: the tokens tell. */
  profile(login: StoredLogin): Promise<LoginAccount | undefined> {
    const account = readOpenAiAccount(login.idToken?.reveal() ?? null, login.accessToken.reveal());
    return Promise.resolve(account ?? undefined);
  }

  #post(contentType: string, body: string, signal: AbortSignal): Promise<ProviderAnswer> {
    const { name: who, tokenUrl: url } = this.#provider;
    return askProvider(this.#options, { who, url, headers: { 'content-type': contentType }, body }, signal);
  }
}

/** What every call to the ChatGPT backend needs. */
export function chatGptHeaders(accessToken: Secret, accountId: string | null): Readonly<Record<string, string>> {
  return {
    authorization: `Bearer ${accessToken.reveal()}`,
    ...(accountId !== null && { 'chatgpt-account-id': accountId }),
  };
}

function expiryOf(accessToken: Secret): number | null {
  return readJwt(accessToken.reveal())?.expiresAtMs ?? null;
}
