/** Messages requests as the ChatGPT backend gets them. */
import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it, test } from 'vitest';
import { reasoningEfforts } from '../../../../../companion/wire/openai/thinking.ts';
import { openAiChatDialect } from '../../../../../companion/wire/openai-chat/codec.ts';
import { codexUpstream } from '../../../../../companion/wire/openai-responses/upstream/codec.ts';
import type { ResponsesBody } from '../../../../../companion/wire/openai-responses/upstream/body.ts';
import { hello, warnedFields } from '../../openai/upstream-support.ts';
import { MODEL, bodyOf, encode, inputOf, thinkingAsked } from './support.ts';
import type { ClientRequest } from '../../openai/upstream-support.ts';

const png: Anthropic.ImageBlockParam = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'AAAA' },
};
const pngPart = { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' };
const user = (...texts: readonly string[]) => ({
  type: 'message',
  role: 'user',
  content: texts.map((text) => ({ type: 'input_text', text })),
});
const said = (...texts: readonly string[]) => ({
  type: 'message',
  role: 'assistant',
  content: texts.map((text) => ({ type: 'output_text', text })),
});
const called = (id: string, name = 'look') => ({
  type: 'function_call',
  call_id: id,
  name,
  arguments: '{"x":1}',
});
const output = (id: string, text: string) => ({ type: 'function_call_output', call_id: id, output: text });
const use = (id: string, name = 'look'): Anthropic.ToolUseBlockParam => ({
  type: 'tool_use',
  id,
  name,
  input: { x: 1 },
});
const result = (
  id: string,
  content?: Anthropic.ToolResultBlockParam['content'],
  isError?: boolean,
): Anthropic.ToolResultBlockParam => ({
  type: 'tool_result',
  tool_use_id: id,
  ...(content !== undefined && { content }),
  ...(isError !== undefined && { is_error: isError }),
});
const look: Anthropic.Tool = { name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: {} } };

test('what the backend insists on is always there, and nothing that it refuses', () => {
  const body = bodyOf({
    stream: false,
    system: 'Be brief.',
    temperature: 0.5,
    top_p: 0.5,
    top_k: 4,
    stop_sequences: ['X'],
  });
  expect(body).toEqual({
    model: MODEL,
    instructions: 'Be brief.',
    input: [user('hi')],
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  });
});

test('each loss has its warning', () => {
  const fields: ClientRequest = {
    temperature: 0.5,
    top_p: 0.5,
    top_k: 4,
    service_tier: 'standard_only',
    system: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }],
  };
  expect(warnedFields(encode(fields)).toSorted()).toEqual(
    ['cache_control', 'max_tokens', 'service_tier', 'temperature', 'top_k', 'top_p'].toSorted(),
  );
  expect(warnedFields(encode({ temperature: 1, top_p: 1 }))).toEqual(['max_tokens']);
});

