/** Short forms for tests of Chat Completions as an upstream's wire. */
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { builtInProviders, openAiQuirks } from '../../../../../shared/api-provider.ts';
import type { BuiltInProviderId, ChatQuirks } from '../../../../../shared/api-provider.ts';
import type { EncodedRequest } from '../../../../../companion/wire/codec.ts';
import type { HubEvent, HubMessage } from '../../../../../companion/wire/hub/event.ts';
import type { ChatBody } from '../../../../../companion/wire/openai-chat/upstream/body.ts';
import { createChatUpstream } from '../../../../../companion/wire/openai-chat/upstream/codec.ts';
import { decodeStream } from '../../../../../companion/wire/sse.ts';
import { gather, streamOf } from '../../bytes.ts';
import { request, STAMP } from '../../openai/upstream-support.ts';
import type { ClientRequest } from '../../openai/upstream-support.ts';

export const MODEL = 'served-model';

export function quirksOf(id: BuiltInProviderId): ChatQuirks {
  const provider = builtInProviders.find((one) => one.id === id);
  if (provider === undefined) throw new Error(`No provider ${id}.`);
  return provider.quirks;
}

export interface Encoding {
  readonly quirks?: Partial<ChatQuirks>;
  readonly model?: string;
}

export function encode(fields: ClientRequest, { quirks = {}, model = MODEL }: Encoding = {}): EncodedRequest {
  return createChatUpstream({ ...openAiQuirks, ...quirks }).encodeRequest(request(fields), model);
}

export function bodyOf(fields: ClientRequest, encoding?: Encoding): ChatBody {
  return encode(fields, encoding).body as ChatBody;
}

export function messagesOf(messages: readonly Anthropic.MessageParam[], encoding?: Encoding): ChatBody['messages'] {
  return bodyOf({ messages: [...messages] }, encoding).messages;
}

export function assistantCalls(...ids: readonly string[]): Anthropic.MessageParam {
  return { role: 'assistant', content: ids.map((id) => ({ type: 'tool_use', id, name: 'look', input: { x: 1 } })) };
}

export function results(
  ...content: readonly (readonly [string, Anthropic.ToolResultBlockParam['content']])[]
): Anthropic.ToolResultBlockParam[] {
  return content.map(([id, one]) => {
    const result = { type: 'tool_result' as const, tool_use_id: id };
    return one === undefined ? result : Object.assign(result, { content: one });
  });
}

/** What servers send beside OpenAI's own fields. */
export type LooseDelta = Omit<OpenAI.ChatCompletionChunk.Choice.Delta, 'tool_calls' | 'content'> & {
  content?: unknown;
  reasoning_content?: string;
  reasoning?: string;
  tool_calls?: readonly unknown[];
};

export function chunk(delta: LooseDelta, finishReason: string | null = null, more: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'served-model-1',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
    ...more,
  };
}

export function usageChunk(usage: object): object {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'served-model-1', choices: [], usage };
}

export function fragment(index: number | undefined, args: string, start: { id?: string; name?: string } = {}): unknown {
  const { id, name } = start;
  return {
    ...(index !== undefined && { index }),
    ...(id !== undefined && { id, type: 'function' }),
    function: { ...(name !== undefined && { name }), arguments: args },
  };
}

export function calls(...fragments: readonly unknown[]): object {
  return chunk({ tool_calls: fragments });
}

export const DONE = '[DONE]';

/** Chunks (or raw data) as the bytes of a stream. */
export function bytesOf(...data: readonly (object | string)[]): Uint8Array {
  const lines = data.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`);
  return new TextEncoder().encode(lines.join(''));
}

export interface Reading extends Encoding {
  readonly asked?: ClientRequest;
}

export function read(chunks: Iterable<Uint8Array>, reading: Reading = {}): Promise<HubEvent[]> {
  const codec = createChatUpstream({ ...openAiQuirks, ...reading.quirks });
  const encoded = encode({ ...reading.asked, stream: true }, reading);
  return gather(decodeStream(streamOf(chunks), codec.streamDecoder(encoded, STAMP)));
}

export function readData(data: readonly (object | string)[], reading?: Reading): Promise<HubEvent[]> {
  return read([bytesOf(...data)], reading);
}

export function completion(
  message: object,
  finishReason: string | null = 'stop',
  more: object = {},
): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'served-model-1',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason, logprobs: null }],
    ...more,
  };
}

export function decodeBody(body: unknown, reading: Reading = {}): HubMessage {
  const codec = createChatUpstream({ ...openAiQuirks, ...reading.quirks });
  return codec.decodeMessage(body, encode(reading.asked ?? {}, reading), STAMP);
}
