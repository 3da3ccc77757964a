/** The list of models, by pages, and one of them. */
import type { Call } from '../../server/call.ts';
import type { Route } from '../../server/routes.ts';
import { sendJson } from '../../server/send.ts';
import { notFound } from '../errors.ts';
import { findModel } from '../models.ts';
import type { AnthropicModel } from '../models.ts';
import { paginate } from '../page.ts';
import type { AnthropicState } from '../state.ts';

export const modelRoutes: readonly Route<AnthropicState>[] = [
  { method: 'GET', path: '/v1/models', serve: listModels },
  { method: 'GET', path: '/v1/models/{id}', serve: readModel },
];

function listModels(call: Call, state: AnthropicState): Promise<void> | void {
  return sendJson(
    call,
    200,
    paginate(
      call,
      state.models.map((model) => describe(model)),
    ),
  );
}

function readModel(
  call: Call,
  state: AnthropicState,
  { id = '' }: Readonly<Record<string, string>>,
): Promise<void> | void {
  const model = findModel(state.models, id);
  if (model === undefined) throw notFound(`model: ${id}`);
  return sendJson(call, 200, describe(model));
}

function describe(model: AnthropicModel): { readonly id: string } {
  const info = {
    type: 'model',
    id: model.id,
    display_name: model.displayName,
    created_at: model.createdAt,
    max_input_tokens: model.maxInputTokens,
    max_tokens: model.maxTokens,
    capabilities: null,
  };
  return info;
}
