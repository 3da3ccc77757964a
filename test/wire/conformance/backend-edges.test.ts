/** The edges of the translation to the ChatGPT backend: odd requests, odd answers, and streams that end where they should not. */
import { describe, expect, it, test } from 'vitest';
import { MessageCollector } from '../../../companion/wire/hub/collect.ts';
import { openAiChatDialect } from '../../../companion/wire/openai-chat/codec.ts';
import { anthropicDialect } from '../../../companion/wire/anthropic/codec.ts';
import { ResponseCollector } from '../../../companion/wire/openai-responses/upstream/collect-response.ts';
import { codexUpstream } from '../../../companion/wire/openai-responses/upstream/codec.ts';
import { fromBackend, linesOf, refusalOf, STAMP, toBackend } from './support.ts';
import type { Body, Loose } from './support.ts';

const schema = { type: 'object', properties: {} };
const f = { name: 'f', input_schema: schema };
const fFunction = { type: 'function', function: { name: 'f', parameters: schema } };
const user = (content: unknown): Body => ({ role: 'user', content });
const assistant = (content: unknown): Body => ({ role: 'assistant', content });
const text = (words: string): Body => ({ type: 'text', text: words });
const use = (id: string, input: unknown = {}, name = 'f'): Body => ({ type: 'tool_use', id, name, input });
const result = (id: string, content: unknown): Body => ({ type: 'tool_result', tool_use_id: id, content });
const thought = (words: string, sealed: string): Body => ({ type: 'thinking', thinking: words, signature: sealed });

/** One line for each input item. */
function lines(messages: readonly Body[], more: Body = {}): readonly string[] {
  return toBackend('messages', { messages, tools: [f], ...more }).body.input.map(line);
}

function line(item: Loose): string {
  switch (item.type) {
    case 'function_call':
      return `call ${item.call_id} ${item.name}(${item.arguments})`;
    case 'function_call_output':
      return `output ${item.call_id} ${item.output}`;
    case 'reasoning':
      return `reasoning ${item.encrypted_content}`;
    default:
      return `${item.role}: ${item.content.map((part: Loose) => part.text ?? part.image_url ?? part.type).join(' | ')}`;
  }
}

