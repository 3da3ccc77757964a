/** Chat Completions. */
import type { Call } from '../../server/call.ts';
import { dataFrame, sendJson, sendStream } from '../../server/send.ts';
import { checkModel, readJson } from '../request.ts';
import { envelope } from '../errors.ts';
import { asPlan, textOf } from '../plan.ts';
import type { JsonObject, OpenAiRequest } from '../plan.ts';
import type { OpenAiState } from '../state.ts';
import { countUsage, promptOf } from '../usage.ts';
import { buildCompletion, toChunks, toJson } from './build.ts';
import { checkFields } from './fields.ts';
import { checkQuirks } from './quirks.ts';
import { checkRules } from './rules.ts';

export function createChatCompletion(call: Call, state: OpenAiState): Promise<void> | void {
  const { facts, scenario } = state;
  const body = readJson(call, state);
  checkFields(facts.id, body);
  const model = checkModel(state, body);
  checkQuirks(facts, body);
  checkRules(facts, body);
  state.keys.takeRequest(call.record.key);
  const plan = asPlan(scenario.answer(toRequest(call, body, model)));
  const prompt = promptOf(body);
  const counts = countUsage(plan, prompt, state.cache.read(call.record.key, prompt));
  state.keys.meterOf(call.record.key)?.spend(counts.prompt, counts.completion);
  Object.assign(call.headers, state.keys.headersFor(call.record.key));
  const completion = buildCompletion(facts, plan, model, counts);
  if (body['stream'] !== true) return sendJson(call, 200, toJson(completion));
  const includeUsage = (body['stream_options'] as JsonObject | null | undefined)?.['include_usage'] === true;
  const { keepAliveComments, hasObfuscation } = scenario;
  return sendStream(call, toChunks(completion, { includeUsage, keepAliveComments, hasObfuscation }), {
    errorFrame: ({
      type = 'server_error',
      message = 'The server had an error while processing your request.',
      code = null,
    }) => dataFrame(envelope(facts.id, 500, message, { type, code })),
  });
}

function toRequest(call: Call, body: JsonObject, model: string): OpenAiRequest {
  const messages = body['messages'] as readonly JsonObject[];
  const lastOther = messages.findLastIndex(({ role }) => role !== 'tool');
  return {
    record: call.record,
    surface: 'chat',
    body,
    model,
    messages,
    isStream: body['stream'] === true,
    lastText: textOf(messages.findLast(({ role }) => role === 'user')?.['content']),
    toolResults: messages.slice(lastOther + 1),
  };
}
