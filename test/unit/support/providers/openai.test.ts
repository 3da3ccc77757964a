import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startOpenAiApi } from '../../../support/providers/openai/api.ts';
import type { OpenAiApi } from '../../../support/providers/openai/api.ts';

let api: OpenAiApi;
let client: OpenAI;

beforeAll(async () => {
  api = await startOpenAiApi();
  client = new OpenAI({ apiKey: api.key, baseURL: api.url, maxRetries: 0 });
});

afterEach(() => {
  expect(api.failures).toEqual([]);
  api.reset();
});

afterAll(() => api.close());

const user = (content: string) => ({ role: 'user' as const, content });
const chat = (content: string) => ({ model: 'gpt-4o', messages: [user(content)] });
const weather = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

it('answers with what it was told, whole and as a stream', async () => {
  const whole = await client.chat.completions.create(chat('hello'));
  const streamed = await client.chat.completions.stream(chat('hello')).finalChatCompletion();

  expect(whole.choices[0]?.message.content).toBe('You said: hello');
  expect(streamed.choices[0]?.message.content).toBe('You said: hello');
  expect(streamed.choices[0]?.finish_reason).toBe('stop');
});

it('sends usage in a stream only when it is asked for, on a chunk of its own', async () => {
  const usages = async (options: object) => {
    const chunks = [];
    const stream = await client.chat.completions.create({ ...chat('hello'), stream: true, ...options });
    for await (const chunk of stream) chunks.push(chunk);
    return chunks;
  };
  const silent = await usages({});
  const asked = await usages({ stream_options: { include_usage: true } });

  expect(silent.every((chunk) => !('usage' in chunk))).toBe(true);
  expect(asked.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  expect(asked.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
  expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
});

it('makes a round trip through parallel tools, with interleaved and empty fragments', async () => {
  api.scenario = {
    answer: ({ toolResults }) =>
      toolResults.length === 0
        ? {
            interleavesTools: true,
            parts: [
              {
                kind: 'tool-call',
                name: 'weather',
                arguments: '{"city":"Paris"}',
                fragments: ['{"city"', '', ':"Paris"}'],
              },
              { kind: 'tool-call', name: 'weather', arguments: { city: '北京' } },
            ],
          }
        : toolResults.map(({ content }) => String(content)).join(', '),
  };
  const first = await client.chat.completions.stream({ ...chat('weather?'), tools: [weather] }).finalChatCompletion();
  const message = first.choices[0]?.message;
  const calls = (message?.tool_calls ?? []).filter((call) => call.type === 'function');
  const second = await client.chat.completions.create({
    model: 'gpt-4o',
    tools: [weather],
    messages: [
      user('weather?'),
      {
        role: 'assistant',
        content: null,
        tool_calls: calls.map(({ id, type, function: called }) => ({
          id,
          type,
          function: { name: called.name, arguments: called.arguments },
        })),
      },
      ...calls.map(({ id }, index) => ({ role: 'tool' as const, tool_call_id: id, content: `result ${index}` })),
    ],
  });

  expect(first.choices[0]?.finish_reason).toBe('tool_calls');
  expect(calls.map(({ function: called }) => called.arguments)).toEqual(['{"city":"Paris"}', '{"city":"北京"}']);
  expect(second.choices[0]?.message.content).toBe('result 0, result 1');
});

const toolCall = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
const assistant = (...ids: string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => toolCall(id)),
});
const tool = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'ok' });

