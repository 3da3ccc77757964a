/** What a provider refuses reaches the client in the words of its own dialect, whatever the provider speaks. */
import { describe, expect, test } from 'vitest';
import { openApiHouse, say } from './house.ts';

const tooLong = 'prompt is too long: 210000 tokens > 200000 maximum';

/** Of Anthropic's answer: status, message; and what a client of OpenAI's SDK reads. */
const toOpenAi = [
  [400, undefined, 'messages: wrong', 400, 'invalid_request_error', null],
  [400, undefined, tooLong, 400, 'invalid_request_error', 'context_length_exceeded'],
  [402, undefined, undefined, 429, 'insufficient_quota', 'insufficient_quota'],
  [403, undefined, 'Not for you.', 403, 'permission_error', 'provider_refused'],
  [404, undefined, 'model: claude-x', 404, 'invalid_request_error', 'model_not_found'],
  [413, undefined, undefined, 413, 'invalid_request_error', 'body_too_large'],
  [429, undefined, undefined, 429, 'rate_limit_error', 'rate_limit_exceeded'],
  [500, undefined, 'Internal', 500, 'server_error', 'upstream_error'],
  [502, 'api_error', 'Bad gateway', 502, 'server_error', 'upstream_error'],
  [504, undefined, undefined, 504, 'server_error', 'upstream_error'],
  [529, undefined, undefined, 503, 'overloaded_error', 'overloaded'],
] as const;

describe('Anthropic to the OpenAI SDK', () => {
  test.each(toOpenAi)('%i %s %s is %i %s %s', async (status, type, message, seen, seenType, code) => {
    const house = await openApiHouse();
    const headers = status === 429 ? { 'retry-after': '7' } : {};
    house.anthropicApi.scenario = {
      faults: { canned: { status, headers, ...(type && { type }), ...(message && { message }) } },
    };
    const client = house.openai();
    const messages = [{ role: 'user' as const, content: 'x' }];
    const calls = [
      () => client.chat.completions.create({ model: 'claude-sonnet-5', messages }),
      () => client.chat.completions.create({ model: 'claude-sonnet-5', messages, stream: true }),
      () => client.responses.create({ model: 'claude-sonnet-5', input: 'x' }),
    ];
    // A key that was told to rest is not asked again, so that its second and third refusal are ours.
    for (const call of status === 429 || status === 402 ? calls.slice(0, 1) : calls) {
      const thrown: unknown = await call().catch((error: unknown) => error);
      expect(thrown).toMatchObject({ status: seen, type: seenType, code, error: { param: null } });
      if (message !== undefined) expect(String(thrown)).toContain(message);
      const { headers: seenHeaders } = thrown as { headers: Headers };
      if (status === 429) expect(Number(seenHeaders.get('retry-after'))).toBeGreaterThanOrEqual(6);
      if (status === 529) expect(seenHeaders.get('x-should-retry')).not.toBe('false');
    }
  });

  test('401 of our key is no fault of the client: 502, and whose key it was', async () => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { faults: { canned: { status: 401 } } };
    const answer = await house.ask({ path: '/v1/chat/completions', body: say('x') });
    expect(answer.status).toBe(502);
    expect(answer.headers['x-ccproxy-upstream-status']).toBe('401');
    expect(answer.json.error.message).toMatch(/^The key first was refused/);
  });
});

const toAnthropic = [
  [400, undefined, 'wrong field', 400, 'invalid_request_error'],
  [400, 'context_length_exceeded', 'This model has 8192 tokens.', 400, 'invalid_request_error'],
  [403, 'other', 'Not for you.', 403, 'permission_error'],
  [404, undefined, undefined, 404, 'not_found_error'],
  [413, undefined, 'too big', 413, 'request_too_large'],
  [429, undefined, undefined, 429, 'rate_limit_error'],
  [429, 'insufficient_quota', 'You exceeded your current quota', 402, 'billing_error'],
  [500, undefined, undefined, 500, 'api_error'],
  [502, undefined, undefined, 502, 'api_error'],
  [503, undefined, undefined, 529, 'overloaded_error'],
  [504, undefined, undefined, 504, 'timeout_error'],
] as const;

describe('OpenAI to the Anthropic SDK', () => {
  test.each(toAnthropic)('%i %s %s is %i %s', async (status, code, message, seen, type) => {
    const house = await openApiHouse({ anthropic: [], openai: { openai: ['work'] } });
    house.openaiApi().scenario = {
      faults: { canned: { status, ...(code && { code }), ...(message && { message }) } },
    };
    const thrown: unknown = await house
      .anthropic()
      .messages.create({ ...say('x'), model: 'gpt-5' })
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ status: seen, error: { type: 'error', error: { type } } });
    if (code === 'context_length_exceeded') expect(String(thrown)).toContain('prompt is too long');
    else if (message !== undefined) expect(String(thrown)).toContain(message);
  });
});

test.each([400, 402, 403, 404, 409, 413, 418, 422, 429, 500, 502, 503, 504, 529])(
  'a %i of the same wire is passed on, body and headers equal',
  async (status) => {
    const house = await openApiHouse();
    const body = `{ "type":"error", "error":{"type":"whatever","message":"\\u00e9 ${status}"} }\n`;
    const headers = { 'retry-after': '3', 'x-should-retry': 'true', 'x-of-its-own': 'a, b' };
    house.anthropicApi.scenario = { faults: { canned: { status, headers, body } } };
    const answer = await house.askClaude(say('x'));
    expect([answer.status, answer.text]).toEqual([status, body]);
    expect(answer.headers).toMatchObject({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
    const row = await house.explain(answer.headers['x-companion-exchange']);
    expect(row).toMatchObject({ status, outcome: `status ${status}`, provider: 'anthropic' });
  },
);

describe('answers that nobody can read', () => {
  test.each(['broken-json', 'html', 'empty'] as const)('%s: passed on as it is, translated as 502', async (form) => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { faults: { canned: { status: 200, form } } };
    const relayed = await house.askClaude(say('x'));
    expect(relayed.status).toBe(200);
    expect(relayed.bytes).toHaveLength(house.anthropicApi.requests[0]?.bytesSent ?? -1);
    const translated = await house.ask({ path: '/v1/chat/completions', body: say('x') });
    expect(translated.status).toBe(502);
    expect(translated.json.error).toMatchObject({
      message: expect.stringMatching(/^ccproxy: /),
      code: 'upstream_unreadable',
    });
    expect(translated.text).not.toMatch(/at .*\.ts|SyntaxError|node:/);
  });

  test('a stream of garbage ends with an error event, translated', async () => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = {
      faults: { insertions: [{ afterFrames: 3, text: 'event: content_block_delta\ndata: {"type":\n\n' }] },
    };
    const answer = await house.ask({ path: '/v1/chat/completions', body: say('x', { stream: true }) });
    expect(answer.text).not.toContain('[DONE]');
    expect(answer.text).toMatch(/data: \{"error":\{[^\n]*\}\}\n\n$/);
  });
});

test.each([
  ['/v1/messages', { 'anthropic-version': '2023-06-01' }],
  ['/v1/chat/completions', {}],
  ['/v1/responses', {}],
])('a request to %s that is no JSON is refused when it has to be translated', async (path, headers) => {
  const house = await openApiHouse({ anthropic: [] });
  const answer = await house.ask({ path, headers, body: Buffer.from('{"model":') });
  expect(answer.status).toBe(400);
  expect(answer.json.error).toMatchObject({ type: 'invalid_request_error', message: expect.stringMatching(/JSON/) });
});
