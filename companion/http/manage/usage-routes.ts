/** Sums over the ledger, in all and over time. */
import { z } from 'zod';
import type { SeriesPoint } from '../../store/ledger-insight.ts';
import { addGroups, usageKeys } from '../../store/ledger.ts';
import type { UsageGroup, UsageKey } from '../../store/ledger.ts';
import { toRfc3339 } from '../time.ts';
import type { LedgerNames, LedgerRouteOptions } from './ledger-names.ts';
import { nameOfGroup } from './ledger-names.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';
import { bucketsOf, spanOf, spanQuery, stepQuery } from './time-span.ts';

const time = z.iso.datetime();
const sums = z.object({
  key: z.string().describe('Empty where the exchanges have none'),
  name: z.string().describe('As the person calls it'),
  exchanges: z.number(),
  failures: z.number().describe('Without those that the client or the person broke off'),
  input_tokens: z.number().describe('Without what the cache read or wrote'),
  output_tokens: z.number(),
  cache_read_tokens: z.number(),
  cache_write_tokens: z.number(),
});
const usageGroup = sums.extend({ first_at: time, last_at: time });
const usageTotal = sums.extend({ first_at: time.nullable(), last_at: time.nullable() });

/** An answer over the link holds so many at most; days beyond it are the oldest, all else the smallest. */
const mostGroups = 400;
const mostSeries = 8;

/** The rest of the groups, told as one. */
export const othersKey = 'others';

export function usageRoute({ ledger, names, nowMs }: LedgerRouteOptions): Route {
  return defineRoute({
    method: 'GET',
    path: '/v0/management/usage',
    access: 'admin',
    tag: 'Ledger',
    summary: 'Exchanges and tokens by model, client, credential, client key, provider or day',
    description:
      'Most tokens first; days in order, as local dates. A model is the one that served, else the one that was asked for. ' +
      'Beyond 400 groups the rest is told as one, with the key `others`.',
    query: spanQuery.extend({ by: z.enum(usageKeys).default('model') }),
    answer: z.object({
      by: z.enum(usageKeys),
      since: time,
      until: time,
      groups: z.array(usageGroup),
      total: usageTotal,
      dropped: z.number().describe('Exchanges of this run that could not be recorded'),
    }),
    errors: ['STORE_UNAVAILABLE'],
    handle: ({ query }) => {
      const { insight } = ledger;
      const span = spanOf(query, nowMs(), () => insight.oldestAtMs());
      const groups = ledger.usage(query.by, span);
      return {
        by: query.by,
        since: toRfc3339(span.sinceMs),
        until: toRfc3339(span.untilMs),
        groups: fold(groups, query.by).map((group) => describe(group, nameOfGroup(names, query.by, group.key))),
        total: groups.length === 0 ? noTotal : describe(groups.reduce(addGroups, nothing), 'Total'),
        dropped: ledger.dropped,
      };
    },
  });
}

const nothing: UsageGroup = {
  key: '',
  exchanges: 0,
  failures: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  firstAtMs: Number.POSITIVE_INFINITY,
  lastAtMs: Number.NEGATIVE_INFINITY,
};

function fold(groups: readonly UsageGroup[], by: UsageKey): readonly UsageGroup[] {
  if (groups.length <= mostGroups) return groups;
  if (by === 'day') return groups.slice(-mostGroups);
  const rest = groups.slice(mostGroups - 1).reduce(addGroups, { ...nothing, key: othersKey });
  return [...groups.slice(0, mostGroups - 1), rest];
}

function describe(group: UsageGroup, name: string): z.infer<typeof usageGroup> {
  return {
    key: group.key,
    name,
    exchanges: group.exchanges,
    failures: group.failures,
    input_tokens: group.inputTokens,
    output_tokens: group.outputTokens,
    cache_read_tokens: group.cacheReadTokens,
    cache_write_tokens: group.cacheWriteTokens,
    first_at: toRfc3339(group.firstAtMs),
    last_at: toRfc3339(group.lastAtMs),
  };
}

const noTotal: z.infer<typeof usageTotal> = {
  ...describe({ ...nothing, firstAtMs: 0, lastAtMs: 0 }, 'Total'),
  first_at: null,
  last_at: null,
};

export const insightKeys = ['total', 'model', 'client', 'provider'] as const;

const oneSeries = z.object({
  key: z.string(),
  name: z.string(),
  exchanges: z.array(z.number()),
  failures: z.array(z.number()),
  tokens: z.array(z.number()).describe('Of every kind'),
});

export function seriesRoute({ ledger, names, nowMs }: LedgerRouteOptions): Route {
  return defineRoute({
    method: 'GET',
    path: '/v0/management/usage/series',
    access: 'admin',
    tag: 'Ledger',
    summary: 'Exchanges, failures and tokens over time',
    description:
      'The span in steps of the same length; a step of a day or more begins at local midnight. Without `step` it is chosen ' +
      'so that there are 300 buckets at most. The eight groups with the most tokens, and all `others` as one.',
    query: spanQuery.extend({
      by: z.enum(insightKeys).default('total'),
      ...stepQuery.shape,
    }),
    answer: z.object({
      step_seconds: z.number(),
      times: z.array(z.number()).describe('When each bucket begins; Unix seconds'),
      series: z.array(oneSeries),
    }),
    errors: ['STORE_UNAVAILABLE'],
    handle: ({ query }) => {
      const { insight } = ledger;
      const span = spanOf(query, nowMs(), () => insight.oldestAtMs());
      const { stepSeconds, times, edges } = bucketsOf(span, query.step);
      const series = seriesOf(insight.seriesPoints(query.by, edges), times.length, query.by, names);
      return { step_seconds: stepSeconds, times: [...times], series };
    },
  });
}

type Series = z.infer<typeof oneSeries>;

function seriesOf(
  points: readonly SeriesPoint[],
  buckets: number,
  by: (typeof insightKeys)[number],
  names: LedgerNames,
): Series[] {
  const kept = largest(points, by);
  const empty = (key: string, name: string): Series => ({
    key,
    name,
    exchanges: Array.from({ length: buckets }, () => 0),
    failures: Array.from({ length: buckets }, () => 0),
    tokens: Array.from({ length: buckets }, () => 0),
  });
  const series = new Map(kept.map((key) => [key, empty(key, nameOfGroup(names, by, key))]));
  let others: Series | undefined;
  for (const { bucket, key, exchanges, failures, tokens } of points) {
    const into = series.get(key) ?? (others ??= empty(othersKey, 'Others'));
    into.exchanges[bucket] = (into.exchanges[bucket] ?? 0) + exchanges;
    into.failures[bucket] = (into.failures[bucket] ?? 0) + failures;
    into.tokens[bucket] = (into.tokens[bucket] ?? 0) + tokens;
  }
  return [...series.values(), ...(others === undefined ? [] : [others])];
}

/** The keys of the groups that are told by themselves; the one and only is told even where it is empty. */
function largest(points: readonly SeriesPoint[], by: (typeof insightKeys)[number]): readonly string[] {
  if (by === 'total') return [''];
  const totals = new Map<string, { tokens: number; exchanges: number }>();
  for (const { key, tokens, exchanges } of points) {
    const known = totals.get(key) ?? { tokens: 0, exchanges: 0 };
    totals.set(key, { tokens: known.tokens + tokens, exchanges: known.exchanges + exchanges });
  }
  return [...totals]
    .sort(([, left], [, right]) => right.tokens - left.tokens || right.exchanges - left.exchanges)
    .slice(0, mostSeries)
    .map(([key]) => key);
}
