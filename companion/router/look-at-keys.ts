/** Which keys may serve a request, in the order of the providers that are meant and of the strategy within each. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { RoutedCredential } from '../../shared/credential.ts';
import { nameOfKey, quote } from './describe.ts';
import { isSameWire } from './locate.ts';
import type { Catalogue, Location, Target } from './locate.ts';
import { hindered, unsuited } from './look.ts';
import type { Able, Hindered, Look } from './look.ts';
import { findRelative, isLatest } from './model-map.ts';
import { firstForGood, orderKeys } from './order.ts';
import type { OrderRules } from './order.ts';
import type { ApiCandidate, RouteFacts, RouteRequest, Strategy } from './plan.ts';

type ApiAble = Able & { readonly candidate: ApiCandidate };

export interface KeyFacts extends Pick<
  RouteFacts,
  'takesResponses' | 'standing' | 'strategy' | 'keptFor' | 'turnOf' | 'random'
> {
  readonly catalogue: Catalogue;
  readonly nowMs: number;
}

const strategyWords: Readonly<Record<Strategy, string>> = {
  priority: 'by priority',
  round_robin: 'round robin',
  quota_aware: 'most quota left',
  random: 'at random',
};

const noSuchRoute = 'its provider does not have this route';

/** Every key once: those of the providers that are meant first. */
export function lookAtKeys(location: Location, request: RouteRequest, facts: KeyFacts): readonly Look[] {
  const { dialect, isTranslatable } = request;
  const suited = location.targets.filter(({ provider }) => isTranslatable || isSameWire(dialect, provider));
  const meant = request.isStateful ? suited.slice(0, 1) : suited;
  const looks = meant.flatMap((target) => lookAtProvider(target, request, facts));
  return [...looks, ...lookAtOthers(meant, location, facts.catalogue)];
}

/** The same word for every key, where none is to serve. */
export function passOverKeys({ keys, providers }: Catalogue, reason: string): readonly Look[] {
  return [...keys].flatMap(([providerId, ofProvider]) => {
    const provider = providers.find(({ id }) => id === providerId);
    return ofProvider.map((key) => unsuited(nameOfKey(provider, key), reason));
  });
}

function lookAtOthers(meant: readonly Target[], { targets, name }: Location, catalogue: Catalogue): readonly Look[] {
  const isMeant = (providerId: string) => meant.some(({ provider }) => provider.id === providerId);
  if ([...catalogue.keys.keys()].every(isMeant)) return [];
  const others = new Map([...catalogue.keys].filter(([providerId]) => !isMeant(providerId)));
  const first = (meant[0] ?? targets[0])?.provider;
  const what = name === undefined ? 'what names no model' : quote(name);
  const reason = first === undefined ? `does not offer ${what}` : `${what} goes to ${first.name}`;
  return passOverKeys({ ...catalogue, keys: others }, meant.length === 0 && first !== undefined ? noSuchRoute : reason);
}

function lookAtProvider(target: Target, request: RouteRequest, facts: KeyFacts): readonly Look[] {
  const keys = facts.catalogue.keys.get(target.provider.id) ?? [];
  const owner = request.isStateful ? firstForGood(keys) : undefined;
  const isListed = keys.some((key) => hasModel(target, key, facts.catalogue) === true);
  const looks = keys.map((key) => {
    if (owner !== undefined && key !== owner) {
      return unsuited(nameOfKey(target.provider, key), `what is stored belongs to key ${owner.name}`);
    }
    // A list that lacks what another key's list has is right about it; one that stands alone may be old.
    if (isListed && hasModel(target, key, facts.catalogue) === false) {
      return unsuited(nameOfKey(target.provider, key), `its list has no ${quote(target.model ?? '')}`);
    }
    return lookAt(target, key, request, facts);
  });
  return [...inOrder(looks.filter(isAble), target.provider, request, facts), ...looks.filter((look) => !isAble(look))];
}

function lookAt(
  { provider, model }: Target,
  key: RoutedCredential,
  request: RouteRequest,
  facts: KeyFacts,
): ApiAble | Hindered {
  const candidate: ApiCandidate = {
    kind: 'api',
    provider,
    key,
    model: model === undefined ? undefined : nameForKey(model, provider, key, facts.catalogue),
    isSameWire: isSameWire(request.dialect, provider) || takesResponses(request, key, model, facts),
  };
  const who = nameOfKey(provider, key);
  // A client's own credential is asked whatever became of it: its provider answers for itself.
  const standing = key === request.ownKey ? undefined : facts.standing(key.id, candidate.model);
  if (standing !== undefined && standing.state !== 'ready') return hindered(who, candidate, standing, facts.nowMs);
  return { kind: 'able', who, candidate, reason: strategyWords[facts.strategy] };
}

/** Its provider says so of this one model, as GitHub Copilot does. */
function takesResponses(
  { dialect }: RouteRequest,
  { id }: RoutedCredential,
  model: string | undefined,
  { takesResponses: asks }: KeyFacts,
): boolean {
  return dialect === 'openai-responses' && model !== undefined && asks?.(id, model) === true;
}

/** Providers know names of theirs that they do not list, but `-latest` is understood by few. */
function nameForKey(model: string, provider: ApiProvider, key: RoutedCredential, catalogue: Catalogue): string {
  if (!isLatest(model) || catalogue.isListed(provider, key, model) === true) return model;
  return findRelative(model, catalogue.listOf(provider, key)) ?? model;
}

function hasModel({ provider, model }: Target, key: RoutedCredential, { isListed }: Catalogue): boolean | undefined {
  return model === undefined ? undefined : isListed(provider, key, model);
}

function inOrder(
  looks: readonly ApiAble[],
  provider: ApiProvider,
  request: RouteRequest,
  facts: KeyFacts,
): readonly ApiAble[] {
  const { affinity } = request;
  const keptId = affinity === undefined ? undefined : facts.keptFor(affinity, provider.id);
  const rules: OrderRules = { ...facts, keptId };
  const ready = looks.map((look) => ({ look, key: look.candidate.key, usedFraction: usedFractionOf(look, facts) }));
  return orderKeys(ready, rules).map(({ look: { kind, who, candidate, reason } }) => {
    return { kind, who, candidate, reason: reasonOf(reason, candidate.key, keptId, request) };
  });
}

/** Only one strategy wants to know. */
function usedFractionOf({ candidate }: ApiAble, { strategy, standing }: KeyFacts): number | null {
  if (strategy !== 'quota_aware') return null;
  const now = standing(candidate.key.id, candidate.model);
  return now.state === 'ready' ? now.usedFraction : null;
}

function reasonOf(reason: string, key: RoutedCredential, keptId: string | undefined, request: RouteRequest): string {
  if (key === request.ownKey) return 'sent along by the client';
  if (request.isStateful) return 'the same for everything that is stored';
  return key.id === keptId ? 'kept for this conversation' : reason;
}

function isAble(look: Look): look is ApiAble {
  return look.kind === 'able';
}
