/** Responses as a stream, the shortening of a conversation, models and usage. */
import { createId } from '../server/ids.ts';
import type { Call } from '../server/call.ts';
import type { Route } from '../server/routes.ts';
import { sendJson, sendStream } from '../server/send.ts';
import type { Frame } from '../server/send.ts';
import type { ChatGptAccount } from '../oauth/openai-account.ts';
import { asPlan } from '../openai/plan.ts';
import type { JsonObject } from '../openai/plan.ts';
import { buildResponse, Sequence, toEvents } from '../openai/responses/build.ts';
import type { BuiltResponse } from '../openai/responses/build.ts';
import { toRequest } from '../openai/responses/routes.ts';
import { countUsage, promptOf } from '../openai/usage.ts';
import { admit, checkCompaction, checkRequest, readJson } from './check.ts';
import { describeModel } from './models.ts';
import { calmPlan, limitEvent, limitHeaders, usageAnswer } from './plan-limits.ts';
import { refusalOf } from './refusals.ts';
import type { ChatGptState } from './state.ts';

export const backendRoutes: readonly Route<ChatGptState>[] = [
  { method: 'POST', path: '/backend-api/codex/responses', serve: respond },
  { method: 'POST', path: '/backend-api/codex/responses/compact', serve: compact },
  { method: 'GET', path: '/backend-api/codex/models', serve: listModels },
  { method: 'GET', path: '/backend-api/wham/usage', serve: showUsage },
];

function respond(call: Call, state: ChatGptState): Promise<void> | void {
  const person = enter(call, state);
  const body = readJson(call);
  const items = checkRequest(state, body);
  refuseAsTold(state, person);
  const response = answer(call, state, body, items);
  const sequence = new Sequence();
  const form = {
    errorFrame: ({ code, message }: { readonly code?: string | null; readonly message?: string }) =>
      failed(sequence, response, code ?? 'server_error', message ?? 'An error occurred while processing your request.'),
  };
  return sendStream(call, events(state, person, response, sequence), form);
}

/** Who asks; from here on every answer tells how the plan stands. @throws BackendError */
function enter(call: Call, state: ChatGptState): ChatGptAccount {
  const person = admit(call, state);
  Object.assign(call.headers, limitHeaders(state.scenario.limits ?? calmPlan(), person.plan));
  return person;
}

/** @throws BackendError */
function refuseAsTold(state: ChatGptState, person: ChatGptAccount): void {
  const { refuse } = state.scenario;
  if (refuse === null || state.refusalsLeft <= 0) return;
  state.refusalsLeft -= 1;
  throw refusalOf(refuse, person.plan);
}

function answer(call: Call, state: ChatGptState, body: JsonObject, items: readonly JsonObject[]): BuiltResponse {
  const model = String(body['model']);
  const plan = asPlan(state.scenario.answer(toRequest(call, body, model, items)));
  const prompt = promptOf(body);
  const counts = countUsage(plan, prompt, state.api.cache.read(call.record.key, prompt));
  const response = buildResponse(body, plan, model, counts);
  for (const item of response.final['output'] as readonly JsonObject[]) {
    if (typeof item['encrypted_content'] === 'string') state.thoughts.add(item['encrypted_content']);
  }
  // What was said is in the events; the sum at the end repeats none of it.
  return { ...response, final: { ...response.final, output: [] } };
}

function* events(
  state: ChatGptState,
  person: ChatGptAccount,
  response: BuiltResponse,
  sequence: Sequence,
): Iterable<Frame> {
  const { failure, sendsLimitEvent, limits } = state.scenario;
  let sent = 0;
  if (sendsLimitEvent) yield sequence.frame('codex.rate_limits', limitEvent(limits ?? calmPlan(), person.plan));
  for (const frame of toEvents(response, sequence)) {
    if (failure !== null && sent >= failure.afterFrames) {
      return yield failed(sequence, response, failure.code, failure.message);
    }
    yield frame;
    sent += 1;
  }
}

function failed(sequence: Sequence, { initial }: BuiltResponse, code: string, message: string): Frame {
  return sequence.frame('response.failed', { response: { ...initial, status: 'failed', error: { code, message } } });
}

/** The conversation again, shorter: what the person said, and the rest as something only the backend can read. */
function compact(call: Call, state: ChatGptState): Promise<void> | void {
  const person = enter(call, state);
  const body = readJson(call);
  const items = checkCompaction(state, body);
  refuseAsTold(state, person);
  const encrypted = createId('gAAAAA', 120);
  state.thoughts.add(encrypted);
  const said = items.filter(({ role }) => role === 'user');
  return sendJson(call, 200, { output: [...said, { type: 'compaction', encrypted_content: encrypted }] });
}

function listModels(call: Call, state: ChatGptState): Promise<void> | void {
  enter(call, state);
  return sendJson(call, 200, { models: state.models.map((slug, index) => describeModel(slug, index)) });
}

function showUsage(call: Call, state: ChatGptState): Promise<void> | void {
  const person = admit(call, state);
  return sendJson(call, 200, usageAnswer(state.scenario.limits ?? calmPlan(), person));
}
