/** Messages and Chat Completions clients at the ChatGPT backend, from rim to rim: a row for each rule of the translation. */
import { describe, expect, it, test } from 'vitest';
import { fromBackend, linesOf, refusalOf, toBackend } from './support.ts';
import type { Body, Loose } from './support.ts';

const text = (words: string, more: Body = {}): Body => ({ type: 'text', text: words, ...more });
const part = (words: string): Body => ({ type: 'input_text', text: words });
const item = (role: string, ...parts: readonly Body[]): Body => ({ type: 'message', role, content: parts });
const said = (...words: readonly string[]): Body =>
  item('assistant', ...words.map((one) => ({ type: 'output_text', text: one })));
const call = (id: string, args = '{"x":1}'): Body => ({
  type: 'function_call',
  call_id: id,
  name: 'f',
  arguments: args,
});
const output = (id: string, words: string): Body => ({ type: 'function_call_output', call_id: id, output: words });
const f = { name: 'f', input_schema: { type: 'object', properties: { x: { type: 'integer' } } } };
const fFunction = { type: 'function', function: { name: 'f', parameters: f.input_schema } };
const flat = { type: 'function', name: 'f', parameters: f.input_schema, strict: false };
const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
const pngPart = { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' };

function bodyOf(client: 'messages' | 'chat', fields: Body): Loose {
  return toBackend(client, fields).body;
}

describe('messages of a Messages client', () => {
  const use = (id: string): Body => ({ type: 'tool_use', id, name: 'f', input: { x: 1 } });
  const result = (id: string, content?: unknown, more: Body = {}): Body => ({
    type: 'tool_result',
    tool_use_id: id,
    ...(content !== undefined && { content }),
    ...more,
  });
  const user = (content: unknown): Body => ({ role: 'user', content });
  const calling = (...ids: readonly string[]): Body => ({ role: 'assistant', content: ids.map((id) => use(id)) });
  test.each<[string, readonly Body[], readonly Body[]]>([
    ['a plain word', [user('hi')], [item('user', part('hi'))]],
    ['two users in a row', [user('a'), user('b')], [item('user', part('a'), part('b'))]],
    [
      'results after their calls, then what else was said',
      [calling('t1', 't2'), user([text('go'), result('t1', 'one'), result('t2', 'two')])],
      [call('t1'), call('t2'), output('t1', 'one'), output('t2', 'two'), item('user', part('go'))],
    ],
    [
      'a call that nobody answered',
      [calling('t1'), user('go')],
      [call('t1'), output('t1', 'Error: [no result]'), item('user', part('go'))],
    ],
    ['a result whose call is gone', [user([result('t9', 'r')])], [item('user', part('[tool result t9] r'))]],
    ['a result without content', [calling('t1'), user([result('t1')])], [call('t1'), output('t1', '(no output)')]],
    [
      'an error',
      [calling('t1'), user([result('t1', 'no', { is_error: true })])],
      [call('t1'), output('t1', 'Error: no')],
    ],
    [
      'an image in a result, which is seen in the user role alone',
      [calling('t1', 't2'), user([result('t1', [text('see'), png]), result('t2', 'two')])],
      [
        call('t1'),
        call('t2'),
        output('t1', 'see'),
        output('t2', 'two'),
        item('user', part('Attached to the result of t1:'), pngPart),
      ],
    ],
    [
      'thinking of another provider',
      [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'h', signature: 'EqQB' }, text('a')] }, user('b')],
      [said('a'), item('user', part('b'))],
    ],
    [
      'thinking of this one',
      [
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'h', signature: 'openai:gAAAAAx' }, use('t1')] },
        user([result('t1', 'r')]),
      ],
      [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'h' }], encrypted_content: 'gAAAAAx' },
        call('t1'),
        output('t1', 'r'),
      ],
    ],
    [
      'an instruction in the middle',
      [user('a'), { role: 'system', content: 'late' }, { role: 'assistant', content: 'b' }, user('c')],
      [item('user', part('a')), item('developer', part('late')), said('b'), item('user', part('c'))],
    ],
    [
      'an instruction between call and result',
      [calling('t1'), { role: 'system', content: 'late' }, user([result('t1', 'r')])],
      [call('t1'), output('t1', 'r'), item('developer', part('late'))],
    ],
  ])('%s', (_name, messages, expected) => {
    expect(bodyOf('messages', { messages, tools: [f] }).input).toEqual(expected);
  });
});

