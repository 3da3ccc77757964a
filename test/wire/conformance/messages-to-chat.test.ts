/** Messages requests as OpenAI gets them, with what real Anthropic clients put into them. */
import { describe, expect, it } from 'vitest';
import { messagesToChat, refusalOf } from './support.ts';
import type { Body, Loose } from './support.ts';

const user = (content: unknown): Body => ({ role: 'user', content });
const text = (words: string, more: Body = {}): Body => ({ type: 'text', text: words, ...more });
const use = (id: string, input: unknown = { x: 1 }, name = 'f'): Body => ({ type: 'tool_use', id, name, input });
const calling = (...ids: readonly string[]): Body => ({ role: 'assistant', content: ids.map((id) => use(id)) });
const result = (id: string, content?: unknown, more: Body = {}): Body => ({
  type: 'tool_result',
  tool_use_id: id,
  ...(content !== undefined && { content }),
  ...more,
});
const call = (id: string, args = '{"x":1}', name = 'f'): Body => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const called = (...ids: readonly string[]): Body => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => call(id)),
});
const tool = (id: string, content: string): Body => ({ role: 'tool', tool_call_id: id, content });
const png: Body = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
const pngUrl: Body = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const f: Body = { name: 'f', input_schema: { type: 'object', properties: { x: { type: 'integer' } } } };
const fFunction: Body = {
  type: 'function',
  function: { name: 'f', parameters: { type: 'object', properties: { x: { type: 'integer' } } } },
};
const mark = { cache_control: { type: 'ephemeral' } };

function messagesOf(messages: readonly Body[], more: Body = {}): Loose {
  return messagesToChat({ messages, ...more }).body.messages;
}

describe('system', () => {
  const BILLING = 'x-anthropic-billing-header: cc_version=2.1; cc_entrypoint=sdk-cli;';
  it.each<[unknown, string | undefined]>([
    ['A', 'A'],
    [[text('A', mark), text('B', mark)], 'A\n\nB'],
    [[text(BILLING), text('A'), text('北京 🙂')], 'A\n\n北京 🙂'],
    [[text(BILLING)], undefined],
    [BILLING, undefined],
    [`${BILLING}\nYou are helpful.`, 'You are helpful.'],
    [[text(`${BILLING}\n\nA`), text('B')], 'A\n\nB'],
    ['Say x-anthropic-billing-header: no', 'Say x-anthropic-billing-header: no'],
    ['', undefined],
    [[], undefined],
    [null, undefined],
  ])('%j is %j', (system, expected) => {
    const messages = messagesToChat({ system }).body.messages;
    expect(messages).toEqual([...(expected === undefined ? [] : [{ role: 'system', content: expected }]), user('hi')]);
  });

  it.each<[string, unknown]>([
    ['a string', '# Environment'],
    ['a list', [text('# Environment', mark)]],
  ])('inside messages stays in its place, as %s', (_name, content) => {
    const messages = [
      user([text('hello')]),
      { role: 'system', content, output_config: { effort: 'medium' } },
      { role: 'assistant', content: 'a' },
      user('b'),
    ];
    expect(messagesOf(messages)).toEqual([
      user('hello'),
      { role: 'system', content: '# Environment' },
      { role: 'assistant', content: 'a' },
      user('b'),
    ]);
  });

  it('as the last message, or between calls and results, breaks nothing', () => {
    const late = { role: 'system', content: 'late' };
    expect(messagesOf([user('a'), calling('t1'), late, user([result('t1', 'r'), text('go')]), late])).toEqual([
      user('a'),
      called('t1'),
      tool('t1', 'r'),
      { role: 'system', content: 'late' },
      user('go'),
      { role: 'system', content: 'late' },
    ]);
  });

  it('inside messages sets the effort of what follows, the last one that does', () => {
    const messages = [
      user('a'),
      { role: 'system', content: 's', output_config: { effort: 'low' } },
      { role: 'assistant', content: 'b' },
      user('c'),
      { role: 'system', content: 't', output_config: { effort: 'high' } },
      { role: 'system', content: 'u' },
    ];
    const body = messagesToChat({ messages, thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } }).body;
    expect(body.reasoning_effort).toBe('high');
    expect(JSON.stringify(body)).not.toContain('output_config');
  });
});

