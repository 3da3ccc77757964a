/** From a plan to the bytes: a response, or the events of its stream in their order. */
import { cut } from '../../server/cut.ts';
import { createId } from '../../server/ids.ts';
import { event } from '../../server/send.ts';
import type { Frame } from '../../server/send.ts';
import { argumentsText } from '../plan.ts';
import type { AnswerPart, AnswerPlan, JsonObject, TokenCounts } from '../plan.ts';

export interface BuiltResponse {
  readonly plan: AnswerPlan;
  readonly outputs: readonly Output[];
  /** With all its output. */
  readonly final: JsonObject;
  /** As it stands before the first item. */
  readonly initial: JsonObject;
}

interface Output {
  readonly part: AnswerPart;
  readonly id: string;
  readonly whole: JsonObject;
  readonly begun: JsonObject;
}

export function buildResponse(body: JsonObject, plan: AnswerPlan, model: string, counts: TokenCounts): BuiltResponse {
  const outputs = plan.parts.map((part) => buildOutput(part, body));
  const initial = {
    id: createId('resp_', 48),
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body['instructions'] ?? null,
    max_output_tokens: body['max_output_tokens'] ?? null,
    metadata: body['metadata'] ?? {},
    model: plan.model ?? model,
    output: [],
    parallel_tool_calls: body['parallel_tool_calls'] ?? true,
    previous_response_id: body['previous_response_id'] ?? null,
    reasoning: { effort: null, summary: null, ...(body['reasoning'] as JsonObject | undefined) },
    service_tier: 'default',
    store: body['store'] ?? true,
    temperature: body['temperature'] ?? 1,
    text: { format: { type: 'text' }, ...(body['text'] as JsonObject | undefined) },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    top_p: body['top_p'] ?? 1,
    truncation: body['truncation'] ?? 'disabled',
    usage: null,
    user: body['user'] ?? null,
  };
  const final = {
    ...initial,
    ...ending(plan),
    output: outputs.map(({ whole }) => whole),
    usage: usageOf(counts),
  };
  return { plan, outputs, initial, final };
}

function ending(plan: AnswerPlan): JsonObject {
  if (plan.finish === 'length') return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  if (plan.finish === 'content_filter')
    return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
  return { status: 'completed' };
}

function usageOf(counts: TokenCounts): JsonObject {
  return {
    input_tokens: counts.prompt,
    input_tokens_details: { cached_tokens: counts.cached, cache_write_tokens: counts.cacheWrite },
    output_tokens: counts.completion,
    output_tokens_details: { reasoning_tokens: counts.reasoning },
    total_tokens: counts.prompt + counts.completion,
  };
}

function buildOutput(part: AnswerPart, body: JsonObject): Output {
  const make = (prefix: string, fields: JsonObject, begun: JsonObject, hasStatus = true): Output => {
    const id = createId(prefix, 48);
    const status = (value: string) => (hasStatus ? { status: value } : {});
    return {
      part,
      id,
      whole: { id, ...fields, ...status('completed') },
      begun: { id, ...fields, ...begun, ...status('in_progress') },
    };
  };
  switch (part.kind) {
    case 'text':
      return make('msg_', { type: 'message', role: 'assistant', content: [outputText(part.text)] }, { content: [] });
    case 'refusal':
      return make(
        'msg_',
        { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: part.text }] },
        { content: [] },
      );
    case 'reasoning':
      return make(
        'rs_',
        reasoningFields(part, body),
        { summary: [], ...(part.isRaw === true ? { content: [] } : {}) },
        false,
      );
    case 'tool-call': {
      const call = { type: 'function_call', call_id: part.id ?? createId('call_', 24), name: part.name };
      return make('fc_', { ...call, arguments: argumentsText(part) }, { arguments: '' });
    }
    case 'custom-tool-call': {
      const call = { type: 'custom_tool_call', call_id: part.id ?? createId('call_', 24), name: part.name };
      return make('ctc_', { ...call, input: part.input }, { input: '' });
    }
  }
}