describe('messages of a Chat Completions client', () => {
  const called = (id: string, args = '{"x":1}'): Body => ({
    role: 'assistant',
    content: '',
    tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: args } }],
  });
  test.each<[string, readonly Body[], string, readonly Body[]]>([
    [
      'every instruction is hoisted, wherever it stands',
      [
        { role: 'system', content: 'A' },
        { role: 'user', content: 'hi' },
        { role: 'developer', content: 'B' },
      ],
      'A\n\nB',
      [item('user', part('hi'))],
    ],
    [
      'a call, its result and an image',
      [
        { role: 'user', content: 'hi' },
        called('c1', ''),
        { role: 'tool', tool_call_id: 'c1', content: 'r' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
      ],
      '',
      [item('user', part('hi')), call('c1', '{}'), output('c1', 'r'), item('user', pngPart)],
    ],
    [
      'an id that no provider takes, on both sides alike',
      [
        { role: 'user', content: 'hi' },
        called('functions.f:0'),
        { role: 'tool', tool_call_id: 'functions.f:0', content: 'r' },
      ],
      '',
      [
        item('user', part('hi')),
        call(expect.stringMatching(/^[\w-]{1,64}$/)),
        output(expect.stringMatching(/^[\w-]{1,64}$/), 'r'),
      ],
    ],
  ])('%s', (_name, messages, instructions, expected) => {
    const body = bodyOf('chat', { messages, tools: [fFunction] });
    expect([body.instructions, body.input]).toEqual([instructions, expected]);
  });

  it('join a call and its result by one id', () => {
    const messages = [
      { role: 'user', content: 'hi' },
      called('functions.f:0'),
      { role: 'tool', tool_call_id: 'functions.f:0', content: 'r' },
    ];
    const [, first, second] = bodyOf('chat', { messages, tools: [fFunction] }).input;
    expect(first.call_id).toBe(second.call_id);
  });
});

describe('settings', () => {
  test.each<[string, 'messages' | 'chat', Body, Body]>([
    ['tools', 'messages', { tools: [f] }, { tools: [flat], tool_choice: 'auto', parallel_tool_calls: true }],
    ['tools', 'chat', { tools: [fFunction] }, { tools: [flat], tool_choice: 'auto', parallel_tool_calls: true }],
    ['any tool', 'messages', { tools: [f], tool_choice: { type: 'any' } }, { tool_choice: 'required' }],
    [
      'a tool',
      'messages',
      { tools: [f], tool_choice: { type: 'tool', name: 'f' } },
      { tool_choice: { type: 'function', name: 'f' } },
    ],
    ['no tool', 'chat', { tools: [fFunction], tool_choice: 'none' }, { tools: [flat], tool_choice: 'none' }],
    ['one call at a time', 'chat', { tools: [fFunction], parallel_tool_calls: false }, { parallel_tool_calls: false }],
    [
      'thinking',
      'messages',
      { max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 8000 } },
      { reasoning: { effort: 'medium', summary: 'auto' } },
    ],
    ['effort', 'chat', { reasoning_effort: 'high' }, { reasoning: { effort: 'high', summary: 'auto' } }],
    [
      'a schema',
      'chat',
      {
        response_format: {
          type: 'json_schema',
          json_schema: {
            name: 'x',
            schema: {
              type: 'object',
              properties: { a: { type: 'number' } },
              required: ['a'],
              additionalProperties: false,
            },
          },
        },
      },
      {
        text: {
          format: {
            type: 'json_schema',
            name: 'output',
            strict: true,
            schema: {
              type: 'object',
              properties: { a: { type: 'number' } },
              required: ['a'],
              additionalProperties: false,
            },
          },
        },
      },
    ],
    [
      'any JSON',
      'chat',
      { response_format: { type: 'json_object' } },
      { instructions: expect.stringContaining('JSON object') },
    ],
  ])('%s of a %s client', (_name, client, fields, expected) => {
    expect(bodyOf(client, fields)).toMatchObject(expected);
  });

  test.each<['messages' | 'chat', Body, readonly string[]]>([
    ['messages', { temperature: 0.3, top_p: 0.9, top_k: 4 }, ['max_tokens', 'temperature', 'top_k', 'top_p']],
    ['chat', { temperature: 0.3, max_completion_tokens: 9, seed: 1 }, ['max_tokens', 'seed', 'temperature']],
  ])(
    'that the backend refuses are left out of what a %s client sent, with a warning each: %j',
    (client, fields, expected) => {
      const { body, warned } = toBackend(client, fields);
      expect(warned.toSorted()).toEqual(expected);
      for (const field of Object.keys(fields)) expect(body).not.toHaveProperty(field);
    },
  );

  it('cannot make the assistant show an image, nor name a file of another provider', () => {
    const file = { type: 'document', source: { type: 'file', file_id: 'file_1' } };
    expect(refusalOf(() => toBackend('messages', { messages: [{ role: 'user', content: [file] }] }))).toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'messages[0].content[0].source' },
    });
    const image = { role: 'assistant', content: [png] };
    const { body } = toBackend('messages', {
      messages: [{ role: 'user', content: 'hi' }, image, { role: 'user', content: 'go' }],
    });
    expect(JSON.stringify(body.input)).not.toContain('input_image');
  });
});

