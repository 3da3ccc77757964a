/** Chat Completions requests as Anthropic's API gets them, row by row of what can be asked. */
import { describe, expect, it } from 'vitest';
import { chatToMessages, refusalOf } from './support.ts';
import type { Body, Loose } from './support.ts';

const BUDGET = 'claude-sonnet-4-0';
const ADAPTIVE = 'claude-sonnet-4-6';
const NEWEST = 'claude-opus-4-8';
const OLD = 'claude-3-5-haiku-latest';

const user = (content: unknown): Body => ({ role: 'user', content });
const system = (content: unknown): Body => ({ role: 'system', content });
const tool = (id: string, content: unknown): Body => ({ role: 'tool', tool_call_id: id, content });
const calling = (...ids: readonly string[]): Body => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{"x":1}' } })),
});
const text = (words: string): Body => ({ type: 'text', text: words });
const use = (id: string, input: unknown = { x: 1 }): Body => ({ type: 'tool_use', id, name: 'f', input });
const result = (id: string, content: unknown): Body => ({ type: 'tool_result', tool_use_id: id, content });
const missing = (id: string): Body => ({ ...result(id, '[no result]'), is_error: true });
const f: Body = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } };
const g: Body = { type: 'function', function: { name: 'g' } };
const fTool: Body = { name: 'f', input_schema: { type: 'object', properties: {} } };
const gTool: Body = { ...fTool, name: 'g' };

/** `[role, ...blocks]` for each message. */
function turnsOf(messages: readonly Body[], more: Body = {}): Loose {
  return chatToMessages({ messages, ...more }).body.messages.map(({ role, content }: Loose) => [role].concat(content));
}

describe('instructions', () => {
  it.each([
    [
      [system('A'), { role: 'developer', content: [text('B'), text(' '), text('C')] }, user('hi')],
      ['A', 'B', 'C'],
    ],
    [[user('hi'), { role: 'assistant', content: 'yo' }, system('late'), user('go')], ['late']],
    [[system(''), system([]), { role: 'developer', content: '  \n' }, user('hi')], undefined],
    [
      [system('北京 🙂\u0000'), system('北京 🙂\u0000'), user('hi')],
      ['北京 🙂\u0000', '北京 🙂\u0000'],
    ],
  ])('are hoisted in order, blank ones dropped: %j', (messages, expected) => {
    const { body } = chatToMessages({ messages });
    expect(body.system?.map(({ text: words }: Loose) => words)).toEqual(expected);
    expect(JSON.stringify(body.messages)).not.toContain('"system"');
  });

  it('between a call and its result do not part them', () => {
    expect(turnsOf([user('a'), calling('c'), system('late'), tool('c', 'r')])).toEqual([
      ['user', text('a')],
      ['assistant', use('c')],
      ['user', result('c', 'r')],
    ]);
  });

  it.each([
    [[system('A'), system('B')], [text('A')], [text('B')]],
    [[{ role: 'developer', content: [text('A'), text('B')] }, system('')], undefined, [text('A'), text('B')]],
  ])('alone: the last one is what the user says: %j', (messages, expected, said) => {
    const { body } = chatToMessages({ messages });
    expect(body.system).toEqual(expected);
    expect(body.messages).toEqual([{ role: 'user', content: said }]);
  });

  it.each([[[system(' ')]], [[user('')]], [[user([])]], [[{ role: 'assistant', content: '' }]], [[]]])(
    'or anything else with nothing in them are refused: %j',
    (messages) => {
      expect(refusalOf(() => chatToMessages({ messages })).details.field).toBe('messages');
    },
  );
});

