/** `GET /healthz`: the process answers. `GET /readyz`: it can serve. For whoever keeps it running; no key, and no secret. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CompanionError } from '../base/error.ts';
import type { RouteConfig } from './client-server.ts';
import type { RouteFacts } from './manage/route.ts';

export interface HealthOptions {
  /** It takes no more requests. */
  readonly isStopping: () => boolean;
  /** Each fails while what it is named after cannot be used. */
  readonly checks: Readonly<Record<string, () => unknown>>;
  readonly nowMs: () => number;
}

const readiness = z.object({
  status: z.enum(['ready', 'unready']),
  reasons: z.array(z.string()).describe('What stands in the way, each with the code of an error'),
});
type Readiness = z.infer<typeof readiness>;

export const healthFacts: readonly RouteFacts[] = [
  {
    method: 'GET',
    path: '/healthz',
    access: 'public',
    tag: 'State',
    summary: 'That the companion runs',
    answer: z.object({ status: z.literal('ok') }),
    example: { answer: { status: 'ok' } },
  },
  {
    method: 'GET',
    path: '/readyz',
    access: 'public',
    tag: 'State',
    summary: 'That the companion can serve: its vault opens, its disk takes writes, and it is not about to stop',
    answer: readiness,
    alsoStatus: 503,
    example: { answer: { status: 'ready', reasons: [] } },
  },
];

/** Whoever asks more often gets the answer of a moment ago: a check writes to the disk. */
const rememberedMs = 1_000;

export function addHealthRoutes(app: FastifyInstance, { isStopping, checks, nowMs }: HealthOptions): void {
  const config: RouteConfig = { access: 'public' };
  let known: { readonly atMs: number; readonly reasons: Promise<readonly string[]> } | undefined;
  app.get('/healthz', { config }, () => ({ status: 'ok' }));
  app.get('/readyz', { config }, async (_request, reply) => {
    if (known === undefined || nowMs() - known.atMs >= rememberedMs) {
      known = { atMs: nowMs(), reasons: reasonsOf(checks) };
    }
    const reasons = [...(isStopping() ? ['SHUTTING_DOWN: the companion stops'] : []), ...(await known.reasons)];
    const answer: Readiness = { status: reasons.length === 0 ? 'ready' : 'unready', reasons };
    return reply
      .code(reasons.length === 0 ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(answer);
  });
}

/** The messages of the errors are left out: they name files. */
async function reasonsOf(checks: HealthOptions['checks']): Promise<readonly string[]> {
  const reasons: string[] = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
    } catch (thrown) {
      const code = thrown instanceof CompanionError ? thrown.code : 'INTERNAL';
      reasons.push(`${code}: the ${name} cannot be used`);
    }
  }
  return reasons;
}
