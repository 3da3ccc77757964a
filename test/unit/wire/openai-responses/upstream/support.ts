/** Short forms for tests of the Responses API as an upstream's wire. */
import type Anthropic from '@anthropic-ai/sdk';
import type { EncodedRequest } from '../../../../../companion/wire/codec.ts';
import type { HubEvent, HubMessage } from '../../../../../companion/wire/hub/event.ts';
import type { ResponsesBody } from '../../../../../companion/wire/openai-responses/upstream/body.ts';
import { codexUpstream } from '../../../../../companion/wire/openai-responses/upstream/codec.ts';
import { decodeStream } from '../../../../../companion/wire/sse.ts';
import { gather, streamOf } from '../../bytes.ts';
import { request, STAMP } from '../../openai/upstream-support.ts';
import type { ClientRequest } from '../../openai/upstream-support.ts';

export const MODEL = 'gpt-5.5';

export const thinkingAsked: ClientRequest = { thinking: { type: 'enabled', budget_tokens: 4096 }, max_tokens: 8000 };

export function encode(fields: ClientRequest, model = MODEL): EncodedRequest {
  return codexUpstream.encodeRequest(request(fields), model);
}

export function bodyOf(fields: ClientRequest, model = MODEL): ResponsesBody {
  return encode(fields, model).body as ResponsesBody;
}

export function inputOf(...messages: readonly Anthropic.MessageParam[]): ResponsesBody['input'] {
  return bodyOf({ messages: [...messages] }).input;
}

export type Event = Readonly<Record<string, unknown>> & { readonly type: string };

/** Numbered events (or raw text) as the bytes of a stream. */
export function bytesOf(...events: readonly (Event | string)[]): Uint8Array {
  const frames = events.map((event, number) => {
    if (typeof event === 'string') return event;
    return `event: ${event.type}\ndata: ${JSON.stringify({ sequence_number: number, ...event })}\n\n`;
  });
  return new TextEncoder().encode(frames.join(''));
}

export const created: Event = {
  type: 'response.created',
  response: { id: 'resp_1', object: 'response', model: 'gpt-5.5-2026', status: 'in_progress', output: [] },
};

/** As the backend ends a response: its output may be left out. */
export function completed(more: object = {}): Event {
  const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 };
  return { type: 'response.completed', response: { id: 'resp_1', model: 'gpt-5.5-2026', output: [], usage, ...more } };
}

export function added(index: number, item: object): Event {
  return { type: 'response.output_item.added', output_index: index, item };
}

export function done(index: number, item: object): Event {
  return { type: 'response.output_item.done', output_index: index, item };
}

export function words(index: number, delta: string, part = 0): Event {
  const place = { item_id: `msg_${index}`, output_index: index, content_index: part };
  return { type: 'response.output_text.delta', ...place, delta, logprobs: [] };
}

export function summary(index: number, delta: string, part = 0): Event {
  const place = { item_id: `rs_${index}`, output_index: index, summary_index: part };
  return { type: 'response.reasoning_summary_text.delta', ...place, delta };
}

export function args(index: number, delta: string): Event {
  return { type: 'response.function_call_arguments.delta', item_id: `fc_${index}`, output_index: index, delta };
}

export function message(index: number, text: string): object {
  const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }];
  return { id: `msg_${index}`, type: 'message', role: 'assistant', status: 'completed', content };
}

export function call(index: number, name: string, json: string): object {
  return { id: `fc_${index}`, type: 'function_call', call_id: `call_${index}`, name, arguments: json };
}

export function reasoning(
  index: number,
  texts: readonly string[],
  sealed: string | undefined = `gAAAAA${index}`,
): object {
  const told = texts.map((text) => ({ type: 'summary_text', text }));
  return { id: `rs_${index}`, type: 'reasoning', summary: told, ...(sealed && { encrypted_content: sealed }) };
}

/** A whole item as the stream tells it: begun, in two pieces, done. */
export function toldMessage(index: number, text: string): readonly Event[] {
  const half = Math.ceil(text.length / 2);
  const item = { ...message(index, text), status: 'in_progress', content: [] };
  return [
    added(index, item),
    words(index, text.slice(0, half)),
    words(index, text.slice(half)),
    done(index, message(index, text)),
  ];
}

export function toldCall(index: number, name: string, json: string): readonly Event[] {
  const half = Math.ceil(json.length / 2);
  return [
    added(index, call(index, name, '')),
    args(index, json.slice(0, half)),
    args(index, json.slice(half)),
    done(index, call(index, name, json)),
  ];
}

export function read(chunks: Iterable<Uint8Array>, asked: ClientRequest = {}): Promise<HubEvent[]> {
  const encoded = encode({ ...asked, stream: true });
  return gather(decodeStream(streamOf(chunks), codexUpstream.streamDecoder(encoded, STAMP)));
}

export function readEvents(events: readonly (Event | string)[], asked?: ClientRequest): Promise<HubEvent[]> {
  return read([bytesOf(...events)], asked);
}

export function decodeBody(body: unknown, asked: ClientRequest = {}): HubMessage {
  return codexUpstream.decodeMessage(body, encode(asked), STAMP);
}