describe('turns', () => {
  it.each<[string, readonly Body[], unknown]>([
    [
      'a first assistant gets a user before it',
      [{ role: 'assistant', content: 'x' }, user('y')],
      [
        ['user', text('(continued)')],
        ['assistant', text('x')],
        ['user', text('y')],
      ],
    ],
    [
      'a blank user between assistants is none',
      [user('a'), { role: 'assistant', content: 'b' }, user(' '), { role: 'assistant', content: 'c' }, user('d')],
      [
        ['user', text('a')],
        ['assistant', text('b'), text('c')],
        ['user', text('d')],
      ],
    ],
    [
      'users in a row are one',
      [user('a'), user([text('b'), text('')]), user('c')],
      [['user', text('a'), text('b'), text('c')]],
    ],
    [
      'empty content beside a call is nothing',
      [user('a'), { ...calling('c'), content: '' }, tool('c', 'r')],
      [
        ['user', text('a')],
        ['assistant', use('c')],
        ['user', result('c', 'r')],
      ],
    ],
    [
      'white space beside a call is nothing',
      [user('a'), { ...calling('c'), content: [text('\n\t')] }, tool('c', 'r')],
      [
        ['user', text('a')],
        ['assistant', use('c')],
        ['user', result('c', 'r')],
      ],
    ],
    [
      'a refusal is text',
      [user('a'), { role: 'assistant', content: null, refusal: 'No.' }, user('b')],
      [
        ['user', text('a')],
        ['assistant', text('No.')],
        ['user', text('b')],
      ],
    ],
    [
      'a refusal part is text',
      [user('a'), { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }, text('Sorry')] }, user('b')],
      [
        ['user', text('a')],
        ['assistant', text('No.'), text('Sorry')],
        ['user', text('b')],
      ],
    ],
    [
      'an assistant in two messages is one turn',
      [user('a'), { role: 'assistant', content: 'b' }, calling('c'), tool('c', 'r')],
      [
        ['user', text('a')],
        ['assistant', text('b'), use('c')],
        ['user', result('c', 'r')],
      ],
    ],
  ])('%s', (_name, messages, expected) => {
    expect(turnsOf(messages)).toEqual(expected);
  });

  it.each([
    ['{"x":{"y":[1]}}', { x: { y: [1] } }],
    ['', {}],
    [undefined, {}],
    [null, {}],
    ['  ', {}],
    ['[1]', { _raw_arguments: '[1]' }],
    ['"s"', { _raw_arguments: '"s"' }],
    ['null', { _raw_arguments: 'null' }],
    ['{"x":', { _raw_arguments: '{"x":' }],
    ['{"北":"🙂"}', { 北: '🙂' }],
  ])('arguments %j become %j', (args, input) => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: args } };
    const { body } = chatToMessages({
      messages: [user('a'), { role: 'assistant', tool_calls: [call] }, tool('c', 'r')],
    });
    expect(body.messages[1].content).toEqual([use('c', input)]);
  });

  it.each(['functions.Bash:0', 'call 1', '', '北京', 'a/b|c', 'x'.repeat(200)])(
    'a call id %j is valid and paired',
    (id) => {
      const run = (): Loose => turnsOf([user('a'), calling(id), tool(id, 'r')]);
      const [, assistant, answer] = run();
      expect(assistant[1].id).toMatch(/^[a-zA-Z0-9_-]+$/);
      expect(answer[1].tool_use_id).toBe(assistant[1].id);
      expect(run()).toEqual(run());
    },
  );

  it('ids that differ in forbidden letters only stay different', () => {
    const [, assistant, answers] = turnsOf([
      user('a'),
      calling('c:1', 'c/1', 'c_1'),
      tool('c/1', 'two'),
      tool('c_1', 'three'),
      tool('c:1', 'one'),
    ]);
    const said = new Map(answers.slice(1).map((one: Loose) => [one.tool_use_id, one.content]));
    expect(assistant.slice(1).map(({ id }: Loose) => said.get(id))).toEqual(['one', 'two', 'three']);
  });

  it('ids that small models use again in each turn are told apart', () => {
    const turns = turnsOf([
      user('a'),
      calling('call_0'),
      tool('call_0', 'one'),
      calling('call_0'),
      tool('call_0', 'two'),
    ]);
    expect(turns[1][1].id).not.toBe(turns[3][1].id);
    expect([turns[2][1], turns[4][1]]).toEqual([result(turns[1][1].id, 'one'), result(turns[3][1].id, 'two')]);
  });
});