describe('turns', () => {
  it.each<[string, readonly Body[], readonly Body[]]>([
    [
      'results go first, directly after their calls',
      [user('a'), calling('t1', 't2'), user([text('look'), result('t2', '2'), text('go'), result('t1', '1')])],
      [user('a'), called('t1', 't2'), tool('t2', '2'), tool('t1', '1'), user('look\n\ngo')],
    ],
    [
      'results in messages of their own',
      [user('a'), calling('t1', 't2'), user([result('t1', '1')]), user([result('t2', '2')]), user('go')],
      [user('a'), called('t1', 't2'), tool('t1', '1'), tool('t2', '2'), user('go')],
    ],
    [
      'a call without a result',
      [user('a'), calling('t1', 't2'), user([result('t1', '1'), text('go')])],
      [user('a'), called('t1', 't2'), tool('t1', '1'), tool('t2', 'Error: [no result]'), user('go')],
    ],
    ['calls at the very end', [user('a'), calling('t1')], [user('a'), called('t1'), tool('t1', 'Error: [no result]')]],
    [
      'a result without its call',
      [user('a'), { role: 'assistant', content: 'b' }, user([result('zz', 'r')])],
      [user('a'), { role: 'assistant', content: 'b' }, user('[tool result zz] r')],
    ],
    [
      'two results of one call',
      [user('a'), calling('t1'), user([result('t1', 'old'), result('t1', 'new')])],
      [user('a'), called('t1'), tool('t1', 'new')],
    ],
    [
      'words and calls',
      [user('a'), { role: 'assistant', content: [text('b'), use('t1'), text('c')] }, user([result('t1', 'r')])],
      [user('a'), { ...called('t1'), content: 'bc' }, tool('t1', 'r')],
    ],
    [
      'thinking is left out',
      [
        user('a'),
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            { type: 'redacted_thinking', data: 'd' },
            text('b'),
          ],
        },
        user('c'),
      ],
      [user('a'), { role: 'assistant', content: 'b' }, user('c')],
    ],
    [
      'thinking alone is nothing',
      [user('a'), { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: 's' }] }, user('c')],
      [user('a'), user('c')],
    ],
    [
      'server tools are left out',
      [
        user('a'),
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
            { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
            text('b'),
          ],
        },
        user('c'),
      ],
      [user('a'), { role: 'assistant', content: 'b' }, user('c')],
    ],
    ['an unknown block is left out', [user([{ type: 'hologram', beam: 1 }, text('a')])], [user('a')]],
  ])('%s', (_name, messages, expected) => {
    expect(messagesOf(messages)).toEqual(expected);
  });

  it.each<[unknown, string]>([
    [{}, '{}'],
    [{ 北: '🙂', n: [1, null] }, '{"北":"🙂","n":[1,null]}'],
    [{ _raw_arguments: '{"x":' }, '{"x":'],
    [{ _raw_arguments: 'a', b: 1 }, '{"_raw_arguments":"a","b":1}'],
  ])('input %j goes as %j', (input, args) => {
    expect(
      messagesOf([user('a'), { role: 'assistant', content: [use('t1', input)] }, user([result('t1', 'r')])])[1]
        .tool_calls,
    ).toEqual([call('t1', args)]);
  });
});

