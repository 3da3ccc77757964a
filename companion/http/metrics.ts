/** `GET /metrics`: figures for Prometheus. Ids and counts; no name of a person, no secret. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CompanionError } from '../base/error.ts';
import type { AdminKeyCheck } from './admin-key.ts';
import type { RouteConfig } from './client-server.ts';
import type { RouteFacts } from './manage/route.ts';
import type { MetricSources, MetricsText } from './metrics-text.ts';

export const metricsFacts: RouteFacts = {
  method: 'GET',
  path: '/metrics',
  access: 'admin',
  tag: 'State',
  summary: 'Figures for Prometheus',
  description:
    'Who may read them says the setting `metrics.access`: `admin` (the admin key), `loopback` (callers on this computer need ' +
    'no key) or `off`.',
  answer: z.string(),
  mediaTypes: ['text/plain'],
  errors: ['ROUTE_NOT_FOUND'],
};

export interface MetricsRouteOptions {
  readonly access: () => 'admin' | 'loopback' | 'off';
  readonly adminKeyCheck: AdminKeyCheck;
  readonly sources: MetricSources;
}

export function addMetricsRoute(app: FastifyInstance, { access, adminKeyCheck, sources }: MetricsRouteOptions): void {
  // Checked below: whether it wants the key may change while it runs.
  const config: RouteConfig = { access: 'public' };
  let text: Promise<MetricsText> | undefined;
  app.get('/metrics', { config }, async (request, reply) => {
    const who = access();
    if (who === 'off') throw new CompanionError('ROUTE_NOT_FOUND', '`metrics.access` is off.');
    const needsKey = who === 'admin' || !isLoopback(request.raw.socket.remoteAddress);
    const refusal = needsKey ? adminKeyCheck.check(request.headers) : undefined;
    if (refusal !== undefined) throw refusal;
    // Nobody else needs the library.
    text ??= import('./metrics-text.ts').then(({ createMetricsText }) => createMetricsText(sources));
    const { contentType, write } = await text;
    return reply
      .header('cache-control', 'no-store')
      .type(contentType)
      .send(await write());
  });
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address);
}
