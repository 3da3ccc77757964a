/** Short questions to GitHub's API about a Copilot login, and what its refusals mean. */
import type { Secret } from '../../../shared/redact.ts';
import type { CompanionError } from '../../base/error.ts';
import { asText, asObject } from '../../wire/hub/fields.ts';
import { readRetryAfterMs, readSkewMs } from '../../wire/limit-time.ts';
import { askProvider } from '../oauth/provider-call.ts';
import type { ProviderAnswer, ProviderCallOptions } from '../oauth/provider-call.ts';
import { explainRefreshRefusal } from '../oauth/token-refusal.ts';

export const github = { name: 'GitHub' } as const;

/** A GET with the GitHub token. Errors: those of `askProvider`. */
export function askGithub(
  options: ProviderCallOptions,
  url: string,
  token: Secret,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const headers = { authorization: `token ${token.reveal()}`, 'x-github-api-version': '2022-11-28' };
  return askProvider(options, { who: github.name, url, headers }, signal);
}

/**
 * `LOGIN_EXPIRED` when the token is of no use any more, `RATE_LIMITED` for GitHub's limits (a 403 as well as a 429),
 * `UPSTREAM_ERROR` and the like for what says nothing about it, else `LOGIN_REFUSED`.
 */
export function explainGithubRefusal(answer: ProviderAnswer, token: Secret, nowMs: number): CompanionError {
  const refused = { provider: github, secrets: [token], nowMs };
  return explainRefreshRefusal(isLimit(answer) ? { ...answer, status: 429 } : answer, refused);
}

/** GitHub's limits come as a 403 with the time or the count in a header. */
export function isLimit({ status, header, json }: ProviderAnswer): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  const isCounted = header('retry-after') !== undefined || header('x-ratelimit-remaining') === '0';
  return isCounted || /rate limit/i.test(asText(asObject(json)['message']) ?? '');
}

/** Unix milliseconds before which it must not be asked again; `null` when the answer names no time. */
export function retryAtMsOf({ header }: ProviderAnswer, nowMs: number): number | null {
  return readRetryAfterMs(header, readSkewMs(header, nowMs), nowMs) ?? null;
}
