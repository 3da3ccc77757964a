/** `GET /v0/management/auths/refresh/status`: what the worker that renews logins did last, and when it looks next. */
import type { FastifyInstance } from 'fastify';
import type { RefreshWorkerStatus } from '../account/login/login-service-contract.ts';
import type { RouteConfig } from './client-server.ts';

/** Wants the client key; tells times and counts, no name and no secret. */
export function addRefreshStatusRoute(app: FastifyInstance, status: () => RefreshWorkerStatus): void {
  const config: RouteConfig = { access: 'client' };
  app.get('/v0/management/auths/refresh/status', { config }, (_request, reply) =>
    reply.header('cache-control', 'no-store').send(status()),
  );
}
