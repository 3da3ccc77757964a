/** What `companion usage` and `companion explain` ask: sums over the ledger, and single rows of it. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CompanionError } from '../../base/error.ts';
import { addGroups, usageKeys } from '../../store/ledger.ts';
import type { LedgerRow, UsageFilter, UsageGroup, UsageKey } from '../../store/ledger.ts';
import { remedyOf, toExchangeId } from '../manage/exchange-routes.ts';
import { nameOfGroup } from '../manage/ledger-names.ts';
import type { LedgerNames } from '../manage/ledger-names.ts';

export interface LedgerReader {
  exchange(id: string): LedgerRow | undefined;
  recent(limit: number): readonly LedgerRow[];
  usage(by: UsageKey, filter: UsageFilter): readonly UsageGroup[];
  readonly dropped: number;
}

export interface LedgerRouteOptions {
  readonly ledger: LedgerReader;
  readonly names: LedgerNames;
  readonly nowMs: () => number;
}

/** A group, and how the person calls what it is about. */
export type NamedUsage = UsageGroup & { readonly name: string };

export interface UsageReport {
  readonly by: UsageKey;
  readonly sinceMs: number | null;
  readonly atMs: number;
  /** Most tokens first; days in order. */
  readonly groups: readonly NamedUsage[];
  /** Its key is empty; `null` when there was no exchange. */
  readonly total: UsageGroup | null;
  /** Exchanges of this run that could not be recorded. */
  readonly dropped: number;
}

/** A row, and what to do about its outcome. */
export type ExplainedExchange = LedgerRow & { readonly remedy: string | null };

const usageQuery = z.object({
  by: z.enum(usageKeys).default('model'),
  sinceMs: z.coerce.number().nonnegative().optional(),
});
const recentQuery = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(20) });

/** Adds `GET /control/usage`, `/control/exchanges` and `/control/exchanges/:id`. */
export function addLedgerRoutes(app: FastifyInstance, options: LedgerRouteOptions): void {
  const { ledger } = options;
  app.get('/control/usage', (request) => reportUsage(options, usageQuery.parse(request.query)));
  app.get('/control/exchanges', (request) => ({
    exchanges: ledger.recent(recentQuery.parse(request.query).limit).map(withRemedy),
  }));
  app.get<{ Params: { id: string } }>('/control/exchanges/:id', (request) => {
    const id = toExchangeId(request.params.id);
    const row = ledger.exchange(id);
    if (row === undefined)
      throw new CompanionError('NOT_FOUND', `The ledger has no exchange ${id}, or several.`, notFound);
    return withRemedy(row);
  });
}

const notFound = { remedy: '`companion explain` without an id explains the last one.' };

function reportUsage(
  { ledger, names, nowMs }: LedgerRouteOptions,
  { by, sinceMs }: z.infer<typeof usageQuery>,
): UsageReport {
  const groups = ledger.usage(by, sinceMs === undefined ? {} : { sinceMs });
  const [first, ...others] = groups;
  return {
    by,
    sinceMs: sinceMs ?? null,
    atMs: nowMs(),
    groups: groups.map((group) => withName(group, nameOfGroup(names, by, group.key))),
    total: first === undefined ? null : others.reduce(addGroups, { ...first, key: '' }),
    dropped: ledger.dropped,
  };
}

function withName(group: UsageGroup, name: string): NamedUsage {
  return { ...group, name };
}

function withRemedy(row: LedgerRow): ExplainedExchange {
  return { ...row, remedy: remedyOf(row.outcome) };
}
