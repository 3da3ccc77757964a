/** Which credential serves a request, and why. Pure: facts in, plan out; every refusal says what to do. */
import type { ApiKey } from '../../shared/credential.ts';
import { locate } from './locate.ts';
import type { Catalogue, Location } from './locate.ts';
import type { Look } from './look.ts';
import { lookAtKeys, passOverKeys } from './look-at-keys.ts';
import { lookAtSessions, passOverSessions } from './look-at-sessions.ts';
import type { SessionFacts } from './look-at-sessions.ts';
import type { Candidate, Consideration, Plan, RouteFacts, RouteRequest } from './plan.ts';
import { refuse, refuseMode, refuseWeb } from './refuse.ts';

interface Choice {
  readonly candidate: Candidate;
  readonly reason: string;
}

/**
 * Throws `RATE_LIMITED`, `KEY_REJECTED` or `QUOTA_EXHAUSTED` when every credential that could serve has to be left alone,
 * `SESSION_REQUIRED`, `SESSION_EXPIRED`, `SESSION_SIGNED_OUT` or `NO_CREDENTIAL` when there is none, `MODEL_NOT_FOUND`,
 * `ROUTE_NOT_FOUND` and `NOT_AVAILABLE_IN_MODE`.
 */
export function choose(request: RouteRequest, facts: RouteFacts): Plan {
  const { mode, ownKey } = request;
  const keys = ownKey === undefined ? facts.keys : [ownKey];
  if (mode === 'claude-code' || (mode === 'api' && keys.length === 0)) throw refuseMode(mode);
  if (mode === 'web' && ownKey !== undefined) throw refuseWeb('the client sent its own credential along');
  if (mode === 'web' && !request.isTranslatable) throw refuseWeb('claude.ai has no such route');
  const catalogue = catalogueOf(request, facts, keys);
  const location = locateFor(request, catalogue);
  const sessions = ownKey === undefined ? facts.sessions : [];
  const { standing, strategy, keptFor, turnOf, random, nowMs } = facts;
  const rules = { standing, strategy, keptFor, turnOf, random, nowMs, catalogue };
  const looks = [
    ...(mode === 'web' ? passOverKeys(catalogue, 'the mode web is wanted') : lookAtKeys(location, request, rules)),
    ...lookForWeb(request, location, { standing, sessions, nowMs }),
  ];
  const choices = choicesOf(looks);
  const [first, ...others] = choices;
  if (first === undefined) throw refuse({ request, location, looks, catalogue, sessions, nowMs });
  return {
    candidates: [first.candidate, ...others.map(({ candidate }) => candidate)],
    explanation: explain(first, request),
    considered: considerationsOf(looks, choices),
    ...(location.isGuess && first.candidate.kind === 'api' && { isGuess: true }),
  };
}

function catalogueOf(request: RouteRequest, facts: RouteFacts, keys: readonly ApiKey[]): Catalogue {
  const byProvider = new Map<string, ApiKey[]>();
  for (const key of keys) {
    const ofProvider = byProvider.get(key.providerId);
    if (ofProvider === undefined) byProvider.set(key.providerId, [key]);
    else ofProvider.push(key);
  }
  return {
    providers: facts.providers,
    keyed: facts.providers.filter(({ id }) => byProvider.has(id)),
    keys: byProvider,
    aliases: facts.aliases,
    dialect: request.dialect,
    isListed: ({ models }, key, model) => models?.includes(model) ?? facts.modelsOf(key.id)?.has(model),
    listOf: ({ models }, key) => models ?? facts.modelsOf(key.id) ?? [],
  };
}

/** What goes with the client's own credential goes to its provider, whoever else the name may mean. */
function locateFor(request: RouteRequest, catalogue: Catalogue): Location {
  const place = locate(request.model, catalogue);
  if (request.ownKey === undefined || place.targets.length > 0) return place;
  const provider = catalogue.providers.find(({ id }) => id === request.ownKey?.providerId);
  return provider === undefined ? place : { ...place, targets: [{ provider, model: request.model }] };
}

/** Sessions come after keys: they are for chat alone, and not to be spent on what a key can do. */
function lookForWeb(request: RouteRequest, location: Location, facts: SessionFacts): readonly Look[] {
  const { mode, isTranslatable, isStateful } = request;
  const { webName, targets } = location;
  if (mode === 'api') return passOverSessions(facts.sessions, 'the mode api is wanted');
  if (!isTranslatable) return passOverSessions(facts.sessions, 'claude.ai has no such route');
  if (isStateful && targets.length > 0) return passOverSessions(facts.sessions, 'what is stored belongs to a key');
  if (webName === undefined) return passOverSessions(facts.sessions, 'claude.ai is not meant');
  return lookAtSessions(webName, facts);
}

/** The able ones; where there is none, what only failed lately is asked again, the one that is due first before others. */
function choicesOf(looks: readonly Look[]): readonly Choice[] {
  const able = looks.filter((look) => look.kind === 'able');
  if (able.length > 0) return able;
  return looks
    .filter((look) => look.kind === 'hindered')
    .filter(({ hindrance }) => hindrance.state === 'failing')
    .toSorted((one, other) => one.hindrance.untilMs - other.hindrance.untilMs)
    .map(({ candidate, hindrance }) => ({ candidate, reason: `no other is left, though: ${hindrance.reason}` }));
}

function explain({ candidate, reason }: Choice, { model }: RouteRequest): string {
  const isMapped = model !== undefined && candidate.model !== undefined && candidate.model !== model;
  const mapped = isMapped ? `; model ${model.slice(0, 100)} means ${candidate.model}` : '';
  if (candidate.kind === 'web') return `web: ${candidate.session.name}, ${reason}${mapped}`;
  const { provider, key } = candidate;
  const who = key.origin === 'client' ? "the client's own credential" : `key ${key.name}`;
  return `api: ${provider.name}, ${who} (${reason})${mapped}`;
}

/** One line for each credential: those that are tried in their order, then those that are not. */
function considerationsOf(looks: readonly Look[], choices: readonly Choice[]): readonly Consideration[] {
  const [only, ...others] = looks;
  if (only?.kind === 'able' && others.length === 0) return [{ who: only.who, verdict: 'chosen', reason: only.reason }];
  const places = new Map(choices.map((choice, place) => [choice.candidate, { place, reason: choice.reason }]));
  const placeOf = (look: Look) => (look.kind === 'unsuited' ? undefined : places.get(look.candidate));
  return looks
    .toSorted((one, other) => (placeOf(one)?.place ?? Infinity) - (placeOf(other)?.place ?? Infinity) || 0)
    .map((look) => {
      const chosen = placeOf(look);
      if (chosen === undefined) return { who: look.who, verdict: 'passed over', reason: look.reason };
      return { who: look.who, verdict: chosen.place === 0 ? 'chosen' : 'next', reason: chosen.reason };
    });
}
