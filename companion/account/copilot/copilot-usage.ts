/** How much of a Copilot plan is used, from `GET /copilot_internal/user`. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import { asObject } from '../../wire/hub/fields.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import type { LoginUsage } from '../oauth/login-usage.ts';
import { isSuccess, withTimeLimit } from '../oauth/provider-call.ts';
import type { ProviderCallOptions } from '../oauth/provider-call.ts';
import { githubTokenOf } from './copilot-renewal.ts';
import type { CopilotSettings } from './copilot-settings.ts';
import { askGithub, retryAtMsOf } from './github-call.ts';

const timeoutMs = 10_000;
const warningFraction = 0.8;
const windowNames = ['premium_interactions', 'chat', 'completions'] as const;

/** Never rejects. */
export async function fetchCopilotUsage(
  login: StoredLogin,
  { githubApiUrl }: CopilotSettings,
  options: ProviderCallOptions,
  signal: AbortSignal,
): Promise<LoginUsage> {
  try {
    const url = `${githubApiUrl}/copilot_internal/user`;
    const answer = await askGithub(withTimeLimit(timeoutMs, options), url, githubTokenOf(login), signal);
    const nowMs = options.nowMs();
    if (!isSuccess(answer)) return { windows: null, retryAtMs: retryAtMsOf(answer, nowMs) };
    return { windows: windowsOfCopilotUsage(answer.json, nowMs), retryAtMs: null };
  } catch {
    return { windows: null, retryAtMs: null };
  }
}

/** A quota that the plan does not count is untouched, and never begins anew. */
export function windowsOfCopilotUsage(body: unknown, observedAtMs: number): readonly QuotaWindow[] {
  const snapshots = asObject(asObject(body)['quota_snapshots']);
  const resetsAtMs = dayIn(asObject(body)['quota_reset_date']);
  return windowNames.flatMap((window) => {
    const facts = asObject(snapshots[window]);
    const isUnlimited = facts['unlimited'] === true;
    const usedFraction = isUnlimited ? 0 : usedFractionOf(facts);
    if (usedFraction === null) return [];
    const isOverPermitted = facts['overage_permitted'] === true;
    const isFull = usedFraction >= 1;
    return [
      {
        window,
        usedFraction,
        // Beyond the plan GitHub goes on, and counts, where the person allowed that.
        status: isFull && !isOverPermitted ? 'exceeded' : usedFraction >= warningFraction ? 'warning' : 'allowed',
        resetsAtMs: isUnlimited ? null : resetsAtMs,
        source: 'usage-endpoint',
        observedAtMs,
      } satisfies QuotaWindow,
    ];
  });
}

function usedFractionOf({
  entitlement,
  remaining,
  quota_remaining,
  percent_remaining,
}: Readonly<Record<string, unknown>>): number | null {
  const left = typeof remaining === 'number' ? remaining : quota_remaining;
  if (typeof entitlement === 'number' && entitlement > 0 && typeof left === 'number') {
    return Math.max(0, (entitlement - left) / entitlement);
  }
  return typeof percent_remaining === 'number' ? Math.max(0, 1 - percent_remaining / 100) : null;
}

/** `2026-12-01`: the first moment of that day, in UTC, as GitHub counts. */
function dayIn(value: unknown): number | null {
  const atMs = typeof value === 'string' && value.length <= 40 ? Date.parse(value) : Number.NaN;
  return Number.isFinite(atMs) ? atMs : null;
}
