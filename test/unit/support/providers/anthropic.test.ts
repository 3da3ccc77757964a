import Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startAnthropicApi } from '../../../support/providers/anthropic/api.ts';
import type { AnthropicApi } from '../../../support/providers/anthropic/api.ts';
import type { AnswerPlan } from '../../../support/providers/anthropic/plan.ts';

let api: AnthropicApi;
let client: Anthropic;

beforeAll(async () => {
  api = await startAnthropicApi();
  client = new Anthropic({ apiKey: api.key, baseURL: api.url, maxRetries: 0 });
});

afterEach(() => {
  expect(api.failures).toEqual([]);
  api.reset();
});

afterAll(() => api.close());

const weather = {
  name: 'weather',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
};

const ask = (content: string) => ({
  model: 'claude-haiku-4-5',
  max_tokens: 4096,
  messages: [{ role: 'user' as const, content }],
});

it('answers with what it was told, whole and as a stream', async () => {
  const whole = await client.messages.create(ask('hello'));
  const streamed = await client.messages.stream(ask('hello')).finalMessage();

  expect(whole.content).toMatchObject([{ type: 'text', text: 'You said: hello' }]);
  expect(streamed.content).toMatchObject([{ type: 'text', text: 'You said: hello' }]);
  expect(streamed.usage).toMatchObject({
    input_tokens: whole.usage.input_tokens,
    output_tokens: whole.usage.output_tokens,
  });
});

const plans: Readonly<Record<string, AnswerPlan>> = {
  'thinking, text and two tools': {
    parts: [
      { kind: 'thinking', thinking: 'Two cities, two calls.' },
      { kind: 'text', text: 'I look it up. 🙂 北京' },
      { kind: 'tool-use', name: 'weather', input: { city: 'Paris' }, fragments: ['', '{"ci', '', 'ty":"Paris"}'] },
      { kind: 'tool-use', name: 'weather', input: { city: '北京' } },
    ],
  },
  'a tool without arguments': { parts: [{ kind: 'tool-use', name: 'now', input: {} }] },
  'a refusal': {
    parts: [],
    stopReason: 'refusal',
    stopDetails: { type: 'refusal', category: 'cyber', explanation: 'no' },
  },
  'an answer that was too long': { parts: [{ kind: 'text', text: 'half a sent' }], stopReason: 'max_tokens' },
  'citations and server tools': {
    parts: [
      { kind: 'server-tool-use', name: 'web_search', input: { query: 'x' }, id: 'srvtoolu_1' },
      { kind: 'block', block: { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] } },
      {
        kind: 'text',
        text: 'Found.',
        citations: [{ type: 'web_search_result_location', url: 'https://example.org', title: 'x', cited_text: 'y' }],
      },
      { kind: 'redacted-thinking', data: 'AAAA' },
    ],
  },
};

it.each(Object.entries(plans))('streams %s to the same message as without a stream', async (_, plan) => {
  api.scenario = { answer: () => plan };
  const whole = await client.messages.create(ask('go'));
  const streamed = await client.messages.stream(ask('go')).finalMessage();

  const strip = (content: readonly object[]) =>
    content.map((block) => ({
      ...block,
      id: undefined,
      citations: ('citations' in block && block.citations) || undefined,
    }));
  expect(strip(streamed.content)).toEqual(strip(whole.content));
  expect(streamed.stop_reason).toBe(whole.stop_reason);
  expect(streamed.stop_details).toEqual(whole.stop_details);
});

it('sends empty fragments of a tool’s input, and interleaves calls when asked', async () => {
  api.scenario = {
    answer: () => ({
      interleavesTools: true,
      parts: [
        { kind: 'tool-use', name: 'weather', input: { a: 1 }, fragments: ['', '{"a"', ':1}'] },
        { kind: 'tool-use', name: 'weather', input: { b: 2 }, fragments: ['{"b"', ':2}'] },
      ],
    }),
  };
  const stream = await client.messages.create({ ...ask('go'), stream: true });
  const fragments: string[] = [];
  for await (const event of stream) {
    if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta') {
      fragments.push(`${event.index}${event.delta.partial_json}`);
    }
  }

  expect(fragments).toEqual(['0', '1{"b"', '0{"a"', '1:2}', '0:1}']);
});

it('makes a round trip through a tool with a real client', async () => {
  api.scenario = {
    answer: ({ toolResults }) =>
      toolResults.length === 0
        ? {
            parts: [
              { kind: 'thinking', thinking: 'I need the weather.' },
              { kind: 'tool-use', name: 'weather', input: { city: 'Paris' } },
            ],
          }
        : `It is ${String(toolResults[0]?.['content'])}.`,
  };
  const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
  const first = await client.messages.stream({ ...ask('Paris?'), tools: [weather], thinking }).finalMessage();
  const call = first.content.find((block) => block.type === 'tool_use');
  const second = await client.messages.create({
    ...ask('Paris?'),
    tools: [weather],
    thinking,
    messages: [
      ...ask('Paris?').messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'sunny' }] },
    ],
  });

  expect(first.stop_reason).toBe('tool_use');
  expect(second.content).toMatchObject([{ type: 'text', text: 'It is sunny.' }]);
});

it('writes a marked prompt to its cache once and reads it afterwards, unless its bytes changed', async () => {
  const cached = (text: string) => ({
    ...ask('hi'),
    system: [{ type: 'text' as const, text, cache_control: { type: 'ephemeral' as const } }],
  });
  const prompt = `A long prompt ${'x'.repeat(4000)}`;
  const first = await client.messages.create(cached(prompt));
  const second = await client.messages.create(cached(prompt));
  const other = await client.messages.create(cached(`${prompt}!`));

  expect(first.usage.cache_creation_input_tokens).toBeGreaterThan(1000);
  expect(second.usage).toMatchObject({
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: first.usage.cache_creation_input_tokens,
  });
  expect(other.usage.cache_read_input_tokens).toBe(0);
});

