/** The routes that ask a model for an answer: any upstream can serve them, whatever its wire. */
import type { FastifyInstance } from 'fastify';
import type { ExchangeService } from '../../exchange/serve.ts';
import { answer, routeConfigOf } from './front.ts';
import type { Front } from './front.ts';

export function addCompletionRoutes(
  app: FastifyInstance,
  front: Front,
  paths: readonly string[],
  exchanges: ExchangeService,
): void {
  const config = routeConfigOf(front);
  const nature = { isTranslatable: true, isStateful: false };
  for (const path of paths) {
    app.post(path, { config }, (request, reply) => answer(front, nature, exchanges, request, reply));
  }
}