describe('a conversation', () => {
  const long = 'a'.repeat(60);
  test.each<[string, readonly Body[], readonly string[]]>([
    [
      'results in another order than their calls, and one that was given twice: the last counts',
      [user('q'), assistant([use('1'), use('2')]), user([result('2', 'b'), result('1', 'old'), result('1', 'a')])],
      ['user: q', 'call 1 f({})', 'call 2 f({})', 'output 2 b', 'output 1 a'],
    ],
    [
      'results in two messages of the user',
      [user('q'), assistant([use('1'), use('2')]), user([result('1', 'a')]), user([result('2', 'b'), text('go')])],
      ['user: q', 'call 1 f({})', 'call 2 f({})', 'output 1 a', 'output 2 b', 'user: go'],
    ],
    [
      'arguments that were no JSON go back as the model wrote them',
      [user('q'), assistant([use('1', { _raw_arguments: '{"a' })]), user([result('1', 'r')])],
      ['user: q', 'call 1 f({"a)', 'output 1 r'],
    ],
    [
      'words on both sides of a call keep their place',
      [user('q'), assistant([text('a'), use('1'), text('b')]), user([result('1', 'r')])],
      ['user: q', 'assistant: a', 'call 1 f({})', 'assistant: b', 'output 1 r'],
    ],
    [
      'reasoning stands before what came of it, in a turn with several',
      [
        user('q'),
        assistant([thought('h', 'openai:A'), text('a'), thought('', 'openai:B'), use('1')]),
        user([result('1', 'r')]),
      ],
      ['user: q', 'reasoning A', 'assistant: a', 'reasoning B', 'call 1 f({})', 'output 1 r'],
    ],
    [
      'reasoning that led to nothing is left out',
      [user('q'), assistant([thought('h', 'openai:A')]), user('go')],
      ['user: q', 'user: go'],
    ],
    [
      'an image by its address, and a file, in a result',
      [
        user('q'),
        assistant([use('1')]),
        user([
          result('1', [
            { type: 'image', source: { type: 'url', url: 'https://a.example/b.png' } },
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
          ]),
        ]),
      ],
      ['user: q', 'call 1 f({})', 'output 1 [image attached below]', 'user: https://a.example/b.png | input_file'],
    ],
  ])('%s', (_name, messages, expected) => {
    expect(lines(messages)).toEqual(expected);
  });

  it('has ids that the provider takes, and two that are alike stay two', () => {
    const ids = [`${long}1`, `${long}2`, 'short'];
    const messages = [user('q'), assistant(ids.map((id) => use(id))), user(ids.map((id) => result(id, id.slice(-1))))];
    const { input } = toBackend('messages', { messages, tools: [f] }).body;
    const calls = input.filter(({ type }: Loose) => type === 'function_call').map((item: Loose) => item.call_id);
    const outputs = input.filter(({ type }: Loose) => type === 'function_call_output');
    expect(outputs.map((item: Loose) => item.call_id)).toEqual(calls);
    expect(outputs.map((item: Loose) => item.output)).toEqual(['1', '2', 't']);
    expect(new Set(calls).size).toBe(3);
    for (const id of calls) expect(id).toMatch(/^[\w-]{1,40}$/);
    expect(calls[2]).toBe('short');
  });

  it('goes on without its tools', () => {
    const messages = [user('q'), assistant([use('1')]), user([result('1', 'r')])];
    const { body } = toBackend('messages', { messages });
    expect(body.input.map(line)).toEqual(['user: q', 'call 1 f({})', 'output 1 r']);
    for (const field of ['tools', 'tool_choice', 'parallel_tool_calls']) expect(body).not.toHaveProperty(field);
  });

  it('of a Chat client with a freeform tool calls it by its words', () => {
    const messages = [
      user('q'),
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'custom', custom: { name: 'p', input: 'a "b"' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'ok' },
    ];
    const { body } = toBackend('chat', { messages, tools: [{ type: 'custom', custom: { name: 'p' } }] });
    expect(body.input.map(line)).toEqual(['user: q', 'call c1 p({"input":"a \\"b\\""})', 'output c1 ok']);
  });
});

