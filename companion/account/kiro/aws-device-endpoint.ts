/** Signing in at AWS by a code (RFC 8628): a Builder ID, or the IAM Identity Center of an organisation. */
import type { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import { regionPattern } from '../../config/aws-region.ts';
import { asObject } from '../../wire/hub/fields.ts';
import type { RegisteredClient, StoredLogin } from '../login/stored-login.ts';
import { readDeviceCode } from '../oauth/device-code.ts';
import type { DeviceAnswer, DeviceCode, DeviceEndpoint, DeviceOptions } from '../oauth/device-desk-contract.ts';
import { isSuccess } from '../oauth/provider-call.ts';
import type { ProviderAnswer, ProviderCallOptions } from '../oauth/provider-call.ts';
import type { RenewalEndpoint } from '../oauth/token-endpoint.ts';
import { explainExchangeRefusal } from '../oauth/token-refusal.ts';
import { asClient, aws, deviceGrant, errorName } from './aws-oidc.ts';
import type { AwsOidc } from './aws-oidc.ts';
import type { KiroLoginSettings } from './kiro-settings.ts';

export interface AwsDeviceParts {
  readonly settings: KiroLoginSettings;
  readonly oidc: AwsOidc;
  /** Tells whose login it became. */
  readonly renewal: Pick<RenewalEndpoint, 'profile'>;
  readonly call: ProviderCallOptions;
}

/** Where a login is made. */
interface Place {
  readonly region: string;
  readonly startUrl: string;
  readonly client: RegisteredClient;
}

export class AwsDeviceEndpoint implements DeviceEndpoint {
  readonly #parts: AwsDeviceParts;

  constructor(parts: AwsDeviceParts) {
    this.#parts = parts;
  }

  async start(options: DeviceOptions, signal: AbortSignal): Promise<DeviceCode> {
    const { settings, oidc } = this.#parts;
    const region = readRegion(options.region ?? settings.region);
    const startUrl = readStartUrl(options.startUrl ?? settings.startUrl);
    const client = await oidc.client(region, (answer) => this.#refusal(answer, []), signal);
    const body = { ...asClient(client), startUrl };
    const answer = await oidc.post(region, '/device_authorization', body, signal);
    if (!isSuccess(answer)) throw this.#startRefusal(answer, region, client);
    const json = asObject(answer.json);
    const { deviceCode, ...code } = readDeviceCode(aws.name, {
      deviceCode: json['deviceCode'],
      userCode: json['userCode'],
      verificationUri: json['verificationUri'],
      verificationUriComplete: json['verificationUriComplete'],
      expiresIn: json['expiresIn'],
      interval: json['interval'],
    });
    return { ...code, poll: (ending) => this.#poll({ region, startUrl, client }, deviceCode, ending) };
  }

  async #poll(place: Place, deviceCode: Secret, signal: AbortSignal): Promise<DeviceAnswer> {
    const body = { ...asClient(place.client), grantType: deviceGrant, deviceCode: deviceCode.reveal() };
    const answer = await this.#parts.oidc.post(place.region, '/token', body, signal);
    if (isSuccess(answer)) return { state: 'done', login: await this.#login(place, answer.json, signal) };
    switch (errorName(answer)) {
      case 'authorization_pending':
        return { state: 'pending' };
      case 'slow_down':
        return { state: 'slow-down', intervalMs: null };
      case 'expired_token':
        throw new CompanionError('LOGIN_TIMED_OUT', 'AWS says that the code is over.');
      case 'access_denied':
        throw new CompanionError('LOGIN_DENIED', 'The access was not allowed at AWS.');
      default:
        throw this.#refusal(answer, [deviceCode, place.client.secret]);
    }
  }

  async #login({ region, startUrl, client }: Place, json: unknown, signal: AbortSignal): Promise<StoredLogin> {
    const { settings, oidc, renewal, call } = this.#parts;
    const login: StoredLogin = {
      provider: 'kiro',
      ...oidc.readTokens(json),
      idToken: null,
      refreshExpiresAtMs: null,
      scopes: settings.scopes,
      account: null,
      refreshedAtMs: call.nowMs(),
      kiro: { region, startUrl, client, profileArn: null },
    };
    return { ...login, account: (await renewal.profile(login, signal).catch(() => undefined)) ?? null };
  }

  /** A client that AWS forgot is registered anew the next time. */
  #startRefusal(answer: ProviderAnswer, region: string, client: RegisteredClient): CompanionError {
    if (errorName(answer) === 'invalid_client') this.#parts.oidc.forget(region);
    return this.#refusal(answer, [client.secret]);
  }

  #refusal(answer: ProviderAnswer, secrets: readonly Secret[]): CompanionError {
    return explainExchangeRefusal(answer, { provider: aws, secrets, nowMs: this.#parts.call.nowMs() });
  }
}

function readRegion(region: string): string {
  if (regionPattern.test(region)) return region;
  throw invalid('region', 'The region is no region of AWS.', 'Name one such as us-east-1.');
}

function readStartUrl(startUrl: string): string {
  const url = URL.parse(startUrl);
  const isPlain = url !== null && url.username === '' && url.password === '' && startUrl.length <= 500;
  if (isPlain && url.protocol === 'https:') return startUrl;
  const remedy = 'It begins with https://, and your organisation names it: https://d-1234567890.awsapps.com/start.';
  throw invalid('start_url', 'The start URL is no address of a start page.', remedy);
}

function invalid(field: string, message: string, remedy: string): CompanionError {
  return new CompanionError('INVALID_REQUEST', message, { details: { field }, remedy });
}
