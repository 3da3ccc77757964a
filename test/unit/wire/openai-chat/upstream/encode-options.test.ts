import { createHash } from 'node:crypto';
import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { openAiQuirks } from '../../../../../shared/api-provider.ts';
import { createChatUpstream } from '../../../../../companion/wire/openai-chat/upstream/codec.ts';
import { hello, request, warnedFields } from '../../openai/upstream-support.ts';
import { assistantCalls, bodyOf, encode, quirksOf, results } from './support.ts';

const look: Anthropic.Tool = { name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: {} } };
const search = { type: 'web_search_20250305', name: 'web_search' } as const;

it('P25 sends stop and a short user, drops top_k, and asks for usage in a stream', () => {
  const userId = 'u'.repeat(120);
  const encoded = encode({ stream: true, stop_sequences: ['a', 'b'], top_k: 5, metadata: { user_id: userId } });
  expect(encoded).toMatchObject({ path: '/chat/completions', headers: {} });
  expect(encoded.body).toEqual({
    model: 'served-model',
    messages: [hello],
    max_completion_tokens: 100,
    stop: ['a', 'b'],
    user: createHash('sha256').update(userId).digest('hex'),
    stream: true,
    stream_options: { include_usage: true },
  });
  expect(warnedFields(encoded)).toEqual(['top_k']);
});

it('asks for no stream and no usage chunk where there is none to be had', () => {
  expect(bodyOf({})).not.toHaveProperty('stream');
  expect(bodyOf({ stream: true }, { quirks: quirksOf('mistral') })).not.toHaveProperty('stream_options');
});

it.each([
  ['openai', 'max_completion_tokens'],
  ['mistral', 'max_tokens'],
  ['deepseek', 'max_tokens'],
  ['groq', 'max_tokens'],
] as const)('limits an answer of %s by %s alone', (id, field) => {
  const body = bodyOf({ max_tokens: 7 }, { quirks: quirksOf(id) });
  expect(Object.entries(body).filter(([name]) => name.startsWith('max_'))).toEqual([[field, 7]]);
});

it('names no limit where the client named none', () => {
  const codec = createChatUpstream(openAiQuirks);
  const { body } = codec.encodeRequest({ ...request({}), hasDefaultMaxTokens: true }, 'm');
  expect(body).toEqual({ model: 'm', messages: [hello] });
});

describe('tools', () => {
  it('become functions, each with an object schema', () => {
    const bare: Anthropic.Tool = { name: 'go', input_schema: { type: 'object' } };
    expect(bodyOf({ tools: [look, bare] }).tools).toEqual([
      {
        type: 'function',
        function: { name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } },
      },
      { type: 'function', function: { name: 'go', parameters: { type: 'object', properties: {} } } },
    ]);
  });

  it('that only Anthropic has are dropped, and the choice with them when none is left', () => {
    const encoded = encode({ tools: [search], tool_choice: { type: 'any' } });
    expect(encoded.body).not.toHaveProperty('tools');
    expect(encoded.body).not.toHaveProperty('tool_choice');
    expect(warnedFields(encoded)).toEqual(['tools[].web_search_20250305']);
  });

  it.each<[Anthropic.ToolChoice, unknown]>([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'any' }, 'required'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'look' },
      { type: 'function', function: { name: 'look' } },
    ],
  ])('are chosen by %j as %j', (choice, expected) => {
    expect(bodyOf({ tools: [look], tool_choice: choice }).tool_choice).toEqual(expected);
  });

  it('are forced in the server’s own word', () => {
    expect(bodyOf({ tools: [look], tool_choice: { type: 'any' } }, { quirks: quirksOf('mistral') }).tool_choice).toBe(
      'any',
    );
  });

  it('that were dropped cannot be forced', () => {
    const encoded = encode({ tools: [look, search], tool_choice: { type: 'tool', name: 'web_search' } });
    expect(encoded.body).not.toHaveProperty('tool_choice');
    expect(warnedFields(encoded)).toContain('tool_choice');
  });

  it('come one at a time where the server can be told so', () => {
    const asked = { tools: [look], tool_choice: { type: 'auto', disable_parallel_tool_use: true } } as const;
    expect(bodyOf({ ...asked, tools: [look] })).toMatchObject({ tool_choice: 'auto', parallel_tool_calls: false });
    const encoded = encode({ ...asked, tools: [look] }, { quirks: quirksOf('deepseek') });
    expect(encoded.body).not.toHaveProperty('parallel_tool_calls');
    expect(warnedFields(encoded)).toEqual(['tool_choice.disable_parallel_tool_use']);
  });

  it('with names beyond 64 letters are shortened, the same in definition, choice and history, and told apart', () => {
    const long = `mcp__${'server_'.repeat(9)}__`;
    const tools = [
      { ...look, name: `${long}a` },
      { ...look, name: `${long}b` },
    ];
    const body = bodyOf({
      tools,
      tool_choice: { type: 'tool', name: `${long}b` },
      messages: [
        hello,
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: `${long}b`, input: {} }] },
        { role: 'user', content: results(['t1', 'ok']) },
      ],
    });
    const names = body.tools?.map((tool) => tool.function.name) ?? [];
    expect(new Set(names).size).toBe(2);
    expect(names.every((name) => /^[\w-]{1,64}$/.test(name))).toBe(true);
    expect(body.tool_choice).toEqual({ type: 'function', function: { name: names[1] } });
    expect(body.messages[1]).toMatchObject({ tool_calls: [{ function: { name: names[1] } }] });
  });
});

