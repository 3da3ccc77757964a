/** One row an exchange, with the right tokens whichever way the answer came. */
import { describe, expect, test } from 'vitest';
import { claude, openApiHouse, say } from './house.ts';
import type { ApiHouse } from './house.ts';

/** The same answer in both accountings: OpenAI counts what was cached into its prompt, Anthropic does not. */
const anthropicUsage = {
  input_tokens: 10,
  cache_read_input_tokens: 90,
  cache_creation_input_tokens: 5,
  output_tokens: 7,
};
const openAiUsage = { prompt: 105, cached: 90, cacheWrite: 5, completion: 7, reasoning: 2 };
const counted = { inputTokens: 10, cacheReadTokens: 90, cacheWriteTokens: 5, outputTokens: 7 };

async function openBoth(): Promise<ApiHouse> {
  const house = await openApiHouse({ openai: { openai: ['work'] } });
  house.anthropicApi.scenario = { answer: () => ({ parts: [{ kind: 'text', text: 'hi' }], usage: anthropicUsage }) };
  house.openaiApi().scenario = { answer: () => ({ parts: [{ kind: 'text', text: 'hi' }], usage: openAiUsage }) };
  return house;
}

const surfaces = {
  '/v1/messages': (model: string) => ({ model, max_tokens: 100, messages: [{ role: 'user', content: 'x' }] }),
  '/v1/chat/completions': (model: string) => ({
    model,
    messages: [{ role: 'user', content: 'x' }],
    stream_options: { include_usage: true },
  }),
  '/v1/responses': (model: string) => ({ model, input: 'x' }),
} as const;
const headers = { 'anthropic-version': '2023-06-01' };
type Path = keyof typeof surfaces;

function bodyOf(path: Path, model: string, stream: boolean): object {
  const { stream_options: options, ...body } = surfaces[path](model) as { stream_options?: object };
  return { ...body, stream, ...(stream && options !== undefined && { stream_options: options }) };
}

describe.each(Object.keys(surfaces) as Path[])('%s', (path) => {
  test.each([
    ['claude-sonnet-5', 'anthropic'],
    ['gpt-5', 'openai'],
  ])('has a row for %s with the right tokens, whole and streamed', async (model, provider) => {
    const house = await openBoth();
    for (const stream of [false, true]) {
      const sentAtMs = Date.now();
      const answer = await house.ask({ path, headers, body: bodyOf(path, model, stream) });
      expect([answer.status, answer.isCut]).toEqual([200, false]);
      const row = await house.explain(answer.headers['x-companion-exchange']);
      expect(row).toMatchObject({
        ...counted,
        route: path,
        model,
        servedModel: model,
        mode: 'api',
        provider,
        isStream: stream,
        isTranslated: (path === '/v1/messages') !== (provider === 'anthropic'),
        status: 200,
        outcome: 'ok',
      });
      expect(row.credential).toMatch(new RegExp(`^${provider}-`));
      expect(row.atMs).toBeGreaterThanOrEqual(sentAtMs);
      expect(row.durationMs).toBeGreaterThanOrEqual(row.firstByteMs ?? Infinity);
    }
  });
});

test('the time to the first byte is that of the first byte', async () => {
  const house = await openBoth();
  house.anthropicApi.scenario = { faults: { delayBeforeHeadersMs: 120, frameDelayMs: 40 } };
  for (const path of ['/v1/messages', '/v1/chat/completions'] as const) {
    const answer = await house.ask({ path, headers, body: bodyOf(path, 'claude-sonnet-5', true) });
    const row = await house.explain(answer.headers['x-companion-exchange']);
    expect(row.firstByteMs).toBeGreaterThanOrEqual(115);
    expect(row.firstByteMs).toBeLessThan(row.durationMs - 100);
  }
});

test('routes without a model, and answers without usage, have their rows too', async () => {
  const house = await openBoth();
  const list = await house.ask({ path: '/v1/files', headers: { 'anthropic-version': '2023-06-01' } });
  expect(await house.explain(list.headers['x-companion-exchange'])).toMatchObject({
    route: '/v1/files',
    model: null,
    inputTokens: null,
    status: 200,
    outcome: 'ok',
  });
  const embedded = await house.ask({
    path: '/v1/embeddings',
    body: { model: 'text-embedding-3-small', input: 'four letters or so' },
  });
  expect(await house.explain(embedded.headers['x-companion-exchange'])).toMatchObject({
    inputTokens: 5,
    outputTokens: 0,
  });
});

