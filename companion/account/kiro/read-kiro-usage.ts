/** The answer of `getUsageLimits`, read with good will: what is used of the plan, and whose it is. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import { asArray, asObject, asText } from '../../wire/hub/fields.ts';
import type { JsonObject } from '../../wire/hub/fields.ts';
import { readTime } from '../adopt/loose-time.ts';
import type { LoginAccount } from '../login/stored-login.ts';

const warningFraction = 0.8;

/** One window for each thing that is counted (`credit`), and one for what a trial gives besides. */
export function windowsOfKiroUsage(body: unknown, observedAtMs: number): readonly QuotaWindow[] {
  const usage = asObject(body);
  const mayGoOver = asObject(usage['overageConfiguration'])['overageStatus'] === 'ENABLED';
  return asArray(usage['usageBreakdownList']).flatMap((entry) => {
    const facts = asObject(entry);
    const name = (asText(facts['resourceType']) ?? 'requests').toLowerCase().slice(0, 60);
    const resetsAtMs = readTime(facts['nextDateReset'] ?? usage['nextDateReset']);
    const plan = windowOf(name, facts, { resetsAtMs, observedAtMs, mayGoOver });
    return plan.concat(trialWindow(name, asObject(facts['freeTrialInfo']), observedAtMs));
  });
}

interface WindowFacts extends Pick<QuotaWindow, 'resetsAtMs' | 'observedAtMs'> {
  /** A full one does not keep from going on. */
  readonly mayGoOver: boolean;
}

function trialWindow(name: string, trial: JsonObject, observedAtMs: number): QuotaWindow[] {
  if (trial['freeTrialStatus'] !== 'ACTIVE') return [];
  return windowOf(`${name}_trial`, trial, {
    resetsAtMs: readTime(trial['freeTrialExpiry']),
    observedAtMs,
    mayGoOver: true,
  });
}

function windowOf(window: string, facts: JsonObject, { mayGoOver, ...times }: WindowFacts): QuotaWindow[] {
  const used = facts['currentUsageWithPrecision'] ?? facts['currentUsage'];
  const limit = facts['usageLimitWithPrecision'] ?? facts['usageLimit'];
  if (typeof used !== 'number' || typeof limit !== 'number' || limit <= 0 || used < 0) return [];
  const usedFraction = used / limit;
  const isFull = usedFraction >= 1 && !mayGoOver;
  const status = isFull ? 'exceeded' : usedFraction >= warningFraction ? 'warning' : 'allowed';
  return [{ window, usedFraction, status, source: 'usage-endpoint', ...times }];
}

/** `undefined` when it tells neither an account nor a plan. */
export function accountOfKiroUsage(body: unknown): LoginAccount | undefined {
  const { userInfo, subscriptionInfo } = asObject(body);
  const { userId, email } = asObject(userInfo);
  const { subscriptionTitle, type } = asObject(subscriptionInfo);
  const id = asText(userId)?.slice(0, 300) ?? null;
  const plan = asText(subscriptionTitle) ?? asText(type) ?? null;
  if (id === null && plan === null) return undefined;
  return {
    id,
    email: asText(email)?.slice(0, 300) ?? null,
    displayName: null,
    organisationId: null,
    organisation: null,
    // "KIRO PRO" on a line that says Kiro already.
    subscriptionType:
      plan
        ?.replace(/^kiro\s+/i, '')
        .toLowerCase()
        .slice(0, 100) ?? null,
    rateLimitTier: null,
  };
}
