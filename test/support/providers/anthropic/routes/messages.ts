/** Messages, as a whole or as a stream, and the counting of their tokens. */
import type { Call } from '../../server/call.ts';
import type { Frame } from '../../server/send.ts';
import { event, sendJson, sendStream } from '../../server/send.ts';
import type { Route } from '../../server/routes.ts';
import { betasOf } from '../betas.ts';
import { buildMessage, toEvents, toJson } from '../build.ts';
import type { Message } from '../build.ts';
import { invalid, notFound } from '../errors.ts';
import { findModel } from '../models.ts';
import type { AnthropicModel } from '../models.ts';
import type { JsonObject, MessagesRequest } from '../plan.ts';
import { checkRules } from '../rules.ts';
import { checkShape } from '../schema.ts';
import type { AnthropicState } from '../state.ts';
import { countInput } from '../usage.ts';

const maxBodyBytes = 32 * 1024 * 1024;

export const messageRoutes: readonly Route<AnthropicState>[] = [
  { method: 'POST', path: '/v1/messages', serve: createMessage },
  { method: 'POST', path: '/v1/messages/count_tokens', serve: count },
];

function createMessage(call: Call, state: AnthropicState): Promise<void> | void {
  if (call.record.body.length > maxBodyBytes) return refuseSize(call);
  const given = checkShape('messages', readJson(call), betasOf(call));
  const owner = call.record.key ?? '';
  const body = state.threads.unfold(given, owner);
  const model = checkModel(body, state);
  checkRules(body, model, state.scenario);
  state.keys.takeRequest(owner);
  const message = answer(call, state, body, model);
  state.threads.keep(given, body, owner, message);
  Object.assign(call.headers, state.keys.headersFor(owner));
  if (body['stream'] !== true) return sendJson(call, 200, toJson(message));
  return sendStream(call, toEvents(message), { errorFrame: ({ type, message: text }) => errorEvent(call, type, text) });
}

/** What the model says to a valid request, counted against the key. */
export function answer(call: Call, state: AnthropicState, body: JsonObject, model: AnthropicModel): Message {
  const planned = state.scenario.answer(toRequest(call, body, model));
  const plan = typeof planned === 'string' ? { parts: [{ kind: 'text' as const, text: planned }] } : planned;
  const owner = call.record.key ?? '';
  const message = buildMessage(plan, model.id, state.cache.read(owner, body));
  state.keys.meterOf(owner)?.spend(message.usage.input_tokens, message.usage.output_tokens);
  return message;
}

/** @throws Refusal 404 */
export function checkModel(body: JsonObject, state: AnthropicState): AnthropicModel {
  const name = String(body['model']);
  const model = findModel(state.models, name);
  if (model === undefined) throw notFound(`model: ${name}`);
  return model;
}

function count(call: Call, state: AnthropicState): Promise<void> | void {
  const body = checkShape('count', readJson(call), betasOf(call));
  checkRules(body, checkModel(body, state), state.scenario);
  return sendJson(call, 200, { input_tokens: countInput(body) });
}

/** @throws Refusal */
export function readJson(call: Call): unknown {
  const type = call.record.headers['content-type'] ?? '';
  if (!type.startsWith('application/json')) throw invalid('Content-Type: must be application/json');
  const { json } = call.record;
  if (json === undefined) throw invalid('The request body is not valid JSON: expected value at line 1 column 1');
  return json;
}

/** The edge says so, before the API is reached. */
function refuseSize(call: Call): Promise<void> | void {
  return sendJson(call, 413, {
    type: 'error',
    error: { type: 'request_too_large', message: 'Request exceeds the maximum size' },
  });
}

function errorEvent(call: Call, type = 'overloaded_error', message = 'Overloaded'): Frame {
  return event('error', { type: 'error', error: { type, message }, request_id: call.headers['request-id'] });
}

function toRequest(call: Call, body: JsonObject, model: AnthropicModel): MessagesRequest {
  const messages = body['messages'] as readonly JsonObject[];
  const last = messages.at(-1)?.['content'];
  const lastBlocks = Array.isArray(last) ? (last as readonly JsonObject[]) : [];
  return {
    record: call.record,
    body,
    model: model.id,
    messages,
    isStream: body['stream'] === true,
    lastText: textOf(messages.findLast(({ role }) => role === 'user')?.['content']),
    toolResults: lastBlocks.filter(({ type }) => type === 'tool_result'),
  };
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return typeof content === 'string' ? content : '';
  return (content as readonly JsonObject[]).flatMap(({ type, text }) => (type === 'text' ? [text] : [])).join('\n');
}
