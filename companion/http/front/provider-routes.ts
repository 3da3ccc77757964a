/**
 * Every other route of the two APIs, relayed to a provider of that wire: token counts, embeddings, files, batches, stored
 * responses, and whatever a provider adds next year. Who calls decides the wire: Anthropic's clients always say their
 * `anthropic-version`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CompanionError } from '../../base/error.ts';
import type { ExchangeService } from '../../exchange/serve.ts';
import type { RouteConfig } from '../client-server.ts';
import { renderNeutralError } from '../render-error.ts';
import { answer } from './front.ts';
import type { Front, RouteNature } from './front.ts';
import { providerTarget, routeNotFound } from './target.ts';

export interface ProviderRoutesOptions {
  readonly anthropic: Front;
  readonly openAi: Front;
  readonly exchanges: ExchangeService;
}

/** Each names a model and stands for itself, so any key of the provider will do. */
const modelRoutes: ReadonlySet<string> = new Set([
  '/v1/embeddings',
  '/v1/moderations',
  '/v1/completions',
  '/v1/complete',
  '/v1/images/generations',
  '/v1/audio/speech',
  '/v1/responses/input_tokens',
]);

const forModel: RouteNature = { isTranslatable: false, isStateful: false };
const forObjects: RouteNature = { isTranslatable: false, isStateful: true };
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export function addProviderRoutes(app: FastifyInstance, options: ProviderRoutesOptions): void {
  const frontOf = (request: FastifyRequest) => (isAnthropic(request) ? options.anthropic : options.openAi);
  const config: RouteConfig = {
    access: 'client',
    renderError: (error, nowMs, request) =>
      error.code === 'ROUTE_NOT_FOUND'
        ? renderNeutralError(error, nowMs)
        : frontOf(request).dialect.encodeError(error, nowMs),
  };
  const relay = (scope: FastifyInstance, url: string) =>
    scope.route({
      method: [...methods],
      url,
      config,
      exposeHeadRoute: false,
      handler: (request, reply) => relayTo(frontOf(request), options.exchanges, request, reply),
    });
  void app.register(async (scope) => {
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    for (const prefix of ['/v1', '/openai/v1', '/v1/v1']) relay(scope, `${prefix}/*`);
  });
  void app.register(async (scope) => {
    // A batch may be 256 MB: it is passed on as it arrives.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    for (const path of ['/v1/messages/batches', '/v1/v1/messages/batches']) relay(scope, path);
  });
}

async function relayTo(
  front: Front,
  exchanges: ExchangeService,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const path = pathOf(request);
  try {
    return await answer(front, natureOf(request), exchanges, request, reply);
  } catch (error) {
    const isNobody = error instanceof CompanionError && error.code === 'NO_CREDENTIAL';
    throw isNobody && !knownRoutes.test(path) ? routeNotFound(request.method, path) : error;
  }
}

/** What the two APIs are known to have; where nobody can be asked, any other path is taken for a slip. */
const knownRoutes =
  /^\/v1\/(?:messages\/(?:batches|count_tokens)|(?:files|skills|models|organizations|embeddings|moderations|completions|complete|images|audio|responses|batches|uploads|vector_stores|fine_tuning|conversations|containers|evals|videos|realtime|assistants|threads)(?:\/|$))/;

function natureOf(request: FastifyRequest): RouteNature {
  return modelRoutes.has(pathOf(request)) ? forModel : forObjects;
}

function isAnthropic(request: FastifyRequest): boolean {
  if (request.url.startsWith('/openai/')) return false;
  return request.headers['anthropic-version'] !== undefined || /^\/v1\/(messages|complete)(\/|$)/.test(pathOf(request));
}

function pathOf(request: FastifyRequest): string {
  return providerTarget(request.url).split('?', 1)[0] ?? '';
}
