/** Whose token it is, and how much of the plan is used. */
import type { Call } from '../../server/call.ts';
import type { Route } from '../../server/routes.ts';
import { sendJson } from '../../server/send.ts';
import type { ClaudeAccount } from '../account.ts';
import { notFound, Refusal } from '../errors.ts';
import { calmWeek } from '../keys.ts';
import type { UnifiedWindow } from '../keys.ts';
import type { JsonObject } from '../plan.ts';
import type { AnthropicState } from '../state.ts';

export const oauthRoutes: readonly Route<AnthropicState>[] = [
  {
    method: 'GET',
    path: '/api/oauth/profile',
    serve: (call, state) => sendJson(call, 200, profileOf(accountOf(call, state))),
  },
  { method: 'GET', path: '/api/oauth/usage', serve: showUsage },
];

/** @throws Refusal 404 for an API key, which is nobody's. */
function accountOf(call: Call, { authority }: AnthropicState): ClaudeAccount {
  const secret = /^Bearer (.+)$/i.exec(call.record.headers['authorization'] ?? '')?.[1];
  const account = authority?.look(secret ?? '')?.account;
  if (account === undefined) throw notFound('Not found');
  return account;
}

function profileOf(account: ClaudeAccount): JsonObject {
  const { organisation } = account;
  return {
    account: {
      uuid: account.uuid,
      email: account.email,
      full_name: account.fullName,
      display_name: account.displayName,
      created_at: '2025-02-03T04:05:06.789012Z',
      has_claude_max: account.hasMax,
      has_claude_pro: account.hasPro,
    },
    organization: {
      uuid: organisation.uuid,
      name: organisation.name,
      organization_type: organisation.type,
      billing_type: 'stripe_subscription',
      rate_limit_tier: organisation.rateLimitTier,
      seat_tier: organisation.seatTier,
      has_extra_usage_enabled: false,
      subscription_status: 'active',
      subscription_created_at: '2025-02-03T04:05:06.789012Z',
      cc_onboarding_flags: {},
      claude_code_trial_ends_at: null,
      claude_code_trial_duration_days: null,
    },
    application: { uuid: '9d1c250a-e61b-44d9-88ed-5944d1962f5e', name: 'Claude Code', slug: 'claude-code' },
  };
}

function showUsage(call: Call, state: AnthropicState): Promise<void> | void {
  const account = accountOf(call, state);
  const wait = state.usageGate.enter(account.email);
  if (wait !== null) {
    throw new Refusal(429, 'Rate limited. Please try again later.', { headers: { 'retry-after': String(wait) } });
  }
  const { windows } = { ...calmWeek(), ...account.unified };
  const windowOf = (name: UnifiedWindow['name']) => usageOf(windows.find((one) => one.name === name));
  return sendJson(call, 200, {
    five_hour: windowOf('5h'),
    seven_day: windowOf('7d'),
    seven_day_oauth_apps: null,
    seven_day_opus: null,
    seven_day_sonnet: null,
    iguana_necktie: null,
    extra_usage: { is_enabled: false, monthly_limit: null, used_credits: null, utilization: null },
    limits: windows.flatMap((one) => limitOf(one)),
  });
}

/** Percent here, although the headers say fractions. */
function usageOf(window: UnifiedWindow | undefined): JsonObject | null {
  if (window === undefined) return null;
  return { utilization: percentOf(window), resets_at: resetOf(window) };
}

function limitOf(window: UnifiedWindow): readonly JsonObject[] {
  if (window.name === '7d_oi') return [];
  const isSession = window.name === '5h';
  return [
    {
      kind: isSession ? 'session' : 'weekly_all',
      group: isSession ? 'session' : 'weekly',
      percent: Math.round(percentOf(window)),
      severity: window.status === 'allowed' ? 'normal' : 'warning',
      resets_at: resetOf(window),
      is_active: window.utilization > 0,
      scope: null,
    },
  ];
}

function percentOf({ utilization }: UnifiedWindow): number {
  return Math.round(utilization * 1000) / 10;
}

function resetOf({ utilization, reset }: UnifiedWindow): string | null {
  return utilization === 0 ? null : new Date(reset * 1000).toISOString();
}
