/** The login server of AWS (IAM Identity Center OIDC), which Builder ID uses as well: JSON both ways, in camel case. */
import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import { asObject, asText } from '../../wire/hub/fields.ts';
import type { JsonObject } from '../../wire/hub/fields.ts';
import type { RegisteredClient } from '../login/stored-login.ts';
import { askProvider, isSuccess } from '../oauth/provider-call.ts';
import type { ProviderAnswer, ProviderCallOptions } from '../oauth/provider-call.ts';
import type { KiroLoginSettings } from './kiro-settings.ts';

export const aws = { name: 'AWS' } as const;
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
export const refreshGrant = 'refresh_token';

/** A registration that ends within this time is not begun with any more: a login takes its time. */
const leastLifeMs = 60 * 60_000;
const tokenForm = /^[\x21-\x7e]{1,32000}$/;

export interface AwsTokens {
  readonly accessToken: Secret;
  /** `null` where the answer has none. */
  readonly refreshToken: Secret | null;
  readonly expiresAtMs: number | null;
}

export class AwsOidc {
  readonly #settings: KiroLoginSettings;
  readonly #options: ProviderCallOptions;
  /** By region, for as long as each lasts. */
  readonly #clients = new Map<string, RegisteredClient>();

  constructor(settings: KiroLoginSettings, options: ProviderCallOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** Ours in `region`: the one from before while it lasts, else a new one. Errors: as `post`; `refusalOf` what is refused. */
  async client(region: string, refusalOf: (answer: ProviderAnswer) => CompanionError, signal: AbortSignal) {
    const known = this.#clients.get(region);
    const nowMs = this.#options.nowMs();
    if (known !== undefined && (known.expiresAtMs ?? Infinity) - leastLifeMs > nowMs) return known;
    const { clientName, scopes } = this.#settings;
    const grantTypes = [deviceGrant, refreshGrant];
    const answer = await this.post(
      region,
      '/client/register',
      { clientName, clientType: 'public', scopes, grantTypes },
      signal,
    );
    if (!isSuccess(answer)) throw refusalOf(answer);
    const client = readClient(asObject(answer.json));
    this.#clients.set(region, client);
    return client;
  }

  /** AWS does not know it any more. */
  forget(region: string): void {
    this.#clients.delete(region);
  }

  /** Any answer. Errors: those of `askProvider`. */
  post(region: string, path: string, body: object, signal: AbortSignal): Promise<ProviderAnswer> {
    const url = this.#settings.oidcUrl(region) + path;
    const headers = { 'content-type': 'application/json' };
    return askProvider(this.#options, { who: aws.name, url, headers, body: JSON.stringify(body) }, signal);
  }

  /** Errors: `UPSTREAM_UNREADABLE` for an answer without an access token. */
  readTokens(json: unknown): AwsTokens {
    const { accessToken, refreshToken, expiresIn } = asObject(json);
    const token = secretIn(accessToken);
    if (token === null) throw new CompanionError('UPSTREAM_UNREADABLE', 'AWS answered without tokens.');
    const lastsMs = typeof expiresIn === 'number' && expiresIn > 0 ? Math.round(expiresIn * 1000) : null;
    return {
      accessToken: token,
      refreshToken: secretIn(refreshToken),
      expiresAtMs: lastsMs === null ? null : this.#options.nowMs() + lastsMs,
    };
  }
}

/** What is sent to say which client asks. */
export function asClient({ id, secret }: RegisteredClient): {
  readonly clientId: string;
  readonly clientSecret: string;
} {
  return { clientId: id, clientSecret: secret.reveal() };
}

/** The word of OAuth for it, or that of the SDK: `InvalidGrantException`. */
export function errorName({ json }: ProviderAnswer): string {
  const { error, __type: type } = asObject(json);
  const name = asText(error) ?? asText(type)?.replace(/^.*#/, '') ?? '';
  const words = name.replace(/Exception$/, '').replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`);
  return words.toLowerCase();
}

function readClient({ clientId, clientSecret, clientSecretExpiresAt }: JsonObject): RegisteredClient {
  const id = asText(clientId);
  const secret = secretIn(clientSecret);
  if (id === undefined || !tokenForm.test(id) || secret === null) {
    throw new CompanionError('UPSTREAM_UNREADABLE', 'AWS answered a registration without a client.');
  }
  const isTime = typeof clientSecretExpiresAt === 'number' && clientSecretExpiresAt > 0;
  return { id, secret, expiresAtMs: isTime ? Math.round(clientSecretExpiresAt * 1000) : null };
}

function secretIn(value: unknown): Secret | null {
  return typeof value === 'string' && tokenForm.test(value) ? new Secret(value) : null;
}