describe('results', () => {
  it.each<[string, unknown, Body, string]>([
    ['a string', 'r', {}, 'r'],
    ['an error', 'r', { is_error: true }, 'Error: r'],
    ['no error', 'r', { is_error: false }, 'r'],
    ['nothing', undefined, {}, '(no output)'],
    ['an empty string', '', {}, '(no output)'],
    ['an empty list', [], {}, '(no output)'],
    ['an error without words', undefined, { is_error: true }, 'Error: (no output)'],
    ['texts', [text('a', mark), text('北')], {}, 'a\n\n北'],
    [
      'a search result',
      [{ type: 'search_result', source: 'https://x', title: 'X', content: [text('found')] }],
      {},
      'X\n\nhttps://x\n\nfound',
    ],
    [
      'a text document',
      [{ type: 'document', title: 'D', source: { type: 'text', media_type: 'text/plain', data: 'words' } }],
      {},
      'D\n\nwords',
    ],
    [
      'references to tools',
      [
        { type: 'tool_reference', tool_name: 'WebSearch' },
        { type: 'tool_reference', tool_name: 'WebFetch' },
      ],
      {},
      '[tool WebSearch]\n\n[tool WebFetch]',
    ],
    [
      'a reference and words',
      [{ type: 'tool_reference', tool_name: 'WebSearch' }, text('Tool loaded.')],
      {},
      '[tool WebSearch]\n\nTool loaded.',
    ],
    ['an unknown block', [{ type: 'hologram', beam: 1 }], {}, '(no output)'],
  ])('%s', (_name, content, more, expected) => {
    expect(messagesOf([user('a'), calling('t1'), user([result('t1', content, more)])])[2]).toEqual(
      tool('t1', expected),
    );
  });

  it('with images keep their words, and the images follow all results', () => {
    const answers = user([result('t1', [text('one'), png]), result('t2', [png], { is_error: true }), text('go'), png]);
    expect(messagesOf([user('a'), calling('t1', 't2'), answers]).slice(2)).toEqual([
      tool('t1', 'one'),
      tool('t2', 'Error: [image attached below]'),
      user([
        text('Attached to the result of t1:'),
        pngUrl,
        text('Attached to the result of t2:'),
        pngUrl,
        text('go'),
        pngUrl,
      ]),
    ]);
  });

  it('with a PDF alone', () => {
    const pdf = {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' },
      title: 'a.pdf',
    };
    expect(messagesOf([user('a'), calling('t1'), user([result('t1', [pdf])])]).slice(2)).toEqual([
      tool('t1', '[file attached below]'),
      user([{ type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' } }]),
    ]);
  });
});

describe('media', () => {
  it.each<[Body, unknown]>([
    [png, [pngUrl]],
    [
      { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
      [{ type: 'image_url', image_url: { url: 'https://x/y.png' } }],
    ],
    [
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
      [{ type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,AAAA' } }],
    ],
    [
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '北' }, title: 'T', context: 'C' },
      'T\n\nC\n\n北',
    ],
    [{ type: 'document', source: { type: 'content', content: [text('a'), png] } }, [text('a'), pngUrl]],
    [{ type: 'document', source: { type: 'content', content: 'plain' } }, 'plain'],
  ])('%j', (block, content) => {
    expect(messagesOf([user([block])])).toEqual([user(content)]);
  });

  it.each<[Body, string]>([
    [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }, 'messages[0].content[0].source'],
    [{ type: 'document', source: { type: 'file', file_id: 'file_1' } }, 'messages[0].content[0].source'],
    [{ type: 'document', source: { type: 'url', url: 'https://x/y.pdf' } }, 'messages[0].content[0].source'],
    [
      {
        type: 'document',
        source: { type: 'content', content: [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }] },
      },
      'messages[0].content[0].source.content[0].source',
    ],
  ])('%j is refused with its place', (block, field) => {
    const error = refusalOf(() => messagesToChat({ messages: [user([block])] }));
    expect([error.code, error.details.field]).toEqual(['INVALID_REQUEST', field]);
  });
});

describe('tools', () => {
  it('are functions without marks and deferring, and those of Anthropic’s own are named as lost', () => {
    const { body, warned } = messagesToChat({
      tools: [
        { ...f, ...mark, type: 'custom', defer_loading: true, description: 'D', input_examples: [{}] },
        {
          name: 'DeferredToolPlaceholder',
          description: 'never call this tool',
          input_schema: { type: 'object', properties: {} },
          defer_loading: true,
        },
        { type: 'web_search_20250305', name: 'web_search', max_uses: 8 },
        { type: 'computer_20250124', name: 'computer', display_width_px: 1, display_height_px: 1 },
        { type: 'bash_20250124', name: 'bash' },
      ],
      tool_choice: { type: 'auto' },
    });
    expect(body.tools).toEqual([
      {
        type: 'function',
        function: { name: 'f', description: 'D', parameters: (fFunction['function'] as Body)['parameters'] },
      },
      {
        type: 'function',
        function: {
          name: 'DeferredToolPlaceholder',
          description: 'never call this tool',
          parameters: { type: 'object', properties: {} },
        },
      },
    ]);
    expect(warned).toEqual(
      expect.arrayContaining([
        'tools[].web_search_20250305',
        'tools[].computer_20250124',
        'tools[].bash_20250124',
        'cache_control',
      ]),
    );
  });

  it('that are all Anthropic’s own leave no choice behind', () => {
    const { body, warned } = messagesToChat({
      tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });
    for (const field of ['tools', 'tool_choice', 'parallel_tool_calls']) expect(body).not.toHaveProperty(field);
    expect(warned).toEqual(['tools[].web_search_20250305']);
  });

  it.each<[Body, Body, readonly string[]]>([
    [{ type: 'auto' }, { tool_choice: 'auto' }, ['parallel_tool_calls']],
    [{ type: 'any' }, { tool_choice: 'required' }, ['parallel_tool_calls']],
    [{ type: 'none' }, { tool_choice: 'none' }, ['parallel_tool_calls']],
    [{ type: 'tool', name: 'f' }, { tool_choice: { type: 'function', function: { name: 'f' } } }, []],
    [{ type: 'auto', disable_parallel_tool_use: true }, { tool_choice: 'auto', parallel_tool_calls: false }, []],
    [{ type: 'any', disable_parallel_tool_use: true }, { tool_choice: 'required', parallel_tool_calls: false }, []],
    [{ type: 'auto', disable_parallel_tool_use: false }, { tool_choice: 'auto' }, ['parallel_tool_calls']],
    [{ type: 'tool', name: 'gone' }, {}, ['tool_choice']],
  ])('choice %j', (choice, expected, absent) => {
    const { body } = messagesToChat({ tools: [f], tool_choice: choice });
    expect(body).toMatchObject(expected);
    for (const field of absent) expect(body).not.toHaveProperty(field);
  });

  it.each([[{ tools: [] }], [{ tools: null }], [{ tool_choice: { type: 'auto' } }]])('%j is none', (asked) => {
    const { body } = messagesToChat(asked);
    for (const field of ['tools', 'tool_choice', 'parallel_tool_calls']) expect(body).not.toHaveProperty(field);
  });

  it.each<[string, Body, Body]>([
    [
      'that is strict enough',
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false },
      { strict: true },
    ],
    [
      'that only has to be closed',
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      {
        strict: true,
        parameters: {
          type: 'object',
          properties: { a: { type: 'string' } },
          required: ['a'],
          additionalProperties: false,
        },
      },
    ],
  ])('strict with a schema %s stays strict', (_name, schema, expected) => {
    const { body } = messagesToChat({ tools: [{ name: 'f', strict: true, input_schema: schema }] });
    expect(body.tools[0].function).toMatchObject(expected);
  });

  it.each<[string, Body]>([
    ['an optional property', { type: 'object', properties: { a: { type: 'string' } } }],
    ['free keys', { type: 'object', properties: { m: { type: 'object' } }, required: ['m'] }],
  ])('strict with %s goes as it is, unchecked', (_name, schema) => {
    const { body, warned } = messagesToChat({ tools: [{ name: 'f', strict: true, input_schema: schema }] });
    expect(body.tools[0].function).toEqual({ name: 'f', parameters: schema });
    expect(warned).toEqual(['tools[].strict']);
  });

  it.each(['mcp__server__tool', 'a'.repeat(64), 'a'.repeat(65), `mcp__${'x'.repeat(123)}`])(
    'a name %j fits',
    (name) => {
      const { body } = messagesToChat({
        tools: [{ ...f, name }],
        tool_choice: { type: 'tool', name },
        messages: [user('a'), { role: 'assistant', content: [use('t1', {}, name)] }, user([result('t1', 'r')])],
      });
      const sent = body.tools[0].function.name;
      expect(sent).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      expect([body.tool_choice.function.name, body.messages[1].tool_calls[0].function.name]).toEqual([sent, sent]);
      if (name.length <= 64) expect(sent).toBe(name);
    },
  );
});

describe('options', () => {
  it.each<[Body, string, Body, readonly string[]]>([
    [
      {},
      'gpt-5',
      { max_completion_tokens: 100 },
      ['max_tokens', 'stream', 'stream_options', 'user', 'stop', 'reasoning_effort'],
    ],
    [{ max_tokens: 0 }, 'gpt-4o', { max_completion_tokens: 1 }, []],
    [{ stream: true }, 'gpt-5', { stream: true, stream_options: { include_usage: true } }, []],
    [{ stream: false }, 'gpt-5', {}, ['stream', 'stream_options']],
    [{ stop_sequences: ['a', 'b'] }, 'gpt-4o', { stop: ['a', 'b'] }, []],
    [{ stop_sequences: ['a', 'b', 'a', 'c', 'd', 'e'] }, 'gpt-4o', { stop: ['a', 'b', 'c', 'd'] }, []],
    [{ stop_sequences: [] }, 'gpt-4o', {}, ['stop']],
    [{ stop_sequences: ['a'] }, 'o3', {}, ['stop']],
    [{ stop_sequences: ['a'] }, 'gpt-5.5', {}, ['stop']],
    [{ temperature: 0, top_p: 0.5, top_k: 5 }, 'gpt-4o', { temperature: 0, top_p: 0.5 }, ['top_k']],
    [{ temperature: 0.2, top_p: 0.5 }, 'gpt-5', {}, ['temperature', 'top_p']],
    [{ temperature: 0.2 }, 'gpt-5.5', {}, ['temperature']],
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'gpt-5', { reasoning_effort: 'low' }, ['thinking']],
    [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, 'gpt-5', { reasoning_effort: 'low' }, []],
    [{ thinking: { type: 'enabled', budget_tokens: 2049 } }, 'gpt-5', { reasoning_effort: 'medium' }, []],
    [
      { thinking: { type: 'enabled', budget_tokens: 12_288, display: 'omitted' } },
      'o4-mini',
      { reasoning_effort: 'medium' },
      [],
    ],
    [
      { thinking: { type: 'enabled', budget_tokens: 31_999, display: 'omitted' } },
      'gpt-5.1',
      { reasoning_effort: 'high' },
      [],
    ],
    [
      { thinking: { type: 'disabled' }, output_config: { effort: 'high' } },
      'gpt-5',
      {},
      ['reasoning_effort', 'output_config'],
    ],
    [{ thinking: { type: 'adaptive', display: 'updates' } }, 'gpt-5', { reasoning_effort: 'medium' }, []],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, 'gpt-5', { reasoning_effort: 'low' }, []],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
      'gpt-5.5',
      { reasoning_effort: 'xhigh' },
      [],
    ],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }, 'gpt-5', { reasoning_effort: 'high' }, []],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'o3', { reasoning_effort: 'high' }, []],
    [{ thinking: { type: 'adaptive' } }, 'gpt-4o', {}, ['reasoning_effort']],
    [{ thinking: null }, 'gpt-5', {}, ['reasoning_effort']],
  ])('%j for %s', (asked, model, expected, absent) => {
    const { body } = messagesToChat(asked, 'openai', model);
    expect(body).toMatchObject(expected);
    for (const field of absent) expect(body).not.toHaveProperty(field);
  });

  it.each(['gpt-6', 'gpt-6-sol', 'gpt-6.1-mini', 'openai/gpt-7'])(
    '%s is taken for a reasoning model like the newest known',
    (model) => {
      const { body } = messagesToChat(
        { temperature: 0.2, stop_sequences: ['x'], thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } },
        'local',
        model,
      );
      expect(body).toMatchObject({ reasoning_effort: 'xhigh' });
      expect(body).not.toHaveProperty('temperature');
      expect(body).not.toHaveProperty('stop');
    },
  );

  const claudeCodeUser = JSON.stringify({
    device_id: 'd'.repeat(64),
    account_uuid: '',
    session_id: '8a6c0c1e-0000-0000-0000-000000000000',
  });
  it.each(['u', 'u'.repeat(120), claudeCodeUser, '北'.repeat(50)])(
    'user %j is at most 64 letters and tells nothing',
    (id) => {
      const { user: sent } = messagesToChat({ metadata: { user_id: id } }).body;
      expect(sent).toMatch(/^[0-9a-f]{64}$/);
      expect(messagesToChat({ metadata: { user_id: `${id}.` } }).body.user).not.toBe(sent);
    },
  );

  it('what has no counterpart is dropped and named', () => {
    const { body, warned } = messagesToChat({
      top_k: 5,
      service_tier: 'standard_only',
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      container: 'c',
      mcp_servers: [],
      speed: 'fast',
      cache_control: { type: 'ephemeral' },
      metadata: { user_id: null },
      betas: ['interleaved-thinking-2025-05-14'],
    });
    expect(Object.keys(body)).toEqual(['model', 'messages', 'max_completion_tokens']);
    expect(warned.toSorted()).toEqual(
      ['cache_control', 'container', 'context_management', 'mcp_servers', 'service_tier', 'speed', 'top_k'].toSorted(),
    );
  });

  it('a thread is refused in the words on which the SDKs send the whole history', () => {
    expect(refusalOf(() => messagesToChat({ thread: { type: 'create' } })).details).toEqual({
      field: 'thread',
      unsupported: ['thread'],
    });
  });
});

