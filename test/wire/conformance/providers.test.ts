/** Each server that follows OpenAI, in its own way; their stand-ins refuse what the real ones do. */
import { describe, expect, it } from 'vitest';
import { chatToMessage, chunksToEvents, completionOf, linesOf, messagesToChat } from './support.ts';
import type { Body, Loose } from './support.ts';
import type { Flavour } from '../../support/providers/openai/flavour.ts';

const user = (content: unknown): Body => ({ role: 'user', content });
const text = (words: string): Body => ({ type: 'text', text: words });
const use = (id: string): Body => ({ type: 'tool_use', id, name: 'f', input: {} });
const result = (id: string, content: unknown): Body => ({ type: 'tool_result', tool_use_id: id, content });
const png: Body = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
const f: Body = { name: 'f', input_schema: { type: 'object', properties: {} } };
const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false };

/** All that a long session with an Anthropic client holds. */
const everything: Body = {
  system: [text('S')],
  messages: [
    user([text('a'), png]),
    { role: 'system', content: 'mid' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: '' },
        text('b'),
        use('toolu_01'),
        use('call:2'.replace(':', '_')),
      ],
    },
    user([result('toolu_01', [text('r'), png]), result('call_2', ''), text('go')]),
    { role: 'assistant', content: [use('toolu_03')] },
    user([result('toolu_03', 'r')]),
  ],
  tools: [f],
  tool_choice: { type: 'any', disable_parallel_tool_use: true },
  max_tokens: 99,
  temperature: 0,
  top_p: 0.5,
  top_k: 3,
  stop_sequences: ['1', '2', '3', '4', '5'],
  metadata: { user_id: 'u' },
  stream: true,
};

describe('everything at once is taken', () => {
  it.each<[Flavour, string]>([
    ['openai', 'gpt-5'],
    ['openai', 'gpt-4o'],
    ['openai', 'gpt-5.5'],
    ['openai', 'o3'],
    ['gemini', 'gemini-2.5-flash'],
    ['gemini', 'gemini-3-pro-preview'],
    ['mistral', 'mistral-large-latest'],
    ['mistral', 'magistral-medium-latest'],
    ['groq', 'llama-3.3-70b-versatile'],
    ['groq', 'openai/gpt-oss-120b'],
    ['deepseek', 'deepseek-v4-pro'],
    ['deepseek', 'deepseek-r1'],
  ])('by %s with %s', (flavour, model) => {
    const asked = model.startsWith('gemini-2') ? { ...everything, messages: [user('a')] } : everything;
    const { body } = messagesToChat(asked, flavour, model);
    expect(body.model).toBe(model);
    messagesToChat(
      {
        ...asked,
        thinking: { type: 'adaptive' },
        output_config: { effort: 'max', format: { type: 'json_schema', schema } },
        tool_choice: { type: 'auto' },
      },
      flavour,
      model,
    );
  });
});

it.each<[Flavour, string, string]>([
  ['openai', 'max_completion_tokens', 'max_tokens'],
  ['gemini', 'max_tokens', 'max_completion_tokens'],
  ['mistral', 'max_tokens', 'max_completion_tokens'],
  ['groq', 'max_tokens', 'max_completion_tokens'],
  ['deepseek', 'max_tokens', 'max_completion_tokens'],
])('%s limits the answer by %s', (flavour, field, other) => {
  const { body } = messagesToChat({ max_tokens: 77 }, flavour);
  expect(body[field]).toBe(77);
  expect(body).not.toHaveProperty(other);
});