const refused: readonly (readonly [string, object, object])[] = [
  ['an unknown field', { top_k: 5 }, { message: 'Unrecognized request argument supplied: top_k' }],
  [
    'max_tokens for a reasoning model',
    { model: 'gpt-5', max_tokens: 5 },
    { param: 'max_tokens', code: 'unsupported_parameter' },
  ],
  [
    'temperature for a reasoning model',
    { model: 'o3', temperature: 0.2 },
    { param: 'temperature', code: 'unsupported_value' },
  ],
  ['stop for a reasoning model', { model: 'gpt-5', stop: ['x'] }, { param: 'stop', code: 'unsupported_parameter' }],
  ['a tool message without its call', { messages: [user('a'), tool('c1')] }, { param: 'messages.[1].role' }],
  [
    'a tool message after the user went on',
    { messages: [user('a'), assistant('c1'), user('b'), tool('c1')] },
    { message: expect.stringContaining('did not have response messages: c1') },
  ],
  [
    'a call that is never answered',
    { messages: [user('a'), assistant('c1', 'c2'), tool('c1')] },
    { message: expect.stringContaining('response messages: c2') },
  ],
  [
    'an image in a tool message',
    {
      messages: [
        user('a'),
        assistant('c1'),
        { ...tool('c1'), content: [{ type: 'image_url', image_url: { url: 'https://x' } }] },
      ],
    },
    { message: expect.stringContaining("only allowed for messages with role 'user'") },
  ],
  ['five stop sequences', { stop: ['1', '2', '3', '4', '5'] }, { code: 'array_above_max_length' }],
  ['an empty list of tools', { tools: [] }, { code: 'empty_array', param: 'tools' }],
  ['a tool choice without tools', { tool_choice: 'required' }, { param: 'tool_choice' }],
  ['stream_options without a stream', { stream_options: { include_usage: true } }, { param: 'stream_options' }],
  ['a long user', { user: 'u'.repeat(65) }, { code: 'string_above_max_length' }],
  [
    'a strict schema that is open',
    {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'x', strict: true, schema: { type: 'object', properties: {} } },
      },
    },
    { param: 'response_format', message: expect.stringContaining('additionalProperties') },
  ],
  ['a null content', { messages: [{ role: 'user', content: null }] }, { code: 'invalid_type' }],
];

it.each(refused)('refuses %s', async (_, changes, error) => {
  const request = client.chat.completions.create({ ...chat('hi'), ...changes } as never);
  const refusal = await request.catch((thrown: unknown) => thrown);
  expect(refusal).toMatchObject({ status: 400, error: { type: 'invalid_request_error', ...error } });
});

it('refuses strangers and unknown models in OpenAI’s shapes', async () => {
  const stranger = new OpenAI({ apiKey: 'sk-other', baseURL: api.url, maxRetries: 0 });
  await expect(stranger.chat.completions.create(chat('hi'))).rejects.toMatchObject({
    status: 401,
    code: 'invalid_api_key',
  });
  const missing = client.chat.completions.create({ ...chat('hi'), model: 'claude-opus-5' });
  await expect(missing).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
});

it('names limits and the request in its headers, and refuses when a key’s minute is used up', async () => {
  api.setKey({ name: 'small', secret: 'sk-small', limits: { requestsPerMinute: 1 } });
  const small = new OpenAI({ apiKey: 'sk-small', baseURL: api.url, maxRetries: 0 });
  const { response } = await small.chat.completions.create(chat('hi')).withResponse();

  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('0');
  expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^(?:\d+s|1m0s|\d+ms)$/);
  await expect(small.chat.completions.create(chat('hi'))).rejects.toMatchObject({
    status: 429,
    code: 'rate_limit_exceeded',
  });
});

it('reads long prompts from its cache the second time', async () => {
  const long = chat(`start ${'y'.repeat(9000)}`);
  const first = await client.chat.completions.create(long);
  const second = await client.chat.completions.create(long);

  expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
  expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThanOrEqual(2048);
});