describe('thinking', () => {
  it.each<[Anthropic.ThinkingConfigParam | undefined, string | undefined, string | undefined]>([
    [undefined, undefined, undefined],
    [{ type: 'disabled' }, 'high', undefined],
    [{ type: 'enabled', budget_tokens: 2048 }, undefined, 'low'],
    [{ type: 'enabled', budget_tokens: 2049 }, undefined, 'medium'],
    [{ type: 'enabled', budget_tokens: 12_288 }, undefined, 'medium'],
    [{ type: 'enabled', budget_tokens: 12_289 }, undefined, 'high'],
    [{ type: 'adaptive' }, undefined, 'medium'],
    [{ type: 'adaptive' }, 'low', 'low'],
    [{ type: 'adaptive' }, 'max', 'xhigh'],
    [undefined, 'high', 'high'],
  ])('%j with effort %s asks for %s', (thinking, effort, expected) => {
    const body = bodyOf({
      ...(thinking && { thinking }),
      ...(effort && { output_config: { effort: effort as 'low' } }),
    });
    expect(body.reasoning_effort).toBe(expected);
  });

  it('takes the nearest level that a server has', () => {
    const asked = { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } } as const;
    expect(bodyOf(asked, { quirks: quirksOf('groq') }).reasoning_effort).toBe('high');
    expect(bodyOf(asked, { quirks: { efforts: ['none', 'minimal'] } }).reasoning_effort).toBe('minimal');
  });

  it.each([
    ['a server without levels', { quirks: quirksOf('mistral') }],
    ['a model that does not reason', { model: 'gpt-4o-mini' }],
  ])('is dropped with a warning for %s', (_name, encoding) => {
    const encoded = encode({ thinking: { type: 'adaptive' } }, encoding);
    expect(encoded.body).not.toHaveProperty('reasoning_effort');
    expect(warnedFields(encoded)).toEqual(['thinking']);
  });
});

describe('sampling', () => {
  it('passes, zero included, unless the server takes no zero', () => {
    expect(bodyOf({ temperature: 0, top_p: 0.5 })).toMatchObject({ temperature: 0, top_p: 0.5 });
    expect(bodyOf({ temperature: 0 }, { quirks: quirksOf('groq') }).temperature).toBe(1e-8);
  });

  it.each(['o3-mini', 'gpt-5', 'openai/gpt-5-nano'])('is left out for %s, which refuses it', (model) => {
    const encoded = encode({ temperature: 0.2, top_p: 1 }, { model });
    expect(encoded.body).not.toHaveProperty('temperature');
    expect(warnedFields(encoded)).toEqual(['temperature']);
  });

  it.each(['gpt-4o', 'gpt-5-chat-latest', 'gpt-5.1', 'mistral-large'])('is kept for %s', (model) => {
    expect(bodyOf({ temperature: 0.2 }, { model }).temperature).toBe(0.2);
  });
});

