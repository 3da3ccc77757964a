import { builtInProviders, compatibleQuirks } from '../../../shared/api-provider.ts';
import type { ApiProvider } from '../../../shared/api-provider.ts';
import type { ApiKey } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { choose } from '../../../companion/router/choose.ts';
import type { Plan, RouteFacts, RouteRequest, Standing } from '../../../companion/router/plan.ts';
import type { SessionRecord } from '../../../companion/store/store.ts';
import { sessionRecord } from '../../support/records.ts';

export const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A provider block of the configuration: a server with models of its own. */
export function ownProvider(id: string, changes: Partial<ApiProvider> = {}): ApiProvider {
  return {
    id,
    name: id.toUpperCase(),
    wire: 'openai',
    baseUrl: `http://127.0.0.1/${id}`,
    hasResponses: false,
    modelPrefixes: [],
    models: null,
    isKeyless: false,
    quirks: compatibleQuirks,
    ...changes,
  };
}

/** `openai-a` is the key `a` of OpenAI. */
export function key(id: string, changes: Partial<ApiKey> = {}): ApiKey {
  const [providerId = '', name = id] = id.split('-');
  return {
    kind: 'api-key',
    id,
    providerId,
    name,
    secret: new Secret(`secret-of-${id}`),
    origin: 'vault',
    priority: 10,
    ...changes,
  };
}

export function session(id: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  return sessionRecord({ id, name: `${id}@example.org`, models: [{ id: 'claude-a', name: 'A' }], ...changes });
}

export const ready: Standing = { state: 'ready', usedFraction: null };

export function routeFacts(changes: Partial<RouteFacts> = {}): RouteFacts {
  return {
    sessions: [],
    providers: builtInProviders,
    keys: [],
    standing: () => ready,
    modelsOf: () => undefined,
    aliases: new Map(),
    strategy: 'priority',
    claudeCode: 'on-request',
    isOff: () => false,
    keptFor: () => undefined,
    turnOf: () => 0,
    random: () => 0,
    nowMs,
    ...changes,
  };
}

export function routeRequest(changes: Partial<RouteRequest> = {}): RouteRequest {
  return {
    model: 'claude-a',
    mode: undefined,
    dialect: 'anthropic',
    isTranslatable: true,
    isStateful: false,
    onlyProvider: undefined,
    ownKey: undefined,
    account: undefined,
    affinity: undefined,
    ...changes,
  };
}

/** Ids of the keys and sessions, in the order in which they are tried. */
export function idsOf(plan: Plan): readonly string[] {
  return plan.candidates.map((candidate) => {
    if (candidate.kind === 'web') return candidate.session.id;
    return candidate.kind === 'api' ? candidate.key.id : candidate.kind;
  });
}

/** `openai-a gpt-5`, `ses claude-a`: who is asked for what. */
export function asked(request: Partial<RouteRequest>, facts: Partial<RouteFacts>): readonly string[] {
  const plan = choose(routeRequest(request), routeFacts(facts));
  return plan.candidates.map((candidate, index) => `${idsOf(plan)[index]} ${candidate.model}`);
}

export function refusalOf(request: Partial<RouteRequest>, facts: Partial<RouteFacts>): CompanionError {
  try {
    choose(routeRequest(request), routeFacts(facts));
  } catch (thrown) {
    if (thrown instanceof CompanionError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

/** Lists of models by key id. */
export function lists(byKey: Readonly<Record<string, readonly string[]>>): RouteFacts['modelsOf'] {
  const sets = new Map(Object.entries(byKey).map(([id, models]) => [id, new Set(models)]));
  return (id) => sets.get(id);
}

export function standings(byId: Readonly<Record<string, Standing>>): RouteFacts['standing'] {
  const known = new Map(Object.entries(byId));
  return (id) => known.get(id) ?? ready;
}
