/** Who may ask: API keys with classic limits, OAuth tokens with unified ones. */
import type { Headers } from '../server/call.ts';
import { ampleLimits, KeyMeter } from '../server/keys.ts';
import type { KeyLimits } from '../server/keys.ts';
import type { RecordedRequest } from '../server/record.ts';
import { invalid, Refusal } from './errors.ts';
import type { TokenAuthority } from './tokens.ts';

export interface AnthropicKey {
  readonly name: string;
  readonly secret: string;
  /** `api-key` without it; a token is sent as Bearer, with its beta. */
  readonly kind?: 'api-key' | 'oauth-token';
  readonly limits?: Partial<KeyLimits>;
  /** What a token's headers say; a calm week without it. */
  readonly unified?: Partial<UnifiedLimits>;
  readonly state?: 'active' | 'expired' | 'revoked' | 'disabled' | 'without-credit';
  /** What a token may do; everything without it. */
  readonly scopes?: readonly string[];
}

export interface UnifiedLimits {
  readonly status: 'allowed' | 'allowed_warning' | 'rejected';
  readonly claim: string;
  readonly windows: readonly UnifiedWindow[];
  readonly overageStatus: 'allowed' | 'rejected';
  readonly overageDisabledReason: string | null;
}

export interface UnifiedWindow {
  readonly name: '5h' | '7d' | '7d_oi';
  readonly status: 'allowed' | 'allowed_warning' | 'rejected';
  /** 0 to 1, and above. */
  readonly utilization: number;
  /** Epoch seconds. */
  readonly reset: number;
}

export function calmWeek(): UnifiedLimits {
  const now = Math.floor(Date.now() / 1000);
  return {
    status: 'allowed',
    claim: 'five_hour',
    windows: [
      { name: '5h', status: 'allowed', utilization: 0.12, reset: now + 2 * 3600 },
      { name: '7d', status: 'allowed', utilization: 0.31, reset: now + 4 * 86_400 },
    ],
    overageStatus: 'rejected',
    overageDisabledReason: 'org_level_disabled',
  };
}

export const defaultKey: AnthropicKey = { name: 'first', secret: 'sk-ant-api03-stand-in-first' };

const organisationId = '3f5b7c1e-0000-4000-8000-000000000001';

interface Holder {
  readonly key: AnthropicKey;
  readonly meter: KeyMeter;
}

export class KeyRing {
  readonly #bySecret = new Map<string, Holder>();
  readonly #byName = new Map<string, Holder>();
  readonly #authority: TokenAuthority | null;

  /** `authority` issues tokens on its own; what it says of one is asked anew each time. */
  constructor(keys: readonly AnthropicKey[], authority: TokenAuthority | null = null) {
    this.#authority = authority;
    for (const key of keys) this.set(key);
  }

  /** Adds a key, or puts it in the place of the one of its name; its minute begins anew. */
  set(key: AnthropicKey): void {
    const old = this.#byName.get(key.name);
    if (old !== undefined) this.#bySecret.delete(old.key.secret);
    const holder = { key, meter: new KeyMeter({ ...ampleLimits, ...key.limits }) };
    this.#byName.set(key.name, holder);
    this.#bySecret.set(key.secret, holder);
  }

  find(request: RecordedRequest): string | null {
    return this.#keyOf(request)?.name ?? null;
  }

  meterOf(name: string): KeyMeter | undefined {
    return this.#byName.get(name)?.meter;
  }

  /** @throws Refusal */
  admit(request: RecordedRequest): AnthropicKey {
    const { 'x-api-key': apiKey, authorization } = request.headers;
    if (apiKey !== undefined && authorization !== undefined) {
      throw invalid('Only one of `x-api-key` and `authorization` may be sent');
    }
    if (apiKey === undefined && authorization === undefined) throw new Refusal(401, 'x-api-key header is required');
    const key = this.#keyOf(request);
    const isBearer = authorization !== undefined;
    if (key === undefined) throw new Refusal(401, isBearer ? 'Invalid bearer token' : 'invalid x-api-key');
    checkKind(key, isBearer, request);
    checkState(key);
    checkScope(key, request);
    return key;
  }

  /** @throws Refusal 429 when the credential's minute is used up. */
  takeRequest(name: string): void {
    const holder = this.#byName.get(name);
    if (holder === undefined || holder.meter.takeRequest()) return;
    const seconds = holder.meter.retryAfterSeconds();
    const { requestsPerMinute } = holder.meter.use().limits;
    throw new Refusal(
      429,
      `This request would exceed your organization's rate limit of ${requestsPerMinute} requests per minute.`,
      { headers: { 'retry-after': String(seconds), 'x-should-retry': 'true' } },
    );
  }

