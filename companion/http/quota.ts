/** `GET /v0/quota`: what is left of each account and key, with where each figure comes from and how old it is. */
import { z } from 'zod';
import type { RoutedCredential } from '../../shared/credential.ts';
import type { QuotaWindow } from '../../shared/quota.ts';
import type { SessionStatus } from '../../shared/status.ts';
import type { KeyHealth } from '../router/key-state.ts';
import type { Standing } from '../router/plan.ts';
import { defineRoute } from './manage/route.ts';
import type { Route } from './manage/route.ts';
import { toRfc3339 } from './time.ts';

export interface QuotaRouteOptions {
  readonly sessions: () => readonly Pick<SessionStatus, 'id' | 'name' | 'quotas'>[];
  readonly keys: () => readonly Pick<RoutedCredential, 'kind' | 'id' | 'name' | 'providerId'>[];
  /** Of an owner as `key/<id>`. */
  readonly windowsOf: (owner: string) => readonly QuotaWindow[];
  /** Of a key, or a session, whatever the model. */
  readonly standingOf: (credentialId: string) => Standing;
  /** Models for which a key rests while it serves others. */
  readonly coolingModelsOf: (credentialId: string) => KeyHealth['coolingModels'];
  /** What Claude Code told of its own login's limits. */
  readonly claudeCode: () => readonly QuotaWindow[];
  readonly nowMs: () => number;
}

const time = z.iso.datetime();

const quotaWindow = z.object({
  window: z.string().describe("The provider's name of it"),
  model: z.string().nullable().describe('Where it is for one model alone'),
  used_fraction: z.number().nullable().describe('0 to 1, more with overage; null when only the status is known'),
  status: z.enum(['allowed', 'warning', 'exceeded']),
  resets_at: time.nullable(),
  source: z.enum(['stream', 'headers', 'usage-endpoint', 'error']),
  age_seconds: z.number(),
});

const credentialQuotas = z.object({
  provider: z.string(),
  kind: z.enum(['api-key', 'oauth-token', 'web-session', 'claude-code']),
  id: z.string(),
  name: z.string(),
  cooldown: z.object({ until: time, reason: z.string() }).nullable().describe('While it rests'),
  cooling_models: z.array(z.object({ model: z.string().nullable(), until: time, reason: z.string() })),
  windows: z.array(quotaWindow),
});

/** Wants the companion's own key or the admin key: it tells names, ids and figures of accounts, though no secret. */
export function quotaRoute(options: QuotaRouteOptions): Route {
  return defineRoute({
    method: 'GET',
    path: '/v0/quota',
    access: 'owner',
    tag: 'Credentials',
    summary: 'What is left of each account and key, with where each figure comes from and how old it is',
    answer: z.object({ at: time, credentials: z.array(credentialQuotas) }),
    handle: () => describeQuotas(options),
  });
}

function describeQuotas(options: QuotaRouteOptions) {
  const { sessions, keys, windowsOf, standingOf, coolingModelsOf, claudeCode, nowMs } = options;
  const atMs = nowMs();
  const describe = (credential: Credential) => ({
    provider: credential.provider,
    kind: credential.kind,
    id: credential.id,
    name: credential.name,
    cooldown: describeCooldown(standingOf(credential.id)),
    cooling_models: coolingModelsOf(credential.id).map(({ model, untilMs, reason }) => ({
      model,
      until: toRfc3339(untilMs),
      reason,
    })),
    windows: credential.windows.map((window) => describeWindow(window, atMs)),
  });
  const ofSessions = sessions().map(({ id, name, quotas }) =>
    describe({ provider: 'claude-web', kind: 'web-session', id, name, windows: quotas }),
  );
  const ofKeys = keys().map(({ kind, id, name, providerId }) =>
    describe({
      provider: providerId,
      kind: kind === 'api-key' ? kind : 'oauth-token',
      id,
      name,
      windows: windowsOf(`key/${id}`),
    }),
  );
  const told = claudeCode();
  const own = { provider: 'claude-code', kind: 'claude-code', id: 'claude-code', name: 'Claude Code' } as const;
  const ofClaudeCode = told.length === 0 ? [] : [describe({ ...own, windows: told })];
  return { at: new Date(atMs).toISOString(), credentials: [...ofSessions, ...ofKeys, ...ofClaudeCode] };
}

interface Credential {
  readonly provider: string;
  readonly kind: 'api-key' | 'oauth-token' | 'web-session' | 'claude-code';
  readonly id: string;
  readonly name: string;
  readonly windows: readonly QuotaWindow[];
}

function describeCooldown(standing: Standing): { until: string; reason: string } | null {
  return standing.state === 'ready' ? null : { until: toRfc3339(standing.untilMs), reason: standing.reason };
}

/** A window that has begun anew since it was seen is untouched as far as anybody knows. */
export function describeWindow(window: QuotaWindow, atMs: number) {
  const hasReset = window.resetsAtMs !== null && window.resetsAtMs <= atMs;
  return {
    window: window.window,
    model: window.model ?? null,
    used_fraction: hasReset ? 0 : window.usedFraction,
    status: hasReset ? 'allowed' : window.status,
    resets_at: window.resetsAtMs === null || hasReset ? null : toRfc3339(window.resetsAtMs),
    source: window.source,
    age_seconds: Math.max(0, Math.round((atMs - window.observedAtMs) / 1000)),
  };
}
