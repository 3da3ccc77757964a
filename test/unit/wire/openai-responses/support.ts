/** Short forms for tests of the Responses dialect. */
import { SseParser } from '../../../../companion/wire/sse.ts';
import type { HubEvent, HubMessage } from '../../../../companion/wire/hub/event.ts';
import type { HubMessageParam } from '../../../../companion/wire/hub/request.ts';
import { openAiResponsesDialect } from '../../../../companion/wire/openai-responses/codec.ts';
import { decodeResponsesRequest } from '../../../../companion/wire/openai-responses/decode-request.ts';
import type { ResponsesDecodedRequest } from '../../../../companion/wire/openai-responses/memo.ts';
import type { ResponseObject } from '../../../../companion/wire/openai-responses/response.ts';
import type { OpenAiDecodeOptions } from '../../../../companion/wire/openai/output-fields.ts';
import { ADAPTIVE_MODEL, STAMP, block } from '../openai-chat/support.ts';

export const hello = { role: 'user', content: 'hi' };
/** What Codex and other tool loops ask for. */
export const thinkingRequest = {
  model: ADAPTIVE_MODEL,
  reasoning: { effort: 'high', summary: 'auto' },
  include: ['reasoning.encrypted_content'],
  store: false,
};
export const freeformTool = { type: 'custom', name: 'apply_patch', description: 'Edits files.' };

export function decode(body: Record<string, unknown> = {}, options?: OpenAiDecodeOptions): ResponsesDecodedRequest {
  return decodeResponsesRequest({ model: ADAPTIVE_MODEL, input: 'hi', ...body }, options);
}

/** Messages with each block cut down to a short line, so that tests read like transcripts. */
export function transcript(input: readonly unknown[]): readonly string[] {
  return decode({ input }).hub.messages.map(({ role, content }) => {
    const blocks = typeof content === 'string' ? [content] : content.map((one) => shortBlock(one));
    return `${role}: ${blocks.join(' | ')}`;
  });
}

type Block = Exclude<HubMessageParam['content'], string>[number];

function shortBlock(one: Block): string {
  switch (one.type) {
    case 'text':
      return one.text;
    case 'tool_use':
      return `call ${one.id} ${one.name}(${JSON.stringify(one.input)})`;
    case 'tool_result':
      return `result ${one.tool_use_id}${one.is_error ? ' error' : ''} ${JSON.stringify(one.content)}`;
    case 'thinking':
      return `thinking ${one.thinking} by ${one.signature}`;
    case 'redacted_thinking':
      return `redacted ${one.data}`;
    default:
      return one.type;
  }
}

export function functionCall(callId: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: 'function_call', call_id: callId, name: 'look', arguments: '{"x":1}', ...fields };
}

export function callOutput(callId: string, output: unknown): Record<string, unknown> {
  return { type: 'function_call_output', call_id: callId, output };
}

export function warnedFields(request: ResponsesDecodedRequest): readonly string[] {
  return request.warnings.map((warning) => warning.field);
}

export function thinkingEvents(index: number, signature: string, ...words: readonly string[]): readonly HubEvent[] {
  return block(
    index,
    { type: 'thinking', thinking: '', signature: '' },
    ...words.map((thinking) => ({ type: 'thinking_delta', thinking })),
    ...(signature === '' ? [] : [{ type: 'signature_delta', signature }]),
  );
}

export interface StreamedEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly response?: ResponseObject;
  readonly [field: string]: unknown;
}

/** The SSE text of hub events, one string for each event of the answer. */
export function encode(events: readonly HubEvent[], body: Record<string, unknown> = {}): readonly string[] {
  const encoder = openAiResponsesDialect.streamEncoder(decode({ stream: true, ...body }), STAMP);
  let state = encoder.initial;
  const lines = events.flatMap((event) => {
    const [next, texts] = encoder.step(state, event);
    state = next;
    return texts;
  });
  return [...lines, ...encoder.end(state)];
}

/** What a client parses out of SSE text; the name of each event must be its type. */
export function readEvents(lines: readonly string[]): readonly StreamedEvent[] {
  const parser = new SseParser();
  const frames = [...parser.push(Buffer.from(lines.join(''))), ...parser.end()];
  return frames.map(({ event, data }) => {
    const parsed = JSON.parse(data) as StreamedEvent;
    if (parsed.type !== event) throw new Error(`Event ${event} carries ${parsed.type}.`);
    return parsed;
  });
}

export function stream(events: readonly HubEvent[], body: Record<string, unknown> = {}): readonly StreamedEvent[] {
  return readEvents(encode(events, body));
}

/** The response that the last event carries. */
export function finalResponse(events: readonly StreamedEvent[]): ResponseObject {
  const response = events.at(-1)?.response;
  if (response === undefined) throw new Error('The last event has no response.');
  return response;
}

export function encodeWhole(message: HubMessage, body: Record<string, unknown> = {}): ResponseObject {
  return openAiResponsesDialect.encodeMessage(message, decode(body), STAMP) as ResponseObject;
}