describe('answers', () => {
  const created = {
    type: 'response.created',
    response: { id: 'resp_1', model: 'gpt-5.5', status: 'in_progress', output: [] },
  };
  const usage = { input_tokens: 100, input_tokens_details: { cached_tokens: 80 }, output_tokens: 5 };
  const completed = { type: 'response.completed', response: { id: 'resp_1', model: 'gpt-5.5', output: [], usage } };
  const words = (index: number, delta: string): Body => ({
    type: 'response.output_text.delta',
    output_index: index,
    delta,
  });
  const added = (index: number, one: Body): Body => ({
    type: 'response.output_item.added',
    output_index: index,
    item: one,
  });
  const done = (index: number, one: Body): Body => ({
    type: 'response.output_item.done',
    output_index: index,
    item: one,
  });
  const reasoning = {
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: 'hm' }],
    encrypted_content: 'gAAAAAx',
  };
  const thought = { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'hm' };
  const args = (delta: string): Body => ({ type: 'response.function_call_arguments.delta', output_index: 1, delta });
  const stream = [
    created,
    added(0, { ...reasoning, summary: [] }),
    thought,
    done(0, reasoning),
    added(1, call('call_1', '')),
    args('{"x"'),
    args(':1}'),
    done(1, call('call_1')),
    completed,
  ];
  const thinking = { max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 8000 }, tools: [f] };

  it('reach a Messages client as its own events', async () => {
    const events = await fromBackend('messages', stream, thinking);
    expect(linesOf(events)).toEqual([
      'start',
      '0 thinking',
      '0 + hm',
      '0 + openai:gAAAAAx',
      '0 end',
      '1 tool_use call_1 f',
      '1 + {"x"',
      '1 + :1}',
      '1 end',
      'delta tool_use',
      'stop',
    ]);
    expect(events.at(-2).usage).toMatchObject({ input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 5 });
  });

  it('reach a Chat Completions client as its own chunks', async () => {
    const chunks = await fromBackend('chat', stream, {
      reasoning_effort: 'low',
      tools: [fFunction],
      stream_options: { include_usage: true },
    });
    const deltas = chunks.slice(0, -1).flatMap((chunk: Loose) => chunk.choices.map((choice: Loose) => choice.delta));
    const calls = deltas.flatMap((delta: Loose) => delta.tool_calls ?? []);
    expect(calls.map((one: Loose) => one.function.arguments).join('')).toBe('{"x":1}');
    expect(calls[0]).toMatchObject({ index: 0, id: 'call_1', function: { name: 'f' } });
    expect(deltas.map((delta: Loose) => delta.reasoning_content ?? '').join('')).toBe('hm');
    expect(JSON.stringify(chunks)).not.toContain('gAAAAA');
    expect(chunks.at(-2).usage).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 80 },
    });
    expect(chunks.at(-1)).toBe('[DONE]');
  });

  it('that fail are an error in either form, and nothing follows', async () => {
    const failed = { type: 'response.failed', response: { error: { code: 'server_is_overloaded', message: 'Busy' } } };
    const events = [created, words(0, 'a'), failed, completed];
    expect(linesOf(await fromBackend('messages', events)).at(-1)).toBe('error overloaded_error: Busy');
    expect((await fromBackend('chat', events)).at(-1)).toMatchObject({
      error: { type: 'overloaded_error', message: 'Busy' },
    });
  });

  it('that are cut off are no answer', async () => {
    const events = [created, words(0, 'a')];
    expect(linesOf(await fromBackend('messages', events)).at(-1)).toMatch(/^error .*ended before/);
    expect((await fromBackend('chat', events)).at(-1)).toMatchObject({ error: { type: 'upstream_error' } });
  });

  it('end at a stop sequence, which the backend was never told', async () => {
    const events = [created, words(0, 'one E'), words(0, 'ND two'), completed];
    const told = await fromBackend('messages', events, { stop_sequences: ['END'] });
    expect(linesOf(told)).toEqual(['start', '0 text', '0 + one ', '0 end', 'delta stop_sequence', 'stop']);
    expect(told.at(-2).delta.stop_sequence).toBe('END');
  });
});
