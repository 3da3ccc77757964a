/** Batches of messages: answered at once, ended after as many reads as the scenario says. */
import { z } from 'zod';
import type { Call } from '../../server/call.ts';
import { createId } from '../../server/ids.ts';
import type { Route } from '../../server/routes.ts';
import { sendBody, sendJson } from '../../server/send.ts';
import { betasOf } from '../betas.ts';
import { toJson } from '../build.ts';
import { envelope, invalid, notFound, Refusal } from '../errors.ts';
import { paginateByCursor } from '../page.ts';
import type { JsonObject } from '../plan.ts';
import { checkRules } from '../rules.ts';
import { checkShape } from '../schema.ts';
import type { AnthropicState, StoredBatch } from '../state.ts';
import { answer, checkModel, readJson } from './messages.ts';

type Parameters = Readonly<Record<string, string>>;

const base = '/v1/messages/batches';

export const batchRoutes: readonly Route<AnthropicState>[] = [
  { method: 'POST', path: base, serve: create },
  {
    method: 'GET',
    path: base,
    serve: (call, state) =>
      sendJson(
        call,
        200,
        paginateByCursor(
          call,
          [...state.batches.values()].toReversed().map((one) => describe(one, state)),
        ),
      ),
  },
  { method: 'GET', path: `${base}/{id}`, serve: read },
  { method: 'DELETE', path: `${base}/{id}`, serve: remove },
  { method: 'POST', path: `${base}/{id}/cancel`, serve: cancel },
  { method: 'GET', path: `${base}/{id}/results`, serve: sendResults },
];

const schema = z.strictObject({
  requests: z
    .array(z.strictObject({ custom_id: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/), params: z.looseObject({}) }))
    .min(1),
});

function create(call: Call, state: AnthropicState): Promise<void> | void {
  const parsed = schema.safeParse(readJson(call));
  if (!parsed.success) throw invalid(`${parsed.error.issues[0]?.path.join('.') || 'requests'}: Field required`);
  const ids = parsed.data.requests.map((one) => one.custom_id);
  if (new Set(ids).size < ids.length) throw invalid('requests: custom_id must be unique within a batch');
  const results = parsed.data.requests.map((one) => ({
    custom_id: one.custom_id,
    result: answerOne(call, state, one.params),
  }));
  const batch: StoredBatch = {
    id: createId('msgbatch_01', 22),
    createdAt: new Date().toISOString(),
    results,
    pollsLeft: state.scenario.batchPolls,
    canceledAt: null,
  };
  state.batches.set(batch.id, batch);
  return sendJson(call, 200, describe(batch, state));
}

/** One request of a batch; its own mistakes are its own result. */
function answerOne(call: Call, state: AnthropicState, params: JsonObject): JsonObject {
  try {
    const body = checkShape('messages', params, betasOf(call));
    if (body['stream'] === true) throw invalid('stream: streaming is not supported in batches');
    const model = checkModel(body, state);
    checkRules(body, model, state.scenario);
    return { type: 'succeeded', message: toJson(answer(call, state, body, model)) };
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return { type: 'errored', error: envelope(thrown.type, thrown.message, null) };
  }
}

function read(call: Call, state: AnthropicState, parameters: Parameters): Promise<void> | void {
  const batch = findBatch(state, parameters);
  const described = describe(batch, state);
  batch.pollsLeft = Math.max(0, batch.pollsLeft - 1);
  return sendJson(call, 200, described);
}

function cancel(call: Call, state: AnthropicState, parameters: Parameters): Promise<void> | void {
  const batch = findBatch(state, parameters);
  if (isEnded(batch)) throw invalid(`Batch ${batch.id} cannot be canceled because it has already ended.`);
  batch.canceledAt = new Date().toISOString();
  return sendJson(call, 200, describe(batch, state));
}

function remove(call: Call, state: AnthropicState, parameters: Parameters): Promise<void> | void {
  const batch = findBatch(state, parameters);
  if (!isEnded(batch)) throw invalid(`Batch ${batch.id} cannot be deleted while it is in progress.`);
  state.batches.delete(batch.id);
  return sendJson(call, 200, { id: batch.id, type: 'message_batch_deleted' });
}

function sendResults(call: Call, state: AnthropicState, parameters: Parameters): Promise<void> | void {
  const batch = findBatch(state, parameters);
  if (!isEnded(batch)) throw invalid(`Batch ${batch.id} has no available results: it has not ended yet.`);
  const lines = resultsOf(batch).map((one) => `${JSON.stringify(one)}\n`);
  return sendBody(call, 200, lines.join(''), { 'content-type': 'application/x-jsonl' });
}

function findBatch(state: AnthropicState, { id = '' }: Parameters): StoredBatch {
  const batch = state.batches.get(id);
  if (batch === undefined) throw notFound(`Batch not found: ${id}`);
  return batch;
}

function isEnded(batch: StoredBatch): boolean {
  return batch.pollsLeft === 0;
}

function resultsOf(batch: StoredBatch): readonly JsonObject[] {
  if (batch.canceledAt === null) return batch.results;
  return batch.results.map((one) => ({ ...one, result: { type: 'canceled' } }));
}

function describe(batch: StoredBatch, state: AnthropicState): JsonObject & { readonly id: string } {
  const hasEnded = isEnded(batch);
  const types = resultsOf(batch).map(({ result }) => (result as JsonObject)['type']);
  const count = (type: string) => (hasEnded ? types.filter((one) => one === type).length : 0);
  return {
    id: batch.id,
    type: 'message_batch',
    processing_status: hasEnded ? 'ended' : batch.canceledAt === null ? 'in_progress' : 'canceling',
    request_counts: {
      processing: hasEnded ? 0 : batch.results.length,
      succeeded: count('succeeded'),
      errored: count('errored'),
      canceled: count('canceled'),
      expired: 0,
    },
    created_at: batch.createdAt,
    expires_at: new Date(Date.parse(batch.createdAt) + 86_400_000).toISOString(),
    ended_at: hasEnded ? new Date().toISOString() : null,
    archived_at: null,
    cancel_initiated_at: batch.canceledAt,
    results_url: hasEnded ? `${state.url}${base}/${batch.id}/results` : null,
  };
}
