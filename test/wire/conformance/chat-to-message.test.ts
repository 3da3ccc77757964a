/** OpenAI's answers as Anthropic clients get them, whole and streamed. */
import { describe, expect, it } from 'vitest';
import { chatToMessage, chunksToEvents, completionOf, linesOf, messagesToChat, refusalOf } from './support.ts';
import type { Body, Loose } from './support.ts';

const text = (words: string): Body => ({ type: 'text', text: words, citations: null });
const thinking = (words: string): Body => ({ type: 'thinking', thinking: words, signature: '' });
const call = (id: string, args: unknown, name = 'f'): Body => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const use = (id: string, input: unknown, name = 'f'): Body => ({
  type: 'tool_use',
  id,
  name,
  input,
  caller: { type: 'direct' },
});
const f: Body = { name: 'f', input_schema: { type: 'object', properties: {} } };

describe('a whole answer', () => {
  it('has every field', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 80, cache_write_tokens: 7 },
      completion_tokens_details: { reasoning_tokens: 2 },
    };
    const said = { content: '北京 🙂', reasoning_content: 'hm', tool_calls: [call('c1', '{"x":1}')] };
    expect(chatToMessage(completionOf(said, 'tool_calls', { usage }))).toEqual({
      id: 'msg_stampid',
      type: 'message',
      role: 'assistant',
      model: 'served-1',
      content: [thinking('hm'), text('北京 🙂'), use('c1', { x: 1 })],
      stop_reason: 'tool_use',
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: 13,
        output_tokens: 5,
        output_tokens_details: { thinking_tokens: 2 },
        cache_creation: null,
        cache_creation_input_tokens: 7,
        cache_read_input_tokens: 80,
        server_tool_use: null,
        service_tier: null,
        inference_geo: null,
        speed: null,
      },
    });
  });

  const calls = [call('c1', '{"x":1}')];
  it.each<[string | null, Body, string]>([
    ['stop', { content: 'a' }, 'end_turn'],
    ['length', { content: 'a' }, 'max_tokens'],
    ['content_filter', { content: 'a' }, 'refusal'],
    [null, { content: 'a' }, 'end_turn'],
    ['brand_new', { content: 'a' }, 'end_turn'],
    ['tool_calls', { content: null, tool_calls: calls }, 'tool_use'],
    ['function_call', { content: null, function_call: { name: 'f', arguments: '{}' } }, 'tool_use'],
    ['stop', { content: null, tool_calls: calls }, 'tool_use'],
    [null, { content: null, tool_calls: calls }, 'tool_use'],
    ['length', { content: null, tool_calls: calls }, 'max_tokens'],
    ['content_filter', { content: null, tool_calls: calls }, 'refusal'],
    ['tool_calls', { content: 'a' }, 'end_turn'],
    ['tool_calls', { content: 'a', tool_calls: [] }, 'end_turn'],
    ['stop', { content: null, refusal: 'No.' }, 'refusal'],
    ['model_length', { content: 'a' }, 'max_tokens'],
  ])('that ended with %s and %j', (finish, message, expected) => {
    expect(chatToMessage(completionOf(message, finish)).stop_reason).toBe(expected);
  });

  it.each<[string, Body, string, readonly Body[]]>([
    ['nothing', { content: null }, 'stop', []],
    ['an empty text', { content: '' }, 'stop', []],
    ['a blank text and a call', { content: '\n\n', tool_calls: calls }, 'tool_calls', [use('c1', { x: 1 })]],
    ['a refusal', { content: null, refusal: 'No.' }, 'stop', [text('No.')]],
    ['text and a refusal', { content: 'a', refusal: 'No.' }, 'stop', [text('aNo.')]],
    [
      'parts',
      { content: [{ type: 'text', text: 'a' }, { type: 'refusal', refusal: 'No.' }, 'b', null, { type: 'hologram' }] },
      'stop',
      [text('aNo.b')],
    ],
    ['thinking under the other name', { content: 'a', reasoning: 'hm' }, 'stop', [thinking('hm'), text('a')]],
    [
      'thinking under both names',
      { content: 'a', reasoning: 'hm', reasoning_content: 'hm' },
      'stop',
      [thinking('hm'), text('a')],
    ],
    [
      'two calls',
      { content: null, tool_calls: [call('c1', '{}'), call('c2', '{}', 'g')] },
      'tool_calls',
      [use('c1', {}), use('c2', {}, 'g')],
    ],
    [
      'no arguments',
      { content: null, tool_calls: [call('c1', ''), call('c2', undefined), call('c3', null)] },
      'tool_calls',
      [use('c1', {}), use('c2', {}), use('c3', {})],
    ],
    [
      'arguments as an object',
      { content: null, tool_calls: [call('c1', { x: 1 })] },
      'tool_calls',
      [use('c1', { x: 1 })],
    ],
    [
      'broken arguments',
      { content: null, tool_calls: [call('c1', '{"x":'), call('c2', '[1]')] },
      'tool_calls',
      [use('c1', { _raw_arguments: '{"x":' }), use('c2', { _raw_arguments: '[1]' })],
    ],
    [
      'a cut-off call',
      { content: 'a', tool_calls: [call('c1', '{"x":1}'), call('c2', '{"x":')] },
      'length',
      [text('a'), use('c1', { x: 1 })],
    ],
    ['a call without a name', { content: 'a', tool_calls: [call('c1', '{}', '')] }, 'stop', [text('a')]],
    ['a broken list of calls', { content: 'a', tool_calls: [null, 'x', {}] }, 'stop', [text('a')]],
  ])('of %s', (_name, message, finish, content) => {
    expect(chatToMessage(completionOf(message, finish)).content).toEqual(content);
  });

  it('of several choices is one', () => {
    const choices = [
      { index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' },
      { index: 1, message: { role: 'assistant', content: null, tool_calls: calls }, finish_reason: 'tool_calls' },
    ];
    expect(chatToMessage({ model: 'm', choices })).toMatchObject({
      content: [text('a'), use('c1', { x: 1 })],
      stop_reason: 'tool_use',
    });
  });

  it.each(['', 'functions.f:0', 'call_0', undefined])('ids %j are valid, and new in the conversation', (id) => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_0', name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_0', content: 'r' }] },
    ];
    const tool_calls = [
      { ...call('', '{}'), id },
      { ...call('', '{}'), id },
    ];
    const ids = chatToMessage(completionOf({ content: null, tool_calls }), { messages, tools: [f] }).content.map(
      (block: Loose) => block.id,
    );
    expect(new Set(['call_0', ...ids]).size).toBe(3);
    for (const one of ids) expect(one).toMatch(/^[a-zA-Z0-9_-]+$/);
  });

  it.each<[Body | null | undefined, Body]>([
    [
      { prompt_tokens: 100, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 80 } },
      { input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 5 },
    ],
    [
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 80 } },
      { input_tokens: 0, cache_read_input_tokens: 80, output_tokens: 0 },
    ],
    [
      { prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: null, completion_tokens_details: null },
      { input_tokens: 10, cache_read_input_tokens: 0 },
    ],
    [
      { prompt_tokens: '10', completion_tokens: null },
      { input_tokens: 0, output_tokens: 0 },
    ],
    [null, { input_tokens: 0, output_tokens: 0 }],
    [undefined, { input_tokens: 0, output_tokens: 0 }],
  ])('counts %j', (usage, expected) => {
    expect(chatToMessage(completionOf({ content: 'a' }, 'stop', { usage })).usage).toMatchObject(expected);
  });

  it.each([
    null,
    'x',
    [],
    {},
    { choices: [] },
    { choices: [{}] },
    { choices: [{ message: null }] },
    { object: 'list', data: [] },
  ])('%j is none', (body) => {
    expect(refusalOf(() => chatToMessage(body)).code).toBe('UPSTREAM_UNREADABLE');
  });

  it.each<[unknown, string]>([
    [{ error: { message: 'Slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' } }, 'RATE_LIMITED'],
    [[{ error: { code: 503, message: 'Busy', status: 'UNAVAILABLE' } }], 'OVERLOADED'],
  ])('%j under a status of success is an error', (body, code) => {
    expect(refusalOf(() => chatToMessage(body)).code).toBe(code);
  });

  it('ends at a stop sequence that the server was not told', () => {
    const asked = { stop_sequences: ['1', '2', '3', '4', 'END'] };
    expect(
      chatToMessage(completionOf({ content: 'a END b', tool_calls: calls }), asked, 'openai', 'gpt-4o'),
    ).toMatchObject({
      content: [text('a ')],
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    });
    expect(chatToMessage(completionOf({ content: 'a 1 b' }), asked, 'openai', 'gpt-4o')).toMatchObject({
      content: [text('a 1 b')],
      stop_reason: 'end_turn',
    });
  });
});