test('failures are told apart: refused here, refused there, cut, and broken off by the client', async () => {
  const house = await openBoth();
  const { anthropicApi } = house;
  await house.askClaude({ ...say('x'), model: 'no-such-model' }, { 'x-proxy-mode': 'web' });
  anthropicApi.scenario = { faults: { canned: { status: 400, message: 'wrong' } } };
  await house.askClaude(say('x'));
  anthropicApi.scenario = { faults: { beforeHeaders: 'reset' } };
  await house.askClaude(say('x'));
  anthropicApi.scenario = { faults: { ending: { kind: 'reset', afterFrames: 3 } } };
  await house.askClaude(say('x', { stream: true }));
  await house.ask({ path: '/v1/chat/completions', body: say('x', { stream: true }) });
  anthropicApi.scenario = { faults: { ending: { kind: 'error', afterFrames: 4 } } };
  await house.askClaude(say('x', { stream: true }));
  anthropicApi.scenario = { faults: { frameDelayMs: 50 } };
  const controller = new AbortController();
  const reply = await fetch(`${house.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': house.key, 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(say('x', { stream: true })),
    signal: controller.signal,
  });
  await reply.body?.getReader().read();
  controller.abort();
  await expect.poll(async () => (await house.exchanges()).length).toBe(7);
  const rows = (await house.exchanges()).toReversed();
  expect(rows.map(({ status, outcome }) => [status, outcome])).toEqual([
    [expect.any(Number), expect.stringMatching(/^(SESSION_REQUIRED|MODEL_NOT_FOUND)$/)],
    [400, 'status 400'],
    [502, expect.stringMatching(/^(UPSTREAM_UNREACHABLE|STREAM_BROKEN)$/)],
    [200, 'STREAM_BROKEN'],
    [200, 'STREAM_BROKEN'],
    [200, 'overloaded_error'],
    [200, 'CLIENT_GONE'],
  ]);
  const usage = await house.control<{ total: { exchanges: number; failures: number } }>('/control/usage?by=model');
  expect(usage.total.exchanges).toBe(7);
  expect(usage.total.failures).toBe(6);
});

test('GET /v0/quota tells what each key has left, as its provider said last', async () => {
  const house = await openApiHouse({ anthropic: ['a', 'b'], openai: { openai: ['work'] } });
  const token = 'sk-ant-oat01-of-a-subscription-0123456789';
  house.anthropicApi.setKey({
    name: 'a',
    secret: 'sk-ant-api03-anthropic-a-0123456789abcdef',
    limits: { requestsPerMinute: 100 },
  });
  await house.app.service.keys.add({ provider: 'anthropic', key: token, name: 'plan' });
  await house.askClaude(say('x'));
  await house.ask({ path: '/v1/responses', body: { model: 'gpt-5', input: 'x' } });
  house.failKey('a', { canned: { status: 429, headers: { 'retry-after': '30' } } });
  await house.askClaude(say('x'));
  const { json } = await house.ask({ path: '/v0/quota' });
  const of = (name: string) => json.credentials.find((one: { name: string }) => one.name === name);
  expect(of('a')).toMatchObject({
    provider: 'anthropic',
    kind: 'api-key',
    cooldown: null,
    cooling_models: [{ model: claude, until: expect.any(String), reason: expect.any(String) }],
  });
  const requests = of('a').windows.find(({ window }: { window: string }) => window === 'requests');
  expect(requests).toMatchObject({ used_fraction: expect.closeTo(0.01, 2), source: expect.any(String) });
  expect(of('b').cooldown).toBeNull();
  expect(of('b').windows.length).toBeGreaterThan(0);
  expect(of('work').windows.length).toBeGreaterThan(0);
  expect(of('plan').windows).toEqual([]);
  expect(JSON.stringify(json)).not.toContain('sk-');
});