describe('Mistral', () => {
  it('gets ids of nine letters, the same ones each time, and no two alike', () => {
    const ids = (count: number): readonly string[] => {
      const rounds = Array.from({ length: count }, (_, index) => [
        { role: 'assistant', content: [use(`toolu_${index}`)] },
        user([result(`toolu_${index}`, 'r')]),
      ]);
      const { messages } = messagesToChat({ messages: [user('a'), ...rounds.flat()] }, 'mistral').body;
      return messages.flatMap((message: Loose) => (message.tool_calls ?? []).map(({ id }: Loose) => id));
    };
    const all = ids(200);
    expect(all.every((id) => /^[a-zA-Z0-9]{9}$/.test(id))).toBe(true);
    expect(new Set(all).size).toBe(200);
    expect(ids(50)).toEqual(all.slice(0, 50));
  });

  it('hears the user after results only once the assistant has spoken', () => {
    const { messages } = messagesToChat(
      {
        messages: [
          user('a'),
          { role: 'assistant', content: [use('abcdefgh1')] },
          user([result('abcdefgh1', 'r'), text('go')]),
        ],
      },
      'mistral',
    ).body;
    expect(messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'abcdefgh1', content: 'r' },
      { role: 'assistant', content: '(continued)' },
      user('go'),
    ]);
  });

  it('continues a last message of the assistant that is marked', () => {
    const { body, warned } = messagesToChat({ messages: [user('a'), { role: 'assistant', content: 'b' }] }, 'mistral');
    expect(body.messages[1]).toEqual({ role: 'assistant', content: 'b', prefix: true });
    expect(warned).toEqual([]);
  });

  it('asks for some tool with its own word, and has no stream options and no user', () => {
    const { body } = messagesToChat(
      { tools: [f], tool_choice: { type: 'any' }, stream: true, metadata: { user_id: 'u' } },
      'mistral',
    );
    expect(body).toMatchObject({ tool_choice: 'any', stream: true });
    expect(body).not.toHaveProperty('stream_options');
    expect(body).not.toHaveProperty('user');
  });

  it('thinks in parts of the content', () => {
    const content = [
      {
        type: 'thinking',
        thinking: [
          { type: 'text', text: 'h' },
          { type: 'text', text: 'm' },
        ],
      },
      text('a'),
      text('b'),
    ];
    expect(chatToMessage(completionOf({ content }), {}, 'mistral').content).toEqual([
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'text', text: 'ab', citations: null },
    ]);
  });
});

describe('Groq', () => {
  it.each([
    [0, 1e-8],
    [0.5, 0.5],
  ])('temperature %s goes as %s', (temperature, sent) => {
    expect(messagesToChat({ temperature }, 'groq').body.temperature).toBe(sent);
  });

  it.each([
    [{ x_groq: { id: 'req', usage: { prompt_tokens: 9, completion_tokens: 4 } } }, 9],
    [{ x_groq: { usage: { prompt_tokens: 9 } }, usage: { prompt_tokens: 8, completion_tokens: 4 } }, 8],
  ])('counts in %j are read', async (more, input) => {
    const chunks = [
      { choices: [{ index: 0, delta: { content: 'a' } }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], ...more },
      'data: [DONE]',
    ];
    const events = await chunksToEvents(chunks, {}, 'groq');
    expect(events.at(-2)?.usage.input_tokens).toBe(input);
  });
});

