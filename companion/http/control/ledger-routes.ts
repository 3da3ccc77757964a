/** What `companion usage` and `companion explain` ask: sums over the ledger, and single rows of it. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { errorFacts, errorTable } from '../../../shared/error-code.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { CompanionError } from '../../base/error.ts';
import { addGroups } from '../../store/ledger.ts';
import type { LedgerRow, UsageFilter, UsageGroup, UsageKey } from '../../store/ledger.ts';

export interface LedgerReader {
  exchange(id: string): LedgerRow | undefined;
  recent(limit: number): readonly LedgerRow[];
  usage(by: UsageKey, filter: UsageFilter): readonly UsageGroup[];
  readonly dropped: number;
}

export interface LedgerRouteOptions {
  readonly ledger: LedgerReader;
  /** How the person calls a key or session; `undefined` for one that is gone. */
  readonly nameOf: (credential: string) => string | undefined;
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
  by: z.enum(['model', 'client', 'credential', 'day']).default('model'),
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
    // Clients know an exchange by their API's own header, where its id begins with `req_`.
    const id = request.params.id.replace(/^(?:req_|exc_)?/, 'exc_');
    const row = ledger.exchange(id);
    if (row === undefined)
      throw new CompanionError('NOT_FOUND', `The ledger has no exchange ${id}, or several.`, notFound);
    return withRemedy(row);
  });
}

const notFound = { remedy: '`companion explain` without an id explains the last one.' };

function reportUsage(
  { ledger, nameOf, nowMs }: LedgerRouteOptions,
  { by, sinceMs }: z.infer<typeof usageQuery>,
): UsageReport {
  const groups = ledger.usage(by, sinceMs === undefined ? {} : { sinceMs });
  const [first, ...others] = groups;
  return {
    by,
    sinceMs: sinceMs ?? null,
    atMs: nowMs(),
    groups: groups.map((group) => withName(group, by === 'credential' ? nameOf(group.key) : undefined)),
    total: first === undefined ? null : others.reduce(addGroups, { ...first, key: '' }),
    dropped: ledger.dropped,
  };
}

function withName(group: UsageGroup, name = group.key): NamedUsage {
  return { ...group, name };
}

function withRemedy(row: LedgerRow): ExplainedExchange {
  return {
    ...row,
    remedy: Object.hasOwn(errorTable, row.outcome) ? errorFacts(row.outcome as ErrorCode).remedy : null,
  };
}
