import { array, assert, asyncProperty, nat } from 'fast-check';
import { expect, it } from 'vitest';
import { anthropicUpstream } from '../../../../../companion/wire/anthropic/upstream/codec.ts';
import { anthropicDialect } from '../../../../../companion/wire/anthropic/codec.ts';
import { openAiChatDialect } from '../../../../../companion/wire/openai-chat/codec.ts';
import type { HubEvent } from '../../../../../companion/wire/hub/event.ts';
import { findViolation } from '../../../../../companion/wire/hub/grammar.ts';
import { decodeStream, formatSse } from '../../../../../companion/wire/sse.ts';
import { bytewise, cutAt, gather, streamOf } from '../../bytes.ts';
import {
  blockStop,
  json,
  messageDelta,
  messageStart,
  messageStop,
  signature,
  text,
  textStart,
  thinking,
  thinkingStart,
  toolStart,
} from '../../hub/events.ts';

const STAMP = { id: 'stampid', createdAtMs: 0 };
const asked = { model: 'claude-sonnet-4-6', messages: [{ role: 'user', content: 'hi' }] };
const request = openAiChatDialect.decodeRequest(asked);

const everything: readonly HubEvent[] = [
  messageStart,
  { type: 'ping' },
  thinkingStart(0),
  thinking(0, '北京 🤔'),
  signature(0, 'sig'),
  blockStop(0),
  textStart(1),
  text(1, 'Grüße '),
  text(1, '🙂'),
  blockStop(1),
  toolStart(2),
  json(2, ''),
  json(2, '{"x":1}'),
  blockStop(2),
  messageDelta('tool_use'),
  messageStop,
];
const bytes = bytesOf(everything.map((event) => formatSse(event.type, event)));

it('gives the events as they came, whole, byte by byte and at random cuts', async () => {
  expect(await read([bytes])).toEqual(everything);
  expect(await read(bytewise(bytes))).toEqual(everything);
  await assert(
    asyncProperty(array(nat(bytes.length), { maxLength: 12 }), async (at) => {
      expect(await read(cutAt(bytes, ...at))).toEqual(everything);
    }),
    { numRuns: 60 },
  );
});

it('goes by what the data says, whatever the frame is called or whether it is at all', async () => {
  const unnamed = everything.map((event) => formatSse(undefined, event));
  expect(await read([bytesOf(unnamed)])).toEqual(everything);
  const misnamed = everything.map((event) => formatSse('message', event));
  expect(await read([bytesOf(misnamed)])).toEqual(everything);
});

it('goes by the name where the data says nothing', async () => {
  expect(await readFrames('event: ping\ndata: {}\n\n', formatSse('message_stop', {}))).toEqual([
    { type: 'ping' },
    messageStop,
  ]);
});

it('skips what nobody knows, and keeps deltas and blocks of new kinds', async () => {
  const block = { type: 'content_block_start', index: 0, content_block: { type: 'brand_new' } };
  const delta = { type: 'content_block_delta', index: 0, delta: { type: 'brand_new_delta' } };
  const frames = [
    formatSse('brand_new_event', { type: 'brand_new_event' }),
    'data: [DONE]\n\n',
    formatSse('a', block),
    formatSse('b', delta),
  ];
  expect((await readFrames(...frames)).slice(0, 2)).toEqual([block, delta]);
});

it('ends with the provider’s error, and nothing after it', async () => {
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' };
  const frames = [
    formatSse('message_start', messageStart),
    formatSse('error', error),
    formatSse('ping', { type: 'ping' }),
  ];
  expect(await readFrames(...frames)).toEqual([messageStart, error]);
});

it.each([
  'data: {"error":{"type":"api_error","message":"No"}}\n\n',
  'event: error\ndata: {"error":{"message":"No"}}\n\n',
  'event: error\ndata: broken\n\n',
])('knows an error in the form %j', async (frame) => {
  expect(await readFrames(frame)).toMatchObject([{ type: 'error', error: { type: 'api_error' } }]);
});

it.each<[string, HubEvent['type'], unknown]>([
  ['a start without a message', 'message_start', {}],
  ['a block without an index', 'content_block_start', { content_block: { type: 'text', text: '' } }],
  ['a call without an id', 'content_block_start', { index: 0, content_block: { type: 'tool_use', name: 'x' } }],
  ['a delta without words', 'content_block_delta', { index: 0, delta: { type: 'text_delta' } }],
  ['no JSON', 'message_delta', 'x'],
])('ends with an error at %s', async (_name, type, data) => {
  const events = await readFrames(formatSse(type, data), formatSse('ping', { type: 'ping' }));
  expect(events).toMatchObject([
    { type: 'error', error: { type: 'api_error', message: expect.stringContaining(type) as string } },
  ]);
});

it('ends with an error when no message_stop came, at any place', async () => {
  for (let count = 0; count < everything.length; count += 1) {
    const frames = everything.slice(0, count).map((event) => formatSse(event.type, event));
    const events = await readFrames(...frames);
    expect(events.slice(0, -1)).toEqual(everything.slice(0, count));
    expect(events.at(-1)).toMatchObject({ type: 'error' });
    expect(findViolation(events)).toBeUndefined();
  }
});

it('tells a client of either family of a missing end in its own way', async () => {
  const events = await readFrames(formatSse('message_start', messageStart));
  const openai = lastOf(openAiChatDialect.streamEncoder(request, STAMP), events);
  expect(openai).toMatch(/^data: \{"error":\{.*"type":"upstream_error"/);
  const anthropic = lastOf(anthropicDialect.streamEncoder(request, STAMP), events);
  expect(anthropic).toMatch(/^event: error\ndata: .*"type":"api_error","message":"ccproxy: The stream ended/);
});

it('fills in the counts that a compatible server leaves out', async () => {
  const { usage: _, ...message } = (messageStart as Extract<HubEvent, { type: 'message_start' }>).message;
  const delta = { type: 'message_delta', delta: { stop_reason: 'end_turn' } };
  const events = await readFrames(
    formatSse('message_start', { type: 'message_start', message }),
    formatSse('message_delta', delta),
    formatSse('message_stop', {}),
  );
  expect(events[0]).toMatchObject({ message: { usage: { input_tokens: 0, output_tokens: 0 } } });
  expect(events[1]).toMatchObject({ usage: {} });
});

function read(chunks: Iterable<Uint8Array>): Promise<HubEvent[]> {
  const encoded = anthropicUpstream.encodeRequest(request, 'm');
  return gather(decodeStream(streamOf(chunks), anthropicUpstream.streamDecoder(encoded, STAMP)));
}

function readFrames(...frames: readonly string[]): Promise<HubEvent[]> {
  return read([bytesOf(frames)]);
}

function bytesOf(frames: readonly string[]): Uint8Array {
  return new TextEncoder().encode(frames.join(''));
}

function lastOf(encoder: ReturnType<typeof openAiChatDialect.streamEncoder>, events: readonly HubEvent[]): string {
  let state = encoder.initial;
  const lines: string[] = [];
  for (const event of events) {
    const [next, more] = encoder.step(state, event);
    state = next;
    lines.push(...more);
  }
  return [...lines, ...encoder.end(state)].at(-1) ?? '';
}
