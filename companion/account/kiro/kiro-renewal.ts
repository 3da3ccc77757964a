/** Renewing a Kiro login at AWS, with the client that was registered for it. */
import { CompanionError } from '../../base/error.ts';
import type { LoginAccount, StoredLogin } from '../login/stored-login.ts';
import { isSuccess } from '../oauth/provider-call.ts';
import type { ProviderCallOptions } from '../oauth/provider-call.ts';
import type { RenewalEndpoint } from '../oauth/token-endpoint.ts';
import { explainRefreshRefusal } from '../oauth/token-refusal.ts';
import { asClient, aws, errorName, refreshGrant } from './aws-oidc.ts';
import type { AwsOidc } from './aws-oidc.ts';
import type { KiroLoginSettings } from './kiro-settings.ts';
import { askKiroUsage } from './kiro-usage.ts';
import { accountOfKiroUsage } from './read-kiro-usage.ts';

export class KiroRenewal implements RenewalEndpoint {
  readonly #settings: KiroLoginSettings;
  readonly #oidc: AwsOidc;
  readonly #options: ProviderCallOptions;

  constructor(settings: KiroLoginSettings, oidc: AwsOidc, options: ProviderCallOptions) {
    this.#settings = settings;
    this.#oidc = oidc;
    this.#options = options;
  }

  async refresh(login: StoredLogin, signal: AbortSignal): Promise<StoredLogin> {
    const { refreshToken, kiro } = login;
    const nowMs = this.#options.nowMs();
    if (kiro === undefined || kiro.client === null || refreshToken === null) throw clientIsOver('unknown_client');
    const { client, region } = kiro;
    if (client.expiresAtMs !== null && client.expiresAtMs <= nowMs) throw clientIsOver('client_expired');
    const body = { ...asClient(client), grantType: refreshGrant, refreshToken: refreshToken.reveal() };
    const answer = await this.#oidc.post(region, '/token', body, signal);
    if (isSuccess(answer)) return renewed(login, this.#oidc.readTokens(answer.json), this.#options.nowMs());
    const name = errorName(answer);
    // A refresh token is of use to the client alone that it was given to: with that gone, only signing in again helps.
    if (name === 'invalid_client' || name === 'unauthorized_client') {
      this.#oidc.forget(region);
      throw clientIsOver(name);
    }
    const secrets = [refreshToken, login.accessToken, client.secret];
    throw explainRefreshRefusal(withOAuthName(answer, name), { provider: aws, secrets, nowMs: this.#options.nowMs() });
  }

  /** AWS has no profile of a login; Kiro tells with the plan whose it is. */
  async profile(login: StoredLogin, signal: AbortSignal): Promise<LoginAccount | undefined> {
    const answer = await askKiroUsage(login, this.#settings, this.#options, signal);
    return isSuccess(answer) ? accountOfKiroUsage(answer.json) : undefined;
  }
}

type Tokens = ReturnType<AwsOidc['readTokens']>;

function renewed(login: StoredLogin, { accessToken, refreshToken, expiresAtMs }: Tokens, nowMs: number): StoredLogin {
  return { ...login, accessToken, refreshToken: refreshToken ?? login.refreshToken, expiresAtMs, refreshedAtMs: nowMs };
}

/** The SDK's names as OAuth's, by which it is judged whether the refusal is for good. */
function withOAuthName<Answer extends { readonly json: unknown }>(answer: Answer, name: string): Answer {
  if (name === '' || typeof answer.json !== 'object' || answer.json === null) return answer;
  return { ...answer, json: { ...answer.json, error: name } };
}

function clientIsOver(upstreamType: string): CompanionError {
  const message = 'The registration of the companion at AWS, for which this login was made, is over';
  return new CompanionError('LOGIN_EXPIRED', `${message}: the next login registers anew.`, {
    details: { upstreamType },
  });
}
