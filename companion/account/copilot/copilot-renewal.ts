/**
 * What lasts is the GitHub token; it is traded for a Copilot token of half an hour, as often as one is wanted. Where GitHub
 * trades none for it, the GitHub token itself goes to the API, which says in its own words whether it takes it.
 */
import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import { asObject, asText } from '../../wire/hub/fields.ts';
import { readSkewMs } from '../../wire/limit-time.ts';
import type { LoginAccount, StoredLogin } from '../login/stored-login.ts';
import { isSuccess, withTimeLimit } from '../oauth/provider-call.ts';
import type { ProviderAnswer, ProviderCallOptions } from '../oauth/provider-call.ts';
import type { RenewalEndpoint } from '../oauth/token-endpoint.ts';
import { trustedApiUrl } from './copilot-settings.ts';
import type { CopilotSettings } from './copilot-settings.ts';
import { askGithub, explainGithubRefusal, isLimit } from './github-call.ts';

const profileTimeoutMs = 10_000;
/** How long a token is believed to last of which GitHub does not tell it. */
const usualLifeMs = 25 * 60_000;
const tokenForm = /^[\x21-\x7e]{1,32000}$/;

export class CopilotRenewal implements RenewalEndpoint {
  readonly #settings: CopilotSettings;
  readonly #options: ProviderCallOptions;

  constructor(settings: CopilotSettings, options: ProviderCallOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  async refresh(login: StoredLogin, signal: AbortSignal): Promise<StoredLogin> {
    const token = githubTokenOf(login);
    const { exchange, githubApiUrl } = this.#settings;
    if (exchange === 'never') return this.#direct(login, signal);
    const answer = await askGithub(this.#options, `${githubApiUrl}/copilot_internal/v2/token`, token, signal);
    if (isSuccess(answer)) return this.#exchanged(login, answer);
    const tradesNone = (answer.status === 403 || answer.status === 404) && !isLimit(answer);
    if (exchange === 'auto' && tradesNone) return this.#direct(login, signal);
    throw explainGithubRefusal(answer, token, this.#options.nowMs());
  }

  async profile(login: StoredLogin, signal: AbortSignal): Promise<LoginAccount | undefined> {
    const { githubApiUrl } = this.#settings;
    const options = withTimeLimit(profileTimeoutMs, this.#options);
    const token = githubTokenOf(login);
    const ask = (path: string) =>
      askGithub(options, githubApiUrl + path, token, signal).then(
        (answer) => (isSuccess(answer) ? asObject(answer.json) : {}),
        () => ({}) as Readonly<Record<string, unknown>>,
      );
    const [user, plan] = await Promise.all([ask('/user'), ask('/copilot_internal/user')]);
    const name = asText(user['login']) ?? asText(plan['login']) ?? null;
    if (name === null) return undefined;
    return {
      id: typeof user['id'] === 'number' ? String(user['id']) : null,
      email: asText(user['email']) ?? null,
      displayName: name,
      organisationId: null,
      organisation: null,
      subscriptionType: asText(plan['copilot_plan']) ?? null,
      rateLimitTier: null,
    };
  }

  #exchanged(login: StoredLogin, { header, json }: ProviderAnswer): StoredLogin {
    const answer = asObject(json);
    const text = asText(answer['token']);
    if (text === undefined || !tokenForm.test(text)) {
      throw new CompanionError('UPSTREAM_UNREADABLE', 'GitHub answered without a Copilot token.');
    }
    const nowMs = this.#options.nowMs();
    return {
      ...login,
      accessToken: new Secret(text),
      expiresAtMs: expiryOf(answer, readSkewMs(header, nowMs), nowMs),
      refreshedAtMs: nowMs,
      copilot: { apiUrl: trustedApiUrl(asObject(answer['endpoints'])['api'], this.#settings) },
    };
  }

  /** The same token again would prove nothing: GitHub is asked whether it still knows it. */
  async #direct(login: StoredLogin, signal: AbortSignal): Promise<StoredLogin> {
    const token = githubTokenOf(login);
    const answer = await askGithub(this.#options, `${this.#settings.githubApiUrl}/user`, token, signal);
    const nowMs = this.#options.nowMs();
    if (answer.status === 401) throw explainGithubRefusal(answer, token, nowMs);
    return { ...login, accessToken: token, expiresAtMs: null, refreshedAtMs: nowMs, copilot: { apiUrl: null } };
  }
}

/** A login of which only a GitHub token is known yet: over, so that whoever wants it has it traded in first. */
export function untradedLogin(token: Secret): StoredLogin {
  return {
    provider: 'copilot',
    accessToken: token,
    refreshToken: token,
    idToken: null,
    expiresAtMs: 1,
    refreshExpiresAtMs: null,
    scopes: [],
    account: null,
    refreshedAtMs: null,
  };
}

export function githubTokenOf({ refreshToken, accessToken }: StoredLogin): Secret {
  return refreshToken ?? accessToken;
}

/** By this computer's clock. Fields that are no numbers count as left out. */
function expiryOf(answer: Readonly<Record<string, unknown>>, skewMs: number, nowMs: number): number {
  const { expires_at: at, refresh_in: inSeconds } = answer;
  if (typeof at === 'number' && at > 0 && at < 1e11) return Math.round(at * 1000 - skewMs);
  return typeof inSeconds === 'number' && inSeconds > 0 ? Math.round(nowMs + inSeconds * 1000) : nowMs + usualLifeMs;
}