describe('structured outputs', () => {
  const wanted = (schema: unknown): Body => ({ output_config: { format: { type: 'json_schema', schema } } });
  const format = (schema: unknown, strict: boolean): Body => ({
    type: 'json_schema',
    json_schema: { name: 'output', schema, strict },
  });
  const closed = {
    type: 'object',
    properties: { a: { type: 'integer' } },
    required: ['a'],
    additionalProperties: false,
  };

  it.each<[string, unknown, unknown, boolean]>([
    ['is strict enough', closed, closed, true],
    [
      'only has to be closed',
      {
        type: 'object',
        properties: { o: { type: 'object', properties: { a: {} }, required: ['a'] } },
        required: ['o'],
      },
      {
        type: 'object',
        properties: { o: { type: 'object', properties: { a: {} }, required: ['a'], additionalProperties: false } },
        required: ['o'],
        additionalProperties: false,
      },
      true,
    ],
    [
      'holds an object or null',
      { ...closed, properties: { a: { type: ['object', 'null'], properties: { b: {} }, required: ['b'] } } },
      {
        ...closed,
        properties: {
          a: { type: ['object', 'null'], properties: { b: {} }, required: ['b'], additionalProperties: false },
        },
      },
      true,
    ],
    ['names its dialect', { $schema: 'https://json-schema.org/draft/2020-12/schema', ...closed }, closed, true],
    [
      'is a reference',
      { $ref: '#/definitions/A', definitions: { A: closed } },
      { ...closed, definitions: { A: closed } },
      true,
    ],
    [
      'refers to itself',
      { ...closed, properties: { a: { anyOf: [{ $ref: '#' }, { type: 'null' }] } } },
      { ...closed, properties: { a: { anyOf: [{ $ref: '#' }, { type: 'null' }] } } },
      true,
    ],
    ['has an optional property', { ...closed, required: [] }, { ...closed, required: [] }, false],
    ['requires nothing', { type: 'object', properties: { a: {} } }, { type: 'object', properties: { a: {} } }, false],
    [
      'has free keys',
      { ...closed, properties: { a: { type: 'object', additionalProperties: { type: 'string' } } } },
      { ...closed, properties: { a: { type: 'object', additionalProperties: { type: 'string' } } } },
      false,
    ],
    [
      'has an optional property deep inside',
      { ...closed, properties: { a: { type: 'array', items: { type: 'object', properties: { b: {} } } } } },
      { ...closed, properties: { a: { type: 'array', items: { type: 'object', properties: { b: {} } } } } },
      false,
    ],
    [
      'uses a keyword that strict schemas lack',
      { ...closed, properties: { a: { oneOf: [{ type: 'string' }, { type: 'null' }] } } },
      { ...closed, properties: { a: { oneOf: [{ type: 'string' }, { type: 'null' }] } } },
      false,
    ],
    [
      'bounds the length of a string',
      { ...closed, properties: { a: { type: 'string', minLength: 2 } } },
      { ...closed, properties: { a: { type: 'string', minLength: 2 } } },
      false,
    ],
    [
      'has a property of the name of a keyword',
      { ...closed, properties: { oneOf: { type: 'string' } }, required: ['oneOf'] },
      { ...closed, properties: { oneOf: { type: 'string' } }, required: ['oneOf'] },
      true,
    ],
  ])('a schema that %s', (_name, schema, sent, strict) => {
    expect(messagesToChat(wanted(schema)).body.response_format).toEqual(format(sent, strict));
  });

  it.each<[string, unknown]>([
    ['an array', { type: 'array', items: { type: 'string' } }],
    ['a string', { type: 'string', enum: ['a', 'b'] }],
    ['a choice', { anyOf: [closed, { type: 'null' }] }],
    ['anything', {}],
  ])('%s, which the API refuses as a root, is asked for in words', (_name, schema) => {
    const { body } = messagesToChat({ ...wanted(schema), system: 'S' });
    expect(body).not.toHaveProperty('response_format');
    expect(body.messages[0].content).toMatch(/^S\n\n/);
    expect(body.messages[0].content).toContain(JSON.stringify(schema));
  });

  it.each([[{ output_config: { format: null } }], [{ output_config: {} }], [{ output_config: null }]])(
    '%j is none',
    (asked) => {
      expect(messagesToChat(asked).body).not.toHaveProperty('response_format');
    },
  );
});