describe('results', () => {
  it.each<[string, readonly Body[], readonly unknown[]]>([
    [
      'in the order they came',
      [tool('d', '2'), tool('c', '1'), user('go')],
      [result('d', '2'), result('c', '1'), text('go')],
    ],
    [
      'before a user between them',
      [tool('c', '1'), user('go'), tool('d', '2')],
      [result('c', '1'), result('d', '2'), text('go')],
    ],
    ['the last of two', [tool('c', 'old'), tool('d', '2'), tool('c', 'new')], [result('c', 'new'), result('d', '2')]],
    ['with one missing', [tool('d', '2'), user('go')], [result('d', '2'), missing('c'), text('go')]],
    ['with all missing', [user('go')], [missing('c'), missing('d'), text('go')]],
    ['with none at all', [], [missing('c'), missing('d')]],
    [
      'of an unknown call',
      [tool('c', '1'), tool('d', '2'), tool('zz', 'x')],
      [result('c', '1'), result('d', '2'), text('[tool result zz] x')],
    ],
    ['in parts', [tool('c', [text('1'), text(' ')]), tool('d', '2')], [result('c', [text('1')]), result('d', '2')]],
  ])('stand in one user message: %s', (_name, messages, expected) => {
    expect(turnsOf([user('a'), calling('c', 'd'), ...messages])[2]).toEqual(['user', ...expected]);
  });

  it.each(['', ' ', null, [], [text('')]])('without content (%j) still answer', (content) => {
    const [, , answer] = turnsOf([user('a'), calling('c'), tool('c', content)]);
    expect(answer).toEqual(['user', { type: 'tool_result', tool_use_id: 'c' }]);
  });

  it('far from their call are words of the user', () => {
    expect(
      turnsOf([user('a'), calling('c'), tool('c', '1'), { role: 'assistant', content: 'b' }, tool('c', '2')])[4],
    ).toEqual(['user', text('[tool result c] 2')]);
  });

  it('of legacy functions are matched by name', () => {
    const call = { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } };
    const turns = turnsOf([
      user('a'),
      call,
      { role: 'function', name: 'f', content: 'r' },
      call,
      { role: 'function', name: 'f', content: 's' },
    ]);
    expect(turns[2]).toEqual(['user', result(turns[1][1].id, 'r')]);
    expect(turns[4]).toEqual(['user', result(turns[3][1].id, 's')]);
  });

  it('may hold images', () => {
    const image = { type: 'image_url', image_url: { url: 'https://x/y.png' } };
    expect(turnsOf([user('a'), calling('c'), tool('c', [text('see'), image])])[2]).toEqual([
      'user',
      result('c', [text('see'), { type: 'image', source: { type: 'url', url: 'https://x/y.png' } }]),
    ]);
  });
});

describe('media', () => {
  const image = (url: string): Body => ({ type: 'image_url', image_url: { url, detail: 'high' } });
  it.each([
    ['data:image/jpg;base64,AAAA', { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' }],
    ['data:IMAGE/PNG;charset=utf-8;base64,AAAA', { type: 'base64', media_type: 'image/png', data: 'AAAA' }],
    ['DATA:image/webp;BASE64,AAAA', { type: 'base64', media_type: 'image/webp', data: 'AAAA' }],
    ['https://x/y.png', { type: 'url', url: 'https://x/y.png' }],
    ['HTTP://x/y.png', { type: 'url', url: 'http://x/y.png' }],
  ])('an image %j', (url, source) => {
    expect(
      turnsOf([user([text('see'), image(url)])])
        .at(0)
        .slice(1),
    ).toEqual([text('see'), { type: 'image', source }]);
  });

  it.each([
    'data:image/png;base64,',
    'data:image/png;base64,!!!',
    'data:image/svg+xml;base64,AAAA',
    'ftp://x/y',
    'x',
    '',
    'data:,',
  ])('a malformed image %j is refused with its place', (url) => {
    const error = refusalOf(() => chatToMessages({ messages: [user('a'), user([text('b'), image(url)])] }));
    expect([error.code, error.details.field]).toEqual(['INVALID_REQUEST', 'messages[1].content[1].image_url.url']);
  });

  it('sound is refused with its place', () => {
    const part = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } };
    const error = refusalOf(() => chatToMessages({ messages: [user([text('a'), part])] }));
    expect([error.code, error.details.field]).toEqual(['INVALID_REQUEST', 'messages[0].content[1]']);
  });

  const base64 = (words: string): string => Buffer.from(words).toString('base64');
  it.each([
    [
      { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' }, title: 'a.pdf' },
    ],
    [
      { file_data: `data:text/csv;charset=utf-8;base64,${base64('ä,北')}` },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'ä,北' } },
    ],
    [
      { file_id: 'file_011abc', filename: 'b' },
      { type: 'document', source: { type: 'file', file_id: 'file_011abc' }, title: 'b' },
    ],
  ])('a file %j', (file, block) => {
    expect(turnsOf([user([{ type: 'file', file }])])).toEqual([['user', block]]);
  });

  it.each([
    [{ file_id: 'file-abc' }, 'file.file_id'],
    [{}, 'file.file_data'],
    [{ file_data: 'data:application/zip;base64,AAAA' }, 'file.file_data'],
    [{ file_data: 'data:text/plain;base64,/w==' }, 'file.file_data'],
  ])('a file %j is refused', (file, field) => {
    const error = refusalOf(() => chatToMessages({ messages: [user([{ type: 'file', file }])] }));
    expect(error.details.field).toBe(`messages[0].content[0].${field}`);
  });
});