describe('tools and formats', () => {
  const closed = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  };
  const format = (wanted: Body): Body => ({
    response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: wanted } },
  });
  const g = { type: 'function', function: { name: 'g', parameters: schema } };

  test.each<[string, 'messages' | 'chat', Body, Body]>([
    [
      'a forced tool',
      'chat',
      { tools: [fFunction], tool_choice: { type: 'function', function: { name: 'f' } } },
      { tool_choice: { type: 'function', name: 'f' } },
    ],
    ['some tool', 'chat', { tools: [fFunction], tool_choice: 'required' }, { tool_choice: 'required' }],
    [
      'a tool that is not offered',
      'messages',
      { tools: [f], tool_choice: { type: 'tool', name: 'g' } },
      { tool_choice: 'auto' },
    ],
    [
      'one at a time',
      'messages',
      { tools: [f], tool_choice: { type: 'any', disable_parallel_tool_use: true } },
      { tool_choice: 'required', parallel_tool_calls: false },
    ],
    [
      'a strict tool',
      'messages',
      { tools: [{ name: 's', input_schema: closed, strict: true }] },
      { tools: [{ name: 's', strict: true, parameters: closed }] },
    ],
    [
      'a strict tool that cannot be one',
      'messages',
      { tools: [{ ...f, strict: true, input_schema: { ...closed, required: [] } }] },
      { tools: [{ name: 'f', strict: false }] },
    ],
    [
      'a forced freeform tool',
      'chat',
      { tools: [{ type: 'custom', custom: { name: 'p' } }], tool_choice: { type: 'custom', custom: { name: 'p' } } },
      {
        tool_choice: { type: 'function', name: 'p' },
        tools: [{ type: 'function', name: 'p', strict: false, parameters: { required: ['input'] } }],
      },
    ],
    [
      'a strict schema',
      'chat',
      format(closed),
      { text: { format: { type: 'json_schema', strict: true, schema: closed } } },
    ],
    [
      'a schema with what may be left out',
      'chat',
      format({ ...closed, required: [] }),
      { text: { format: { strict: false } } },
    ],
    [
      'a schema that is no object',
      'chat',
      format({ type: 'array', items: { type: 'string' } }),
      { instructions: expect.stringContaining('"type":"array"') },
    ],
  ])('%s', (_name, client, fields, expected) => {
    expect(toBackend(client, fields).body).toMatchObject(expected);
  });

  it('some of the tools: the others are not offered', () => {
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] };
    const { body } = toBackend('chat', {
      tools: [fFunction, g],
      tool_choice: { type: 'allowed_tools', allowed_tools: allowed },
    });
    expect([body.tools.map(({ name }: Loose) => name), body.tool_choice]).toEqual([['f'], 'required']);
  });

  it('tools that only Anthropic has are named in a warning, and cannot be forced', () => {
    const { body, warned } = toBackend('messages', {
      tools: [f, { type: 'web_search_20250305', name: 'web_search' }],
      tool_choice: { type: 'tool', name: 'web_search' },
    });
    expect([body.tools.length, body.tool_choice]).toEqual([1, 'auto']);
    expect(warned).toEqual(expect.arrayContaining(['tools[].web_search_20250305', 'tool_choice']));
  });

  it('a name longer than the provider takes is the same in tool, choice, history and answer', async () => {
    const name = `mcp__${'x'.repeat(100)}`;
    const fields = {
      tools: [{ name, input_schema: schema }],
      tool_choice: { type: 'tool', name },
      messages: [user('q'), assistant([use('1', {}, name)]), user([result('1', 'r')])],
    };
    const { body } = toBackend('messages', fields);
    const short = body.tools[0].name;
    expect(short.length).toBeLessThanOrEqual(64);
    expect([body.tool_choice.name, body.input[1].name]).toEqual([short, short]);
    const call = { type: 'function_call', call_id: 'c2', name: short, arguments: '{}' };
    const events = await fromBackend('messages', [created, done(0, call), ended()], fields);
    expect(linesOf(events)).toContain(`0 tool_use c2 ${name}`);
  });

  it('stop sequences and several answers are never asked for', () => {
    expect(toBackend('chat', { stop: ['A', 'B'] }).body).not.toHaveProperty('stop');
    expect(refusalOf(() => toBackend('chat', { n: 2 }))).toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'n' },
    });
  });
});

