/** How much of a ChatGPT plan is used, as headers, as an event and as the usage endpoint tell it. */
import type { Headers } from '../server/call.ts';
import type { JsonObject } from '../openai/plan.ts';

export interface PlanWindow {
  /** 0 to 100. */
  readonly usedPercent: number;
  readonly windowMinutes: number;
  /** Epoch seconds. */
  readonly resetAt: number;
}

export interface PlanLimits {
  /** Usually five hours, but what a window is stands in its length. `null`: the plan has none. */
  readonly primary: PlanWindow | null;
  /** Usually a week. */
  readonly secondary: PlanWindow | null;
  readonly credits: { readonly hasCredits: boolean; readonly isUnlimited: boolean; readonly balance: string | null };
  /** More headers: other families of limits, messages of the day. */
  readonly moreHeaders?: Headers;
}

export function calmPlan(): PlanLimits {
  const now = Math.floor(Date.now() / 1000);
  return {
    primary: { usedPercent: 12, windowMinutes: 300, resetAt: now + 2 * 3600 },
    secondary: { usedPercent: 31, windowMinutes: 10_080, resetAt: now + 4 * 86_400 },
    credits: { hasCredits: false, isUnlimited: false, balance: null },
  };
}

export function limitHeaders(limits: PlanLimits, plan: string): Headers {
  const { credits } = limits;
  return {
    'x-codex-plan-type': plan,
    'x-codex-active-limit': 'codex',
    ...windowHeaders('primary', limits.primary),
    ...windowHeaders('secondary', limits.secondary),
    'x-codex-credits-has-credits': credits.hasCredits ? 'True' : 'False',
    'x-codex-credits-unlimited': credits.isUnlimited ? 'True' : 'False',
    ...(credits.balance !== null && { 'x-codex-credits-balance': credits.balance }),
    ...limits.moreHeaders,
  };
}

function windowHeaders(name: 'primary' | 'secondary', window: PlanWindow | null): Headers {
  if (window === null) return {};
  return {
    [`x-codex-${name}-used-percent`]: String(window.usedPercent),
    [`x-codex-${name}-window-minutes`]: String(window.windowMinutes),
    [`x-codex-${name}-reset-at`]: String(window.resetAt),
  };
}

/** Fields of the event `codex.rate_limits`. */
export function limitEvent(limits: PlanLimits, plan: string): JsonObject {
  const windowOf = (window: PlanWindow | null) =>
    window && { used_percent: window.usedPercent, window_minutes: window.windowMinutes, reset_at: window.resetAt };
  return {
    plan_type: plan,
    rate_limits: {
      allowed: !isUsedUp(limits),
      limit_reached: isUsedUp(limits),
      primary: windowOf(limits.primary),
      secondary: windowOf(limits.secondary),
    },
    credits: creditsOf(limits),
  };
}

export function usageAnswer(
  limits: PlanLimits,
  person: { readonly accountId: string; readonly email: string; readonly plan: string },
): JsonObject {
  const now = Math.floor(Date.now() / 1000);
  const windowOf = (window: PlanWindow | null) =>
    window && {
      used_percent: window.usedPercent,
      limit_window_seconds: window.windowMinutes * 60,
      reset_after_seconds: Math.max(0, window.resetAt - now),
      reset_at: window.resetAt,
    };
  return {
    account_id: person.accountId,
    email: person.email,
    plan_type: person.plan,
    rate_limit: {
      allowed: !isUsedUp(limits),
      limit_reached: isUsedUp(limits),
      primary_window: windowOf(limits.primary),
      secondary_window: windowOf(limits.secondary),
    },
    credits: creditsOf(limits),
    spend_control: { reached: false },
  };
}

function creditsOf({ credits }: PlanLimits): JsonObject {
  return { has_credits: credits.hasCredits, unlimited: credits.isUnlimited, balance: credits.balance };
}

function isUsedUp({ primary, secondary }: PlanLimits): boolean {
  return [primary, secondary].some((window) => window !== null && window.usedPercent >= 100);
}