function outputText(text: string): JsonObject {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function reasoningFields(part: Extract<AnswerPart, { readonly kind: 'reasoning' }>, body: JsonObject): JsonObject {
  const wantsContent = ((body['include'] ?? []) as readonly unknown[]).includes('reasoning.encrypted_content');
  const encrypted = part.encryptedContent ?? (wantsContent ? createId('gAAAAA', 60) : undefined);
  return {
    type: 'reasoning',
    summary: part.isRaw === true ? [] : [{ type: 'summary_text', text: part.text }],
    ...(part.isRaw === true ? { content: [{ type: 'reasoning_text', text: part.text }] } : {}),
    ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
  };
}

type Step = readonly [type: string, fields: JsonObject];

/** Numbers the events of one stream. */
export class Sequence {
  #next = 0;

  frame(type: string, fields: JsonObject): Frame {
    this.#next += 1;
    return event(type, { type, sequence_number: this.#next - 1, ...fields });
  }
}

export function* toEvents(response: BuiltResponse, sequence: Sequence): Iterable<Frame> {
  const frame = ([type, fields]: Step) => sequence.frame(type, fields);
  yield frame(['response.created', { response: response.initial }]);
  yield frame(['response.in_progress', { response: response.initial }]);
  for (const [index, output] of response.outputs.entries()) {
    yield frame(['response.output_item.added', { output_index: index, item: output.begun }]);
    for (const step of stepsOf(output, index, response.plan)) yield frame(step);
    yield frame(['response.output_item.done', { output_index: index, item: output.whole }]);
  }
  const type = response.final['status'] === 'incomplete' ? 'response.incomplete' : 'response.completed';
  yield frame([type, { response: response.final }]);
}

function* stepsOf(output: Output, index: number, plan: AnswerPlan): Iterable<Step> {
  const { part } = output;
  const characters = plan.fragmentCharacters ?? 8;
  const at = { item_id: output.id, output_index: index };
  switch (part.kind) {
    case 'text':
      return yield* textSteps(part.text, part.fragments ?? cut(part.text, characters), at);
    case 'refusal':
      return yield* refusalSteps(part.text, cut(part.text, characters), at);
    case 'reasoning':
      return yield* reasoningSteps(part, part.fragments ?? cut(part.text, characters), at);
    case 'tool-call': {
      const text = argumentsText(part);
      const type = 'response.function_call_arguments';
      for (const delta of part.fragments ?? cut(text, 12)) yield [`${type}.delta`, { ...at, delta }];
      return yield [`${type}.done`, { ...at, name: part.name, arguments: text }];
    }
    case 'custom-tool-call': {
      const type = 'response.custom_tool_call_input';
      for (const delta of cut(part.input, 12)) yield [`${type}.delta`, { ...at, delta }];
      return yield [`${type}.done`, { ...at, input: part.input }];
    }
  }
}

function* textSteps(text: string, fragments: readonly string[], item: JsonObject): Iterable<Step> {
  const at = { ...item, content_index: 0 };
  yield ['response.content_part.added', { ...at, part: outputText('') }];
  for (const delta of fragments) yield ['response.output_text.delta', { ...at, delta, logprobs: [] }];
  yield ['response.output_text.done', { ...at, text, logprobs: [] }];
  yield ['response.content_part.done', { ...at, part: outputText(text) }];
}

function* refusalSteps(refusal: string, fragments: readonly string[], item: JsonObject): Iterable<Step> {
  const at = { ...item, content_index: 0 };
  yield ['response.content_part.added', { ...at, part: { type: 'refusal', refusal: '' } }];
  for (const delta of fragments) yield ['response.refusal.delta', { ...at, delta }];
  yield ['response.refusal.done', { ...at, refusal }];
  yield ['response.content_part.done', { ...at, part: { type: 'refusal', refusal } }];
}

function* reasoningSteps(
  part: Extract<AnswerPart, { readonly kind: 'reasoning' }>,
  fragments: readonly string[],
  item: JsonObject,
): Iterable<Step> {
  if (part.isRaw === true) {
    const at = { ...item, content_index: 0 };
    for (const delta of fragments) yield ['response.reasoning_text.delta', { ...at, delta }];
    return yield ['response.reasoning_text.done', { ...at, text: part.text }];
  }
  const at = { ...item, summary_index: 0 };
  yield ['response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } }];
  for (const delta of fragments) yield ['response.reasoning_summary_text.delta', { ...at, delta }];
  yield ['response.reasoning_summary_text.done', { ...at, text: part.text }];
  yield ['response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text: part.text } }];
}