  /** Limits as they stand. */
  headersFor(name: string): Headers {
    const holder = this.#byName.get(name);
    if (holder === undefined) return {};
    const head = { 'anthropic-organization-id': organisationId };
    if (holder.key.kind === 'oauth-token')
      return { ...head, ...unifiedHeaders({ ...calmWeek(), ...holder.key.unified }) };
    return { ...head, ...classicHeaders(holder.meter) };
  }

  #keyOf(request: RecordedRequest): AnthropicKey | undefined {
    const secret = secretOf(request) ?? '';
    const known = this.#bySecret.get(secret)?.key;
    if (known !== undefined) return known;
    const issued = this.#authority?.look(secret);
    if (issued === undefined) return undefined;
    const { account, scopes, state } = issued;
    const key: AnthropicKey = {
      name: account.email,
      secret,
      kind: 'oauth-token',
      scopes,
      state: state === 'live' ? 'active' : state,
      ...(account.unified && { unified: account.unified }),
    };
    // The person's limits, whichever token is sent; never by its secret, which may be dead a moment later.
    const meter = this.#byName.get(key.name)?.meter ?? new KeyMeter(ampleLimits);
    this.#byName.set(key.name, { key, meter });
    return key;
  }
}

function secretOf(request: RecordedRequest): string | undefined {
  const { 'x-api-key': apiKey, authorization } = request.headers;
  return apiKey ?? /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
}

function checkKind(key: AnthropicKey, isBearer: boolean, request: RecordedRequest): void {
  if (key.kind !== 'oauth-token') return;
  if (!isBearer) throw new Refusal(401, 'invalid x-api-key');
  const betas = request.headers['anthropic-beta'] ?? '';
  if (!betas.includes('oauth-2025-04-20')) throw new Refusal(401, 'OAuth authentication is currently not supported.');
}

/** @throws Refusal */
function checkScope({ scopes }: AnthropicKey, { pathname }: RecordedRequest): void {
  const needed = pathname.startsWith('/api/oauth/') ? 'user:profile' : 'user:inference';
  if (scopes === undefined || scopes.includes(needed)) return;
  throw new Refusal(403, `OAuth token does not meet scope requirement ${needed}`);
}

function checkState(key: AnthropicKey): void {
  switch (key.state ?? 'active') {
    case 'active':
      return;
    case 'expired':
      throw new Refusal(401, 'OAuth token has expired. Please obtain a new token or refresh your existing token.');
    case 'revoked':
      throw new Refusal(401, 'OAuth token has been revoked. Please obtain a new token.');
    case 'disabled':
      throw invalid('This organization has been disabled.');
    case 'without-credit':
      throw invalid(
        'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
      );
  }
}

function classicHeaders(meter: KeyMeter): Headers {
  const { limits, requestsLeft, inputTokensLeft, outputTokensLeft, resetsAtMs } = meter.use();
  const reset = new Date(resetsAtMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const prefix = 'anthropic-ratelimit';
  return {
    [`${prefix}-requests-limit`]: String(limits.requestsPerMinute),
    [`${prefix}-requests-remaining`]: String(requestsLeft),
    [`${prefix}-requests-reset`]: reset,
    [`${prefix}-input-tokens-limit`]: String(limits.inputTokensPerMinute),
    [`${prefix}-input-tokens-remaining`]: String(inputTokensLeft),
    [`${prefix}-input-tokens-reset`]: reset,
    [`${prefix}-output-tokens-limit`]: String(limits.outputTokensPerMinute),
    [`${prefix}-output-tokens-remaining`]: String(outputTokensLeft),
    [`${prefix}-output-tokens-reset`]: reset,
    [`${prefix}-tokens-limit`]: String(limits.inputTokensPerMinute + limits.outputTokensPerMinute),
    [`${prefix}-tokens-remaining`]: String(inputTokensLeft + outputTokensLeft),
    [`${prefix}-tokens-reset`]: reset,
  };
}

/** The headers of a subscription's limits, as the API writes them. */
export function unifiedHeaders(limits: UnifiedLimits): Headers {
  const prefix = 'anthropic-ratelimit-unified';
  const headers: Record<string, string> = {
    [`${prefix}-status`]: limits.status,
    [`${prefix}-representative-claim`]: limits.claim,
    [`${prefix}-fallback-percentage`]: '0.5',
    [`${prefix}-overage-status`]: limits.overageStatus,
  };
  if (limits.windows[0] !== undefined) headers[`${prefix}-reset`] = String(limits.windows[0].reset);
  if (limits.overageDisabledReason !== null) {
    headers[`${prefix}-overage-disabled-reason`] = limits.overageDisabledReason;
  }
  for (const { name, status, reset, utilization } of limits.windows) {
    headers[`${prefix}-${name}-status`] = status;
    headers[`${prefix}-${name}-reset`] = String(reset);
    headers[`${prefix}-${name}-utilization`] = String(utilization);
  }
  return headers;
}
