/** One credential of any kind as the management routes show it. Never its secret. */
import type { LoginStatus, SessionStatus } from '../../../shared/status.ts';
import { providerIdOf } from '../../../shared/api-provider.ts';
import type { KeyEntry } from '../../account/api-keys.ts';
import { usualLoginPriority } from '../../account/login/login-status.ts';
import { keyEnding } from '../../base/api-key-text.ts';
import { sessionProvider } from '../../router/look-at-sessions.ts';
import type { KeyHealth } from '../../router/key-state.ts';
import type { Standing } from '../../router/plan.ts';
import { toRfc3339OrNull } from '../time.ts';

export type AuthType = 'api_key' | 'oauth' | 'session';

/**
 * `cooling`: a limit of the provider is reached, or it failed several times in a row. `exhausted`: its credit, or the
 * tokens that you allow it, are used up. `rejected`: the provider does not accept it. `expired`: it comes back by itself,
 * or with a click. `dead`: only a new one helps. `off`: it is kept, and not used.
 */
export const authStates = ['active', 'cooling', 'exhausted', 'rejected', 'expired', 'dead', 'off'] as const;
export type AuthState = (typeof authStates)[number];

/** Tokens of the period that runs; `null` where there is no limit. */
export interface AuthQuota {
  readonly limit: number | null;
  readonly used: number;
  readonly remaining: number | null;
}

/** In the words of an API that scripts may know already. Times are RFC 3339. */
export interface AuthEntry {
  readonly id: string;
  readonly provider: string;
  readonly type: AuthType;
  readonly name: string;
  readonly priority: number;
  readonly quota: AuthQuota | null;
  readonly status: AuthState;
  readonly status_reason: string | null;
  readonly until: string | null;
  readonly source: string;
  readonly places: readonly string[];
  readonly ending: string | null;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly email: string | null;
  readonly plan: string | null;
}

/** What is known of every credential alike, by its id. */
export interface AuthFacts {
  readonly isOff: (id: string) => boolean;
  readonly priorityOf: (id: string) => number | undefined;
  readonly standing: (id: string) => Standing;
  /** Models that it does not serve right now, while it serves others. */
  readonly coolingModels: (id: string) => KeyHealth['coolingModels'];
  readonly quotaOf: (id: string) => AuthQuota | null;
  readonly lastUsedAtMs: (id: string) => number | undefined;
}

type State = Pick<AuthEntry, 'status' | 'status_reason' | 'until'>;

export function entryOfKey({ key, places, hasProvider }: KeyEntry, facts: AuthFacts): AuthEntry {
  const gone = `no provider "${key.providerId}" is configured any more`;
  return {
    id: key.id,
    provider: key.providerId,
    type: 'api_key',
    name: key.name,
    priority: key.priority,
    ...commonOf(key.id, facts),
    ...(hasProvider ? stateOf(key.id, facts) : plainState('off', gone)),
    source: key.origin,
    places,
    ending: key.secret === null ? null : keyEnding(key.secret.reveal()),
    expires_at: null,
    email: null,
    plan: null,
  };
}

export function entryOfLogin(login: LoginStatus, facts: AuthFacts): AuthEntry {
  return {
    id: login.id,
    provider: providerOfLogin(login),
    type: 'oauth',
    name: login.name,
    priority: facts.priorityOf(login.id) ?? usualLoginPriority,
    ...commonOf(login.id, facts),
    ...stateOfLogin(login, facts),
    source: login.owner,
    places: [login.location],
    ending: null,
    expires_at: toRfc3339OrNull(login.expiresAtMs),
    email: login.email,
    plan: login.plan,
  };
}

/** `rank` is its place among the sessions, as the person prefers them. */
export function entryOfSession(session: SessionStatus, rank: number, facts: AuthFacts): AuthEntry {
  return {
    id: session.id,
    provider: sessionProvider,
    type: 'session',
    name: session.name,
    priority: rank,
    ...commonOf(session.id, facts),
    ...stateOfSession(session, facts),
    source: session.restsIn,
    places: [session.restsIn === 'vault' ? 'vault' : 'the browser that it came from'],
    ending: null,
    expires_at: toRfc3339OrNull(session.validUntilMs),
    email: session.email,
    plan: session.plan,
  };
}

/** The provider whose models it opens. */
export function providerOfLogin({ provider }: Pick<LoginStatus, 'provider'>): string {
  return provider === 'openai' ? providerIdOf('chatgpt') : provider;
}

function commonOf(id: string, { quotaOf, lastUsedAtMs }: AuthFacts): Pick<AuthEntry, 'quota' | 'last_used_at'> {
  return { quota: quotaOf(id), last_used_at: toRfc3339OrNull(lastUsedAtMs(id)) };
}

function stateOfLogin(login: LoginStatus, facts: AuthFacts): State {
  const { state, owner, trouble } = login;
  switch (state) {
    case 'off':
      return plainState('off', `\`companion auth adopt ${owner}\` lets the companion use it`);
    case 'dead':
    case 'expired':
      return facts.isOff(login.id) ? stateOf(login.id, facts) : plainState(state, trouble?.message ?? null);
    case 'usable':
      return stateOf(login.id, facts);
  }
}

function stateOfSession(session: SessionStatus, facts: AuthFacts): State {
  const told = session.trouble?.message ?? null;
  if (facts.isOff(session.id)) return stateOf(session.id, facts);
  switch (session.state) {
    case 'expired':
      return plainState('expired', told ?? 'claude.ai no longer accepts it');
    case 'signed-out':
      return plainState('expired', 'signed out of claude.ai');
    case 'unchecked':
    case 'active': {
      const now = stateOf(session.id, facts);
      const usual = session.state === 'unchecked' ? 'claude.ai has not confirmed it yet' : null;
      return now.status_reason === null ? { ...now, status_reason: told ?? usual } : now;
    }
  }
}

function stateOf(id: string, { isOff, standing, coolingModels }: AuthFacts): State {
  if (isOff(id)) return plainState('off', 'you turned it off');
  const now = standing(id);
  if (now.state === 'ready') return stateOfModels(coolingModels(id));
  // It serves, only not first.
  if (now.state === 'crowded') return plainState('active', now.reason);
  return { status: wordOf(now), status_reason: now.reason, until: untilOf(now.untilMs) };
}

/** It serves; what of it rests is told, until the last of that comes back. */
function stateOfModels(models: KeyHealth['coolingModels']): State {
  if (models.length === 0) return plainState('active', null);
  const told = models.map(({ model, reason }) => `${model ?? 'what names no model'} rests: ${reason}`);
  const untilMs = Math.max(...models.map((one) => one.untilMs));
  return { status: 'active', status_reason: told.slice(0, 5).join('; '), until: untilOf(untilMs) };
}

function wordOf(now: Exclude<Standing, { state: 'ready' | 'crowded' }>): AuthState {
  const code = 'code' in now ? now.code : undefined;
  if (code === 'QUOTA_EXHAUSTED' || code === 'TOKEN_LIMIT_REACHED') return 'exhausted';
  if (now.state !== 'rejected') return 'cooling';
  return code === 'LOGIN_EXPIRED' ? 'expired' : 'rejected';
}

function plainState(status: AuthState, reason: string | null): State {
  return { status, status_reason: reason, until: null };
}

/** Two clocks tell it, which differ by a hair. */
export function untilOf(atMs: number): string | null {
  return toRfc3339OrNull(Math.round(atMs / 1000) * 1000);
}
