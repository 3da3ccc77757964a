import OpenAI from 'openai';
import { afterEach, expect, it } from 'vitest';
import { startOpenAiApi } from '../../../support/providers/openai/api.ts';
import type { OpenAiApi } from '../../../support/providers/openai/api.ts';
import type { Flavour } from '../../../support/providers/openai/flavour.ts';
import type { AnswerPlan } from '../../../support/providers/openai/plan.ts';

const apis: OpenAiApi[] = [];

afterEach(async () => {
  for (const api of apis.splice(0)) {
    expect(api.failures).toEqual([]);
    await api.close();
  }
});

async function start(
  flavour: Flavour,
  plan?: AnswerPlan,
): Promise<{ readonly api: OpenAiApi; readonly client: OpenAI }> {
  const api = await startOpenAiApi({ flavour, ...(plan === undefined ? {} : { scenario: { answer: () => plan } }) });
  apis.push(api);
  return { api, client: new OpenAI({ apiKey: api.key, baseURL: api.url, maxRetries: 0 }) };
}

/** The answer's status and what stands in its body. */
async function send(api: OpenAiApi, body: object): Promise<{ readonly status: number; readonly json: unknown }> {
  const response = await fetch(`${api.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: await response.json() };
}

/** Raw frames of a stream, without the line ends. */
async function frames(api: OpenAiApi, body: object): Promise<readonly string[]> {
  const response = await fetch(`${api.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
  });
  return (await response.text()).split('\n\n').filter((frame) => frame !== '');
}

const parse = (frame: string | undefined) => JSON.parse((frame ?? '').replace('data: ', '')) as Record<string, unknown>;
const user = { role: 'user', content: 'hi' };
const callOf = (id: string, more: object = {}) => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: '{}' },
  ...more,
});
const tools = [{ type: 'function', function: { name: 'f' } }];
const round = (call: { readonly id: string }, more: object = {}) => [
  user,
  { role: 'assistant', content: '', tool_calls: [call], ...more },
  { role: 'tool', tool_call_id: call.id, content: 'ok' },
];
const calling: AnswerPlan = { parts: [{ kind: 'tool-call', name: 'f', arguments: '{"a":1}' }] };

it('Mistral forbids fields it does not know, all of them by name', async () => {
  const { api } = await start('mistral');
  const answer = await send(api, {
    model: 'mistral-large-latest',
    messages: [user],
    max_completion_tokens: 5,
    seed: 1,
  });
  expect(answer).toMatchObject({
    status: 422,
    json: {
      message: {
        detail: [
          { type: 'extra_forbidden', loc: ['body', 'max_completion_tokens'] },
          { type: 'extra_forbidden', loc: ['body', 'seed'] },
        ],
      },
    },
  });
});

it('Mistral wants ids of nine, strict order, and gives such ids and usage unasked', async () => {
  const { api } = await start('mistral', calling);
  const model = 'mistral-large-latest';
  expect(await send(api, { model, messages: round(callOf('call_1234567890')) })).toMatchObject({
    status: 400,
    json: { message: expect.stringContaining('with a length of 9') },
  });
  const messages = round(callOf('abcdef123'));
  expect((await send(api, { model, messages })).status).toBe(200);
  expect(await send(api, { model, messages: [...messages, user] })).toMatchObject({
    json: { message: "Unexpected role 'user' after role 'tool'" },
  });
  const sent = await frames(api, { model, messages: [user] });
  expect(JSON.stringify(sent)).toMatch(/\\"id\\":\\"[a-zA-Z0-9]{9}\\"/);
  expect(parse(sent.at(-2))).toMatchObject({ usage: { total_tokens: expect.any(Number) } });
});

it('Mistral writes thoughts as parts of the content', async () => {
  const plan: AnswerPlan = {
    parts: [
      { kind: 'reasoning', text: 'hm' },
      { kind: 'text', text: 'ok' },
    ],
  };
  const { api } = await start('mistral', plan);
  const { json } = await send(api, { model: 'magistral-medium-latest', messages: [user] });
  expect(json).toMatchObject({
    choices: [
      {
        message: {
          content: [
            { type: 'thinking', thinking: [{ text: 'hm' }] },
            { type: 'text', text: 'ok' },
          ],
        },
      },
    ],
  });
});