describe('limits and sampling', () => {
  it.each<[Body, string, Body, Body]>([
    [{}, OLD, { max_tokens: 8192 }, {}],
    [{}, BUDGET, { max_tokens: 32_000 }, {}],
    [{ max_completion_tokens: 50, max_tokens: 99 }, ADAPTIVE, { max_tokens: 50 }, {}],
    [{ max_completion_tokens: null, max_tokens: 99 }, ADAPTIVE, { max_tokens: 99 }, {}],
    [{ temperature: 1.7 }, BUDGET, { temperature: 1 }, {}],
    [{ temperature: 0, top_p: 0.5 }, BUDGET, { temperature: 0, top_p: 0.5 }, {}],
    [{ temperature: 0.3, top_p: 0.5 }, ADAPTIVE, { temperature: 0.3 }, { top_p: 0 }],
    [{ top_p: 0.5 }, ADAPTIVE, { top_p: 0.5 }, { temperature: 0 }],
    [{ temperature: 0.3, top_p: 0.5 }, NEWEST, {}, { temperature: 0, top_p: 0 }],
    [{ temperature: 0.3, top_p: 0.5, reasoning_effort: 'low' }, BUDGET, {}, { temperature: 0, top_p: 0 }],
    [{ stop: ['\n', 'END', ''] }, ADAPTIVE, { stop_sequences: ['END'] }, {}],
    [{ stop: 'END' }, ADAPTIVE, { stop_sequences: ['END'] }, {}],
    [{ stop: [' ', '\t'] }, ADAPTIVE, {}, { stop_sequences: 0 }],
    [{ stop: '' }, ADAPTIVE, {}, { stop_sequences: 0 }],
    [{ stop: null, n: null, user: null, tools: null }, ADAPTIVE, {}, { stop_sequences: 0, metadata: 0, tools: 0 }],
    [{ user: 'u-1' }, ADAPTIVE, { metadata: { user_id: 'u-1' } }, {}],
    [
      { n: 1, stream_options: { include_usage: true }, stream: true },
      ADAPTIVE,
      { stream: true },
      { n: 0, stream_options: 0 },
    ],
  ])('%j for %s', (asked, model, expected, absent) => {
    const { body } = chatToMessages(asked, model);
    expect(body).toMatchObject(expected);
    for (const field of Object.keys(absent)) expect(body).not.toHaveProperty(field);
  });

  it('a user of more letters than the field takes becomes a digest, always the same one', () => {
    const id = (who: string): Loose => chatToMessages({ user: who }).body.metadata.user_id;
    expect(id('u'.repeat(500))).toMatch(/^[0-9a-f]{64}$/);
    expect(id('u'.repeat(500))).toBe(id('u'.repeat(500)));
    expect(id('u'.repeat(500))).not.toBe(id('u'.repeat(501)));
  });

  it.each([
    [{ n: 2 }, 'n'],
    [{ n: 0 }, 'n'],
    [{ temperature: 3 }, 'temperature'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: '5' }, 'max_completion_tokens'],
    [{ stop: 5 }, 'stop'],
    [{ reasoning_effort: 'huge' }, 'reasoning_effort'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [user(null)] }, 'messages[0].content'],
    [{ messages: [user([{ type: 'video' }])] }, 'messages[0].content[0].type'],
    [{ messages: [user([{ type: 'text' }])] }, 'messages[0].content[0].text'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [{ modalities: ['audio'] }, 'modalities'],
  ])('%j is refused with its place', (asked, field) => {
    expect(refusalOf(() => chatToMessages(asked)).details.field).toBe(field);
  });

  it('what has no counterpart is named, and only what asks for something', () => {
    const { warned } = chatToMessages({
      logprobs: true,
      top_logprobs: 3,
      logit_bias: { 5: 1 },
      frequency_penalty: 0.5,
      presence_penalty: 0,
      seed: 7,
      store: false,
      prediction: { type: 'content', content: 'x' },
      verbosity: 'low',
      service_tier: 'auto',
      parallel_tool_calls: true,
      metadata: null,
      brand_new: 1,
    });
    expect(warned.toSorted()).toEqual(
      [
        'brand_new',
        'frequency_penalty',
        'logit_bias',
        'logprobs',
        'prediction',
        'seed',
        'top_logprobs',
        'verbosity',
      ].toSorted(),
    );
  });
});

