/**
 * `POST /v1/messages/count_tokens`: Anthropic counts where it can be asked. Where another provider or claude.ai serves,
 * nobody can, and clients such as Claude Code still want to know how full their context is: then it is an estimate, and
 * says so.
 */
import type { FastifyInstance } from 'fastify';
import { CompanionError } from '../../base/error.ts';
import type { ExchangeService } from '../../exchange/serve.ts';
import { estimateRequestTokens } from '../../wire/hub/estimate.ts';
import { parseJson } from '../../wire/hub/fields.ts';
import { formatWarnings, WARNINGS_HEADER } from '../../wire/hub/loss.ts';
import { answer, routeConfigOf } from './front.ts';
import type { Front } from './front.ts';

const estimated = formatWarnings([
  { field: 'input_tokens', reason: 'estimated since no key for the Anthropic API serves' },
]);

export function addTokenCountRoutes(app: FastifyInstance, front: Front, exchanges: ExchangeService): void {
  const config = routeConfigOf(front);
  for (const prefix of ['/v1', '/v1/v1']) {
    app.post(`${prefix}/messages/count_tokens`, { config }, async (request, reply) => {
      try {
        return await answer(front, { isTranslatable: false, isStateful: false }, exchanges, request, reply);
      } catch (cause) {
        if (!isNobodyToAsk(cause)) throw cause;
        const body = readBody(request.body);
        return reply.headers({ [WARNINGS_HEADER]: estimated }).send({ input_tokens: estimateRequestTokens(body) });
      }
    });
  }
}

function isNobodyToAsk(cause: unknown): boolean {
  if (!(cause instanceof CompanionError)) return false;
  switch (cause.code) {
    case 'NO_CREDENTIAL':
    case 'SESSION_REQUIRED':
    case 'SESSION_EXPIRED':
    case 'SESSION_SIGNED_OUT':
    case 'MODEL_NOT_FOUND':
    case 'NOT_AVAILABLE_IN_MODE':
      return true;
    default:
      return false;
  }
}

function readBody(body: unknown): unknown {
  const parsed = Buffer.isBuffer(body) ? parseJson(body.toString('utf8')) : undefined;
  if (parsed === undefined) throw new CompanionError('INVALID_REQUEST', 'The body is not valid JSON.');
  return parsed;
}