it('Groq refuses what it does not support, and repeats usage in x_groq', async () => {
  const { api, client } = await start('groq');
  const model = 'openai/gpt-oss-120b';
  for (const [field, value] of Object.entries({ logprobs: true, logit_bias: {}, top_logprobs: 1 })) {
    expect(await send(api, { model, messages: [user], [field]: value })).toMatchObject({
      status: 400,
      json: { error: { message: `property '${field}' is unsupported` } },
    });
  }
  expect((await send(api, { model, messages: [{ ...user, name: 'x' }] })).json).toMatchObject({
    error: { message: expect.stringContaining("property 'name' is unsupported") },
  });
  expect((await send(api, { model, messages: [user], n: 2 })).status).toBe(400);
  expect(parse((await frames(api, { model, messages: [user] })).at(-2))).toMatchObject({ x_groq: { usage: {} } });
  expect((await client.models.retrieve(model)).id).toBe(model);
  expect((await client.responses.create({ model, input: 'hi' })).output_text).toBe('You said: hi');
});

it('Gemini wants its thought signatures back, says stop after calls, and counts on every chunk', async () => {
  const { api } = await start('gemini', calling);
  const model = 'gemini-3-pro-preview';
  const sent = await frames(api, { model, messages: [user], tools });
  const chunks = sent.slice(0, -1).map((frame) => parse(frame));
  expect(chunks.every(({ usage }) => usage !== undefined && usage !== null)).toBe(true);
  expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
  const delta = (chunks[0] as { choices: { delta: { tool_calls: { id: string; extra_content: object }[] } }[] })
    .choices[0]?.delta;
  const call = delta?.tool_calls[0];
  const { extra_content: extra, id } = call ?? { extra_content: {}, id: '' };

  expect((await send(api, { model, messages: round(callOf(id, { extra_content: extra })), tools })).status).toBe(200);
  const without = await send(api, { model, messages: round(callOf(id)), tools });
  expect(without).toMatchObject({
    status: 400,
    json: [
      {
        error: {
          code: 400,
          status: 'INVALID_ARGUMENT',
          message: expect.stringContaining('missing a thought_signature'),
        },
      },
    ],
  });
  expect((await send(api, { model, messages: [...round(callOf(id)), user], tools })).status).toBe(200);
});

it('DeepSeek wants the thoughts of its newer models back, and those of its older one left out', async () => {
  const { api } = await start('deepseek');
  const call = callOf('call_1');
  expect(await send(api, { model: 'deepseek-v4-pro', messages: round(call), tools })).toMatchObject({
    status: 400,
    json: {
      error: { message: expect.stringContaining('`reasoning_content` in the thinking mode must be passed back') },
    },
  });
  const messages = round(call, { reasoning_content: 'hm' });
  expect((await send(api, { model: 'deepseek-v4-pro', messages, tools })).status).toBe(200);
  expect((await send(api, { model: 'deepseek-r1', messages, tools })).status).toBe(400);
  const image = { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x' } }] };
  expect((await send(api, { model: 'deepseek-v4-pro', messages: [image] })).status).toBe(400);
});

it('DeepSeek counts hits and misses of its cache, and sends comments under load', async () => {
  const { api, client } = await start('deepseek', {
    parts: [
      { kind: 'reasoning', text: 'hm' },
      { kind: 'text', text: 'ok' },
    ],
  });
  const body = { model: 'deepseek-v4-pro', messages: [{ role: 'user', content: 'z'.repeat(9000) }] };
  await send(api, body);
  const { json } = await send(api, body);
  expect(json).toMatchObject({
    choices: [{ message: { content: 'ok', reasoning_content: 'hm' } }],
    usage: { prompt_cache_hit_tokens: expect.any(Number), prompt_cache_miss_tokens: expect.any(Number) },
  });
  expect((json as { usage: { prompt_cache_hit_tokens: number } }).usage.prompt_cache_hit_tokens).toBeGreaterThan(0);
  api.scenario = { ...api.scenario, keepAliveComments: 2 };
  expect((await frames(api, body)).slice(0, 2)).toEqual([': keep-alive', ': keep-alive']);
  const streamed = await client.chat.completions
    .stream({ model: body.model, messages: [{ role: 'user', content: 'x' }] })
    .finalChatCompletion();
  expect(streamed.choices[0]?.message.content).toBe('ok');
});

it('a local server asks for no key, and has no Responses', async () => {
  const { api } = await start('local');
  const client = new OpenAI({ apiKey: 'nothing', baseURL: api.url, maxRetries: 0 });
  const model = 'llama3.2:latest';
  const answer = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'hi' }] });
  expect(answer.choices[0]?.message.content).toBe('You said: hi');
  await expect(client.responses.create({ model, input: 'hi' })).rejects.toMatchObject({ status: 404 });
});