describe('tools', () => {
  it.each<[string, Body, Body]>([
    ['no schema', { tools: [g] }, { tools: [gTool] }],
    [
      'a null schema',
      { tools: [{ type: 'function', function: { name: 'g', parameters: null, description: '' } }] },
      { tools: [gTool] },
    ],
    [
      'a schema without a type',
      {
        tools: [{ type: 'function', function: { name: 'g', parameters: { properties: { a: {} }, $defs: { b: {} } } } }],
      },
      {
        tools: [{ name: 'g', input_schema: { type: 'object', properties: { a: {} }, $defs: { b: {} } } }],
      },
    ],
    [
      'a schema of another type',
      { tools: [{ type: 'function', function: { name: 'g', parameters: { type: 'string' } } }] },
      {
        tools: [{ name: 'g', input_schema: { type: 'object' } }],
      },
    ],
    ['strict', { tools: [{ type: 'function', function: { name: 'g', strict: true } }] }, { tools: [gTool] }],
    [
      'one name twice',
      { tools: [{ type: 'function', function: { name: 'g', description: 'old' } }, g] },
      { tools: [gTool] },
    ],
    ['auto', { tools: [f], tool_choice: 'auto' }, { tool_choice: { type: 'auto' } }],
    ['required', { tools: [f], tool_choice: 'required' }, { tool_choice: { type: 'any' } }],
    ['none', { tools: [f], tool_choice: 'none' }, { tools: [fTool], tool_choice: { type: 'none' } }],
    [
      'named',
      { tools: [f, g], tool_choice: { type: 'function', function: { name: 'g' } } },
      { tools: [fTool, gTool], tool_choice: { type: 'tool', name: 'g' } },
    ],
    [
      'allowed, auto',
      {
        tools: [f, g],
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'g' } }] },
        },
      },
      {
        tools: [gTool],
        tool_choice: { type: 'auto' },
      },
    ],
    [
      'allowed, required',
      {
        tools: [f, g],
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
        },
      },
      {
        tools: [fTool],
        tool_choice: { type: 'any' },
      },
    ],
    [
      'not parallel',
      { tools: [f], parallel_tool_calls: false },
      { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    ],
    [
      'required and not parallel',
      { tools: [f], tool_choice: 'required', parallel_tool_calls: false },
      {
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
      },
    ],
    [
      'named and not parallel',
      { tools: [f], tool_choice: { type: 'function', function: { name: 'f' } }, parallel_tool_calls: false },
      {
        tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
      },
    ],
    [
      'none and not parallel',
      { tools: [f], tool_choice: 'none', parallel_tool_calls: false },
      { tool_choice: { type: 'none' } },
    ],
    [
      'functions',
      { functions: [{ name: 'f', parameters: { type: 'object', properties: {} } }], function_call: { name: 'f' } },
      {
        tools: [fTool],
        tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
      },
    ],
    [
      'functions and none',
      { functions: [{ name: 'g' }], function_call: 'none' },
      { tools: [gTool], tool_choice: { type: 'none' } },
    ],
    ['used before, none now', { messages: [user('a'), calling('c'), tool('c', 'r')], tools: [] }, { tools: [fTool] }],
  ])('%s', (_name, asked, expected) => {
    expect(chatToMessages(asked).body).toMatchObject(expected);
  });

  it('that take plain text are tools with one text input, in definitions, choices and calls', () => {
    const format = { type: 'grammar', grammar: { syntax: 'regex', definition: '.+' } };
    const named = { type: 'custom', custom: { name: 'patch' } };
    const { body, warned } = chatToMessages({
      messages: [
        user('a'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'patch', input: '"北"\n🙂' } }],
        },
        tool('c', 'r'),
      ],
      tools: [f, { type: 'custom', custom: { name: 'patch', description: 'Edits.', format } }],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [named] } },
    });
    expect(body.tools).toMatchObject([
      {
        name: 'patch',
        description: 'Edits.\n\nThe input must match this regex grammar:\n.+',
        input_schema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
      },
    ]);
    expect(body.tool_choice).toEqual({ type: 'any' });
    expect(body.messages.slice(1)).toEqual([
      { role: 'assistant', content: [{ ...use('c', { input: '"北"\n🙂' }), name: 'patch' }] },
      user([result('c', 'r')]),
    ]);
    expect(warned).toEqual([]);
  });

  it.each([
    [{ tools: [] }],
    [{ tools: null, tool_choice: 'auto' }],
    [{ tools: [], tool_choice: 'none', parallel_tool_calls: false }],
  ])('%j means none', (asked) => {
    const { body } = chatToMessages(asked);
    expect(body).not.toHaveProperty('tools');
    expect(body).not.toHaveProperty('tool_choice');
  });

  it.each([
    [{ tools: [f], tool_choice: { type: 'function', function: { name: 'zz' } } }, 'tool_choice.function.name'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools: [{ type: 'function', function: { name: 'a b' } }] }, 'tools[0].function.name'],
  ])('%j is refused', (asked, field) => {
    expect(refusalOf(() => chatToMessages(asked)).details.field).toBe(field);
  });
});

