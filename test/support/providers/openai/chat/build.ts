/** From a plan to the bytes: a chat completion, or the chunks of its stream, in the manner of the server. */
import { cut } from '../../server/cut.ts';
import { createId } from '../../server/ids.ts';
import { dataFrame } from '../../server/send.ts';
import type { Frame } from '../../server/send.ts';
import type { FlavourFacts } from '../flavour.ts';
import { argumentsText } from '../plan.ts';
import type { AnswerPart, AnswerPlan, JsonObject, TokenCounts, ToolCallPart } from '../plan.ts';
import { chatUsage } from './usage.ts';

export interface Completion {
  readonly facts: FlavourFacts;
  readonly plan: AnswerPlan;
  readonly model: string;
  readonly counts: TokenCounts;
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly calls: readonly PlannedCall[];
  readonly finish: string | null;
}

interface PlannedCall {
  /** As it stands in a whole message. */
  readonly whole: JsonObject;
  readonly fragments: readonly string[];
}

export interface StreamChoices {
  readonly includeUsage: boolean;
  readonly keepAliveComments: number;
  readonly hasObfuscation: boolean;
}

export function buildCompletion(facts: FlavourFacts, plan: AnswerPlan, model: string, counts: TokenCounts): Completion {
  const calls = plan.parts.flatMap((part, index) => planCall(facts, part, index));
  return {
    facts,
    plan,
    model: plan.model ?? model,
    counts,
    id: facts.id === 'gemini' || facts.id === 'mistral' ? createId('', 32) : createId('chatcmpl-', 29),
    created: Math.floor(Date.now() / 1000),
    calls,
    finish: finishOf(facts, plan, calls.length > 0),
  };
}

/** Gemini says `stop` after calls too. */
function finishOf(facts: FlavourFacts, plan: AnswerPlan, hasCalls: boolean): string | null {
  if (plan.finish !== undefined) return plan.finish;
  return hasCalls && facts.id !== 'gemini' ? 'tool_calls' : 'stop';
}

function planCall(facts: FlavourFacts, part: AnswerPart, index: number): readonly PlannedCall[] {
  if (part.kind === 'custom-tool-call') {
    const whole = { id: part.id ?? newCallId(facts), type: 'custom', custom: { name: part.name, input: part.input } };
    return [{ whole, fragments: cut(part.input, 12) }];
  }
  if (part.kind !== 'tool-call') return [];
  const text = argumentsText(part);
  const whole = {
    id: part.id ?? newCallId(facts),
    type: 'function',
    function: { name: part.name, arguments: text },
    ...extraContent(facts, part, index),
  };
  // Gemini, Mistral and local servers send a call in one piece.
  const isWhole = facts.id === 'gemini' || facts.id === 'mistral' || facts.id === 'local';
  return [{ whole, fragments: part.fragments ?? (isWhole ? [text] : cut(text, 12)) }];
}

function newCallId(facts: FlavourFacts): string {
  return createId(facts.toolCallId.prefix, facts.toolCallId.length);
}

/** Only the first call of a turn is signed. */
function extraContent(facts: FlavourFacts, part: ToolCallPart, index: number): JsonObject {
  if (facts.id !== 'gemini' || (index > 0 && part.thoughtSignature === undefined)) return {};
  return { extra_content: { google: { thought_signature: part.thoughtSignature ?? createId('', 40) } } };
}

export function toJson(completion: Completion): JsonObject {
  const { facts, plan, counts } = completion;
  const usage = chatUsage(facts.id, counts);
  return {
    ...head(completion, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: toMessage(completion),
        ...(facts.id === 'openai' || facts.id === 'groq' || facts.id === 'deepseek' ? { logprobs: null } : {}),
        finish_reason: completion.finish,
      },
    ],
    usage,
    ...(plan.model === undefined && facts.id === 'groq' ? { x_groq: { id: createId('req_01', 24) } } : {}),
  };
}

function head({ id, created, model, facts }: Completion, object: string): JsonObject {
  const base = { id, object, created, model };
  if (facts.id === 'openai') return { ...base, service_tier: 'default', system_fingerprint: 'fp_44709d6fcb' };
  return facts.id === 'deepseek' || facts.id === 'local' ? { ...base, system_fingerprint: 'fp_stand_in' } : base;
}

function toMessage({ facts, plan, calls }: Completion): JsonObject {
  const text = joined(plan, 'text');
  const reasoning = joined(plan, 'reasoning');
  const refusal = joined(plan, 'refusal');
  return {
    role: 'assistant',
    content: wholeContent(facts, text, reasoning, calls.length > 0 || refusal !== ''),
    ...(facts.id === 'openai' ? { refusal: refusal === '' ? null : refusal, annotations: [] } : {}),
    ...(reasoning === '' || facts.id === 'mistral' ? {} : { [reasoningField(facts)]: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(({ whole }) => whole) }),
  };
}

/** Magistral's thoughts are parts of the content. */
function wholeContent(facts: FlavourFacts, text: string, reasoning: string, hasOther: boolean): unknown {
  if (facts.id === 'mistral' && reasoning !== '') {
    return [thinkingPart(reasoning), ...(text === '' ? [] : [{ type: 'text', text }])];
  }
  if (text !== '' || !hasOther) return text;
  return facts.id === 'mistral' || facts.id === 'deepseek' ? '' : null;
}

function thinkingPart(text: string): JsonObject {
  return { type: 'thinking', thinking: [{ type: 'text', text }] };
}

