/** Anthropic's answers as clients of Chat Completions get them, whole and streamed. */
import { describe, expect, it } from 'vitest';
import { eventsToChunks, messageToChat } from './support.ts';
import type { Body, Loose } from './support.ts';

const text = (words: string, more: Body = {}): Body => ({ type: 'text', text: words, ...more });
const use = (id: string, input: unknown = { x: 1 }, name = 'f'): Body => ({ type: 'tool_use', id, name, input });
const call = (id: string, args: string, name = 'f'): Body => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const f: Body = { type: 'function', function: { name: 'f' } };
const usage = { input_tokens: 10, cache_read_input_tokens: 90, cache_creation_input_tokens: 5, output_tokens: 7 };

function choice(fields: Body, asked?: Body, model?: string): Loose {
  return messageToChat(fields, asked, model).choices[0];
}

describe('a whole answer', () => {
  it('has every field', () => {
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 's' },
      text('Hi '),
      use('t1', { 北: '🙂' }),
      text('there'),
      use('t2', {}),
    ];
    expect(messageToChat({ content, stop_reason: 'tool_use', usage })).toEqual({
      id: 'chatcmpl-01abc',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'claude-sonnet-4-6',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Hi there',
            refusal: null,
            annotations: [],
            reasoning_content: 'hm',
            tool_calls: [call('t1', '{"北":"🙂"}'), call('t2', '{}')],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: {
        prompt_tokens: 105,
        completion_tokens: 7,
        total_tokens: 112,
        prompt_tokens_details: { cached_tokens: 90, cache_write_tokens: 5, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
    });
  });

  it.each<[string, readonly Body[], unknown]>([
    ['only a call', [use('t')], null],
    ['nothing at all', [], ''],
    [
      'only thinking',
      [
        { type: 'thinking', thinking: 'x', signature: 's' },
        { type: 'redacted_thinking', data: 'd' },
      ],
      '',
    ],
    ['texts', [text('a'), text('b')], 'ab'],
    [
      'unknown and server blocks',
      [
        { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
        { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
        { type: 'hologram', beam: 1 },
        text('a'),
      ],
      'a',
    ],
  ])('content of %s', (_name, content, expected) => {
    expect(
      choice({ content, stop_reason: content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn' })
        .message.content,
    ).toBe(expected);
  });

  it('cites web addresses with their place', () => {
    const citations = [
      { type: 'web_search_result_location', url: 'https://x', title: 'X', cited_text: 'b', encrypted_index: 'e' },
      {
        type: 'char_location',
        cited_text: 'b',
        document_index: 0,
        document_title: null,
        start_char_index: 0,
        end_char_index: 1,
      },
    ];
    expect(choice({ content: [text('aa'), text('bbb', { citations })] }).message.annotations).toEqual([
      { type: 'url_citation', url_citation: { url: 'https://x', title: 'X', start_index: 2, end_index: 5 } },
    ]);
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'stop'],
    ['refusal', 'content_filter'],
    ['tool_use', 'stop'],
    ['brand_new', 'stop'],
    [null, 'stop'],
  ])('that ended with %s without a call ends with %s', (reason, expected) => {
    expect(choice({ content: [text('a')], stop_reason: reason }).finish_reason).toBe(expected);
  });

  it.each([
    ['tool_use', 'tool_calls'],
    ['max_tokens', 'length'],
    ['refusal', 'content_filter'],
  ])('that ended with %s after a call ends with %s', (reason, expected) => {
    expect(choice({ content: [use('t')], stop_reason: reason }).finish_reason).toBe(expected);
  });

  it.each([
    [[text('No.')], null, 'No.'],
    [[], { type: 'refusal', category: 'cyber', explanation: 'Because.' }, 'Because.'],
    [[text('So')], { type: 'refusal', category: null, explanation: 'Because.' }, 'Because.'],
  ])('that was refused says so: %j %j', (content, stop_details, refusal) => {
    expect(choice({ content, stop_reason: 'refusal', stop_details }).message.refusal).toBe(refusal);
  });

  it.each<[Body, Body]>([
    [
      { input_tokens: 1, output_tokens: 2 },
      { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    ],
    [
      { input_tokens: 0, cache_read_input_tokens: null, cache_creation_input_tokens: 4, output_tokens: 0 },
      { prompt_tokens: 4, total_tokens: 4 },
    ],
    [
      { input_tokens: 3, output_tokens: 2, output_tokens_details: { thinking_tokens: 1 } },
      { completion_tokens_details: { reasoning_tokens: 1 } },
    ],
  ])('counts %j', (counts, expected) => {
    expect(messageToChat({ content: [text('a')], usage: counts }).usage).toMatchObject(expected);
  });

  it('of a client that speaks of functions is one function call', () => {
    const said = choice({ content: [use('t1'), use('t2')], stop_reason: 'tool_use' }, { functions: [{ name: 'f' }] });
    expect(said.message).toMatchObject({ content: null, function_call: { name: 'f', arguments: '{"x":1}' } });
    expect(said.message).not.toHaveProperty('tool_calls');
    expect(said.finish_reason).toBe('function_call');
  });
});

describe('a hidden tool', () => {
  const asked = (schema: unknown): Body => ({
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
  });
  const object = { type: 'object', properties: { a: { type: 'integer' } } };
  it.each<[unknown, unknown, string]>([
    [object, { a: 1 }, '{"a":1}'],
    [{ type: 'array', items: {} }, { value: [1, 2] }, '[1,2]'],
    [{ type: 'string' }, { value: 'x' }, '"x"'],
    [{ anyOf: [{ type: 'null' }, object] }, { value: null }, 'null'],
    [object, {}, '{}'],
  ])('for %j answers %j as content', (schema, input, expected) => {
    const said = choice(
      { content: [text('Here:'), use('t', input, 'json_output')], stop_reason: 'tool_use' },
      asked(schema),
      'claude-sonnet-4-0',
    );
    expect(said).toMatchObject({ finish_reason: 'stop', message: { content: expected } });
    expect(said.message).not.toHaveProperty('tool_calls');
  });

  it.each<[unknown, readonly string[], string]>([
    [object, ['', '{"a"', ':1}'], '{"a":1}'],
    [{ type: 'array', items: {} }, ['{"val', 'ue":["北"]}'], '["北"]'],
    [object, [], '{}'],
  ])('for %j streams %j as content', async (schema, parts, expected) => {
    const chunks = await eventsToChunks(
      [
        start(),
        ...block(0, text(''), { type: 'text_delta', text: 'Here:' }),
        ...block(1, use('t', {}, 'json_output'), ...parts.map(json)),
        ...end('tool_use'),
      ],
      asked(schema),
      'claude-sonnet-4-0',
    );
    expect(contentOf(chunks)).toBe(expected);
    expect(JSON.stringify(chunks)).not.toContain('tool_calls');
    expect(finishesOf(chunks)).toEqual(['stop']);
  });
});

const start = (more: Body = {}): Body => ({
  type: 'message_start',
  message: {
    id: 'msg_9',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 1, ...more },
  },
});
const block = (index: number, content: Body, ...deltas: readonly Body[]): readonly Body[] => [
  { type: 'content_block_start', index, content_block: content },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const words = (...parts: readonly string[]): readonly Body[] =>
  parts.map((part) => ({ type: 'text_delta', text: part }));
const json = (part: string): Body => ({ type: 'input_json_delta', partial_json: part });
const end = (reason: string | null, counts: Body | null = { output_tokens: 7 }): readonly Body[] => [
  { type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: counts },
  { type: 'message_stop' },
];

function contentOf(chunks: readonly Loose[]): string {
  return chunks.map((chunk) => chunk.choices?.[0]?.delta.content ?? '').join('');
}

function finishesOf(chunks: readonly Loose[]): readonly unknown[] {
  return chunks.flatMap((chunk) => (chunk.choices?.[0]?.finish_reason ? [chunk.choices[0].finish_reason] : []));
}

describe('a stream', () => {
  it('is a role, words, a reason and the end; pings, comments and unknown events are nothing', async () => {
    const chunks = await eventsToChunks([
      start(),
      { type: 'ping' },
      ': a comment',
      { type: 'brand_new', x: 1 },
      ...block(0, text(''), ...words('北', '京 🙂')),
      { type: 'ping' },
      ...end('end_turn'),
    ]);
    const chunk = (delta: Body, finish_reason: string | null = null): Body => ({
      id: 'chatcmpl-9',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'claude-x',
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    });
    expect(chunks).toEqual([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: '北' }),
      chunk({ content: '京 🙂' }),
      chunk({}, 'stop'),
      '[DONE]',
    ]);
  });

  it('counts calls alone, and gives a call without input an empty object', async () => {
    const chunks = await eventsToChunks([
      start(),
      ...block(
        0,
        { type: 'thinking', thinking: '', signature: '' },
        { type: 'thinking_delta', thinking: 'hm' },
        { type: 'signature_delta', signature: 's' },
      ),
      ...block(1, text(''), ...words('a')),
      ...block(2, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }, json('{"q":1}')),
      ...block(3, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] }),
      ...block(4, use('t1', {}), json(''), json('{"x"'), json(':1}')),
      ...block(5, { type: 'redacted_thinking', data: 'd' }),
      ...block(6, use('t2', {}, 'g')),
      ...block(7, use('t3', {}), json('')),
      ...end('tool_use'),
    ]);
    const fragment = (index: number, args: string): Body => ({
      tool_calls: [{ index, function: { arguments: args } }],
    });
    const opening = (index: number, id: string, name = 'f'): Body => ({
      tool_calls: [{ index, ...call(id, '', name) }],
    });
    expect(chunks.slice(1, -2).map((chunk) => chunk.choices[0].delta)).toEqual([
      { reasoning_content: 'hm' },
      { content: 'a' },
      opening(0, 't1'),
      fragment(0, '{"x"'),
      fragment(0, ':1}'),
      opening(1, 't2', 'g'),
      fragment(1, '{}'),
      opening(2, 't3'),
      fragment(2, '{}'),
    ]);
    expect(finishesOf(chunks)).toEqual(['tool_calls']);
  });

  it('of a tool that takes plain text is that text, as the whole answer is', async () => {
    const asked = { tools: [{ type: 'custom', custom: { name: 'patch' } }, f] };
    const input = '"北"\n+\\d 🙂';
    const parts = JSON.stringify({ input }).match(/.{1,4}/gs) ?? [];
    const chunks = await eventsToChunks(
      [start(), ...block(0, use('t1', {}, 'patch'), ...parts.map(json)), ...block(1, use('t2')), ...end('tool_use')],
      asked,
    );
    const calls = chunks.flatMap((chunk) => chunk.choices?.[0]?.delta.tool_calls ?? []);
    expect(calls[0]).toEqual({ index: 0, id: 't1', type: 'custom', custom: { name: 'patch', input: '' } });
    expect(calls.map((one) => one.custom?.input ?? '').join('')).toBe(input);
    expect(calls.filter(({ index }) => index === 1)).toEqual([
      { index: 1, ...call('t2', '') },
      { index: 1, function: { arguments: '{"x":1}' } },
    ]);
    expect(finishesOf(chunks)).toEqual(['tool_calls']);
    expect(
      choice({ content: [use('t1', { input }, 'patch')], stop_reason: 'tool_use' }, asked).message.tool_calls,
    ).toEqual([{ id: 't1', type: 'custom', custom: { name: 'patch', input } }]);
  });

  it.each<[string, readonly Body[], Body]>([
    [
      'merged',
      [start({ cache_read_input_tokens: 90, cache_creation_input_tokens: 5 }), ...end('end_turn')],
      { prompt_tokens: 105, completion_tokens: 7, total_tokens: 112 },
    ],
    [
      'overridden',
      [start(), ...end('end_turn', { input_tokens: 4, cache_read_input_tokens: 2, output_tokens: 3 })],
      { prompt_tokens: 6, completion_tokens: 3 },
    ],
    [
      'null at the end',
      [start(), ...end('end_turn', { input_tokens: null, output_tokens: 3 })],
      { prompt_tokens: 10, completion_tokens: 3 },
    ],
    [
      'cumulative',
      [
        start(),
        { type: 'message_delta', delta: { stop_reason: null }, usage: { output_tokens: 5 } },
        ...end('end_turn', { output_tokens: 9 }),
      ],
      { completion_tokens: 9 },
    ],
    ['missing at the end', [start(), ...end('end_turn', null)], { prompt_tokens: 10, completion_tokens: 1 }],
  ])('with usage asked for has one more chunk: %s', async (_name, events, expected) => {
    const chunks = await eventsToChunks(events, { stream_options: { include_usage: true } });
    expect(chunks.at(-1)).toBe('[DONE]');
    expect(chunks.at(-2)).toMatchObject({ choices: [], usage: expected });
    for (const chunk of chunks.slice(0, -2)) expect(chunk.usage).toBeNull();
  });

  it.each([{}, { stream_options: { include_usage: false } }, { stream_options: null }])(
    'has no usage for %j',
    async (asked) => {
      const chunks = await eventsToChunks([start(), ...end('end_turn')], asked);
      expect(JSON.stringify(chunks)).not.toContain('usage');
    },
  );

  it('has one reason, whatever comes after it', async () => {
    const chunks = await eventsToChunks([
      start(),
      ...end('max_tokens').slice(0, 1),
      ...end('end_turn'),
      ...block(0, text(''), ...words('late')),
    ]);
    expect(finishesOf(chunks)).toEqual(['length']);
    expect(chunks.at(-1)).toBe('[DONE]');
    expect(contentOf(chunks)).toBe('');
  });

  it.each<[string, Body | string, Body]>([
    [
      'an error',
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' },
      { message: 'Overloaded', type: 'overloaded_error', param: null, code: 'overloaded' },
    ],
    [
      'an error without a name',
      'data: {"error":{"type":"api_error","message":"Oops"}}',
      { message: 'Oops', type: 'api_error', param: null, code: null },
    ],
    [
      'words that are too long',
      { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long: 5 > 4' } },
      { message: 'prompt is too long: 5 > 4', type: 'invalid_request_error', code: 'context_length_exceeded' },
    ],
    ['a broken event', { type: 'content_block_start', index: 'x' }, { param: null }],
  ])('that ends with %s ends there', async (_name, last, expected) => {
    const chunks = await eventsToChunks([
      start(),
      { type: 'content_block_start', index: 0, content_block: text('') },
      ...words('a', 'b', 'c').map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
      last,
      ...end('end_turn'),
    ]);
    expect(contentOf(chunks)).toBe('abc');
    expect(chunks.at(-1)).toMatchObject({ error: expected });
    expect(finishesOf(chunks)).toEqual([]);
  });

  it.each<[string, readonly Body[]]>([
    ['nothing', []],
    ['a start', [start()]],
    ['words', [start(), ...block(0, text(''), ...words('a'))]],
    ['a reason', [start(), ...end('end_turn').slice(0, 1)]],
  ])('that ends after %s is broken', async (_name, events) => {
    const chunks = await eventsToChunks(events);
    expect(chunks.at(-1)).toMatchObject({ error: { type: 'upstream_error', param: null } });
  });

  it('says why it was refused', async () => {
    const delta = {
      type: 'message_delta',
      delta: { stop_reason: 'refusal', stop_details: { type: 'refusal', category: null, explanation: 'Because.' } },
      usage: { output_tokens: 1 },
    };
    const chunks = await eventsToChunks([start(), delta, { type: 'message_stop' }]);
    expect(chunks.at(-3)?.choices[0].delta).toEqual({ refusal: 'Because.' });
    expect(finishesOf(chunks)).toEqual(['content_filter']);
  });

  it('of a client that speaks of functions has one function call', async () => {
    const chunks = await eventsToChunks(
      [
        start(),
        ...block(0, use('t1', {}), json('{"x":1}')),
        ...block(1, use('t2', {}), json('{}')),
        ...end('tool_use'),
      ],
      { functions: [{ name: 'f' }] },
    );
    expect(chunks.slice(1, -2).map((chunk) => chunk.choices[0].delta)).toEqual([
      { function_call: { name: 'f', arguments: '' } },
      { function_call: { arguments: '{"x":1}' } },
    ]);
    expect(finishesOf(chunks)).toEqual(['function_call']);
  });

  it('keeps a long text whole', async () => {
    const huge = 'ä'.repeat(300);
    const chunks = await eventsToChunks(
      [start(), ...block(0, text(''), ...words(...Array<string>(5).fill(huge))), ...end('end_turn')],
      { tools: [f] },
    );
    expect(contentOf(chunks)).toBe(huge.repeat(5));
  });
});
