/** Every route of the APIs that clients speak, under each of the prefixes that base URLs are entered with. */
import type { FastifyInstance } from 'fastify';
import type { ExchangeService } from '../../exchange/serve.ts';
import { codexProvider } from '../../../shared/api-provider.ts';
import { anthropicDialect } from '../../wire/anthropic/codec.ts';
import { openAiChatDialect } from '../../wire/openai-chat/codec.ts';
import { openAiResponsesDialect } from '../../wire/openai-responses/codec.ts';
import { addCompletionRoutes } from './completions.ts';
import { addTokenCountRoutes } from './count-tokens.ts';
import type { Front } from './front.ts';
import { addModelRoutes } from './models.ts';
import type { ModelCatalogue } from './models.ts';
import { addProviderRoutes } from './provider-routes.ts';

export function addFronts(app: FastifyInstance, exchanges: ExchangeService, catalogue: ModelCatalogue): void {
  const anthropic: Front = { dialect: anthropicDialect, requestIdHeader: 'request-id' };
  const openAi: Front = { dialect: openAiChatDialect, requestIdHeader: 'x-request-id' };
  const responses: Front = { dialect: openAiResponsesDialect, requestIdHeader: 'x-request-id' };
  const prefixes = ['/v1', '/openai/v1', '/v1/v1'];
  const under = (path: string) => prefixes.map((prefix) => prefix + path);
  addCompletionRoutes(app, anthropic, ['/v1/messages', '/v1/v1/messages'], exchanges);
  addCompletionRoutes(app, openAi, under('/chat/completions'), exchanges);
  addCompletionRoutes(app, responses, under('/responses'), exchanges);
  addCompletionRoutes(app, responses, under('/responses/compact'), exchanges, {
    isTranslatable: false,
    isStateful: false,
  });
  addCodexRoutes(app, responses, exchanges);
  addTokenCountRoutes(app, anthropic, exchanges);
  addModelRoutes(app, { catalogue, exchanges, anthropic, openAi });
  addProviderRoutes(app, { anthropic, openAi, exchanges });
}

/** As clients of the ChatGPT backend know it. Only the ChatGPT plan serves there, and never a metered key in its place. */
function addCodexRoutes(app: FastifyInstance, front: Front, exchanges: ExchangeService): void {
  const onlyProvider = codexProvider.id;
  const under = (path: string) => ['/codex/v1', '/backend-api/codex'].map((prefix) => prefix + path);
  const ask = { isTranslatable: true, isStateful: false, onlyProvider };
  addCompletionRoutes(app, front, under('/responses'), exchanges, ask);
  addCompletionRoutes(app, front, under('/responses/compact'), exchanges, { ...ask, isTranslatable: false });
}
