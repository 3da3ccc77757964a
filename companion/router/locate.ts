/** Which provider is meant by the name of a model. Pure; reads the lists of models, never asks for them. */
import type { ApiProvider, ProviderWire } from '../../shared/api-provider.ts';
import type { RoutedCredential } from '../../shared/credential.ts';
import type { DialectId } from '../wire/codec.ts';
import { findRelative, followPattern, withDottedVersion } from './model-map.ts';

export interface Target {
  readonly provider: ApiProvider;
  /** As the provider is to be asked for it, unless a key's list knows better; `undefined` when the request names none. */
  readonly model: string | undefined;
}

export interface Location {
  /** In the order in which they are to be tried; empty when nothing that has a key is meant. */
  readonly targets: readonly Target[];
  /** What the name became through aliases; `undefined` when the request names none. */
  readonly name: string | undefined;
  /** As claude.ai would know it; `undefined` when another provider is meant by name. */
  readonly webName: string | undefined;
  /** The name is this provider's beyond doubt, but it has no key. */
  readonly keylessOwner: ApiProvider | undefined;
  /** The name told nothing: the dialect's own provider is to judge. */
  readonly isGuess: boolean;
  /** Only those that sell on what others make offer it: whoever else can serve comes first. */
  readonly isResold: boolean;
}

/** What the router knows of providers and keys, read once for a request. */
export interface Catalogue {
  readonly providers: readonly ApiProvider[];
  /** Those of them that have keys. */
  readonly keyed: readonly ApiProvider[];
  /** By provider id; none is empty. */
  readonly keys: ReadonlyMap<string, readonly RoutedCredential[]>;
  readonly aliases: ReadonlyMap<string, string>;
  readonly dialect: DialectId;
  /** Whether the list of a key has the model; `undefined` while no list is known. */
  readonly isListed: (provider: ApiProvider, key: RoutedCredential, model: string) => boolean | undefined;
  /** The models of a key; empty while not known. */
  readonly listOf: (provider: ApiProvider, key: RoutedCredential) => Iterable<string>;
}

/** Can the dialect's bytes go there as they are? */
export function isSameWire(dialect: DialectId, provider: ApiProvider): boolean {
  if (dialect === 'openai-responses') return provider.wire !== 'anthropic' && provider.hasResponses;
  return provider.wire === wireOf(dialect);
}

/**
 * By these rules in order: an alias of that very name; a model that some key's list has; an alias pattern; the id of a
 * provider before a slash; a provider's own beginnings of names; a model that differs in nothing but its date; the same of
 * those that sell on what others make; and what nobody knows goes to the provider whose dialect the client speaks, for it to judge.
 */
export function locate(requested: string | undefined, catalogue: Catalogue): Location {
  if (requested === undefined) return { ...nowhere(undefined), targets: ownWireOf(catalogue, undefined, undefined) };
  const aliased = followExact(requested, catalogue.aliases);
  const listed = listedBy(catalogue, aliased);
  if (listed.length > 0) return at(nowhere(aliased), listed);
  const pattern = aliased === requested ? followPattern(requested, catalogue.aliases) : undefined;
  if (pattern === undefined) return locateUnlisted(aliased, catalogue);
  const name = followExact(pattern, catalogue.aliases);
  const meant = listedBy(catalogue, name);
  return meant.length > 0 ? at(nowhere(name), meant) : locateUnlisted(name, catalogue);
}

function locateUnlisted(name: string, catalogue: Catalogue): Location {
  const named = splitProvider(name, catalogue.providers);
  const isClaude = named === undefined || named.provider.id === 'anthropic';
  const place = { ...nowhere(name), webName: isClaude ? (named?.model ?? name) : undefined };
  if (named !== undefined && hasKeys(catalogue, named.provider)) return { ...place, targets: [named] };
  const owners = ownersOf(name, catalogue);
  const able = owners.filter((provider) => hasKeys(catalogue, provider));
  if (able.length > 0) return { ...place, targets: toTargets(able, name, catalogue) };
  const relatives = relativesOf(catalogue, name);
  if (relatives.length > 0) return { ...place, targets: relatives };
  const resold = resoldBy(catalogue, name);
  if (resold.length > 0) return at(place, resold);
  const keylessOwner = named?.provider ?? owners.find((provider) => provider.isLoginOnly !== true) ?? owners[0];
  const targets = ownWireOf(catalogue, name, keylessOwner);
  const isResold = targets.some(({ provider }) => provider.isReseller === true);
  // Their names differ from those of the makers, so that their list is worth asking for even where there is no choice.
  const isGuess = targets.length > 0 && (catalogue.keys.size > 1 || isResold);
  return { ...place, targets, keylessOwner, isGuess, isResold };
}

function at(place: Location, targets: readonly Target[]): Location {
  return { ...place, targets, isResold: targets.every(({ provider }) => provider.isReseller === true) };
}

function nowhere(name: string | undefined): Location {
  return { targets: [], name, webName: name, keylessOwner: undefined, isGuess: false, isResold: false };
}