const created = { type: 'response.created', response: { id: 'r', model: 'gpt-5.5', output: [] } };
const usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 80 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 3 },
};
const ended = (kind = 'completed', more: Body = {}): Body => ({
  type: `response.${kind}`,
  response: { id: 'r', model: 'gpt-5.5', output: [], usage, ...more },
});
const words = (index: number, delta: string, more: Body = {}): Body => ({
  type: 'response.output_text.delta',
  output_index: index,
  delta,
  ...more,
});
const added = (index: number, item: Body): Body => ({ type: 'response.output_item.added', output_index: index, item });
const done = (index: number, item: Body): Body => ({ type: 'response.output_item.done', output_index: index, item });
const call = (id: string, args = ''): Body => ({ type: 'function_call', call_id: id, name: 'f', arguments: args });
const args = (index: number, delta: string): Body => ({
  type: 'response.function_call_arguments.delta',
  output_index: index,
  delta,
});
const said = (...parts: readonly Body[]): Body => ({ type: 'message', role: 'assistant', content: parts });
const out = (words_: string): Body => ({ type: 'output_text', text: words_ });
const cutOff = ended('incomplete', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
const failed = (error: unknown): Body => ({ type: 'response.failed', response: { error } });

describe('an answer', () => {
  const thinking = { max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 2000 } };
  test.each<[string, readonly Body[], readonly string[], Body?]>([
    [
      'that is a refusal',
      [
        created,
        { type: 'response.refusal.delta', output_index: 0, delta: 'No' },
        done(0, said({ type: 'refusal', refusal: 'No' })),
        ended(),
      ],
      ['start', '0 text', '0 + No', '0 end', 'delta refusal', 'stop'],
    ],
    [
      'with calls whose pieces come in between each other',
      [
        created,
        added(0, call('c1')),
        added(1, call('c2')),
        args(1, '{"b"'),
        args(0, '{"a":1}'),
        args(1, ':2}'),
        done(1, call('c2', '{"b":2}')),
        done(0, call('c1', '{"a":1}')),
        ended(),
      ],
      [
        'start',
        '0 tool_use c1 f',
        '0 + {"a":1}',
        '0 end',
        '1 tool_use c2 f',
        '1 + {"b":2}',
        '1 end',
        'delta tool_use',
        'stop',
      ],
    ],
    [
      'with a call without arguments',
      [created, added(0, call('c1')), args(0, ''), done(0, call('c1', '')), ended()],
      ['start', '0 tool_use c1 f', '0 end', 'delta tool_use', 'stop'],
    ],
    [
      'of which only whole items are told',
      [created, done(0, said(out('a'))), done(1, call('c1', '{}')), ended()],
      ['start', '0 text', '0 + a', '0 end', '1 tool_use c1 f', '1 + {}', '1 end', 'delta tool_use', 'stop'],
    ],
    [
      'of which only the end tells',
      [created, ended('completed', { output: [said(out('a')), call('c1', '{}')] })],
      ['start', '0 text', '0 + a', '0 end', '1 tool_use c1 f', '1 + {}', '1 end', 'delta tool_use', 'stop'],
    ],
    ['without anything in it', [created, ended()], ['start', 'delta end_turn', 'stop']],
    [
      'between events and items that nobody knows',
      [
        created,
        { type: 'codex.rate_limits' },
        { type: 'keepalive' },
        added(0, { type: 'web_search_call' }),
        { type: 'response.web_search_call.searching', output_index: 0 },
        done(0, { type: 'web_search_call' }),
        added(1, said()),
        words(1, 'a'),
        done(1, said(out('a'))),
        ended(),
      ],
      ['start', '0 text', '0 + a', '0 end', 'delta end_turn', 'stop'],
    ],
    [
      'after which the line is not closed',
      [created, words(0, 'a'), ended(), words(0, 'b'), failed({ message: 'x' })],
      ['start', '0 text', '0 + a', '0 end', 'delta end_turn', 'stop'],
    ],
    [
      'of a custom tool',
      [
        created,
        added(0, { type: 'custom_tool_call', call_id: 'c1', name: 'f' }),
        { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: 'a "b"\n' },
        done(0, { type: 'custom_tool_call', call_id: 'c1', name: 'f', input: 'a "b"\n' }),
        ended(),
      ],
      ['start', '0 tool_use c1 f', '0 + {"input":"', '0 + a \\"b\\"\\n', '0 + "}', '0 end', 'delta tool_use', 'stop'],
    ],
    [
      'with a call that has no id',
      [created, done(0, { ...call('', '{}'), call_id: undefined }), ended()],
      ['start', '0 tool_use call_stampid_0 f', '0 + {}', '0 end', 'delta tool_use', 'stop'],
    ],
    [
      'with a summary in parts',
      [
        created,
        ...['one', 'two'].map((delta, part) => ({
          type: 'response.reasoning_summary_text.delta',
          output_index: 0,
          summary_index: part,
          delta,
        })),
        done(0, { type: 'reasoning', summary: [], encrypted_content: 'E' }),
        words(1, 'a'),
        ended(),
      ],
      [
        'start',
        '0 thinking',
        '0 + one',
        '0 + \n\ntwo',
        '0 + openai:E',
        '0 end',
        '1 text',
        '1 + a',
        '1 end',
        'delta end_turn',
        'stop',
      ],
      thinking,
    ],
    [
      'whose reasoning nobody may read',
      [created, done(0, { type: 'reasoning', summary: [], encrypted_content: 'E' }), words(1, 'a'), ended()],
      ['start', '0 thinking', '0 + openai:E', '0 end', '1 text', '1 + a', '1 end', 'delta end_turn', 'stop'],
      thinking,
    ],
    [
      'whose reasoning nobody asked for',
      [
        created,
        done(0, { type: 'reasoning', summary: [{ type: 'summary_text', text: 'h' }], encrypted_content: 'E' }),
        words(1, 'a'),
        ended(),
      ],
      ['start', '0 text', '0 + a', '0 end', 'delta end_turn', 'stop'],
    ],
    [
      'that the token limit cuts off in a call',
      [created, added(0, call('c1')), args(0, '{"a'), added(1, call('c2')), args(1, '{'), cutOff],
      ['start', '0 tool_use c1 f', '0 + {"a', '0 end', 'delta max_tokens', 'stop'],
    ],
    [
      'that a filter cuts off',
      [created, words(0, 'a'), ended('incomplete', { incomplete_details: { reason: 'content_filter' } })],
      ['start', '0 text', '0 + a', '0 end', 'delta refusal', 'stop'],
    ],
    [
      'with a stop sequence in the arguments of a call, where it is none',
      [created, done(0, call('c1', '{"x":"END"}')), ended()],
      ['start', '0 tool_use c1 f', '0 + {"x":"END"}', '0 end', 'delta tool_use', 'stop'],
      { stop_sequences: ['END'] },
    ],
    [
      'that ends at a stop sequence, before its call',
      [created, words(0, 'a END'), done(1, call('c1', '{}')), ended()],
      ['start', '0 text', '0 + a ', '0 end', 'delta stop_sequence', 'stop'],
      { stop_sequences: ['END'] },
    ],
    [
      'with a beginning of a stop sequence that is none',
      [created, words(0, 'a EN'), words(0, 'E'), ended()],
      ['start', '0 text', '0 + a ', '0 + EN', '0 + E', '0 end', 'delta end_turn', 'stop'],
      { stop_sequences: ['END'] },
    ],
    [
      'that is given up',
      [created, words(0, 'a'), { type: 'response.cancelled' }],
      ['start', '0 text', '0 + a', expect.stringMatching(/^error api_error: .*ended before/) as unknown as string],
    ],
    ['that fails without a word', [created, failed(null)], ['start', 'error api_error: The provider failed.']],
    [
      'that fails before it begins',
      [failed({ code: 'usage_limit_reached', message: 'Full' })],
      ['error rate_limit_error: Full'],
    ],
    [
      'whose error is told flat',
      [created, { type: 'error', code: 'rate_limit_exceeded', message: 'Slow' }],
      ['start', 'error rate_limit_error: Slow'],
    ],
    [
      'that says at its end that it failed',
      [
        created,
        words(0, 'a'),
        ended('completed', { status: 'failed', error: { code: 'server_is_overloaded', message: 'Busy' } }),
      ],
      ['start', '0 text', '0 + a', 'error overloaded_error: Busy'],
    ],
    [
      'of an older form that failed',
      [created, words(0, 'a'), ended('done', { status: 'failed', error: null })],
      ['start', '0 text', '0 + a', 'error api_error: The provider failed.'],
    ],
  ])('%s', async (_name, events, expected, asked = {}) => {
    expect(linesOf(await fromBackend('messages', events, { tools: [f], ...asked }))).toEqual(expected);
  });

  test.each([
    ['cached tokens', usage, { input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 5 }],
    ['more cached than read', { ...usage, input_tokens: 10 }, { input_tokens: 0, cache_read_input_tokens: 80 }],
    ['nothing', null, { input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 }],
    ['what is no count', { input_tokens: 'x', output_tokens: -1 }, { input_tokens: 0, output_tokens: 0 }],
  ])('counts %s', async (_name, told, expected) => {
    const events = await fromBackend('messages', [created, words(0, 'a'), ended('completed', { usage: told })]);
    expect(events.at(-2).usage).toMatchObject(expected);
  });

  it('of a freeform tool reaches a Chat client as its words', async () => {
    const patch = { ...call('c1'), name: 'p' };
    const pieces = [args(0, '{"input":"a \\"'), args(0, 'b\\""}')];
    const events = [
      created,
      added(0, patch),
      ...pieces,
      done(0, { ...patch, arguments: '{"input":"a \\"b\\""}' }),
      ended(),
    ];
    const chunks = await fromBackend('chat', events, { tools: [{ type: 'custom', custom: { name: 'p' } }] });
    const calls = chunks.flatMap((chunk: Loose) => chunk.choices?.[0]?.delta?.tool_calls ?? []);
    expect(calls[0]).toMatchObject({ id: 'c1', type: 'custom', custom: { name: 'p' } });
    expect(calls.map((one: Loose) => one.custom.input).join('')).toBe('a "b"');
  });
});

