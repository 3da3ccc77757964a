/** Which credential serves a request, and why. Pure: facts in, plan out; every refusal says what to do. */
import type { RoutedCredential } from '../../shared/credential.ts';
import { checkAllowed, checkModels, passOverForbidden } from './allowed-models.ts';
import { describeKey, nameOfClaudeCode, nameOfKey } from './describe.ts';
import { locate } from './locate.ts';
import type { Catalogue, Location } from './locate.ts';
import { isForClaudeCode, lookAtClaudeCode, lookAtWantedClaudeCode, nameForClaudeCode } from './look-at-claude-code.ts';
import { unsuited } from './look.ts';
import type { Look } from './look.ts';
import { lookAtKeys, passOverKeys } from './look-at-keys.ts';
import { lookAtSessions, otherAccount, passOverSessions, turnedOff } from './look-at-sessions.ts';
import type { SessionFacts } from './look-at-sessions.ts';
import type { Candidate, Consideration, Plan, RouteFacts, RouteRequest } from './plan.ts';
import { refuse, refuseMode, refuseWeb } from './refuse.ts';
import { checkAccount, isKeyOf, refuseAccount } from './wanted-account.ts';

interface Choice {
  readonly candidate: Candidate;
  readonly reason: string;
}

/**
 * Throws `RATE_LIMITED`, `TOKEN_LIMIT_REACHED`, `KEY_REJECTED` or `QUOTA_EXHAUSTED` when every credential that could serve
 * has to be left alone, `SESSION_REQUIRED`, `SESSION_EXPIRED`, `SESSION_SIGNED_OUT` or `NO_CREDENTIAL` when there is none,
 * `MODEL_NOT_FOUND`, `ROUTE_NOT_FOUND`, `NOT_AVAILABLE_IN_MODE` and `CLIENT_NOT_ALLOWED`; `NOT_FOUND` when nothing has the
 * name of the account that is wanted.
 */
