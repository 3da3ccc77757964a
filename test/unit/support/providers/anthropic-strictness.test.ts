import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAnthropicApi } from '../../../support/providers/anthropic/api.ts';
import type { AnthropicApi } from '../../../support/providers/anthropic/api.ts';
import { signThinking } from '../../../support/providers/anthropic/plan.ts';

let api: AnthropicApi;

beforeAll(async () => {
  api = await startAnthropicApi();
});

afterAll(() => api.close());

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function send(path: string, init: RequestInit = {}, headers: Record<string, string> = {}): Promise<Answer> {
  const all = {
    'x-api-key': api.key,
    'anthropic-version': '2023-06-01',
    'content-type': 'application/json',
    ...headers,
  };
  const response = await fetch(`${api.url}${path}`, { ...init, headers: all });
  return { status: response.status, text: await response.text() };
}

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const call = (id: string) => ({ type: 'tool_use', id, name: 'f', input: {} });
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' });
const text = (words: string) => ({ type: 'text', text: words });
const tools = [{ name: 'f', input_schema: { type: 'object' } }];
const thinking = { type: 'enabled', budget_tokens: 1024 };
const base = { model: 'claude-haiku-4-5', max_tokens: 2000, messages: [user('hi')] };

const refused: readonly (readonly [string, object, string])[] = [
  ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
  ['an unknown field', { betas: ['x'] }, 'betas: Extra inputs are not permitted'],
  ['a beta’s field without it', { context_management: {} }, 'context_management: Extra inputs are not permitted'],
  [
    'an unknown field of a block',
    { messages: [user([{ ...text('a'), x: 1 }])] },
    'messages.0.content.0.text.x: Extra inputs',
  ],
  ['an unknown block', { messages: [user([{ type: 'x' }])] }, "messages.0.content.0: Input tag 'x' found using 'type'"],
  [
    'a tool id with a dot',
    { tools, messages: [user('a'), assistant([call('a.b')]), user([result('a.b')])] },
    "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
  ],
  [
    'an empty tool id',
    { tools, messages: [user('a'), assistant([call('')])] },
    'tool_use.id: String should match pattern',
  ],
  ['an empty text', { messages: [user([text('')])] }, 'messages: text content blocks must be non-empty'],
  [
    'a blank text',
    { messages: [user([text(' \n')])] },
    'messages: text content blocks must contain non-whitespace text',
  ],
  [
    'an empty message',
    { messages: [user('a'), assistant([]), user('b')] },
    'messages.1: all messages must have non-empty content',
  ],
  ['no messages', { messages: [] }, 'messages: at least one message is required'],
  [
    'a call without its result',
    { tools, messages: [user('a'), assistant([call('t1')]), user('b')] },
    '`tool_use` ids were found without `tool_result` blocks immediately after: t1',
  ],
  [
    'a result after the text',
    { tools, messages: [user('a'), assistant([call('t1')]), user([text('b'), result('t1')])] },
    '`tool_use` ids were found without `tool_result` blocks immediately after',
  ],
  [
    'results in two messages',
    { tools, messages: [user('a'), assistant([call('t1'), call('t2')]), user([result('t1')]), user([result('t2')])] },
    'immediately after: t2',
  ],
  [
    'a result without its call',
    { tools, messages: [user([result('t9')])] },
    'unexpected `tool_use_id` found in `tool_result` blocks: t9',
  ],
  [
    'two results for one call',
    { tools, messages: [user('a'), assistant([call('t1')]), user([result('t1'), result('t1')])] },
    'each tool_use must have a single result',
  ],
  [
    'tool blocks without tools',
    { messages: [user('a'), assistant([call('t1')]), user([result('t1')])] },
    'must define tools',
  ],
  ['a tool without a schema', { tools: [{ name: 'f' }] }, 'tools.0.custom.input_schema: Field required'],
  [
    'a tool choice without tools',
    { tool_choice: { type: 'any' } },
    'tool_choice may only be specified while providing tools',
  ],
  [
    'a choice of an unknown tool',
    { tools, tool_choice: { type: 'tool', name: 'g' } },
    "Tool 'g' not found in provided tools",
  ],
  [
    'a blank stop sequence',
    { stop_sequences: ['\n'] },
    'stop_sequences: each stop sequence must contain non-whitespace',
  ],
  [
    'a small thinking budget',
    { thinking: { type: 'enabled', budget_tokens: 1000 } },
    'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
  ],
  [
    'a budget above max_tokens',
    { thinking: { type: 'enabled', budget_tokens: 2000 } },
    '`max_tokens` must be greater than `thinking.budget_tokens`',
  ],
  [
    'a temperature with thinking',
    { thinking, temperature: 0.5 },
    '`temperature` may only be set to 1 when thinking is enabled',
  ],
  [
    'a forced tool with thinking',
    { thinking, tools, tool_choice: { type: 'any' } },
    'Thinking may not be enabled when tool_choice forces tool use.',
  ],
  [
    'a call without its thinking',
    { thinking, tools, messages: [user('a'), assistant([call('t1')]), user([result('t1')])] },
    'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`',
  ],
  [
    'thinking without a signature',
    { messages: [user('a'), assistant([{ type: 'thinking', thinking: 'x' }]), user('b')] },
    'messages.1.content.0.thinking.signature: Field required',
  ],
  [
    'thinking with a made-up signature',
    { messages: [user('a'), assistant([{ type: 'thinking', thinking: 'x', signature: 'AAAA' }]), user('b')] },
    'messages.1.content.0: Invalid `signature` in `thinking` block',
  ],
  [
    'thinking with changed text',
    {
      messages: [user('a'), assistant([{ type: 'thinking', thinking: 'x', signature: signThinking('y') }]), user('b')],
    },
    'Invalid `signature` in `thinking` block',
  ],
  [
    'thinking without anything',
    { messages: [user('a'), assistant([{ type: 'thinking', thinking: '', signature: '' }]), user('b')] },
    'each thinking block must contain thinking',
  ],
  [
    'adaptive thinking of an older model',
    { thinking: { type: 'adaptive' } },
    'adaptive thinking is not supported on this model',
  ],
  [
    'a thinking budget of a new model',
    { model: 'claude-opus-5', thinking },
    '"thinking.type.enabled" is not supported for this model',
  ],
  [
    'temperature for a new model',
    { model: 'claude-opus-5', temperature: 0 },
    '`temperature` is deprecated for this model.',
  ],
  ['temperature beside top_p', { temperature: 1, top_p: 0.9 }, '`temperature` and `top_p` cannot both be specified'],
  ['too many tokens', { max_tokens: 999_999 }, 'max_tokens: 999999 > 64000'],
  [
    'a prefill of a new model',
    { model: 'claude-opus-5', messages: [user('a'), assistant('b')] },
    'does not support assistant message prefill',
  ],
  [
    'a prefill that ends in a blank',
    { messages: [user('a'), assistant('b ')] },
    'final assistant content cannot end with trailing whitespace',
  ],
  [
    'five cache marks',
    { messages: [user(Array.from({ length: 5 }, () => ({ ...text('a'), cache_control: { type: 'ephemeral' } })))] },
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  [
    'an image of the wrong name',
    { messages: [user([{ type: 'image', source: { type: 'base64', media_type: 'image/jpg', data: 'AAAA' } }])] },
    "media_type: Input should be 'image/jpeg'",
  ],
];

it.each(refused)('refuses %s', async (_, changes, message) => {
  const { status, text: body } = await send('/v1/messages', {
    method: 'POST',
    body: JSON.stringify({ ...base, ...changes }),
  });
  expect(status).toBe(400);
  const error = JSON.parse(body) as { readonly error: { readonly type: string; readonly message: string } };
  expect(error).toMatchObject({
    type: 'error',
    error: { type: 'invalid_request_error' },
    request_id: expect.any(String),
  });
  expect(error.error.message).toContain(message);
});

const accepted: readonly (readonly [string, object])[] = [
  [
    'thinking whose text was left out',
    {
      messages: [
        user('a'),
        assistant([{ type: 'thinking', thinking: '', signature: signThinking('long ago') }, text('b')]),
        user('c'),
      ],
    },
  ],
  [
    'results first, text after',
    {
      tools,
      messages: [user('a'), assistant([call('t1'), call('t2')]), user([result('t1'), result('t2'), text('b')])],
    },
  ],
  [
    'a call after its thinking',
    {
      thinking,
      tools,
      messages: [
        user('a'),
        assistant([{ type: 'thinking', thinking: 'x', signature: signThinking('x') }, call('t1')]),
        user([result('t1')]),
      ],
    },
  ],
  ['a prefill of an older model', { messages: [user('a'), assistant('b')] }],
];

it.each(accepted)('takes %s', async (_, changes) => {
  const { status, text: body } = await send('/v1/messages', {
    method: 'POST',
    body: JSON.stringify({ ...base, ...changes }),
  });
  expect([status, body]).toEqual([200, expect.any(String)]);
});

it('refuses strangers, and whoever leaves out the version', async () => {
  const body = JSON.stringify(base);
  expect((await send('/v1/messages', { method: 'POST', body }, { 'x-api-key': 'sk-ant-api03-other' })).text).toContain(
    'invalid x-api-key',
  );
  expect((await send('/v1/messages', { method: 'POST', body }, { authorization: 'Bearer x' })).status).toBe(400);
  const response = await fetch(`${api.url}/v1/models`, { headers: { 'x-api-key': api.key } });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('anthropic-version: header is required');
});

it('answers an unknown model or route with 404 in the envelope, a bad method with 405, and HEAD /', async () => {
  const model = await send('/v1/messages', { method: 'POST', body: JSON.stringify({ ...base, model: 'gpt-5' }) });
  expect([model.status, JSON.parse(model.text)]).toMatchObject([
    404,
    { error: { type: 'not_found_error', message: 'model: gpt-5' } },
  ]);
  const route = await send('/v1/nothing');
  expect([route.status, JSON.parse(route.text)]).toMatchObject([
    404,
    { type: 'error', error: { type: 'not_found_error' } },
  ]);
  expect((await send('/v1/messages')).status).toBe(405);
  expect((await fetch(api.url, { method: 'HEAD' })).status).toBe(200);
});