describe('thinking', () => {
  const budget = (tokens: number): Body => ({ type: 'enabled', budget_tokens: tokens });
  it.each<[string, Body, Body, readonly string[]]>([
    [BUDGET, { reasoning_effort: 'low', max_tokens: 500 }, { thinking: budget(1024), max_tokens: 5120 }, []],
    [BUDGET, { reasoning_effort: 'minimal' }, { thinking: budget(1024), max_tokens: 32_000 }, []],
    [BUDGET, { reasoning_effort: 'medium', max_tokens: 20_000 }, { thinking: budget(8192), max_tokens: 20_000 }, []],
    [BUDGET, { reasoning_effort: 'high', max_tokens: 5 }, { thinking: budget(16_384), max_tokens: 20_480 }, []],
    [BUDGET, { reasoning_effort: 'xhigh' }, { thinking: budget(32_000), max_tokens: 36_096 }, []],
    ['claude-opus-4-1', { reasoning_effort: 'max' }, { thinking: budget(27_904), max_tokens: 32_000 }, []],
    [ADAPTIVE, { reasoning_effort: 'high' }, { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }, []],
    [ADAPTIVE, { reasoning_effort: 'xhigh' }, { output_config: { effort: 'high' } }, []],
    [NEWEST, { reasoning_effort: 'xhigh' }, { output_config: { effort: 'xhigh' } }, []],
    [NEWEST, { reasoning_effort: 'minimal' }, { output_config: { effort: 'low' } }, []],
    [
      NEWEST,
      { reasoning_effort: 'low', tools: [f], tool_choice: 'required' },
      { output_config: { effort: 'low' } },
      ['thinking'],
    ],
    [
      BUDGET,
      { reasoning_effort: 'low', tools: [f], tool_choice: { type: 'function', function: { name: 'f' } } },
      {},
      ['thinking'],
    ],
    [BUDGET, { reasoning_effort: 'low', tools: [f], tool_choice: 'auto' }, { thinking: budget(1024) }, []],
    [BUDGET, { reasoning_effort: 'none' }, {}, ['thinking', 'output_config']],
    [BUDGET, { reasoning_effort: null }, {}, ['thinking', 'output_config']],
    [NEWEST, {}, {}, ['thinking', 'output_config']],
    [OLD, { reasoning_effort: 'high', max_tokens: 5 }, { max_tokens: 5 }, ['thinking', 'output_config']],
  ])('%s asked %j', (model, asked, expected, absent) => {
    const { body } = chatToMessages(asked, model);
    expect(body).toMatchObject(expected);
    for (const field of absent) expect(body).not.toHaveProperty(field);
  });

  const looped = [user('a'), calling('c'), tool('c', 'r')];
  const thought = { type: 'thinking', thinking: 'hm', signature: 'sig' } as const;

  it('is left out after calls whose thinking nobody has', () => {
    const { body, warned } = chatToMessages({ messages: looped, tools: [f], reasoning_effort: 'high' }, BUDGET);
    expect(body).not.toHaveProperty('thinking');
    expect(warned).toEqual(['reasoning_effort']);
  });

  it('is put back before the calls that it led to', () => {
    const { body } = chatToMessages({ messages: looped, tools: [f], reasoning_effort: 'high' }, BUDGET, (id) =>
      id === 'c' ? [thought] : undefined,
    );
    expect(body.thinking).toEqual(budget(16_384));
    expect(body.messages[1].content).toEqual([thought, use('c')]);
  });

  it('that the client kept is replayed unchanged, and unsigned thinking is not', () => {
    const kept = {
      ...calling('c'),
      reasoning_content: 'hm',
      thinking_blocks: [thought, { type: 'thinking', thinking: 'x' }, { type: 'redacted_thinking', data: 'ab' }],
    };
    const { body } = chatToMessages(
      { messages: [user('a'), kept, tool('c', 'r')], tools: [f], reasoning_effort: 'high' },
      ADAPTIVE,
    );
    expect(body.messages[1].content).toEqual([thought, { type: 'redacted_thinking', data: 'ab' }, use('c')]);
    expect(body.thinking).toEqual({ type: 'adaptive' });
  });
});

