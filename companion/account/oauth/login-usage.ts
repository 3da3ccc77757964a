/** How much of its plan a login has used, asked of the provider: for a person to look at, never in a request's way. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import { asObject } from '../../wire/hub/fields.ts';
import { windowsOfUsage } from '../../wire/claude-web/usage.ts';
import { readRetryAfterMs, readSkewMs } from '../../wire/limit-time.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import { anthropicHeaders } from './anthropic-token-endpoint.ts';
import type { LoginProvider } from './login-providers.ts';
import { chatGptHeaders } from './openai-token-endpoint.ts';
import { windowsOfOpenAiUsage } from './openai-usage.ts';
import { askProvider, isSuccess, withTimeLimit } from './provider-call.ts';
import type { ProviderAnswer, ProviderCallOptions } from './provider-call.ts';

export interface LoginUsage {
  /** `null` on any trouble: what was known before still stands. */
  readonly windows: readonly QuotaWindow[] | null;
  /** Unix milliseconds before which it must not be asked again; `null` when the provider names no time. */
  readonly retryAtMs: number | null;
}

const timeoutMs = 10_000;

/** Never rejects. The endpoints allow very few calls: hold an answer for five minutes at least. */
export async function fetchLoginUsage(
  provider: LoginProvider,
  login: StoredLogin,
  options: ProviderCallOptions,
  signal: AbortSignal,
): Promise<LoginUsage> {
  try {
    const question = { who: provider.name, url: provider.usageUrl, headers: headersFor(login) };
    return readUsage(provider, await askProvider(withTimeLimit(timeoutMs, options), question, signal), options.nowMs());
  } catch {
    return { windows: null, retryAtMs: null };
  }
}

function headersFor({ provider, accessToken, account }: StoredLogin): Readonly<Record<string, string>> {
  if (provider === 'anthropic') return anthropicHeaders(accessToken);
  return chatGptHeaders(accessToken, account?.id ?? null);
}

function readUsage({ id }: LoginProvider, answer: ProviderAnswer, nowMs: number): LoginUsage {
  const { header, json } = answer;
  const retryAtMs = readRetryAfterMs(header, readSkewMs(header, nowMs), nowMs) ?? null;
  if (!isSuccess(answer)) return { windows: null, retryAtMs };
  const windows = id === 'anthropic' ? windowsOfUsage(json, nowMs) : windowsOfOpenAiUsage(asObject(json), nowMs);
  return { windows, retryAtMs: null };
}
