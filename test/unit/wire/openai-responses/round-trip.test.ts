/** What the dialect writes, sent back by the client as it is, must be the same history again. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageCollector } from '../../../../companion/wire/hub/collect.ts';
import type { HubEvent, HubMessage } from '../../../../companion/wire/hub/event.ts';
import { eventsOfMessage } from '../../../../companion/wire/hub/expand.ts';
import { hubMessage, text, toolUse } from '../openai-chat/support.ts';
import { decode, encodeWhole, finalResponse, freeformTool, hello, stream, thinkingRequest } from './support.ts';

type Content = HubMessage['content'];
type Block = Content[number];

const request = { ...thinkingRequest, tools: [freeformTool, { type: 'function', name: 'look' }] };
const thought = (thinking: string, signature: string): Block => ({ type: 'thinking', thinking, signature });
const redacted: Block = { type: 'redacted_thinking', data: 'DATA' };

function outputsOf(content: Content): readonly unknown[] {
  return content.flatMap((one) => {
    if (one.type !== 'tool_use') return [];
    const type = one.name === 'apply_patch' ? 'custom_tool_call_output' : 'function_call_output';
    return [{ type, call_id: one.id, output: 'ok' }];
  });
}

/** The assistant turn that comes of sending the answer's items back. */
function sentBack(content: Content): unknown {
  const { output } = encodeWhole(hubMessage({ content }), request);
  const { hub } = decode({ ...request, input: [hello, ...output, ...outputsOf(content)] });
  return hub.messages[1]?.content;
}

/** What of a block a history holds. */
function historyOf(content: Content): readonly unknown[] {
  return content.map((one) => {
    if (one.type === 'text') return { type: 'text', text: one.text };
    return one.type === 'tool_use' ? { type: 'tool_use', id: one.id, name: one.name, input: one.input } : one;
  });
}

describe('items fed back', () => {
  it.each<readonly [string, Content]>([
    ['text in blocks', [text('a'), text('b')]],
    ['thinking before a call', [thought('hm', 'SIG='), toolUse('toolu_1', 'look', { x: 1 })]],
    ['hidden thinking before a call', [thought('', 'SIG'), redacted, toolUse('toolu_1', 'look', {})]],
    [
      'thinking between calls',
      [
        thought('1', 'S1'),
        text('Let me look.'),
        toolUse('t1', 'look', { x: [1, { y: null }] }),
        thought('2', 'S2'),
        toolUse('t2', 'look', {}),
      ],
    ],
    ['a freeform call', [toolUse('t1', 'apply_patch', { input: '*** Begin "Patch"\n+🙂' })]],
  ])('give the same history: %s', (_, content) => {
    expect(sentBack(content)).toEqual(historyOf(content));
  });
});

const word = fc.string({ minLength: 1, maxLength: 12 }).filter((words) => words.trim() !== '');
const input = fc.dictionary(
  fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__'),
  fc.jsonValue(),
  { maxKeys: 3 },
);
const anyBlock: fc.Arbitrary<Block> = fc.oneof(
  word.map((words) => text(words)),
  fc
    .tuple(fc.string({ maxLength: 10 }), fc.base64String({ minLength: 4 }))
    .map(([thinking, sig]) => thought(thinking, sig)),
  fc.constant(redacted),
  input.map((value) => toolUse('', 'look', JSON.parse(JSON.stringify(value)))),
  word.map((words) => toolUse('', 'apply_patch', { input: words })),
);
/** Ends in a call, as a turn that is answered by results does. */
const anyContent = fc
  .array(anyBlock, { maxLength: 6 })
  .map((blocks) => blocks.concat(toolUse('', 'look', { x: 1 })))
  .map((blocks): Content => blocks.map((one, index) => (one.type === 'tool_use' ? { ...one, id: `t${index}` } : one)));

/** The same answer with its deltas cut at other places, down to single characters. */
function recut(events: readonly HubEvent[], cut: (length: number) => readonly number[]): readonly HubEvent[] {
  return events.flatMap((event): readonly HubEvent[] => {
    if (event.type !== 'content_block_delta') return [event];
    const { delta, index } = event;
    const field = { text_delta: 'text', thinking_delta: 'thinking', input_json_delta: 'partial_json' }[
      delta.type as string
    ];
    if (field === undefined) return [event];
    const whole = (delta as unknown as Record<string, string>)[field] ?? '';
    const edges = [0, ...cut(whole.length).toSorted((a, b) => a - b), whole.length];
    return edges.slice(1).map((edge, position) => {
      return { type: 'content_block_delta', index, delta: { ...delta, [field]: whole.slice(edges[position], edge) } };
    }) as HubEvent[];
  });
}

const everyCharacter = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

describe('any answer', () => {
  it('comes back as the same history', () => {
    fc.assert(
      fc.property(anyContent, (content) => {
        expect(sentBack(content)).toEqual(historyOf(content));
      }),
    );
  });

  it('is the same response however its deltas are cut, streamed or at once', () => {
    fc.assert(
      fc.property(anyContent, fc.array(fc.nat(40), { maxLength: 4 }), (content, offsets) => {
        const message = hubMessage({ content, stop_reason: 'tool_use' });
        const events = eventsOfMessage(message);
        const atOnce = encodeWhole(message, { ...request, stream: true });
        const cuts = [() => [], everyCharacter, (length: number) => offsets.map((offset) => Math.min(offset, length))];
        for (const cut of cuts) {
          expect(finalResponse(stream(recut(events, cut), request))).toEqual(JSON.parse(JSON.stringify(atOnce)));
        }
      }),
    );
  });

  it('is numbered without a gap, and its deltas and done items add up to the response', () => {
    fc.assert(
      fc.property(anyContent, (content) => {
        const events = stream(recut(eventsOfMessage(hubMessage({ content })), everyCharacter), request);
        expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
        const done = events.filter((event) => event.type === 'response.output_item.done');
        expect(done.map((event) => event['output_index'])).toEqual(done.map((_, index) => index));
        expect(done.map((event) => event['item'])).toEqual(finalResponse(events).output);
        const joined = (type: string): string => {
          return events.flatMap((event) => (event.type === type ? [String(event['delta'])] : [])).join('');
        };
        const texts = content.flatMap((one) => (one.type === 'text' ? [one.text] : []));
        expect(joined('response.output_text.delta')).toBe(texts.join(''));
        const thoughts = content.flatMap((one) => (one.type === 'thinking' ? [one.thinking] : []));
        expect(joined('response.reasoning_summary_text.delta')).toBe(thoughts.join(''));
      }),
    );
  });

  it('survives collecting: the events of a message are a valid stream', () => {
    const collector = new MessageCollector();
    const message = hubMessage({ content: [thought('hm', 'S'), toolUse('t1', 'look', { x: 1 })] });
    for (const event of eventsOfMessage(message)) collector.push(event);
    expect(encodeWhole(collector.message(), request)).toEqual(encodeWhole(message, request));
  });
});
