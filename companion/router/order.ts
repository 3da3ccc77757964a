/** In which order the keys of one provider are tried, and likewise the sessions. */
import type { RoutedCredential } from '../../shared/credential.ts';
import type { RouteFacts, Strategy } from './plan.ts';

/** What the order needs to know of a credential. Lower numbers are preferred. */
export type RankedCredential = Pick<RoutedCredential, 'id' | 'priority'>;

export interface ReadyKey {
  readonly key: RankedCredential;
  readonly usedFraction: number | null;
}

export interface OrderRules {
  readonly strategy: Strategy;
  /** The key that is to come first whatever the strategy says. */
  readonly keptId: string | undefined;
  readonly turnOf: RouteFacts['turnOf'];
  readonly random: RouteFacts['random'];
}

type Comparison = (one: ReadyKey, other: ReadyKey) => number;

/** A key of which nothing is known counts as half used. */
const unknownFraction = 0.5;

export function orderKeys<Key extends ReadyKey>(keys: readonly Key[], rules: OrderRules): readonly Key[] {
  if (keys.length < 2) return keys;
  const ordered = [...keys].sort(comparisonOf(keys, rules));
  const kept = ordered.find(({ key }) => key.id === rules.keptId);
  return kept === undefined ? ordered : [kept, ...ordered.filter((one) => one !== kept)];
}

/** Lowest priority number first, then by id: the same key for as long as it exists. */
export function firstForGood(keys: readonly RoutedCredential[]): RoutedCredential | undefined {
  return [...keys].sort((one, other) => one.priority - other.priority || byId(one, other))[0];
}

function comparisonOf(keys: readonly ReadyKey[], { strategy, turnOf, random }: OrderRules): Comparison {
  const byTurn: Comparison = (one, other) => turnOf(one.key.id) - turnOf(other.key.id) || byId(one.key, other.key);
  switch (strategy) {
    case 'priority':
      return (one, other) => one.key.priority - other.key.priority || byTurn(one, other);
    case 'round_robin':
      return byTurn;
    case 'quota_aware':
      return (one, other) => fractionOf(one) - fractionOf(other) || byTurn(one, other);
    case 'random': {
      const drawn = new Map(keys.map(({ key }) => [key.id, random()]));
      return (one, other) => (drawn.get(one.key.id) ?? 0) - (drawn.get(other.key.id) ?? 0) || byId(one.key, other.key);
    }
  }
}

function fractionOf({ usedFraction }: ReadyKey): number {
  return usedFraction ?? unknownFraction;
}

function byId(one: RankedCredential, other: RankedCredential): number {
  if (one.id === other.id) return 0;
  return one.id < other.id ? -1 : 1;
}