describe('answer formats', () => {
  const strict = {
    type: 'object',
    properties: { a: { type: 'integer' } },
    required: ['a'],
    additionalProperties: false,
  };
  const wanted = (schema: unknown, more: Body = {}): Body => ({
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, ...more } },
  });

  it('are native where the model takes them, and untouched when they can be', () => {
    const { body } = chatToMessages(wanted(strict, { strict: true }), ADAPTIVE);
    expect(body.output_config).toEqual({ format: { type: 'json_schema', schema: strict } });
    expect(body).not.toHaveProperty('tools');
    expect(body).not.toHaveProperty('system');
  });

  it('are native beside thinking and tools', () => {
    const { body } = chatToMessages({ ...wanted(strict), tools: [f], reasoning_effort: 'low' }, NEWEST);
    expect(body).toMatchObject({ output_config: { effort: 'low', format: { schema: strict } }, tools: [fTool] });
    expect(body).not.toHaveProperty('tool_choice');
  });

  it.each<[string, unknown, unknown]>([
    [
      'an open object is closed, all the way down',
      {
        type: 'object',
        properties: { a: { type: 'array', items: { type: 'object', properties: { b: {} } } } },
        $defs: { d: { type: 'object', properties: { e: {} } } },
      },
      {
        type: 'object',
        properties: {
          a: { type: 'array', items: { type: 'object', properties: { b: {} }, additionalProperties: false } },
        },
        $defs: { d: { type: 'object', properties: { e: {} }, additionalProperties: false } },
        additionalProperties: false,
      },
    ],
    [
      'bounds become words',
      {
        type: 'object',
        properties: { n: { type: 'integer', minimum: 1, maximum: 5, description: 'How many.' } },
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: { n: { type: 'integer', description: 'How many.\n\n{minimum: 1, maximum: 5}' } },
        additionalProperties: false,
      },
    ],
  ])('native: %s', (_name, schema, expected) => {
    expect(chatToMessages(wanted(schema), ADAPTIVE).body.output_config.format.schema).toEqual(expected);
  });

  it.each<[string, unknown]>([
    [
      'with free keys',
      {
        type: 'object',
        properties: { map: { type: 'object', additionalProperties: { type: 'string' } } },
        required: ['map'],
      },
    ],
    ['with any keys', { type: 'object' }],
    ['or null with any keys', { ...strict, properties: { a: { type: ['null', 'object'] } } }],
    ['that hold themselves', { type: 'object', properties: { next: { $ref: '#' } }, additionalProperties: false }],
  ])('that the native form cannot say are asked for in words: objects %s', (_name, schema) => {
    const { body } = chatToMessages(wanted(schema), ADAPTIVE);
    expect(body).not.toHaveProperty('output_config');
    expect(body.system.at(-1).text).toContain(JSON.stringify(schema));
  });

  it('are a hidden forced tool on older models', () => {
    const { body } = chatToMessages(wanted(strict, { description: 'D' }), BUDGET);
    expect(body.tools).toEqual([{ name: 'json_output', description: 'D', input_schema: strict }]);
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'json_output', disable_parallel_tool_use: true });
  });

  it('that are no object are wrapped', () => {
    const schema = { type: 'array', items: { $ref: '#/$defs/d' }, $defs: { d: { type: 'string' } } };
    expect(chatToMessages(wanted(schema), BUDGET).body.tools[0].input_schema).toEqual({
      type: 'object',
      properties: { value: { type: 'array', items: { $ref: '#/$defs/d' } } },
      required: ['value'],
      $defs: { d: { type: 'string' } },
    });
  });

  it.each<[string, Body]>([
    ['thinking', { reasoning_effort: 'low' }],
    ['tools', { tools: [f] }],
    ['earlier calls', { messages: [user('a'), calling('c'), tool('c', 'r')] }],
  ])('force nothing beside %s', (_name, more) => {
    const { body } = chatToMessages({ ...wanted(strict), ...more }, BUDGET);
    expect(body.tool_choice?.type).not.toBe('tool');
    expect(JSON.stringify(body.tools ?? [])).not.toContain('json_output');
    expect(body.system.at(-1).text).toContain(JSON.stringify(strict));
  });

  it.each([{ type: 'json_object' }, { type: 'json_schema', json_schema: { name: 'x' } }])(
    '%j is an instruction after the others',
    (format) => {
      const { body } = chatToMessages({ messages: [system('A'), user('hi')], response_format: format });
      expect(body.system[0]).toEqual(text('A'));
      expect(body.system[1].text).toMatch(/JSON object/);
      expect(body).not.toHaveProperty('output_config');
    },
  );

  it.each([{ type: 'text' }, null])('%j is none', (format) => {
    const { body } = chatToMessages({ response_format: format });
    expect(body).not.toHaveProperty('system');
  });
});