it('streams a response of every kind of item in order, and to the same end as without a stream', async () => {
  api.scenario = {
    answer: () => ({
      parts: [
        { kind: 'reasoning', text: 'I think about it.' },
        { kind: 'text', text: 'Here it is. 🙂' },
        { kind: 'tool-call', name: 'weather', arguments: '{"city":"Paris"}' },
        { kind: 'custom-tool-call', name: 'shell', input: 'ls -la /somewhere' },
      ],
    }),
  };
  const request = { model: 'gpt-5', input: 'go' };
  const whole = await client.responses.create(request);
  const types: string[] = [];
  const numbers: number[] = [];
  const stream = client.responses.stream(request);
  for await (const event of stream) {
    if (types.at(-1) !== event.type) types.push(event.type);
    numbers.push(event.sequence_number);
  }
  const final = await stream.finalResponse();

  expect(numbers).toEqual(numbers.map((_, index) => index));
  expect(types).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.reasoning_summary_part.added',
    'response.reasoning_summary_text.delta',
    'response.reasoning_summary_text.done',
    'response.reasoning_summary_part.done',
    'response.output_item.done',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.output_item.added',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.done',
    'response.output_item.done',
    'response.output_item.added',
    'response.custom_tool_call_input.delta',
    'response.custom_tool_call_input.done',
    'response.output_item.done',
    'response.completed',
  ]);
  expect(final.output_text).toBe('Here it is. 🙂');
  expect(final.output.map(({ type }) => type)).toEqual(whole.output.map(({ type }) => type));
});

it('goes on from a stored response, and from items that the client keeps', async () => {
  api.scenario = {
    answer: ({ toolResults }) =>
      toolResults.length === 0
        ? { parts: [{ kind: 'tool-call', name: 'weather', arguments: '{}' }] }
        : String(toolResults[0]?.['output']),
  };
  const first = await client.responses.create({ model: 'gpt-5', input: 'go' });
  const call = first.output.find((item) => item.type === 'function_call');
  const output = { type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: 'sunny' };
  const stored = await client.responses.create({ model: 'gpt-5', previous_response_id: first.id, input: [output] });
  const kept = await client.responses.create({
    model: 'gpt-5',
    store: false,
    input: [{ role: 'user', content: 'go' }, ...(first.output as OpenAI.Responses.ResponseInputItem[]), output],
  });

  expect([stored.output_text, kept.output_text]).toEqual(['sunny', 'sunny']);
  await expect(client.responses.create({ model: 'gpt-5', input: [output] })).rejects.toThrow('No tool call found');
  await expect(client.responses.retrieve(kept.id)).rejects.toMatchObject({ status: 404 });
});

it('ends a response early where the plan says so', async () => {
  api.scenario = { answer: () => ({ parts: [{ kind: 'text', text: 'half' }], finish: 'length' }) };
  const response = await client.responses.stream({ model: 'gpt-5', input: 'go' }).finalResponse();
  expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
});

it('refuses unknown fields, bad items and short limits of a response', async () => {
  const refusal = (body: object) =>
    client.responses.create({ model: 'gpt-5', input: 'go', ...body } as never).catch((thrown: unknown) => thrown);
  expect(await refusal({ messages: [] })).toMatchObject({ status: 400, code: 'unknown_parameter', param: 'messages' });
  expect(await refusal({ max_output_tokens: 5 })).toMatchObject({ code: 'integer_below_min_value' });
  expect(await refusal({ previous_response_id: 'resp_x' })).toMatchObject({ code: 'previous_response_not_found' });
  const wrongId = { type: 'function_call', id: 'call_1', call_id: 'call_1', name: 'f', arguments: '{}' };
  expect(await refusal({ input: [wrongId] })).toMatchObject({ param: 'input[0].id' });
  const wrongPart = { role: 'assistant', content: [{ type: 'input_text', text: 'x' }] };
  expect(await refusal({ input: [wrongPart] })).toMatchObject({ param: 'input[0].content[0]' });
});

it('embeds the same text alike, lists models, and keeps files', async () => {
  const embedding = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b', 'a'] });
  const [one, other, again] = embedding.data.map((entry) => entry.embedding);
  expect(one).toEqual(again);
  expect(one).not.toEqual(other);

  expect((await client.models.list()).data.map(({ id }) => id)).toContain('gpt-5');
  expect((await client.models.retrieve('gpt-5')).object).toBe('model');

  const file = await client.files.create({ file: new File(['words'], 'a.txt'), purpose: 'user_data' });
  expect(await (await client.files.content(file.id)).text()).toBe('words');
  await client.files.delete(file.id);
  await expect(client.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
});
