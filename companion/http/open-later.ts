/**
 * Routes that are opened with the first request for one of them, in an app of their own. Those that manage the companion have
 * more schemas than all of the rest: made at the start, they would take a fifth of it and 14 MB, and most runs need none.
 */
import type { FastifyInstance } from 'fastify';
import { CompanionError } from '../base/error.ts';
import type { RouteConfig } from './client-server.ts';

/** Everything below these belongs to them. */
export const laterPaths = ['/v0/*', '/api/*'] as const;

/** The app itself checks who may come in. */
const config: RouteConfig = { access: 'public' };

/** One that could not be opened is tried again with the next request. */
export function onceOpened(open: () => Promise<FastifyInstance>): () => Promise<FastifyInstance> {
  let opened: Promise<FastifyInstance> | undefined;
  return () => {
    opened ??= openReady(open).catch((cause: unknown) => {
      opened = undefined;
      throw cause;
    });
    return opened;
  };
}

async function openReady(open: () => Promise<FastifyInstance>): Promise<FastifyInstance> {
  const app = await open();
  await app.ready();
  return app;
}

/** Hands over each request before anything of its body is read. */
export function mountLater(app: FastifyInstance, open: () => Promise<FastifyInstance>): void {
  for (const url of laterPaths) {
    app.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url,
      config,
      onRequest: async (request, reply) => {
        const later = await open();
        reply.hijack();
        later.routing(request.raw, reply.raw);
      },
      handler: () => {
        throw new CompanionError('INTERNAL', 'A request was not handed over.');
      },
    });
  }
}