it('counts tokens, lists models by pages, and knows one by its alias', async () => {
  const count = await client.messages.countTokens({ model: 'claude-opus-5', messages: ask('hello').messages });
  const models: string[] = [];
  for await (const model of client.models.list({ limit: 2 })) models.push(model.id);

  expect(count.input_tokens).toBeGreaterThan(0);
  expect(models).toContain('claude-opus-5');
  expect(new Set(models).size).toBe(models.length);
  expect((await client.models.retrieve('claude-haiku-4-5')).id).toBe('claude-haiku-4-5-20251001');
  await expect(client.models.retrieve('claude-none')).rejects.toMatchObject({ status: 404 });
});

it('runs a batch to its results', async () => {
  const batch = await client.messages.batches.create({
    requests: [
      { custom_id: 'good', params: ask('hello') },
      { custom_id: 'bad', params: { ...ask('hello'), max_tokens: 0 } },
    ],
  });
  await expect(client.messages.batches.results(batch.id)).rejects.toThrow('results');
  const ended = await client.messages.batches.retrieve(batch.id);
  const results = [];
  for await (const result of await client.messages.batches.results(batch.id)) results.push(result);

  expect(batch.processing_status).toBe('in_progress');
  expect(ended.request_counts).toMatchObject({ succeeded: 1, errored: 1 });
  expect(results).toMatchObject([
    { custom_id: 'good', result: { type: 'succeeded', message: { content: [{ text: 'You said: hello' }] } } },
    { custom_id: 'bad', result: { type: 'errored' } },
  ]);
  expect((await client.messages.batches.list()).data.map(({ id }) => id)).toEqual([batch.id]);
  await client.messages.batches.delete(batch.id);
  await expect(client.messages.batches.retrieve(batch.id)).rejects.toMatchObject({ status: 404 });
});

it('cancels a batch that is still at work', async () => {
  api.scenario = { batchPolls: 5 };
  const batch = await client.messages.batches.create({ requests: [{ custom_id: 'one', params: ask('hello') }] });
  expect((await client.messages.batches.cancel(batch.id)).processing_status).toBe('canceling');
});

it('keeps a file from its upload to its end', async () => {
  const bytes = Buffer.from([0, 1, 2, 255, 13, 10, 45, 45]);
  const file = await client.beta.files.upload({ file: new File([bytes], 'a.bin', { type: 'application/x-test' }) });
  const download = await client.beta.files.download(file.id);

  expect(file).toMatchObject({ filename: 'a.bin', size_bytes: 8, mime_type: 'application/x-test' });
  expect(Buffer.from(await download.arrayBuffer())).toEqual(bytes);
  expect((await client.beta.files.list()).data.map(({ id }) => id)).toEqual([file.id]);
  await client.beta.files.delete(file.id);
  await expect(client.beta.files.retrieveMetadata(file.id)).rejects.toMatchObject({ status: 404 });
});

it('records each request as it came', async () => {
  const betas = ['interleaved-thinking-2025-05-14'];
  await client.beta.messages.create({ ...ask('hello'), betas }, { query: { beta: 'true' } });
  const [request] = api.requests;

  expect(request).toMatchObject({
    method: 'POST',
    path: '/v1/messages?beta=true',
    pathname: '/v1/messages',
    key: 'first',
  });
  expect(request?.rawHeaders.map((one) => one.toLowerCase())).toContain('anthropic-beta');
  expect(JSON.parse(request?.body.toString('utf8') ?? '')).toEqual(ask('hello'));
  expect(request).toMatchObject({ status: 200, outcome: 'answered', clientGoneAtMs: null });
});

it('counts each key’s own minute down, and names it in the headers', async () => {
  api.setKey({ name: 'small', secret: 'sk-ant-api03-small', limits: { requestsPerMinute: 1 } });
  const small = new Anthropic({ apiKey: 'sk-ant-api03-small', baseURL: api.url, maxRetries: 0 });
  const { response } = await small.messages.create(ask('one')).withResponse();

  expect(response.headers.get('anthropic-ratelimit-requests-limit')).toBe('1');
  expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0');
  expect(response.headers.get('request-id')).toMatch(/^req_/);
  const refusal = await small.messages.create(ask('two')).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 429, error: { error: { type: 'rate_limit_error' } } });
  expect(Number((refusal as InstanceType<typeof Anthropic.APIError>).headers?.get('retry-after'))).toBeGreaterThan(0);
  await client.messages.create(ask('the other key goes on'));
});

it('gives a token the unified limits, and wants its beta', async () => {
  api.setKey({ name: 'token', secret: 'sk-ant-oat01-test', kind: 'oauth-token' });
  const holder = new Anthropic({ authToken: 'sk-ant-oat01-test', apiKey: null, baseURL: api.url, maxRetries: 0 });
  const headers = { 'anthropic-beta': 'oauth-2025-04-20' };
  const { response } = await holder.messages.create(ask('hi'), { headers }).withResponse();

  expect(response.headers.get('anthropic-ratelimit-unified-status')).toBe('allowed');
  expect(response.headers.get('anthropic-ratelimit-unified-5h-utilization')).toBe('0.12');
  await expect(holder.messages.create(ask('hi'))).rejects.toMatchObject({ status: 401 });
  api.setKey({ name: 'token', secret: 'sk-ant-oat01-test', kind: 'oauth-token', state: 'expired' });
  await expect(holder.messages.create(ask('hi'), { headers })).rejects.toThrow('OAuth token has expired');
});