/** Through aliases of that very name, as far as they lead; a circle ends where it began. */
export function followExact(name: string, aliases: ReadonlyMap<string, string>): string {
  if (!aliases.has(name)) return name;
  const seen = new Set([name]);
  let current = name;
  for (let next = aliases.get(current); next !== undefined; next = aliases.get(current)) {
    if (seen.has(next)) return name;
    seen.add(next);
    current = next;
  }
  return current;
}

/** Those whose list has it; who sells it on comes after whose model it is, or may be. */
function listedBy(catalogue: Catalogue, model: string): readonly Target[] {
  const listed = toTargets(havingIt(catalogue, model), model, catalogue);
  if (listed.length === 0 || listed[0]?.provider.isReseller !== true) return listed;
  const relatives = relativesOf(catalogue, model);
  if (relatives.length > 0) return [...relatives, ...listed];
  const isUnknown = (provider: ApiProvider) =>
    keysOf(catalogue, provider).some((key) => catalogue.isListed(provider, key, model) === undefined);
  return [...toTargets(ownersOf(model, catalogue).filter(isUnknown), model, catalogue), ...listed];
}

/** What a reseller has under another name that means the same. */
function resoldBy(catalogue: Catalogue, model: string): readonly Target[] {
  const relatives = relativesOf(catalogue, model, true);
  return relatives.length > 0 ? relatives : relativesOf(catalogue, withDottedVersion(model), true);
}

function havingIt(catalogue: Catalogue, model: string): readonly ApiProvider[] {
  return catalogue.keyed.filter((provider) =>
    keysOf(catalogue, provider).some((key) => catalogue.isListed(provider, key, model) === true),
  );
}

function relativesOf(catalogue: Catalogue, model: string, isResold = false): readonly Target[] {
  return catalogue.keyed.flatMap((provider) => {
    if ((provider.isReseller === true) !== isResold) return [];
    const lists = keysOf(catalogue, provider).map((key) => catalogue.listOf(provider, key));
    const relatives = lists.flatMap((list) => findRelative(model, list) ?? []);
    const newest = findRelative(model, relatives);
    return newest === undefined ? [] : { provider, model: newest };
  });
}

/** The longest beginning wins; of several providers that have it, all are meant. */
function ownersOf(model: string, { providers }: Catalogue): readonly ApiProvider[] {
  let longest = 1;
  let owners: ApiProvider[] = [];
  for (const provider of providers) {
    let length = 0;
    for (const prefix of provider.modelPrefixes) {
      if (prefix.length > length && model.startsWith(prefix)) length = prefix.length;
    }
    if (length > longest) owners = [];
    longest = Math.max(longest, length);
    if (length === longest) owners.push(provider);
  }
  return owners;
}

/**
 * The provider whose API the client speaks, if it is clear which one: the one that gave the dialect its name, or the only
 * one. A first-party provider is not asked for what is another's beyond doubt.
 */
function ownWireOf(catalogue: Catalogue, model: string | undefined, owner: ApiProvider | undefined): readonly Target[] {
  const wire = wireOf(catalogue.dialect);
  const { keyed } = catalogue;
  const same = keyed.filter((provider) => provider.wire === wire && provider.isReseller !== true);
  // Many servers speak OpenAI's API with models of their own, so that OpenAI is no guess for a name that nobody knows.
  const mayBeHome = wire === 'anthropic' || model === undefined;
  const home = mayBeHome ? same.find((provider) => provider.id === wire) : undefined;
  const only = same.length === 1 ? same[0] : undefined;
  const any = same.length === 0 && keyed.length === 1 && model !== undefined ? keyed[0] : undefined;
  const provider = home ?? only ?? any;
  if (provider === undefined) return [];
  return owner !== undefined && provider.modelPrefixes.length > 0 ? [] : [{ provider, model }];
}

function splitProvider(name: string, providers: readonly ApiProvider[]): (Target & { model: string }) | undefined {
  const slash = name.indexOf('/');
  if (slash <= 0 || slash === name.length - 1) return undefined;
  const provider = providers.find((one) => one.id === name.slice(0, slash).toLowerCase());
  return provider === undefined ? undefined : { provider, model: name.slice(slash + 1) };
}

/** Those whose model it is first, and of them those that need no translation. */
function toTargets(providers: readonly ApiProvider[], model: string, { dialect }: Catalogue): readonly Target[] {
  if (providers.length < 2) return providers.map((provider) => ({ provider, model }));
  const rank = (one: ApiProvider): number => (one.isReseller === true ? 2 : 0) + (isSameWire(dialect, one) ? 0 : 1);
  return providers.toSorted((one, other) => rank(one) - rank(other)).map((provider) => ({ provider, model }));
}

function hasKeys(catalogue: Catalogue, provider: ApiProvider): boolean {
  return catalogue.keys.has(provider.id);
}

function keysOf(catalogue: Catalogue, provider: ApiProvider): readonly RoutedCredential[] {
  return catalogue.keys.get(provider.id) ?? [];
}

function wireOf(dialect: DialectId): ProviderWire {
  return dialect === 'anthropic' ? 'anthropic' : 'openai';
}