export function choose(request: RouteRequest, facts: RouteFacts): Plan {
  const { mode, ownKey, account } = request;
  if (account !== undefined) checkWanted(account, request, facts);
  if (isForClaudeCode(request, facts.aliases)) return planClaudeCode(request, facts);
  const keys = ownKey === undefined ? keysFor(request, facts) : [ownKey];
  const hasChoice = account === undefined && !facts.keys.some(({ id }) => facts.isOff(id));
  const catalogue = catalogueOf(request, facts, keys);
  const location = locateFor(request, catalogue);
  checkAllowed(request, location);
  if (mode === 'api' && keys.length === 0 && hasChoice) throw refuseMode(request);
  if (mode === 'web' && ownKey !== undefined) throw refuseWeb('the client sent its own credential along', request);
  if (mode === 'web' && !request.isTranslatable) throw refuseWeb('claude.ai has no such route', request);
  const sessions = ownKey === undefined ? facts.sessions : [];
  const { standing, strategy, keptFor, turnOf, random, isOff, nowMs } = facts;
  const { takesResponses = () => false } = facts;
  const rules = { standing, takesResponses, strategy, keptFor, turnOf, random, isOff, nowMs, catalogue };
  const ofKeys =
    mode === 'web' ? passOverKeys(catalogue, 'the mode web is wanted') : lookAtKeys(location, request, rules);
  const ofWeb = lookForWeb(request, location, { ...rules, sessions });
  const all = [
    ...(location.isResold ? [...ofWeb, ...ofKeys] : [...ofKeys, ...ofWeb]),
    ...lookAtClaudeCode(request, location, facts.claudeCode),
    ...(ownKey === undefined ? passOverExcluded(request, facts, keys) : []),
  ];
  const looks = passOverForbidden(request, location.name, all);
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

function checkWanted(account: string, request: RouteRequest, { keys, sessions, aliases }: RouteFacts): void {
  if (request.ownKey !== undefined) throw refuseAccount('the client sent its own credential along');
  if (isForClaudeCode(request, aliases)) throw refuseAccount('Claude Code has one account alone, its own');
  checkAccount(account, keys, sessions);
}

function keysFor(request: RouteRequest, { keys, isOff }: RouteFacts): readonly RoutedCredential[] {
  const isExcluded = (key: RoutedCredential) => whyExcluded(key, request, isOff) !== undefined;
  return keys.some(isExcluded) ? keys.filter((key) => !isExcluded(key)) : keys;
}

/** A login opens a conversation with models; what is stored at a provider belongs to an API key. */
function whyExcluded(
  key: RoutedCredential,
  { isStateful, onlyProvider, account }: RouteRequest,
  isOff: RouteFacts['isOff'],
): string | undefined {
  if (onlyProvider !== undefined && key.providerId !== onlyProvider) return onlyFor(onlyProvider);
  if (account !== undefined && !isKeyOf(key, account)) return otherAccount(account);
  if (isOff(key.id)) return turnedOff;
  return isStateful && key.kind === 'oauth-login' ? 'only a key can store things' : undefined;
}

function passOverExcluded(
  request: RouteRequest,
  { keys, providers, isOff }: RouteFacts,
  kept: readonly RoutedCredential[],
): readonly Look[] {
  if (kept.length === keys.length) return [];
  return keys
    .filter((key) => !kept.includes(key))
    .map((key) => {
      const provider = providers.find(({ id }) => id === key.providerId);
      return unsuited(nameOfKey(provider, key), whyExcluded(key, request, isOff) ?? turnedOff);
    });
}

function onlyFor(providerId: string): string {
  return `the route is for ${providerId} alone`;
}

function catalogueOf(request: RouteRequest, facts: RouteFacts, keys: readonly RoutedCredential[]): Catalogue {
  const byProvider = new Map<string, RoutedCredential[]>();
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

/** Asked for by its mode, or by the name of the model: then nobody else serves in its place. */
function planClaudeCode(request: RouteRequest, facts: RouteFacts): Plan {
  const { name, wanted } = nameForClaudeCode(request, facts.aliases);
  checkModels(request, [wanted], name);
  const look = lookAtWantedClaudeCode(request, facts);
  const { candidate, reason } = look;
  const others = [
    ...passOverKeys(catalogueOf(request, facts, facts.keys), 'Claude Code is wanted'),
    ...passOverSessions(facts.sessions, 'Claude Code is wanted'),
  ];
  return {
    candidates: [candidate],
    explanation: explain({ candidate, reason }, request),
    considered: considerationsOf([look, ...others], [look]),
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
  if (request.onlyProvider !== undefined) return passOverSessions(facts.sessions, onlyFor(request.onlyProvider));
  if (mode === 'api') return passOverSessions(facts.sessions, 'the mode api is wanted');
  if (!isTranslatable) return passOverSessions(facts.sessions, 'claude.ai has no such route');
  if (isStateful && targets.length > 0) return passOverSessions(facts.sessions, 'what is stored belongs to a key');
  if (webName === undefined) return passOverSessions(facts.sessions, 'claude.ai is not meant');
  return lookAtSessions(webName, request, facts);
}

/**
 * The able ones; where there is none, what is busy up to its limit, then what only failed lately, the one that is due first
 * before others.
 */
function choicesOf(looks: readonly Look[]): readonly Choice[] {
  const able = looks.filter((look) => look.kind === 'able');
  if (able.length > 0) return able;
  return looks
    .filter((look) => look.kind === 'hindered')
    .filter(({ hindrance }) => hindrance.state === 'failing' || hindrance.state === 'crowded')
    .toSorted((one, other) => one.hindrance.untilMs - other.hindrance.untilMs)
    .map(({ candidate, hindrance }) => ({ candidate, reason: `no other is left, though: ${hindrance.reason}` }));
}

function explain({ candidate, reason }: Choice, { model }: RouteRequest): string {
  const isMapped = model !== undefined && candidate.model !== undefined && candidate.model !== model;
  const mapped = isMapped ? `; model ${model.slice(0, 100)} means ${candidate.model}` : '';
  if (candidate.kind === 'web') return `web: ${candidate.session.name}, ${reason}${mapped}`;
  if (candidate.kind === 'claude-code') return `claude-code: ${nameOfClaudeCode}, ${reason}${mapped}`;
  const { provider, key } = candidate;
  const who = key.origin === 'client' ? "the client's own credential" : describeKey(key);
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
