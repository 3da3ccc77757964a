/** GitHub's device flow (RFC 8628), with the client id of an OAuth app that the person registered. */
import { Secret } from '../../../shared/redact.ts';
import { CompanionError, toCompanionError } from '../../base/error.ts';
import { asObject, asText } from '../../wire/hub/fields.ts';
import type { JsonObject } from '../../wire/hub/fields.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import { readDeviceCode } from '../oauth/device-code.ts';
import type { DeviceAnswer, DeviceCode, DeviceEndpoint, DeviceOptions } from '../oauth/device-desk-contract.ts';
import { hideSecrets } from '../oauth/hide-secrets.ts';
import { askProvider, isSuccess } from '../oauth/provider-call.ts';
import type { ProviderAnswer, ProviderCallOptions } from '../oauth/provider-call.ts';
import type { RenewalEndpoint } from '../oauth/token-endpoint.ts';
import { explainExchangeRefusal } from '../oauth/token-refusal.ts';
import { untradedLogin } from './copilot-renewal.ts';
import type { CopilotSettings } from './copilot-settings.ts';
import { github } from './github-call.ts';

const grantType = 'urn:ietf:params:oauth:grant-type:device_code';

export class GithubDeviceEndpoint implements DeviceEndpoint {
  readonly #settings: CopilotSettings;
  readonly #renewal: RenewalEndpoint;
  readonly #options: ProviderCallOptions;

  constructor(settings: CopilotSettings, renewal: RenewalEndpoint, options: ProviderCallOptions) {
    this.#settings = settings;
    this.#renewal = renewal;
    this.#options = options;
  }

  async start(_options: DeviceOptions, signal: AbortSignal): Promise<DeviceCode> {
    const { clientId, scopes } = this.#settings;
    if (clientId === undefined) throw unconfigured();
    const answer = await this.#post('/login/device/code', { client_id: clientId, scope: scopes.join(' ') }, signal);
    const json = asObject(answer.json);
    if (answer.status === 404 || json['error'] !== undefined) throw badClient(asText(json['error']), answer.status);
    if (!isSuccess(answer)) throw this.#refusal(answer, []);
    const { deviceCode, ...code } = readDeviceCode(github.name, {
      deviceCode: json['device_code'],
      userCode: json['user_code'],
      verificationUri: json['verification_uri'],
      verificationUriComplete: json['verification_uri_complete'],
      expiresIn: json['expires_in'],
      interval: json['interval'],
    });
    return { ...code, poll: (ending) => this.#poll(clientId, deviceCode, ending) };
  }

  async #poll(clientId: string, deviceCode: Secret, signal: AbortSignal): Promise<DeviceAnswer> {
    const body = { client_id: clientId, device_code: deviceCode.reveal(), grant_type: grantType };
    const answer = await this.#post('/login/oauth/access_token', body, signal);
    const json = asObject(answer.json);
    const token = asText(json['access_token']);
    if (isSuccess(answer) && token !== undefined)
      return { state: 'done', login: await this.#login(token, json, signal) };
    const error = asText(json['error']);
    switch (error) {
      case 'authorization_pending':
        return { state: 'pending' };
      case 'slow_down':
        return { state: 'slow-down', intervalMs: secondsIn(json['interval']) };
      case 'access_denied':
        throw new CompanionError('LOGIN_DENIED', 'The access was denied at GitHub.');
      case 'expired_token':
      case 'incorrect_device_code':
        throw new CompanionError('LOGIN_TIMED_OUT', 'The code is over at GitHub.');
      case 'incorrect_client_credentials':
      case 'device_flow_disabled':
      case 'unauthorized_client':
        throw badClient(error, answer.status);
      default:
        throw this.#refusal(answer, [deviceCode]);
    }
  }

  /** What GitHub says for good about the new token is the end of the login; what is for now is tried again when it is used. */
  async #login(text: string, json: JsonObject, signal: AbortSignal): Promise<StoredLogin> {
    const scopes = asText(json['scope'])?.split(/[\s,]+/) ?? this.#settings.scopes;
    const untraded = { ...untradedLogin(new Secret(text)), scopes: scopes.filter((scope) => scope !== '') };
    const login = await this.#renewal.refresh(untraded, signal).catch((thrown: unknown) => {
      const error = toCompanionError(thrown);
      if (error.code === 'LOGIN_REFUSED') throw error;
      if (error.code === 'LOGIN_EXPIRED') throw new CompanionError('LOGIN_REFUSED', error.message, { cause: error });
      return untraded;
    });
    return { ...login, account: (await this.#renewal.profile(login, signal).catch(() => undefined)) ?? null };
  }

  #post(path: string, body: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ProviderAnswer> {
    const url = this.#settings.githubUrl + path;
    const headers = { 'content-type': 'application/json' };
    return askProvider(this.#options, { who: github.name, url, headers, body: JSON.stringify(body) }, signal);
  }

  /** Refusals of this server come with status 200, which says nothing. */
  #refusal(answer: ProviderAnswer, secrets: readonly Secret[]): CompanionError {
    const { status, json } = answer;
    const isTold = status < 400 && asText(asObject(json)['error']) !== undefined;
    const refused = { provider: github, secrets, nowMs: this.#options.nowMs() };
    return explainExchangeRefusal(isTold ? { ...answer, status: 400 } : answer, refused);
  }
}

export const registerUrl = 'https://github.com/settings/applications/new';

/** What to configure, and what to do without. */
export function unconfigured(): CompanionError {
  const message =
    'Signing in to GitHub Copilot takes the client id of an OAuth app, and `copilot.client_id` is not set. GitHub lets ' +
    'everybody register one, and the companion borrows no editor’s.';
  return new CompanionError('LOGIN_UNCONFIGURED', message, {
    remedy:
      `Register an app at ${registerUrl} (any homepage and callback address), tick “Enable Device Flow”, and put its ` +
      'client id into config.yaml: `companion config set copilot.client_id <id>`. Or use a token that you have: ' +
      '`companion auth adopt gh` takes that of the GitHub CLI, and COPILOT_GITHUB_TOKEN any other.',
  });
}

function badClient(error: string | undefined, status: number): CompanionError {
  const words = error === undefined ? '' : ` (${hideSecrets(error, []).slice(0, 100)})`;
  const message =
    error === 'device_flow_disabled'
      ? `The OAuth app at GitHub has the device flow turned off${words}.`
      : `GitHub does not accept the client id that is set${words}.`;
  const remedy =
    error === 'device_flow_disabled'
      ? 'Tick “Enable Device Flow” in the settings of the app at GitHub, then begin again.'
      : 'Compare `copilot.client_id` in config.yaml with the settings of your OAuth app at GitHub.';
  return new CompanionError('LOGIN_REFUSED', message, {
    details: { upstreamStatus: status, ...(error !== undefined && { upstreamType: error.slice(0, 100) }) },
    remedy,
  });
}

function secondsIn(value: unknown): number | null {
  return typeof value === 'number' && value > 0 ? value * 1000 : null;
}
