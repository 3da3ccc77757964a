/** Who may ask, and how each server turns strangers away. */
import type { Headers } from '../server/call.ts';
import { ampleLimits, KeyMeter } from '../server/keys.ts';
import type { KeyLimits } from '../server/keys.ts';
import type { RecordedRequest } from '../server/record.ts';
import { Refusal } from './errors.ts';
import type { Flavour } from './flavour.ts';

export interface OpenAiKey {
  readonly name: string;
  readonly secret: string;
  readonly limits?: Partial<KeyLimits>;
  readonly state?: 'active' | 'without-credit';
}

export const defaultKey: OpenAiKey = { name: 'first', secret: 'sk-stand-in-first' };

interface Holder {
  readonly key: OpenAiKey;
  readonly meter: KeyMeter;
}

export class KeyRing {
  readonly #flavour: Flavour;
  readonly #isKeyless: boolean;
  readonly #bySecret = new Map<string, Holder>();
  readonly #byName = new Map<string, Holder>();

  constructor(flavour: Flavour, isKeyless: boolean, keys: readonly OpenAiKey[]) {
    this.#flavour = flavour;
    this.#isKeyless = isKeyless;
    for (const key of keys) this.set(key);
  }

  /** Adds a key, or puts it in the place of the one of its name; its minute begins anew. */
  set(key: OpenAiKey): void {
    const old = this.#byName.get(key.name);
    if (old !== undefined) this.#bySecret.delete(old.key.secret);
    const holder = { key, meter: new KeyMeter({ ...ampleLimits, ...key.limits }) };
    this.#byName.set(key.name, holder);
    this.#bySecret.set(key.secret, holder);
  }

  find(request: RecordedRequest): string | null {
    return this.#bySecret.get(secretOf(request) ?? '')?.key.name ?? null;
  }

  meterOf(name: string | null): KeyMeter | undefined {
    return this.#byName.get(name ?? '')?.meter;
  }

  /** @throws Refusal */
  admit(request: RecordedRequest): void {
    if (this.#isKeyless) return;
    const secret = secretOf(request);
    const key = this.#bySecret.get(secret ?? '')?.key;
    if (key === undefined) throw stranger(this.#flavour, secret);
    if (key.state !== 'without-credit') return;
    throw this.#flavour === 'deepseek'
      ? new Refusal(402, 'Insufficient Balance', { type: 'unknown_error', code: 'invalid_request_error' })
      : new Refusal(429, 'You exceeded your current quota, please check your plan and billing details.', {
          type: 'insufficient_quota',
          code: 'insufficient_quota',
        });
  }

  /** @throws Refusal 429 when the key's minute is used up. */
  takeRequest(name: string | null): void {
    const holder = this.#byName.get(name ?? '');
    if (holder === undefined || holder.meter.takeRequest()) return;
    const seconds = holder.meter.retryAfterSeconds();
    throw new Refusal(429, `Rate limit reached for requests. Please try again in ${seconds}s.`, {
      type: 'requests',
      code: 'rate_limit_exceeded',
      headers: { 'retry-after': String(seconds), 'retry-after-ms': String(seconds * 1000) },
    });
  }

  headersFor(name: string | null): Headers {
    const meter = this.meterOf(name);
    if (meter === undefined || this.#flavour === 'gemini' || this.#flavour === 'deepseek') return {};
    const { limits, requestsLeft, inputTokensLeft, resetsAtMs } = meter.use();
    const reset = formatDelay(resetsAtMs - Date.now());
    return {
      'x-ratelimit-limit-requests': String(limits.requestsPerMinute),
      'x-ratelimit-remaining-requests': String(requestsLeft),
      'x-ratelimit-reset-requests': reset,
      'x-ratelimit-limit-tokens': String(limits.inputTokensPerMinute),
      'x-ratelimit-remaining-tokens': String(inputTokensLeft),
      'x-ratelimit-reset-tokens': reset,
    };
  }
}

/** `6m0s`, `1s`, `120ms`. */
export function formatDelay(delayMs: number): string {
  if (delayMs < 1000) return `${Math.max(0, Math.round(delayMs))}ms`;
  const seconds = Math.floor(delayMs / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function secretOf(request: RecordedRequest): string | undefined {
  return /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
}

function stranger(flavour: Flavour, secret: string | undefined): Refusal {
  const masked = secret === undefined ? '' : `****${secret.slice(-4)}`;
  switch (flavour) {
    case 'gemini':
      return secret === undefined
        ? new Refusal(401, 'Missing or invalid Authorization header.')
        : new Refusal(400, 'API key not valid. Please pass a valid API key.');
    case 'mistral':
      return new Refusal(401, 'Unauthorized', { body: { detail: 'Unauthorized' } });
    case 'groq':
      return new Refusal(401, 'Invalid API Key', { code: 'invalid_api_key' });
    case 'deepseek':
      return new Refusal(401, `Authentication Fails, Your api key: ${masked} is invalid`, {
        type: 'authentication_error',
        code: 'invalid_request_error',
      });
    case 'openai':
    case 'local':
      return new Refusal(
        401,
        secret === undefined
          ? "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
          : `Incorrect API key provided: ${masked}. You can find your API key at https://platform.openai.com/account/api-keys.`,
        { code: secret === undefined ? null : 'invalid_api_key' },
      );
  }
}