describe('a stream that ends too soon, after each of its events', () => {
  const whole = [
    created,
    done(0, { type: 'reasoning', summary: [], encrypted_content: 'E' }),
    added(1, said()),
    words(1, 'a'),
    done(1, said(out('a'))),
    added(2, call('c1')),
    args(2, '{"x"'),
    args(2, ':1}'),
    done(2, call('c1', '{"x":1}')),
  ];
  test.each(whole.map((_event, count) => count))('%i events', async (count) => {
    const told = linesOf(await fromBackend('messages', whole.slice(0, count), { tools: [f] }));
    expect(told.at(-1)).toMatch(/^error /);
    expect(told.filter((one) => one === 'stop' || one.startsWith('delta'))).toEqual([]);
    const chunks = await fromBackend('chat', whole.slice(0, count), { tools: [fFunction] });
    expect(chunks.at(-1)).toHaveProperty('error');
    expect(chunks).not.toContain('[DONE]');
    expect(chunks.flatMap((chunk: Loose) => chunk.choices?.[0]?.finish_reason ?? [])).toEqual([]);
  });
});

describe('an answer that is wanted whole', () => {
  function wholeFor(client: 'messages' | 'chat', events: readonly Body[]): Loose {
    const { encoded, decoded } = toBackend(client, { tools: client === 'chat' ? [fFunction] : [f] });
    const decoder = codexUpstream.streamDecoder(encoded, STAMP);
    const collector = new MessageCollector();
    let state = decoder.initial;
    for (const event of events) {
      const [next, told] = decoder.step(state, { event: undefined, data: JSON.stringify(event) });
      state = next;
      for (const one of told) collector.push(one);
    }
    for (const one of decoder.end(state)) collector.push(one);
    const dialect = client === 'chat' ? openAiChatDialect : anthropicDialect;
    return JSON.parse(JSON.stringify(dialect.encodeMessage(collector.message(), decoded, STAMP)));
  }

  it('has no call that the token limit cut off: nobody could carry it out', () => {
    const events = [created, done(0, said(out('a'))), added(1, call('c1')), args(1, '{"a'), cutOff];
    expect(wholeFor('messages', events)).toMatchObject({ content: [{ text: 'a' }], stop_reason: 'max_tokens' });
    const [choice] = wholeFor('chat', events).choices;
    expect(choice).toMatchObject({ finish_reason: 'length', message: { content: 'a' } });
    expect(choice.message).not.toHaveProperty('tool_calls');
  });

  it.each(['{"a', '[1]', '"s"'])('has arguments that are no object as the model wrote them: %s', (written) => {
    const events = [created, done(0, call('c1', written)), ended()];
    expect(wholeFor('chat', events).choices[0].message.tool_calls[0].function.arguments).toBe(written);
    expect(wholeFor('messages', events).content[0].input).toEqual({ _raw_arguments: written });
  });

  it('is an error when it failed or was cut off', () => {
    expect(refusalOf(() => wholeFor('chat', [created, words(0, 'a')])).code).toBe('STREAM_BROKEN');
    const full = failed({ code: 'usage_limit_reached', message: 'Full' });
    expect(refusalOf(() => wholeFor('messages', [created, full])).code).toBe('RATE_LIMITED');
  });

  it('is an error for a Responses client too, also when only its status says so', () => {
    for (const kind of ['completed', 'done']) {
      const collector = new ResponseCollector();
      const last = ended(kind, { status: 'failed', error: { code: 'server_is_overloaded', message: 'Busy' } });
      collector.push({ event: undefined, data: JSON.stringify(created) });
      expect(refusalOf(() => collector.push({ event: undefined, data: JSON.stringify(last) })).code).toBe('OVERLOADED');
    }
  });
});