describe('cache marks', () => {
  const mark = { cache_control: { type: 'ephemeral' } };
  it('pass from parts, messages, tools and results', () => {
    const { body } = chatToMessages({
      messages: [
        system([{ ...text('A'), ...mark }]),
        { ...user('b'), cache_control: { type: 'ephemeral', ttl: '1h' } },
        calling('c'),
        { ...tool('c', 'r'), ...mark },
      ],
      tools: [{ ...f, ...mark }],
    });
    expect(body.system).toEqual([{ ...text('A'), ...mark }]);
    expect(body.messages[0].content).toEqual([{ ...text('b'), cache_control: { type: 'ephemeral', ttl: '1h' } }]);
    expect(body.messages[2].content).toEqual([{ ...result('c', 'r'), ...mark }]);
    expect(body.tools).toEqual([{ ...fTool, ...mark }]);
  });

  it('of more than four the last four stay', () => {
    const parts = ['1', '2', '3', '4'].map((words) => Object.assign(text(words), mark));
    const { body, warned } = chatToMessages({
      messages: [system([{ ...text('A'), ...mark }]), user(parts)],
      tools: [{ ...f, ...mark }],
    });
    expect(body.tools).toEqual([fTool]);
    expect(body.system).toEqual([text('A')]);
    expect(body.messages[0].content).toEqual(parts);
    expect(warned).toEqual(['cache_control']);
  });
});

describe('a last message of the assistant', () => {
  it('is continued where the model can, without white space at its end', () => {
    expect(
      chatToMessages({ messages: [user('a'), { role: 'assistant', content: 'b \n' }] }, BUDGET).body.messages[1]
        .content,
    ).toEqual([text('b')]);
  });

  it.each([
    [ADAPTIVE, {}],
    [NEWEST, {}],
    [BUDGET, { reasoning_effort: 'low' }],
  ])('is followed by a word of the user where it cannot be continued: %s %j', (model, more) => {
    const { body, warned } = chatToMessages(
      { messages: [user('a'), { role: 'assistant', content: 'b' }], ...more },
      model,
    );
    expect(body.messages.slice(1)).toEqual([
      { role: 'assistant', content: [text('b')] },
      { role: 'user', content: [text('(continue)')] },
    ]);
    expect(warned).toEqual(['messages']);
  });
});