const chunk = (delta: Body, finish: string | null = null, more: Body = {}): Body => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'served-1',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
});
const fragment = (index: number | undefined, args: string, more: Body = {}): Body => {
  const { name, ...rest } = more;
  return {
    ...(index !== undefined && { index }),
    ...rest,
    function: { ...(name !== undefined && { name }), arguments: args },
  };
};
const parts = (...fragments: readonly Body[]): Body => chunk({ tool_calls: fragments });
const first = (index: number | undefined, id: string, args = '', name = 'f'): Body =>
  fragment(index, args, { id, type: 'function', name });
const counts = (prompt: number, completion: number): Body => ({
  usage: { prompt_tokens: prompt, completion_tokens: completion },
});
const DONE = 'data: [DONE]';

describe('a stream', () => {
  it('of a call first has no text block, and has its counts at the end', async () => {
    const events = await chunksToEvents([
      chunk({ role: 'assistant', content: null, tool_calls: [first(0, 'c1')] }),
      parts(fragment(0, '{"x"')),
      parts(fragment(0, ':')),
      parts(fragment(0, '"北🙂"}')),
      chunk({}, 'tool_calls'),
      { ...chunk({}), choices: [], ...counts(9, 4) },
      DONE,
    ]);
    expect(linesOf(events)).toEqual([
      'start',
      '0 tool_use c1 f',
      '0 + {"x"',
      '0 + :',
      '0 + "北🙂"}',
      '0 end',
      'delta tool_use',
      'stop',
    ]);
    expect(events[0]).toMatchObject({
      message: {
        id: 'msg_stampid',
        model: 'served-1',
        content: [],
        stop_reason: null,
        usage: { input_tokens: 0, output_tokens: 0 },
      },
    });
    expect(events.at(-2)).toMatchObject({
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { input_tokens: 9, output_tokens: 4 },
    });
  });

  it.each<[string, readonly (Body | string)[], readonly string[]]>([
    [
      'nothing before its first word',
      [chunk({ role: 'assistant', content: '' }), chunk({ content: '' }), chunk({}, 'stop'), DONE],
      ['start', 'delta end_turn', 'stop'],
    ],
    ['no chunk at all', [DONE], ['start', 'delta end_turn', 'stop']],
    ['no [DONE]', [chunk({ content: 'a' }, 'stop')], ['start', '0 text', '0 + a', '0 end', 'delta end_turn', 'stop']],
    ['no reason', [chunk({ content: 'a' }), DONE], ['start', '0 text', '0 + a', '0 end', 'delta end_turn', 'stop']],
    [
      'thinking, words, thinking',
      [
        chunk({ reasoning_content: 'h' }),
        chunk({ reasoning: 'm' }),
        chunk({ content: 'a' }),
        chunk({ content: 'b' }),
        chunk({ reasoning_content: 'x' }),
        chunk({}, 'stop'),
        DONE,
      ],
      [
        'start',
        '0 thinking',
        '0 + h',
        '0 + m',
        '0 end',
        '1 text',
        '1 + a',
        '1 + b',
        '1 end',
        '2 thinking',
        '2 + x',
        '2 end',
        'delta end_turn',
        'stop',
      ],
    ],
    [
      'all kinds in one chunk',
      [chunk({ reasoning_content: 'h', content: 'a', tool_calls: [first(0, 'c1', '{}')] }, 'tool_calls'), DONE],
      [
        'start',
        '0 thinking',
        '0 + h',
        '0 end',
        '1 text',
        '1 + a',
        '1 end',
        '2 tool_use c1 f',
        '2 + {}',
        '2 end',
        'delta tool_use',
        'stop',
      ],
    ],
    [
      'a refusal',
      [chunk({ refusal: 'No' }), chunk({ refusal: '.' }), chunk({}, 'stop'), DONE],
      ['start', '0 text', '0 + No', '0 + .', '0 end', 'delta refusal', 'stop'],
    ],
    [
      'a filter',
      [chunk({ content: 'a' }), chunk({}, 'content_filter'), DONE],
      ['start', '0 text', '0 + a', '0 end', 'delta refusal', 'stop'],
    ],
    [
      'an id and a name on each fragment',
      [
        parts(first(0, 'c1', '{"x"')),
        parts(first(0, 'c1', ':1')),
        parts(first(0, 'c1', '}')),
        chunk({}, 'tool_calls'),
        DONE,
      ],
      ['start', '0 tool_use c1 f', '0 + {"x"', '0 + :1', '0 + }', '0 end', 'delta tool_use', 'stop'],
    ],
    [
      'a name after the id',
      [
        parts({ index: 0, id: 'c1' }),
        parts(fragment(0, '{"x"')),
        parts(fragment(0, '', { name: 'f' })),
        parts(fragment(0, ':1}')),
        chunk({}, 'stop'),
        DONE,
      ],
      ['start', '0 tool_use c1 f', '0 + {"x"', '0 + :1}', '0 end', 'delta tool_use', 'stop'],
    ],
    [
      'no arguments',
      [parts(first(0, 'c1')), chunk({}, 'tool_calls'), DONE],
      ['start', '0 tool_use c1 f', '0 end', 'delta tool_use', 'stop'],
    ],
    [
      'interleaved calls',
      [
        parts(first(0, 'c1'), first(1, 'c2', '', 'g')),
        parts(fragment(1, '{"b"')),
        parts(fragment(0, '{"a"')),
        parts(fragment(1, ':2}'), fragment(0, ':1}')),
        chunk({}, 'tool_calls'),
        DONE,
      ],
      [
        'start',
        '0 tool_use c1 f',
        '0 + {"a"',
        '0 + :1}',
        '0 end',
        '1 tool_use c2 g',
        '1 + {"b":2}',
        '1 end',
        'delta tool_use',
        'stop',
      ],
    ],
    [
      'two choices that count their calls alike',
      [
        {
          ...chunk({}),
          choices: [
            { index: 0, delta: { tool_calls: [first(0, 'c1', '{"a"')] } },
            { index: 1, delta: { tool_calls: [first(0, 'c2', '{"b"', 'g')] } },
          ],
        },
        { ...chunk({}), choices: [{ index: 1, delta: { tool_calls: [fragment(0, ':2}')] }, finish_reason: 'stop' }] },
        parts(fragment(0, ':1}')),
        chunk({}, 'tool_calls'),
        DONE,
      ],
      [
        'start',
        '0 tool_use c1 f',
        '0 + {"a"',
        '0 + :1}',
        '0 end',
        '1 tool_use c2 g',
        '1 + {"b":2}',
        '1 end',
        'delta tool_use',
        'stop',
      ],
    ],
    [
      'three calls that start backwards',
      [
        parts(first(2, 'c3', '{"c"')),
        parts(first(1, 'c2', '{"b":2}')),
        parts(first(0, 'c1', '{"a":1}')),
        parts(fragment(2, ':3}')),
        chunk({}, 'tool_calls'),
        DONE,
      ],
      [
        'start',
        '0 tool_use c3 f',
        '0 + {"c"',
        '0 + :3}',
        '0 end',
        '1 tool_use c1 f',
        '1 + {"a":1}',
        '1 end',
        '2 tool_use c2 f',
        '2 + {"b":2}',
        '2 end',
        'delta tool_use',
        'stop',
      ],
    ],
    [
      'fragments without an index',
      [
        parts(first(undefined, 'c1', '{"a":')),
        parts(fragment(undefined, '1}')),
        parts(first(undefined, 'c2', '{}')),
        chunk({}, 'tool_calls'),
        DONE,
      ],
      [
        'start',
        '0 tool_use c1 f',
        '0 + {"a":',
        '0 + 1}',
        '0 end',
        '1 tool_use c2 f',
        '1 + {}',
        '1 end',
        'delta tool_use',
        'stop',
      ],
    ],
    [
      'words while a call is open',
      [
        parts(first(0, 'c1', '{"a":')),
        chunk({ content: 'so' }),
        parts(fragment(0, '1}')),
        chunk({}, 'tool_calls'),
        DONE,
      ],
      [
        'start',
        '0 tool_use c1 f',
        '0 + {"a":',
        '0 + 1}',
        '0 end',
        '1 text',
        '1 + so',
        '1 end',
        'delta tool_use',
        'stop',
      ],
    ],
    [
      'braces and quotes inside strings',
      [
        parts(first(0, 'c1', '{"a":"}\\"{')),
        parts(fragment(0, '"')),
        parts(first(1, 'c2', '{}')),
        parts(fragment(0, '}')),
        chunk({}, 'tool_calls'),
        DONE,
      ],
      [
        'start',
        '0 tool_use c1 f',
        '0 + {"a":"}\\"{',
        '0 + "',
        '0 + }',
        '0 end',
        '1 tool_use c2 f',
        '1 + {}',
        '1 end',
        'delta tool_use',
        'stop',
      ],
    ],
    [
      'the limit in the middle of a call',
      [parts(first(0, 'c1', '{"a":')), chunk({}, 'length'), DONE],
      ['start', '0 tool_use c1 f', '0 + {"a":', '0 end', 'delta max_tokens', 'stop'],
    ],
    [
      'the limit and then a call’s reason',
      [parts(first(0, 'c1', '{}')), chunk({}, 'length'), chunk({}, 'tool_calls'), DONE],
      ['start', '0 tool_use c1 f', '0 + {}', '0 end', 'delta max_tokens', 'stop'],
    ],
    [
      'a call’s reason and then a mere stop',
      [parts(first(0, 'c1', '{}')), chunk({}, 'tool_calls'), chunk({}, 'stop'), DONE],
      ['start', '0 tool_use c1 f', '0 + {}', '0 end', 'delta tool_use', 'stop'],
    ],
    [
      'a call after its reason',
      [chunk({}, 'tool_calls'), parts(first(0, 'c1', '{}')), DONE],
      ['start', '0 tool_use c1 f', '0 + {}', '0 end', 'delta tool_use', 'stop'],
    ],
    [
      'a call that never got a name',
      [
        chunk({ content: 'a' }),
        parts({ index: 0, id: 'c1', function: { arguments: '{}' } }),
        chunk({}, 'tool_calls'),
        DONE,
      ],
      ['start', '0 text', '0 + a', '0 end', 'delta end_turn', 'stop'],
    ],
    [
      'an old function call',
      [
        chunk({ function_call: { name: 'f', arguments: '' } }),
        chunk({ function_call: { arguments: '{}' } }),
        chunk({}, 'function_call'),
        DONE,
      ],
      ['start', '0 tool_use call_stampid_0 f', '0 + {}', '0 end', 'delta tool_use', 'stop'],
    ],
    [
      'two choices',
      [
        chunk({ content: 'a' }),
        { ...chunk({}), choices: [{ index: 1, delta: { content: 'b' }, finish_reason: null }] },
        chunk({}, 'stop'),
        DONE,
      ],
      ['start', '0 text', '0 + a', '0 + b', '0 end', 'delta end_turn', 'stop'],
    ],
    [
      'chunks after the end',
      [chunk({ content: 'a' }, 'stop'), DONE, chunk({ content: 'late' }), DONE],
      ['start', '0 text', '0 + a', '0 end', 'delta end_turn', 'stop'],
    ],
    [
      'noise',
      [
        ': hello',
        'event: ping\ndata: {}',
        'data: keep-alive',
        { ...chunk({}), choices: [] },
        { ...chunk({}), choices: null },
        chunk({ content: 'a' }, 'stop', { obfuscation: 'xx' }),
        DONE,
      ],
      ['start', '0 text', '0 + a', '0 end', 'delta end_turn', 'stop'],
    ],
    [
      'content in parts',
      [
        chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'h' }] }] as unknown as string }),
        chunk({ content: [{ type: 'text', text: 'a' }] as unknown as string }),
        chunk({}, 'stop'),
        DONE,
      ],
      ['start', '0 thinking', '0 + h', '0 end', '1 text', '1 + a', '1 end', 'delta end_turn', 'stop'],
    ],
  ])('with %s', async (_name, chunks, expected) => {
    expect(linesOf(await chunksToEvents(chunks, { tools: [f] }))).toEqual(expected);
  });

  it.each<[string, readonly (Body | string)[], Body]>([
    [
      'on every chunk, cumulative',
      [
        chunk({ content: 'a' }, null, counts(9, 1)),
        chunk({ content: 'b' }, null, counts(9, 2)),
        chunk({}, 'stop', counts(9, 3)),
        DONE,
      ],
      { input_tokens: 9, output_tokens: 3 },
    ],
    [
      'before the reason',
      [chunk({ content: 'a' }), { ...chunk({}), choices: [], ...counts(9, 4) }, chunk({}, 'stop'), DONE],
      { input_tokens: 9, output_tokens: 4 },
    ],
    [
      'after the reason, then null',
      [chunk({ content: 'a' }, 'stop', counts(9, 4)), chunk({}, null, { usage: null }), DONE],
      { input_tokens: 9, output_tokens: 4 },
    ],
    [
      'inside the choice',
      [
        {
          ...chunk({ content: 'a' }, 'stop'),
          choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop', ...counts(9, 4) }],
        },
        DONE,
      ],
      { input_tokens: 9, output_tokens: 4 },
    ],
    ['nowhere', [chunk({ content: 'a' }, 'stop'), DONE], { input_tokens: 0, output_tokens: 0 }],
    [
      'after it, without [DONE]',
      [chunk({ content: 'a' }, 'stop'), { ...chunk({}), choices: [], ...counts(9, 4) }],
      { input_tokens: 9, output_tokens: 4 },
    ],
  ])('has counts %s', async (_name, chunks, expected) => {
    const events = await chunksToEvents(chunks);
    expect(events.filter(({ type }: Loose) => type === 'message_delta')).toMatchObject([{ usage: expected }]);
    expect(events.at(-1)).toEqual({ type: 'message_stop' });
  });

  it.each<[string, Body | string, string]>([
    [
      'an error',
      { error: { message: 'Busy', type: 'server_error', code: 'server_is_overloaded' } },
      'error overloaded_error: Busy',
    ],
    ['an error with a name', 'event: error\ndata: {"message":"Oops","type":"server_error"}', 'error api_error: Oops'],
    [
      'an error in a list',
      'data: [{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}}]',
      'error rate_limit_error: Quota',
    ],
    ['an error as a word', { error: 'Oops' }, 'error api_error: Oops'],
    [
      'a reason that is an error',
      chunk({}, 'error'),
      'error api_error: The provider failed in the middle of the answer.',
    ],
    ['half a chunk', 'data: {"choices":[', 'error api_error: The provider sent a chunk that cannot be read.'],
  ])('with %s in the middle ends there, block open', async (_name, bad, expected) => {
    const events = await chunksToEvents([chunk({ content: 'a' }), bad, chunk({ content: 'b' }, 'stop'), DONE]);
    expect(linesOf(events)).toEqual(['start', '0 text', '0 + a', expected]);
  });

  it.each<[string, readonly Body[], readonly string[]]>([
    ['nothing', [], []],
    ['words', [chunk({ content: 'a' })], ['start', '0 text', '0 + a']],
    ['half a call', [parts(first(0, 'c1', '{"a"'))], ['start', '0 tool_use c1 f', '0 + {"a"']],
  ])('that breaks off after %s is an error', async (_name, chunks, expected) => {
    const lines = linesOf(await chunksToEvents(chunks));
    expect(lines.slice(0, -1)).toEqual(expected);
    expect(lines.at(-1)).toMatch(/^error api_error: /);
  });

  it.each<[string, readonly string[], string, readonly string[]]>([
    ['whole', ['a END b'], 'gpt-4o', ['0 + a ']],
    ['cut', ['a E', 'N', 'D b', 'c'], 'gpt-4o', ['0 + a ']],
    ['begun and not gone on with', ['a E', 'N', 'x'], 'gpt-4o', ['0 + a ', '0 + ENx']],
    ['begun at the end', ['a EN'], 'gpt-4o', ['0 + a ', '0 + EN']],
    ['told to the server', ['a 1 b'], 'gpt-4o', ['0 + a 1 b']],
    ['not told to a server that takes none', ['a 1 b'], 'o3', ['0 + a ']],
  ])('finds a stop sequence that is %s', async (name, words, model, expected) => {
    const chunks = [...words.map((content) => chunk({ content })), chunk({}, 'stop'), DONE];
    const events = await chunksToEvents(chunks, { stop_sequences: ['1', '2', '3', '4', 'END'] }, 'openai', model);
    const lines = linesOf(events);
    expect(lines.filter((line) => line.includes(' + '))).toEqual(expected);
    const isFound = ['whole', 'cut', 'not told to a server that takes none'].includes(name);
    expect(events.at(-2)).toMatchObject({
      delta: isFound ? { stop_reason: 'stop_sequence' } : { stop_reason: 'end_turn', stop_sequence: null },
    });
  });

  it('gives the client its own name of a tool that had to be shortened', async () => {
    const name = `mcp__${'x'.repeat(100)}`;
    const asked = { tools: [{ ...f, name }] };
    const sent = messagesToChat(asked).body.tools[0].function.name;
    const events = await chunksToEvents([parts(first(0, 'c1', '{}', sent)), chunk({}, 'tool_calls'), DONE], asked);
    expect(linesOf(events)[1]).toBe(`0 tool_use c1 ${name}`);
    expect(
      chatToMessage(completionOf({ content: null, tool_calls: [call('c1', '{}', sent)] }), asked).content[0].name,
    ).toBe(name);
  });

  it('keeps no state from one stream in the next', async () => {
    const chunks = [parts(first(0, 'c1', '{"a":')), parts(fragment(0, '1}')), chunk({}, 'tool_calls'), DONE];
    const [one, two] = await Promise.all([chunksToEvents(chunks), chunksToEvents(chunks)]);
    expect(one).toEqual(two);
  });
});