function joined(plan: AnswerPlan, kind: 'text' | 'reasoning' | 'refusal'): string {
  return plan.parts.flatMap((part) => (part.kind === kind ? [part.text] : [])).join('');
}

function reasoningField(facts: FlavourFacts): string {
  return facts.id === 'groq' || facts.id === 'local' ? 'reasoning' : 'reasoning_content';
}

export function* toChunks(completion: Completion, choices: StreamChoices): Iterable<Frame> {
  for (let comment = 0; comment < choices.keepAliveComments; comment += 1) yield ': keep-alive\n\n';
  const { facts, finish, counts } = completion;
  const usage = chatUsage(facts.id, counts);
  const asked = choices.includeUsage && facts.usageInStream === 'when-asked';
  const isOnEvery = facts.usageInStream === 'every-chunk';
  const extra = { ...(asked ? { usage: null } : {}), ...(isOnEvery ? { usage } : {}) };
  const base = head(completion, 'chat.completion.chunk');
  const frame = (delta: JsonObject, reason: string | null, more: JsonObject = extra) => {
    const choice = { index: 0, delta, ...(facts.id === 'gemini' ? {} : { logprobs: null }), finish_reason: reason };
    const blur = choices.hasObfuscation ? { obfuscation: createId('', 6) } : {};
    return dataFrame({ ...base, choices: [choice], ...more, ...blur });
  };
  for (const delta of deltasOf(completion)) yield frame(delta, null);
  const last = lastChunkExtra(facts, usage, extra);
  yield frame(facts.id === 'deepseek' ? { content: '', reasoning_content: null } : {}, finish, last);
  if (asked) yield dataFrame({ ...base, choices: [], usage });
  yield 'data: [DONE]\n\n';
}

function lastChunkExtra(facts: FlavourFacts, usage: JsonObject, extra: JsonObject): JsonObject {
  if (facts.usageInStream === 'last-chunk') return { ...extra, usage };
  return facts.id === 'groq' ? { ...extra, x_groq: { id: createId('req_01', 24), usage } } : extra;
}

function* deltasOf(completion: Completion): Iterable<JsonObject> {
  const { facts, plan, calls } = completion;
  if (facts.id !== 'gemini') yield openingDelta(facts, plan);
  for (const part of plan.parts) yield* partDeltas(facts, plan, part);
  yield* plan.interleavesTools === true
    ? interleavedCalls(completion)
    : calls.flatMap((_, index) => callDeltas(completion, index));
}

function openingDelta(facts: FlavourFacts, plan: AnswerPlan): JsonObject {
  const hasCalls = plan.parts.some(({ kind }) => kind === 'tool-call');
  if (facts.id === 'openai') {
    return { role: 'assistant', content: hasCalls && joined(plan, 'text') === '' ? null : '', refusal: null };
  }
  return { role: 'assistant', content: '' };
}

function* partDeltas(facts: FlavourFacts, plan: AnswerPlan, part: AnswerPart): Iterable<JsonObject> {
  const role = facts.id === 'gemini' ? { role: 'assistant' } : {};
  const characters = plan.fragmentCharacters ?? 8;
  switch (part.kind) {
    case 'text':
      for (const content of part.fragments ?? cut(part.text, characters)) yield { ...role, content };
      return;
    case 'reasoning':
      for (const text of part.fragments ?? cut(part.text, characters)) {
        yield facts.id === 'mistral' ? { content: [thinkingPart(text)] } : reasoningDelta(facts, role, text);
      }
      return;
    case 'refusal':
      for (const refusal of cut(part.text, characters)) yield { ...role, refusal };
      return;
    case 'tool-call':
    case 'custom-tool-call':
      return;
  }
}

function reasoningDelta(facts: FlavourFacts, role: JsonObject, text: string): JsonObject {
  return { ...role, ...(facts.id === 'deepseek' ? { content: null } : {}), [reasoningField(facts)]: text };
}

/** The head with the first fragment where a call comes in one piece, else with empty arguments before them. */
function callDeltas(completion: Completion, index: number): readonly JsonObject[] {
  const { calls, plan, facts } = completion;
  const call = calls[index];
  if (call === undefined) return [];
  const isWhole = facts.id === 'gemini' || facts.id === 'mistral' || facts.id === 'local';
  const first = isWhole ? (call.fragments[0] ?? '') : '';
  const rest = isWhole ? call.fragments.slice(1) : call.fragments;
  const begin = toolDelta(call, index, first, true);
  return [begin, ...rest.map((fragment) => toolDelta(call, index, fragment, plan.repeatsToolNames === true))];
}

function toolDelta({ whole }: PlannedCall, index: number, fragment: string, isNamed: boolean): JsonObject {
  const kind = whole['type'] === 'custom' ? 'custom' : 'function';
  const text = kind === 'custom' ? { input: fragment } : { arguments: fragment };
  const named = whole[kind] as JsonObject;
  if (!isNamed) return { tool_calls: [{ index, [kind]: text }] };
  return { tool_calls: [{ index, ...whole, [kind]: { name: named['name'], ...text } }] };
}

function* interleavedCalls(completion: Completion): Iterable<JsonObject> {
  const lists = completion.calls.map((_, index) => callDeltas(completion, index));
  const longest = Math.max(0, ...lists.map((list) => list.length));
  for (let turn = 0; turn < longest; turn += 1) {
    for (const list of lists) {
      const delta = list[turn];
      if (delta !== undefined) yield delta;
    }
  }
}
