/** Short forms for tests of the Chat Completions dialect. */
import type OpenAI from 'openai';
import { CompanionError } from '../../../../companion/base/error.ts';
import type { Stamp } from '../../../../companion/wire/codec.ts';
import { decodeChatRequest } from '../../../../companion/wire/openai-chat/decode-request.ts';
import type { OpenAiDecodeOptions } from '../../../../companion/wire/openai/output-fields.ts';
import type { ChatDecodedRequest } from '../../../../companion/wire/openai-chat/memo.ts';
import type { HubEvent, HubMessage } from '../../../../companion/wire/hub/event.ts';

export type ClientMessage = OpenAI.ChatCompletionMessageParam;

/** A model whose thinking has a budget and which takes no JSON schema. */
export const BUDGET_MODEL = 'claude-sonnet-4-0';
export const ADAPTIVE_MODEL = 'claude-sonnet-4-6';
export const STAMP: Stamp = { id: 'stampid', createdAtMs: 1_700_000_000_999 };

export const hello: ClientMessage = { role: 'user', content: 'hi' };

export function decode(body: Record<string, unknown>, options?: OpenAiDecodeOptions): ChatDecodedRequest {
  return decodeChatRequest({ model: BUDGET_MODEL, messages: [hello], ...body }, options);
}

/** A tool that takes plain text. */
export const patchTool: OpenAI.ChatCompletionCustomTool = {
  type: 'custom',
  custom: { name: 'apply_patch', description: 'Edits files.' },
};

/** Messages with each block cut down to a short line, so that tests read like transcripts. */
export function transcript(messages: readonly unknown[]): readonly string[] {
  return decode({ messages }).hub.messages.map(({ role, content }) => {
    const blocks = typeof content === 'string' ? [content] : content.map((one) => shortBlock(one));
    return `${role}: ${blocks.join(' | ')}`;
  });
}

type Block = Exclude<ChatDecodedRequest['hub']['messages'][number]['content'], string>[number];

function shortBlock(one: Block): string {
  switch (one.type) {
    case 'text':
      return one.text;
    case 'tool_use':
      return `call ${one.id} ${one.name}(${JSON.stringify(one.input)})`;
    case 'tool_result':
      return `result ${one.tool_use_id}${one.is_error ? ' error' : ''} ${JSON.stringify(one.content)}`;
    default:
      return one.type;
  }
}

export function assistantCalls(...ids: readonly string[]): ClientMessage {
  const calls = ids.map((id) => ({ id, type: 'function' as const, function: { name: 'look', arguments: '{"x":1}' } }));
  return { role: 'assistant', content: null, tool_calls: calls };
}

export function toolResult(id: string, content: string): ClientMessage {
  return { role: 'tool', tool_call_id: id, content };
}

/** What `work` throws, which must be one of our errors. */
export function refusalOf(work: () => unknown): CompanionError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof CompanionError) return thrown;
    throw thrown;
  }
  throw new Error('Nothing was refused.');
}

export function warnedFields(request: ChatDecodedRequest): readonly string[] {
  return request.warnings.map((warning) => warning.field);
}

const noUsage: HubMessage['usage'] = {
  cache_creation: null,
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
  inference_geo: null,
  input_tokens: 10,
  output_tokens: 1,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: null,
  speed: null,
};

export function hubMessage(
  fields: Omit<Partial<HubMessage>, 'usage'> & { usage?: Partial<HubMessage['usage']> },
): HubMessage {
  return {
    id: 'msg_01abc',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-6',
    content: [],
    container: null,
    diagnostics: null,
    stop_details: null,
    stop_reason: 'end_turn',
    stop_sequence: null,
    ...fields,
    usage: { ...noUsage, ...fields.usage },
  };
}

export function text(words: string, citations: unknown = null): HubMessage['content'][number] {
  return { type: 'text', text: words, citations } as HubMessage['content'][number];
}

export function toolUse(id: string, name: string, input: unknown): HubMessage['content'][number] {
  return { type: 'tool_use', id, name, input, caller: { type: 'direct' } } as HubMessage['content'][number];
}

export function start(usage: Partial<HubMessage['usage']> = {}): HubEvent {
  return { type: 'message_start', message: hubMessage({ stop_reason: null, usage: { ...noUsage, ...usage } }) };
}

/** Events of one block: opened with `block`, one delta for each of `deltas`, closed. */
export function block(index: number, content: unknown, ...deltas: readonly unknown[]): readonly HubEvent[] {
  return [
    { type: 'content_block_start', index, content_block: content },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ] as readonly HubEvent[];
}

export function textEvents(index: number, ...words: readonly string[]): readonly HubEvent[] {
  const deltas = words.map((word) => ({ type: 'text_delta', text: word }));
  return block(index, { type: 'text', text: '', citations: null }, ...deltas);
}

export function toolEvents(index: number, id: string, name: string, ...parts: readonly string[]): readonly HubEvent[] {
  const deltas = parts.map((part) => ({ type: 'input_json_delta', partial_json: part }));
  return block(index, { type: 'tool_use', id, name, input: {} }, ...deltas);
}

export function stop(
  reason: string | null,
  usage: Record<string, unknown> = { output_tokens: 7 },
): readonly HubEvent[] {
  const delta = { stop_reason: reason, stop_sequence: null, stop_details: null, container: null };
  return [{ type: 'message_delta', delta, usage }, { type: 'message_stop' }] as readonly HubEvent[];
}
