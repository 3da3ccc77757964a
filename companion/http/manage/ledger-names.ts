/** What the routes over the ledger are given, and how they call what stands in it. */
import type { LedgerInsight } from '../../store/ledger-insight.ts';
import type { LedgerRow, UsageFilter, UsageGroup, UsageKey } from '../../store/ledger.ts';

export interface LedgerReader {
  /** By id, or by a beginning of it that only one has. */
  exchange(id: string): LedgerRow | undefined;
  usage(by: UsageKey, filter: UsageFilter): readonly UsageGroup[];
  readonly insight: LedgerInsight;
  readonly dropped: number;
}

interface Named {
  readonly id: string;
  /** As the person calls it. */
  readonly name: string;
}

/** What the ledger knows by ids alone; each list as it is now. */
export interface LedgerNames {
  /** Keys, logins and sessions. */
  readonly credentials: () => readonly Named[];
  readonly clientKeys: () => readonly Named[];
  readonly providers: () => readonly Named[];
}

export interface LedgerRouteOptions {
  readonly ledger: LedgerReader;
  readonly names: LedgerNames;
  readonly nowMs: () => number;
}

/** Upstreams that are no provider of an API. */
const otherProviders: readonly Named[] = [
  { id: 'claude-web', name: 'claude.ai' },
  { id: 'claude-code', name: 'Claude Code' },
];

/** Its id for what is gone by now, or never had a name. */
export function nameOfGroup(names: LedgerNames, by: UsageKey | 'total', key: string): string {
  if (by === 'total') return 'Total';
  if (by === 'client_key' && key === '') return "The companion's own key";
  switch (by) {
    case 'credential':
      return nameIn(names.credentials(), key) ?? key;
    case 'client_key':
      return nameIn(names.clientKeys(), key) ?? key;
    case 'provider':
      return nameIn([...names.providers(), ...otherProviders], key) ?? key;
    default:
      return key;
  }
}

export function nameIn(all: readonly Named[], id: string): string | undefined {
  return all.find((one) => one.id === id)?.name;
}
