/** From a plan to the bytes: a message, or the events of its stream. */
import { cut } from '../server/cut.ts';
import { createId } from '../server/ids.ts';
import { event } from '../server/send.ts';
import type { Frame } from '../server/send.ts';
import { signThinking } from './plan.ts';
import type { AnswerPart, AnswerPlan, JsonObject, ToolPart, Usage } from './plan.ts';

export interface Message {
  readonly id: string;
  readonly model: string;
  readonly blocks: readonly Block[];
  readonly stop: JsonObject & { readonly stop_reason: string };
  readonly usage: Usage;
  readonly plan: AnswerPlan;
}

/** One content block: as it begins, as it grows, as it is at the end. */
interface Block {
  readonly start: JsonObject;
  readonly deltas: readonly JsonObject[];
  readonly whole: JsonObject;
  readonly isTool: boolean;
}

export function buildMessage(plan: AnswerPlan, model: string, inputUsage: Usage): Message {
  const characters = plan.fragmentCharacters ?? 8;
  const blocks = plan.parts.map((part) => buildBlock(part, characters));
  const usage: Usage = { ...inputUsage, output_tokens: countOutput(blocks), ...plan.usage };
  return {
    id: createId('msg_01', 22),
    model: plan.model ?? model,
    blocks,
    stop: {
      stop_reason: plan.stopReason ?? (plan.parts.some(({ kind }) => kind === 'tool-use') ? 'tool_use' : 'end_turn'),
      stop_sequence: plan.stopSequence ?? null,
      stop_details: plan.stopDetails ?? null,
      container: null,
    },
    usage,
    plan,
  };
}

export function toJson({ id, model, blocks, stop, usage }: Message): JsonObject {
  const content = blocks.map(({ whole }) => whole);
  return { id, type: 'message', role: 'assistant', model, content, ...stop, usage };
}

export function* toEvents(message: Message): Iterable<Frame> {
  const pings = new Set(message.plan.pingsAfter ?? [1]);
  let sent = 0;
  for (const frame of planEvents(message)) {
    yield frame;
    sent += 1;
    if (pings.has(sent)) yield event('ping', { type: 'ping' });
  }
}

function* planEvents(message: Message): Iterable<Frame> {
  const { id, model, stop, usage, blocks, plan } = message;
  const nothingYet = { stop_reason: null, stop_sequence: null, stop_details: null, container: null };
  yield event('message_start', {
    type: 'message_start',
    message: {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      ...nothingYet,
      usage: { ...usage, output_tokens: Math.min(1, usage.output_tokens), server_tool_use: null },
    },
  });
  yield* plan.interleavesTools === true ? interleave(blocks) : inOrder(blocks);
  yield event('message_delta', { type: 'message_delta', delta: stop, usage: finalUsage(usage) });
  yield event('message_stop', { type: 'message_stop' });
}

/** Cumulative, with the input counters again. */
function finalUsage(usage: Usage): JsonObject {
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = usage;
  return {
    input_tokens,
    cache_creation_input_tokens,
    cache_read_input_tokens,
    output_tokens,
    output_tokens_details: usage.output_tokens_details,
    server_tool_use: usage.server_tool_use,
  };
}

function* inOrder(blocks: readonly Block[]): Iterable<Frame> {
  for (const [index, block] of blocks.entries()) {
    yield beginBlock(index, block);
    for (const delta of block.deltas) yield growBlock(index, delta);
    yield endBlock(index);
  }
}

function* interleave(blocks: readonly Block[]): Iterable<Frame> {
  const tools = [...blocks.entries()].filter(([, block]) => block.isTool);
  const first = tools[0]?.[0] ?? blocks.length;
  yield* inOrder(blocks.slice(0, first));
  for (const [index, block] of tools) yield beginBlock(index, block);
  const longest = Math.max(0, ...tools.map(([, block]) => block.deltas.length));
  for (let turn = 0; turn < longest; turn += 1) {
    for (const [index, { deltas }] of tools) {
      const delta = deltas[turn];
      if (delta !== undefined) yield growBlock(index, delta);
    }
  }
  for (const [index] of tools) yield endBlock(index);
}

function beginBlock(index: number, block: Block): Frame {
  return event('content_block_start', { type: 'content_block_start', index, content_block: block.start });
}

function growBlock(index: number, delta: JsonObject): Frame {
  return event('content_block_delta', { type: 'content_block_delta', index, delta });
}

function endBlock(index: number): Frame {
  return event('content_block_stop', { type: 'content_block_stop', index });
}

function buildBlock(part: AnswerPart, characters: number): Block {
  switch (part.kind) {
    case 'text': {
      const whole = { type: 'text', text: part.text, citations: part.citations ?? null };
      const texts = (part.fragments ?? cut(part.text, characters)).map((text) => ({ type: 'text_delta', text }));
      const citations = (part.citations ?? []).map((citation) => ({ type: 'citations_delta', citation }));
      const begin =
        part.citations === undefined ? { type: 'text', text: '' } : { type: 'text', text: '', citations: [] };
      return { start: begin, deltas: [...citations, ...texts], whole, isTool: false };
    }
    case 'thinking': {
      const signature = part.signature ?? signThinking(part.thinking);
      const whole = { type: 'thinking', thinking: part.thinking, signature };
      const texts = part.fragments ?? cut(part.thinking, characters);
      const deltas = texts.map((thinking) => ({ type: 'thinking_delta', thinking }));
      const begin = { type: 'thinking', thinking: '', signature: '' };
      return { start: begin, deltas: [...deltas, { type: 'signature_delta', signature }], whole, isTool: false };
    }
    case 'redacted-thinking': {
      const whole = { type: 'redacted_thinking', data: part.data };
      return { start: whole, deltas: [], whole, isTool: false };
    }
    case 'tool-use':
    case 'server-tool-use':
      return buildToolBlock(part);
    case 'block':
      return { start: part.block, deltas: [], whole: part.block, isTool: false };
  }
}

function buildToolBlock(part: ToolPart): Block {
  const isServer = part.kind === 'server-tool-use';
  const id = part.id ?? createId(isServer ? 'srvtoolu_01' : 'toolu_01', 22);
  const head = { type: isServer ? 'server_tool_use' : 'tool_use', id, name: part.name };
  const json = JSON.stringify(part.input);
  const fragments = part.fragments ?? (json === '{}' ? [''] : ['', ...cut(json, 12)]);
  return {
    start: { ...head, input: {} },
    deltas: fragments.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    whole: { ...head, input: part.input },
    isTool: !isServer,
  };
}

function countOutput(blocks: readonly Block[]): number {
  const characters = blocks.reduce((sum, { whole }) => sum + contentOf(whole).length, 0);
  return Math.max(1, Math.ceil(characters / 4));
}

function contentOf(block: JsonObject): string {
  const content = block['text'] ?? block['thinking'] ?? block['input'] ?? block;
  return typeof content === 'string' ? content : JSON.stringify(content);
}
