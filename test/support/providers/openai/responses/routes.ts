/** Responses: create, and what was stored of them. */
import type { Call } from '../../server/call.ts';
import type { Route } from '../../server/routes.ts';
import { sendJson, sendStream } from '../../server/send.ts';
import { Refusal } from '../errors.ts';
import { asPlan, textOf } from '../plan.ts';
import type { JsonObject, OpenAiRequest } from '../plan.ts';
import { checkModel, readJson } from '../request.ts';
import type { OpenAiState, StoredResponse } from '../state.ts';
import { countUsage, promptOf } from '../usage.ts';
import { buildResponse, Sequence, toEvents } from './build.ts';
import { checkResponsesRequest } from './check.ts';

type Parameters = Readonly<Record<string, string>>;

/** Paths behind the flavour's base. */
export const responsesRoutes: readonly Route<OpenAiState>[] = [
  { method: 'POST', path: '/responses', serve: create },
  {
    method: 'GET',
    path: '/responses/{id}',
    serve: (call, state, parameters) => sendJson(call, 200, find(state, parameters).response),
  },
  { method: 'DELETE', path: '/responses/{id}', serve: remove },
  { method: 'GET', path: '/responses/{id}/input_items', serve: listInput },
];

function create(call: Call, state: OpenAiState): Promise<void> | void {
  const body = readJson(call, state);
  const items = checkResponsesRequest(state, body);
  const model = checkModel(state, body);
  state.keys.takeRequest(call.record.key);
  const plan = asPlan(state.scenario.answer(toRequest(call, body, model, items)));
  const prompt = promptOf({ ...body, input: items });
  const counts = countUsage(plan, prompt, state.cache.read(call.record.key, prompt));
  state.keys.meterOf(call.record.key)?.spend(counts.prompt, counts.completion);
  Object.assign(call.headers, state.keys.headersFor(call.record.key));
  const response = buildResponse(body, plan, model, counts);
  if (body['store'] !== false) {
    state.responses.set(String(response.final['id']), { response: response.final, input: items });
  }
  if (body['stream'] !== true) return sendJson(call, 200, response.final);
  const sequence = new Sequence();
  return sendStream(call, toEvents(response, sequence), {
    errorFrame: ({ code = 'server_error', message = 'The server had an error while processing your request.' }) =>
      sequence.frame('error', { code, message, param: null }),
  });
}

export function toRequest(call: Call, body: JsonObject, model: string, items: readonly JsonObject[]): OpenAiRequest {
  const isOutput = (item: JsonObject) => String(item['type'] ?? '').endsWith('_call_output');
  const lastOther = items.findLastIndex((item) => !isOutput(item));
  return {
    record: call.record,
    surface: 'responses',
    body,
    model,
    messages: items,
    isStream: body['stream'] === true,
    lastText: textOf(items.findLast(({ role }) => role === 'user')?.['content']),
    toolResults: items.slice(lastOther + 1),
  };
}

function remove(call: Call, state: OpenAiState, parameters: Parameters): Promise<void> | void {
  const id = find(state, parameters).response['id'];
  state.responses.delete(String(id));
  return sendJson(call, 200, { id, object: 'response', deleted: true });
}

function listInput(call: Call, state: OpenAiState, parameters: Parameters): Promise<void> | void {
  const data = find(state, parameters).input;
  return sendJson(call, 200, { object: 'list', data, has_more: false, first_id: null, last_id: null });
}

function find(state: OpenAiState, { id = '' }: Parameters): StoredResponse {
  const stored = state.responses.get(id);
  if (stored === undefined) throw new Refusal(404, `Response with id '${id}' not found.`);
  return stored;
}