test('a limit that is only ours is not warned of', () => {
  const decoded = openAiChatDialect.decodeRequest({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
  expect(codexUpstream.encodeRequest(decoded, MODEL).warnings).toEqual([]);
});

describe('instructions', () => {
  it('are a string even when there are none', () => {
    expect(bodyOf({}).instructions).toBe('');
  });

  it('are all system texts, without the billing note', () => {
    const note = 'x-anthropic-billing-header: cc_version=2.1; cc_entrypoint=cli;';
    const texts = [note, 'A', 'B'].map((text) => ({ type: 'text' as const, text }));
    expect(bodyOf({ system: texts }).instructions).toBe('A\n\nB');
  });

  it('in the middle of the conversation are a developer message', () => {
    const late = { role: 'system', content: 'late' } as unknown as Anthropic.MessageParam;
    expect(inputOf(hello, late, { role: 'assistant', content: 'a' }, hello)).toEqual([
      user('hi'),
      { ...user('late'), role: 'developer' },
      said('a'),
      user('hi'),
    ]);
  });
});

describe('messages', () => {
  it('carry text, images and documents', () => {
    const blocks: Anthropic.ContentBlockParam[] = [
      { type: 'text', text: '北京 🙂' },
      png,
      { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' }, title: 'Plan' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
      { type: 'document', source: { type: 'url', url: 'https://x/a.pdf' } },
    ];
    expect(inputOf({ role: 'user', content: blocks })).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: '北京 🙂' },
          pngPart,
          { type: 'input_image', image_url: 'https://x/y.png', detail: 'auto' },
          { type: 'input_file', filename: 'Plan.pdf', file_data: 'data:application/pdf;base64,JVBE' },
          { type: 'input_text', text: 'words' },
          { type: 'input_file', file_url: 'https://x/a.pdf' },
        ],
      },
    ]);
  });

  it('with files of another API are refused by name', () => {
    const file = { type: 'image', source: { type: 'file', file_id: 'file_1' } } as unknown as Anthropic.ImageBlockParam;
    expect(() => inputOf({ role: 'user', content: [file] })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field: 'messages[0].content[0].source' } }),
    );
  });

  it('of one role in a row are one, and texts of the assistant in a row one message', () => {
    const answer = { role: 'assistant' as const, content: [{ type: 'text' as const, text: 'a' }] };
    expect(inputOf(hello, hello, answer, answer)).toEqual([user('hi', 'hi'), said('a', 'a')]);
  });
});

describe('calls and results', () => {
  it('stand one after the other, joined by the id of the call, before what else the user said', () => {
    const items = inputOf(
      hello,
      { role: 'assistant', content: [{ type: 'text', text: 'I look.' }, use('c1'), use('c2')] },
      { role: 'user', content: [{ type: 'text', text: 'go on' }, result('c2', 'two'), result('c1', 'one')] },
    );
    expect(items).toEqual([
      user('hi'),
      said('I look.'),
      called('c1'),
      called('c2'),
      output('c2', 'two'),
      output('c1', 'one'),
      user('go on'),
    ]);
  });

  it('have no id of their own, which would have to be one that the provider gave', () => {
    const [, item] = inputOf(hello, { role: 'assistant', content: [use('toolu_1')] });
    expect(item).not.toHaveProperty('id');
    expect(item).toMatchObject({ call_id: 'toolu_1' });
  });

  it('without a result get one, and a result without a call stays readable', () => {
    const items = inputOf(
      { role: 'assistant', content: [use('c1')] },
      { role: 'user', content: [result('c9', 'lost')] },
    );
    expect(items).toEqual([called('c1'), output('c1', 'Error: [no result]'), user('[tool result c9] lost')]);
  });

  it('move images behind all outputs of the turn, with a word on whose they are', () => {
    const items = inputOf(
      { role: 'assistant', content: [use('c1'), use('c2')] },
      { role: 'user', content: [result('c1', [{ type: 'text', text: 'seen' }, png]), result('c2', [png])] },
    );
    expect(items.slice(2)).toEqual([
      output('c1', 'seen'),
      output('c2', '[image attached below]'),
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Attached to the result of c1:' },
          pngPart,
          { type: 'input_text', text: 'Attached to the result of c2:' },
          pngPart,
        ],
      },
    ]);
  });

  it.each<[string, Anthropic.ToolResultBlockParam, string]>([
    ['an error', result('c1', 'broke', true), 'Error: broke'],
    ['nothing', result('c1'), '(no output)'],
    ['an empty text', result('c1', ''), '(no output)'],
  ])('say %s in words', (_name, block, expected) => {
    const items = inputOf({ role: 'assistant', content: [use('c1')] }, { role: 'user', content: [block] });
    expect(items.at(-1)).toEqual(output('c1', expected));
  });

  it('keep names that are too long apart, and give them back', () => {
    const name = `mcp__${'x'.repeat(80)}`;
    const body = bodyOf({
      tools: [{ ...look, name }],
      messages: [hello, { role: 'assistant', content: [use('c1', name)] }],
    });
    const short = body.tools?.[0]?.name ?? '';
    expect(short).toMatch(/^[\w-]{1,64}$/);
    expect(body.input[1]).toMatchObject({ name: short });
  });
});

