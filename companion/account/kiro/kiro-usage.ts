/** How much of a Kiro plan is used, asked of the service. */
import { usagePath } from '../../wire/kiro/model-ids.ts';
import { readRetryAfterMs, readSkewMs } from '../../wire/limit-time.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import type { LoginUsage } from '../oauth/login-usage.ts';
import { askProvider, isSuccess, withTimeLimit } from '../oauth/provider-call.ts';
import type { ProviderAnswer, ProviderCallOptions } from '../oauth/provider-call.ts';
import type { KiroLoginSettings } from './kiro-settings.ts';
import { windowsOfKiroUsage } from './read-kiro-usage.ts';

const timeoutMs = 10_000;

/** Errors: those of `askProvider`. */
export function askKiroUsage(
  login: StoredLogin,
  settings: KiroLoginSettings,
  options: ProviderCallOptions,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const profileArn = login.kiro?.profileArn ?? settings.profileArn;
  const url = settings.apiUrl(login) + usagePath(profileArn);
  const headers = { authorization: `Bearer ${login.accessToken.reveal()}`, 'x-amzn-codewhisperer-optout': 'true' };
  return askProvider(withTimeLimit(timeoutMs, options), { who: 'Kiro', url, headers }, signal);
}

/** Never rejects. */
export async function fetchKiroUsage(
  login: StoredLogin,
  settings: KiroLoginSettings,
  options: ProviderCallOptions,
  signal: AbortSignal,
): Promise<LoginUsage> {
  try {
    const answer = await askKiroUsage(login, settings, options, signal);
    const nowMs = options.nowMs();
    if (isSuccess(answer)) return { windows: windowsOfKiroUsage(answer.json, nowMs), retryAtMs: null };
    const retryAtMs = readRetryAfterMs(answer.header, readSkewMs(answer.header, nowMs), nowMs) ?? null;
    return { windows: null, retryAtMs };
  } catch {
    return { windows: null, retryAtMs: null };
  }
}