describe('DeepSeek', () => {
  const history = (...blocks: readonly Body[]): Body => ({
    messages: [user('a'), { role: 'assistant', content: [...blocks, use('t1')] }, user([result('t1', 'r')])],
  });
  const thought = { type: 'thinking', thinking: 'hm', signature: '' };

  it.each<[string, readonly Body[], string | undefined]>([
    ['deepseek-v4-pro', [thought], 'hm'],
    ['deepseek-v4-pro', [thought, { ...thought, thinking: 'ah' }], 'hm\n\nah'],
    ['deepseek-v4-flash', [], ''],
    ['deepseek-r1', [thought], undefined],
  ])('%s with %j beside a call', (model, blocks, expected) => {
    const message = messagesToChat(history(...blocks), 'deepseek', model).body.messages[1];
    expect(message.reasoning_content).toBe(expected);
  });

  it('gets no thinking of plain answers', () => {
    const { messages } = messagesToChat(
      { messages: [user('a'), { role: 'assistant', content: [thought, text('b')] }, user('c')] },
      'deepseek',
    ).body;
    expect(messages[1]).toEqual({ role: 'assistant', content: 'b' });
  });

  it('gets no images, and is told so', () => {
    const { body, warned } = messagesToChat({ messages: [user([png, text('what?')])] }, 'deepseek');
    expect(body.messages[0].content).toMatch(/\[image left out.*\]\n\nwhat\?/);
    expect(warned).toEqual(['messages[].content[].image']);
  });

  it.each([
    [schema, { type: 'json_object' }],
    [{ type: 'array', items: {} }, undefined],
  ])('is asked for %j with %j and words', (wanted, format) => {
    const { body } = messagesToChat({ output_config: { format: { type: 'json_schema', schema: wanted } } }, 'deepseek');
    expect(body.response_format).toEqual(format);
    expect(body.messages[0].content).toContain(JSON.stringify(wanted));
  });

  it('counts cache hits in words of its own, and keeps the line open with comments', async () => {
    const counts = {
      prompt_tokens: 100,
      completion_tokens: 5,
      prompt_cache_hit_tokens: 80,
      prompt_cache_miss_tokens: 20,
    };
    expect(
      chatToMessage(completionOf({ content: 'a' }, 'stop', { usage: counts }), {}, 'deepseek').usage,
    ).toMatchObject({ input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 5 });
    const events = await chunksToEvents(
      [
        ': keep-alive',
        '',
        { choices: [{ index: 0, delta: { reasoning_content: 'hm', content: null } }] },
        ': keep-alive',
        { choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop' }], usage: counts },
        'data: [DONE]',
      ],
      {},
      'deepseek',
    );
    expect(linesOf(events)).toEqual([
      'start',
      '0 thinking',
      '0 + hm',
      '0 end',
      '1 text',
      '1 + a',
      '1 end',
      'delta end_turn',
      'stop',
    ]);
  });
});

describe('Gemini', () => {
  const signed = { google: { thought_signature: 'c2ln+/A=' } };
  const call = { id: '', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content: signed };

  it('gets the signature of a call back, and nobody else does', () => {
    const [block] = chatToMessage(completionOf({ content: null, tool_calls: [call] }), {}, 'gemini').content;
    expect(block.id).toMatch(/^[a-zA-Z0-9_-]+$/);
    const asked = { messages: [user('a'), { role: 'assistant', content: [block] }, user([result(block.id, 'r')])] };
    expect(
      messagesToChat(asked, 'gemini', 'gemini-3-pro-preview').body.messages[1].tool_calls[0].extra_content,
    ).toEqual(signed);
    expect(JSON.stringify(messagesToChat(asked, 'openai').body)).not.toContain('c2ln');
  });

  it('takes calls of another provider’s model with the word that it has for those', () => {
    const asked = {
      messages: [
        user('a'),
        { role: 'assistant', content: [use('t1'), use('t2')] },
        user([result('t1', 'r'), result('t2', 'r')]),
      ],
    };
    const calls = messagesToChat(asked, 'gemini', 'gemini-3-pro-preview').body.messages[1].tool_calls;
    expect(calls.map((one: Loose) => one.extra_content)).toEqual([
      { google: { thought_signature: 'skip_thought_signature_validator' } },
      undefined,
    ]);
  });

  it('ends a call with a mere stop, counts on every chunk, and gives all calls one index', async () => {
    const usage = (completion_tokens: number): Body => ({ usage: { prompt_tokens: 9, completion_tokens } });
    const calls = (id: string): Body => ({
      choices: [
        {
          index: 0,
          delta: { tool_calls: [{ ...call, id, index: 0, extra_content: undefined }] },
          finish_reason: 'tool_calls',
        },
      ],
      ...usage(1),
    });
    const events = await chunksToEvents(
      [
        calls('c1'),
        calls('c2'),
        { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], ...usage(7) },
        'data: [DONE]',
      ],
      {},
      'gemini',
    );
    expect(linesOf(events)).toEqual([
      'start',
      '0 tool_use c1 f',
      '0 + {}',
      '0 end',
      '1 tool_use c2 f',
      '1 + {}',
      '1 end',
      'delta tool_use',
      'stop',
    ]);
    expect(events.at(-2)?.usage).toMatchObject({ input_tokens: 9, output_tokens: 7 });
  });
});