describe('thinking', () => {
  const thought = (thinking: string, signature: string): Anthropic.ThinkingBlockParam => ({
    type: 'thinking',
    thinking,
    signature,
  });

  it('that came from this wire goes back as the item that it was', () => {
    const items = inputOf(
      hello,
      { role: 'assistant', content: [thought('Hm.', 'openai:gAAAAAx'), thought('', 'openai:gAAAAAy'), use('c1')] },
      { role: 'user', content: [result('c1', 'r')] },
    );
    expect(items.slice(1, 3)).toEqual([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'gAAAAAx' },
      { type: 'reasoning', summary: [], encrypted_content: 'gAAAAAy' },
    ]);
  });

  it('of another provider is dropped, with a warning', () => {
    const content: Anthropic.ContentBlockParam[] = [
      thought('Hm.', 'EqQBCgIYAhIM'),
      { type: 'redacted_thinking', data: 'EroB' },
      { type: 'text', text: 'a' },
    ];
    const encoded = encode({ messages: [hello, { role: 'assistant', content }, hello] });
    expect((encoded.body as ResponsesBody).input).toEqual([user('hi'), said('a'), user('hi')]);
    expect(warnedFields(encoded)).toContain('messages[].content[].thinking');
    expect(warnedFields(encoded)).toContain('messages[].content[].redacted_thinking');
  });

  it('that led to nothing is left out: a reasoning item must be followed by what came of it', () => {
    const broken = { role: 'assistant' as const, content: [thought('Hm.', 'openai:gAAAAAx')] };
    expect(inputOf(hello, broken, hello)).toEqual([user('hi'), user('hi')]);
  });

  it.each<[string, ClientRequest, unknown]>([
    ['nothing', {}, undefined],
    ['thinking off', { thinking: { type: 'disabled' } }, undefined],
    ['a small budget', { thinking: { type: 'enabled', budget_tokens: 1024 } }, { effort: 'low', summary: 'auto' }],
    ['a middle budget', { thinking: { type: 'enabled', budget_tokens: 8192 } }, { effort: 'medium', summary: 'auto' }],
    ['a large budget', { thinking: { type: 'enabled', budget_tokens: 32_000 } }, { effort: 'high', summary: 'auto' }],
    ['adaptive', { thinking: { type: 'adaptive' } }, { effort: 'medium', summary: 'auto' }],
    [
      'adaptive in silence',
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'max' } },
      { effort: 'xhigh' },
    ],
    ['an effort alone', { output_config: { effort: 'high' } }, { effort: 'high' }],
  ])('asked for with %s', (_name, fields, expected) => {
    expect(bodyOf({ max_tokens: 64_000, ...fields }).reasoning).toEqual(expected);
  });

  it('asks no older model for more than it has', () => {
    const wanted: ClientRequest = {
      ...thinkingAsked,
      thinking: { type: 'adaptive' },
      output_config: { effort: 'max' },
    };
    expect(bodyOf(wanted, 'gpt-5').reasoning?.effort).toBe('high');
    expect(bodyOf(wanted, 'gpt-5-codex').reasoning?.effort).toBe('high');
    expect(bodyOf(wanted, 'gpt-6').reasoning?.effort).toBe('xhigh');
  });

  it.each(reasoningEfforts.filter((effort) => effort !== 'none'))('of Chat Completions clients: %s', (effort) => {
    const body = { model: MODEL, messages: [{ role: 'user', content: 'hi' }], reasoning_effort: effort };
    const decoded = openAiChatDialect.decodeRequest(body, codexUpstream.factsOf(MODEL));
    const { reasoning } = codexUpstream.encodeRequest(decoded, MODEL).body as ResponsesBody;
    const expected = effort === 'minimal' ? 'low' : effort === 'max' ? 'xhigh' : effort;
    expect(reasoning).toEqual({ effort: expected, summary: 'auto' });
  });
});

