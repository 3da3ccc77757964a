/** Whole responses as hub messages, and streams as whole responses. */
import { describe, expect, it, test } from 'vitest';
import type { CompanionError } from '../../../../../companion/base/error.ts';
import { ResponseCollector } from '../../../../../companion/wire/openai-responses/upstream/collect-response.ts';
import { SseParser } from '../../../../../companion/wire/sse.ts';
import {
  bytesOf,
  call,
  completed,
  created,
  decodeBody,
  done,
  message,
  reasoning,
  thinkingAsked,
  toldCall,
  toldMessage,
  words,
} from './support.ts';
import type { Event } from './support.ts';

const whole = {
  id: 'resp_1',
  object: 'response',
  model: 'gpt-5.5-2026',
  status: 'completed',
  output: [reasoning(0, ['Hm.']), message(1, 'Hi'), call(2, 'look', '{"x":1}')],
  usage: { input_tokens: 10, input_tokens_details: { cached_tokens: 4 }, output_tokens: 2 },
};

function errorOf(make: () => unknown): CompanionError {
  try {
    make();
  } catch (thrown) {
    return thrown as CompanionError;
  }
  throw new Error('Nothing was thrown.');
}

describe('a whole response', () => {
  it('is the message that its stream would have told', () => {
    expect(decodeBody(whole, thinkingAsked)).toMatchObject({
      id: 'msg_stampid',
      model: 'gpt-5.5-2026',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'openai:gAAAAA0' },
        { type: 'text', text: 'Hi' },
        { type: 'tool_use', id: 'call_2', name: 'look', input: { x: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 2 },
    });
  });

  it('that is not complete says why', () => {
    const cut = { ...whole, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    expect(decodeBody(cut).stop_reason).toBe('max_tokens');
  });

  it('that ends at a stop sequence is cut there', () => {
    const { content, stop_reason: reason } = decodeBody(
      { ...whole, output: [message(0, 'a END b')] },
      { stop_sequences: ['END'] },
    );
    expect(content).toMatchObject([{ text: 'a ' }]);
    expect(reason).toBe('stop_sequence');
  });

  it('that failed is its error', () => {
    const failed = { ...whole, status: 'failed', error: { code: 'server_is_overloaded', message: 'Busy' } };
    expect(errorOf(() => decodeBody(failed))).toMatchObject({ code: 'OVERLOADED', message: 'Busy' });
    expect(errorOf(() => decodeBody({ ...whole, status: 'failed', error: null })).code).toBe('UPSTREAM_ERROR');
  });

  it.each([null, [], 'x', {}, { output: 'x' }])('is not %j', (body) => {
    expect(errorOf(() => decodeBody(body)).code).toBe('UPSTREAM_UNREADABLE');
  });
});

describe('a stream added up', () => {
  function collect(events: readonly (Event | string)[]): ReturnType<ResponseCollector['response']> {
    const collector = new ResponseCollector();
    const parser = new SseParser();
    for (const frame of [...parser.push(bytesOf(...events)), ...parser.end()]) collector.push(frame);
    return collector.response();
  }

  it('has the items that the end leaves out, in their order', () => {
    const events = [
      created,
      ...toldMessage(0, 'Hi'),
      done(2, call(2, 'g', '{}')),
      ...toldCall(1, 'f', '{}'),
      completed(),
    ];
    expect(collect(events)).toMatchObject({
      id: 'resp_1',
      output: [message(0, 'Hi'), call(1, 'f', '{}'), call(2, 'g', '{}')],
      usage: { input_tokens: 7 },
    });
  });

  it('keeps an output that is there as it is, kinds and fields that nobody knows included', () => {
    const output = [{ type: 'odd', id: 'o_1', extra: { a: [1] } }, message(1, 'Hi')];
    expect(collect([created, ...toldMessage(1, 'Hi'), completed({ output })])['output']).toEqual(output);
  });

  it('may be incomplete, which is no error', () => {
    const event = { ...completed({ status: 'incomplete' }), type: 'response.incomplete' };
    expect(collect([created, event])).toMatchObject({ status: 'incomplete', output: [] });
  });

  test.each<[string, readonly Event[], string]>([
    [
      'is its error where it failed',
      [{ type: 'response.failed', response: { error: { code: 'slow_down', message: 'x' } } }],
      'OVERLOADED',
    ],
    [
      'is its error where it broke off with one',
      [words(0, 'a'), { type: 'error', code: 'server_error', message: 'x' }],
      'UPSTREAM_ERROR',
    ],
    ['is broken without an end', [words(0, 'a')], 'STREAM_BROKEN'],
  ])('%s', (_name, events, code) => {
    expect(errorOf(() => collect([created, ...events])).code).toBe(code);
  });
});