describe('stop sequences', () => {
  it.each([
    [{}, ['a', 'b', 'c', 'd'], ['e']],
    [{ quirks: { takesStop: false } }, undefined, ['a', 'b', 'c', 'd', 'e']],
    [{ model: 'gpt-5-mini' }, undefined, ['a', 'b', 'c', 'd', 'e']],
    [{ model: 'gpt-5.5' }, undefined, ['a', 'b', 'c', 'd', 'e']],
  ])('beyond what %j takes are kept for us', (encoding, sent, kept) => {
    const encoded = encode({ stop_sequences: ['a', 'b', 'c', 'd', 'e', 'a'] }, encoding);
    expect((encoded.body as { stop?: unknown }).stop).toEqual(sent);
    expect(encoded.memo).toMatchObject({ localStops: kept });
  });
});

describe('a JSON schema', () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'number' } },
    required: ['a'],
    additionalProperties: false,
  };
  const asked = { system: 'Be kind.', output_config: { format: { type: 'json_schema' as const, schema } } };

  it('is asked for natively', () => {
    expect(bodyOf(asked).response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'output', schema, strict: true },
    });
  });

  it('is asked for in words where the server knows only JSON', () => {
    const body = bodyOf(asked, { quirks: quirksOf('deepseek') });
    expect(body.response_format).toEqual({ type: 'json_object' });
    expect(body.messages[0]?.content).toMatch(/^Be kind\.\n\nWhen .*JSON.*\{"type":"object"/s);
  });
});

it('warns of every field that has no place, known or not', () => {
  const encoded = encode({ service_tier: 'standard_only', brand_new: 1, container: null } as never);
  expect(warnedFields(encoded)).toEqual(['service_tier', 'brand_new']);
  expect(encode({ service_tier: 'auto' }).warnings).toEqual([]);
});

it.each(['gemini', 'mistral', 'deepseek'] as const)('sends no user to %s', (id) => {
  const encoded = encode({ metadata: { user_id: 'me' } }, { quirks: quirksOf(id) });
  expect(encoded.body).not.toHaveProperty('user');
  expect(warnedFields(encoded)).toEqual(['metadata.user_id']);
});

it('knows what a model takes from the quirks of its server and from its name', () => {
  const openai = createChatUpstream(openAiQuirks);
  expect(openai.factsOf('gpt-5')).toMatchObject({ thinking: 'adaptive', sampling: 'both', maxTemperature: 2 });
  expect(openai.factsOf('gpt-5').efforts).toEqual(['low', 'medium', 'high', 'xhigh', 'max']);
  expect(openai.factsOf('gpt-4o')).toMatchObject({ thinking: 'none', efforts: [], hasNativeJsonSchema: true });
  expect(createChatUpstream(quirksOf('mistral')).factsOf('magistral-medium').thinking).toBe('none');
});

it('gives a call and its result the same nine letters', () => {
  const messages = [
    hello,
    assistantCalls('toolu_01', 'toolu_02'),
    { role: 'user' as const, content: results(['toolu_02', 'b'], ['toolu_01', 'a']) },
  ];
  const encoded = bodyOf({ messages }, { quirks: quirksOf('mistral') }).messages;
  const [, assistant, second, first] = encoded as [
    unknown,
    { tool_calls: { id: string }[] },
    { tool_call_id: string },
    { tool_call_id: string },
  ];
  expect(assistant.tool_calls.map(({ id }) => id)).toEqual([first.tool_call_id, second.tool_call_id]);
  expect(first.tool_call_id).toMatch(/^[a-zA-Z0-9]{9}$/);
  expect(first.tool_call_id).not.toBe(second.tool_call_id);
});