describe('tools', () => {
  it('are flat, and never strict by omission', () => {
    const strict: Anthropic.Tool = {
      name: 'exact',
      strict: true,
      input_schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    };
    expect(bodyOf({ tools: [look, strict] }).tools).toEqual([
      { type: 'function', name: 'look', description: 'Looks.', parameters: look.input_schema, strict: false },
      {
        type: 'function',
        name: 'exact',
        parameters: { ...strict.input_schema, additionalProperties: false },
        strict: true,
      },
    ]);
  });

  it('that only Anthropic runs are left out, with a warning', () => {
    const encoded = encode({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] });
    expect(encoded.body).not.toHaveProperty('tools');
    expect(encoded.body).not.toHaveProperty('tool_choice');
    expect(warnedFields(encoded)).toContain('tools[].web_search_20250305');
  });

  it.each<[Anthropic.ToolChoice, boolean]>([
    [{ type: 'any' }, true],
    [{ type: 'tool', name: 'look' }, true],
    [{ type: 'auto' }, false],
    [{ type: 'none' }, false],
  ])('that are not there cannot be chosen from: %j is left out, with a warning: %j', (choice, isWarned) => {
    const encoded = encode({ tool_choice: choice });
    expect(encoded.body).not.toHaveProperty('tool_choice');
    expect(warnedFields(encoded).includes('tool_choice')).toBe(isWarned);
  });

  it.each<[Anthropic.ToolChoice | undefined, unknown, boolean]>([
    [undefined, 'auto', true],
    [{ type: 'auto', disable_parallel_tool_use: true }, 'auto', false],
    [{ type: 'any' }, 'required', true],
    [{ type: 'none' }, 'none', true],
    [{ type: 'tool', name: 'look' }, { type: 'function', name: 'look' }, true],
    [{ type: 'tool', name: 'gone' }, 'auto', true],
  ])('are chosen from by %j', (choice, expected, isParallel) => {
    const body = bodyOf({ tools: [look], ...(choice && { tool_choice: choice }) });
    expect(body).toMatchObject({ tool_choice: expected, parallel_tool_calls: isParallel });
  });
});

describe('a wanted JSON schema', () => {
  const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };

  it('is the format, strict where it can be', () => {
    const body = bodyOf({ output_config: { format: { type: 'json_schema', schema } } });
    const fitted = { ...schema, additionalProperties: false };
    expect(body.text).toEqual({ format: { type: 'json_schema', name: 'output', schema: fitted, strict: true } });
  });

  it('that may not be strict is followed all the same', () => {
    const loose = { type: 'object', properties: { a: { type: 'number' } } };
    const body = bodyOf({ output_config: { format: { type: 'json_schema', schema: loose } } });
    expect(body.text?.format).toMatchObject({ schema: loose, strict: false });
  });

  it('whose root is no object is asked for in words', () => {
    const body = bodyOf({ system: 'A', output_config: { format: { type: 'json_schema', schema: { type: 'array' } } } });
    expect(body.text).toBeUndefined();
    expect(body.instructions).toMatch(/^A\n\n.*JSON Schema/s);
  });
});

describe('the key of the cache', () => {
  const first: Anthropic.MessageParam = { role: 'user', content: 'first' };
  const later: Anthropic.MessageParam[] = [first, { role: 'assistant', content: 'a' }, hello];

  it('stays while the conversation grows, whatever marks move about in it, and is the session as well', () => {
    const marked = { type: 'text' as const, text: 'first', cache_control: { type: 'ephemeral' as const } };
    const begun = encode({ system: 's', messages: [{ role: 'user', content: [marked] }] });
    const grown = encode({ system: 's', messages: later });
    const key = (grown.body as ResponsesBody).prompt_cache_key;
    expect((begun.body as ResponsesBody).prompt_cache_key).toBe(key);
    expect(grown.headers).toEqual({ session_id: key });
  });

  it('is another for another user, model, system or beginning', () => {
    const keys = [
      bodyOf({ messages: later }),
      bodyOf({ messages: later, metadata: { user_id: 'u' } }),
      bodyOf({ messages: later }, 'gpt-5'),
      bodyOf({ messages: later, system: 's' }),
      bodyOf({ messages: [hello] }),
    ].map((body) => body.prompt_cache_key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
