/** The routes that ask a model for an answer: any upstream can serve them, whatever its wire. */
import type { FastifyInstance } from 'fastify';
import type { ExchangeService } from '../../exchange/serve.ts';
import { answer, routeConfigOf } from './front.ts';
import type { Front, RouteNature } from './front.ts';

/** Any upstream can serve it. */
const completion: RouteNature = { isTranslatable: true, isStateful: false };

export function addCompletionRoutes(
  app: FastifyInstance,
  front: Front,
  paths: readonly string[],
  exchanges: ExchangeService,
  nature: RouteNature = completion,
): void {
  const config = routeConfigOf(front);
  for (const path of paths) {
    app.post(path, { config }, (request, reply) => answer(front, nature, exchanges, request, reply));
  }
}
