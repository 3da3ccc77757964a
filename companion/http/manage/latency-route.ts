/** How long answers took: to their first byte, and to their end. */
import { z } from 'zod';
import type { LatencySample } from '../../store/ledger-insight.ts';
import { nameOfGroup } from './ledger-names.ts';
import type { LedgerRouteOptions } from './ledger-names.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';
import { bucketsOf, spanOf, spanQuery, stepQuery } from './time-span.ts';

const percentiles = z.object({
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
});
const perBucket = z.array(z.number().nullable());

/** By models, an answer over the link holds so many. */
const mostGroups = 100;

export function latencyRoute({ ledger, names, nowMs }: LedgerRouteOptions): Route {
  const keys = ['total', 'model', 'provider'] as const;
  return defineRoute({
    method: 'GET',
    path: '/v0/management/latency',
    access: 'admin',
    tag: 'Ledger',
    summary: 'How long answers took, in percentiles',
    description:
      'Exact percentiles (nearest rank) of the exchanges that succeeded. With `series=true` also over time, of all groups ' +
      'together; the steps are those of the usage series. The groups with the most exchanges come first, 100 at most.',
    query: spanQuery.extend({
      by: z.enum(keys).default('total'),
      series: z.enum(['true', 'false']).default('false'),
      ...stepQuery.shape,
    }),
    answer: z.object({
      groups: z.array(
        z.object({
          key: z.string(),
          name: z.string(),
          count: z.number(),
          first_byte_ms: percentiles,
          duration_ms: percentiles,
        }),
      ),
      step_seconds: z.number().nullable(),
      times: z.array(z.number()).describe('When each bucket begins; Unix seconds'),
      first_byte_p50: perBucket,
      first_byte_p90: perBucket,
    }),
    errors: ['STORE_UNAVAILABLE'],
    handle: ({ query }) => {
      const { insight } = ledger;
      const span = spanOf(query, nowMs(), () => insight.oldestAtMs());
      const buckets = bucketsOf(span, query.step);
      const samples = insight.latencySamples(query.by, buckets.edges);
      const groups = groupsOf(samples, (key) => nameOfGroup(names, query.by, key));
      if (query.series === 'false') {
        return { groups, step_seconds: null, times: [], first_byte_p50: [], first_byte_p90: [] };
      }
      const byBucket = Map.groupBy(samples, (sample) => sample.bucket);
      const told = buckets.times.map((_, bucket) => firstBytesOf(byBucket.get(bucket) ?? []));
      return {
        groups,
        step_seconds: buckets.stepSeconds,
        times: [...buckets.times],
        first_byte_p50: told.map(({ p50 }) => p50),
        first_byte_p90: told.map(({ p90 }) => p90),
      };
    },
  });
}

function groupsOf(samples: readonly LatencySample[], nameOf: (key: string) => string) {
  const groups = [...Map.groupBy(samples, (sample) => sample.key)].map(([key, ofGroup]) => ({
    key,
    name: nameOf(key),
    count: ofGroup.reduce((count, sample) => count + sample.durationMs.length, 0),
    first_byte_ms: firstBytesOf(ofGroup),
    duration_ms: percentilesOf(ofGroup.map((sample) => sample.durationMs)),
  }));
  return groups.sort((left, right) => right.count - left.count).slice(0, mostGroups);
}

function firstBytesOf(samples: readonly LatencySample[]) {
  return percentilesOf(samples.map((sample) => sample.firstByteMs));
}

function percentilesOf(lists: readonly (readonly number[])[]): z.infer<typeof percentiles> {
  const sorted = new Float64Array(lists.reduce((count, list) => count + list.length, 0));
  let at = 0;
  for (const list of lists) {
    sorted.set(list, at);
    at += list.length;
  }
  sorted.sort();
  const rank = (fraction: number) => sorted[Math.ceil(fraction * sorted.length) - 1] ?? null;
  return { p50: rank(0.5), p90: rank(0.9), p99: rank(0.99) };
}
