/** What web mode cannot do is refused before the site is asked, in the client's own shape, with the mode that can. */
import { BadRequestError as AnthropicBadRequest } from '@anthropic-ai/sdk';
import { BadRequestError as OpenAiBadRequest } from 'openai';
import { describe, expect, test } from 'vitest';
import { ask, model, openSyncedHouse } from './house.ts';

const tool = { name: 'f', description: 'd', input_schema: { type: 'object' } };
const toolUse = { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }] };
const toolResult = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' }] };
const user = { role: 'user', content: 'Hi.' };

const anthropicCases: readonly (readonly [string, string, object])[] = [
  ['tools', 'tools', { tools: [tool] }],
  ['a server tool', 'tools', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ['tool_choice', 'tool_choice', { tool_choice: { type: 'any' } }],
  ['a tool call in the history', 'messages[1].content[0]', { messages: [user, toolUse, toolResult] }],
  ['a prefill', 'messages[1].role', { messages: [user, { role: 'assistant', content: 'Well,' }] }],
  ['MCP servers', 'mcp_servers', { mcp_servers: [{ type: 'url', url: 'https://x.example', name: 'x' }] }],
  ['a container', 'container', { container: 'container_1' }],
  [
    'a file of the Files API',
    'messages[0].content[0].source.file_id',
    { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }] }] },
  ],
];

const chatTool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } };
const openaiCases: readonly (readonly [string, string, object])[] = [
  ['tools', 'tools', { tools: [chatTool] }],
  ['a forced tool', 'tools', { tools: [chatTool], tool_choice: 'required' }],
  [
    // The decoder gives the call the tool that it must have come from.
    'a tool call in the history',
    'tools',
    {
      messages: [
        user,
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'x' },
      ],
    },
  ],
  ['a prefill', 'messages', { messages: [user, { role: 'assistant', content: 'Well,' }] }],
];

describe('the Anthropic dialect', () => {
  test('refuses each with a 400 that names the field and the mode that can', async () => {
    const { house } = await openSyncedHouse('direct');
    for (const [name, field, fields] of anthropicCases) {
      const error = await house
        .anthropic()
        .messages.create({ ...ask('Hi.'), ...fields })
        .catch((thrown: unknown) => thrown);
      expect(error, name).toBeInstanceOf(AnthropicBadRequest);
      const { headers, error: body } = error as AnthropicBadRequest;
      expect(body, name).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
      const { message } = (body as { error: { message: string } }).error;
      expect(message, name).toContain(field);
      expect(message, name).toContain('`api`');
      expect(headers?.get('x-companion-error'), name).toBe('NOT_AVAILABLE_IN_MODE');
      expect(headers?.get('x-should-retry'), name).toBe('false');
    }
    expect(house.site.requests).toEqual([]);
  });

  test('refuses them for streams too, before a stream begins', async () => {
    const { house } = await openSyncedHouse('direct');
    const reply = await house.post('anthropic', { ...ask('Hi.'), stream: true, tools: [tool] });
    expect(reply.status).toBe(400);
    expect(reply.headers.get('content-type')).toContain('application/json');
  });
});

describe('the OpenAI dialect', () => {
  test('refuses each with a 400 that names the field and the mode that can', async () => {
    const { house } = await openSyncedHouse('direct');
    for (const [name, field, fields] of openaiCases) {
      const error = await house
        .openai()
        .chat.completions.create({ ...ask('Hi.'), ...fields })
        .catch((thrown: unknown) => thrown);
      expect(error, name).toBeInstanceOf(OpenAiBadRequest);
      const { param, type, message, headers } = error as OpenAiBadRequest;
      expect({ param, type }, name).toEqual({ param: field, type: 'invalid_request_error' });
      expect(message, name).toContain('`api`');
      expect(headers?.get('x-companion-error'), name).toBe('NOT_AVAILABLE_IN_MODE');
    }
    expect(house.site.requests).toEqual([]);
  });

  test('refuses more than one choice, naming n', async () => {
    const { house } = await openSyncedHouse('direct');
    const error = await house
      .openai()
      .chat.completions.create({ ...ask('Hi.'), n: 2 })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 400, param: 'n', type: 'invalid_request_error' });
  });
});

test('tool_choice "none" and an empty tool list ask for nothing, so they are served', async () => {
  const { house } = await openSyncedHouse('direct');
  const message = await house.anthropic().messages.create({ ...ask('Hi.'), tools: [], tool_choice: { type: 'none' } });
  expect(message.stop_reason).toBe('end_turn');
});

test('what changes nothing but how the answer comes about is dropped, and each field is named in a header', async () => {
  const { house } = await openSyncedHouse('direct');
  const anthropic = await house.post('anthropic', ask('Hi.', { temperature: 0.5, top_k: 5, service_tier: 'auto' }));
  expect(anthropic.status).toBe(200);
  const warnings = anthropic.headers.get('x-companion-warnings') ?? '';
  for (const field of ['temperature', 'top_k', 'service_tier', 'max_tokens']) expect(warnings).toContain(`${field}: `);
  const openai = await house.post('openai', ask('Hi.', { seed: 7, logit_bias: { 1: 2 }, stream: true }));
  expect(openai.status).toBe(200);
  const more = openai.headers.get('x-companion-warnings') ?? '';
  for (const field of ['seed', 'logit_bias']) expect(more).toContain(`${field}: `);
  await openai.text();
});

test.each([
  'http://example.com/a.png',
  'https://127.0.0.1/a.png',
  'https://2130706433/a.png',
  'https://[::ffff:169.254.169.254]/latest/meta-data',
])('an image at %s is not fetched, and the site is not asked', async (url) => {
  const { house } = await openSyncedHouse('direct');
  const image = { type: 'image', source: { type: 'url', url } };
  const anthropic = await house.post('anthropic', ask('', { messages: [{ role: 'user', content: [image] }] }));
  const part = { type: 'image_url', image_url: { url } };
  const openai = await house.post('openai', ask('', { messages: [{ role: 'user', content: [part] }] }));
  for (const reply of [anthropic, openai]) {
    expect(reply.status).toBe(400);
    expect(reply.headers.get('x-companion-error')).toBe('FILE_URL_REFUSED');
    expect(await reply.text()).toContain('Send the file as base64');
  }
  expect(house.routes).toEqual([]);
});

test('the mode api, which nothing serves without a key, is refused by name', async () => {
  const { house } = await openSyncedHouse('direct');
  const error = await house
    .anthropic()
    .messages.create(ask('Hi.'), { headers: { 'x-proxy-mode': 'api' } })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status: 400 });
  expect(String((error as Error).message)).toContain('x-proxy-mode: api');
  expect(house.site.requests).toEqual([]);
});

test('the mode web is served', async () => {
  const { house } = await openSyncedHouse('direct');
  const message = await house.anthropic().messages.create(ask('Hi.'), { headers: { 'x-proxy-mode': 'web' } });
  expect(message.model).toBe(model);
});
