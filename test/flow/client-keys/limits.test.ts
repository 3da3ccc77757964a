/** What a client key may not do: other modes, other models, more than its budget, faster than its rate. */
import { describe, expect, test, vi } from 'vitest';
import { claude, eventually, say } from '../api/house.ts';
import { openClientKeyHouse, refusalOf } from './house.ts';
import type { ClientKeyHouse } from './house.ts';

const gpt = 'gpt-5-mini';
const chat = { messages: say('hello').messages };

describe('a token budget', () => {
  const tokens = async (keys: ClientKeyHouse) => (await keys.theKey()).total_tokens_used;

  test('counts a stream that nobody asked for its usage, and one that the client left before its end', async () => {
    const keys = await openClientKeyHouse({ openai: { openai: ['work'] } });
    const { token } = await keys.create({ token_budget: 100_000 });
    const openai = keys.openai(token);
    const stream = await openai.chat.completions.create({ model: gpt, ...chat, stream: true });
    for await (const _chunk of stream);
    const counted = await eventually('it is counted', async () => (await tokens(keys)) || undefined);
    const left = await openai.chat.completions.create({ model: gpt, ...chat, stream: true });
    for await (const _chunk of left) break;
    left.controller.abort();
    await eventually('the other is counted too', async () => (await tokens(keys)) > counted || undefined);
  });

  test('lets nothing be asked of which nobody tells what it uses', async () => {
    const keys = await openClientKeyHouse({ openai: { openai: ['work'] } });
    const { token } = await keys.create({ token_budget: 100_000 });
    const background = keys.openai(token).responses.create({ model: gpt, input: 'x', background: true });
    expect(await refusalOf(background)).toMatchObject({ code: 'CLIENT_NOT_ALLOWED', status: 403 });
    const batch = keys.anthropic(token).messages.batches.create({ requests: [{ custom_id: 'a', params: say('x') }] });
    expect(await refusalOf(batch)).toMatchObject({ code: 'CLIENT_NOT_ALLOWED', status: 403 });
    const other = keys.openai(token).batches.create({
      endpoint: '/v1/chat/completions',
      input_file_id: 'file-1',
      completion_window: '24h',
    });
    expect(await refusalOf(other)).toMatchObject({ code: 'CLIENT_NOT_ALLOWED', status: 403 });
    expect(keys.house.askedWith).toEqual([]);
    expect(
      (await keys.openai(token).responses.create({ model: gpt, input: 'x', background: false })).output_text,
    ).toBeTruthy();
  });
});

describe('modes', () => {
  test('an api key is served by keys, and asking for another mode is refused in both dialects', async () => {
    const keys = await openClientKeyHouse({ openai: { openai: ['work'] } });
    const { token } = await keys.create({ mode: 'api' });
    expect((await keys.anthropic(token).messages.create(say('x'))).type).toBe('message');
    for (const mode of ['web', 'claude-code']) {
      const headers = { 'x-proxy-mode': mode };
      const anthropic = await refusalOf(keys.anthropic(token, headers).messages.create(say('x')));
      expect(anthropic).toMatchObject({ code: 'CLIENT_NOT_ALLOWED', status: 403 });
      expect(anthropic.message).toContain('token does not have permission for this mode');
      expect(anthropic.message).toContain('permission_error');
      const openai = await refusalOf(keys.openai(token, headers).chat.completions.create({ model: gpt, ...chat }));
      expect(openai).toMatchObject({ code: 'CLIENT_NOT_ALLOWED', status: 403 });
    }
    const same = keys.anthropic(token, { 'x-proxy-mode': 'api' });
    expect((await same.messages.create(say('x'))).type).toBe('message');
    expect((await keys.theKey()).total_requests).toBe(2);
  });

  test('a web key is never served by a key, nor is one for Claude Code', async () => {
    const keys = await openClientKeyHouse();
    for (const mode of ['web', 'claude-code'] as const) {
      const { token } = await keys.create({ mode });
      const refused = await refusalOf(keys.anthropic(token).messages.create(say('x')));
      expect(['SESSION_REQUIRED', 'CLAUDE_CODE_MISSING', 'CLAUDE_CODE_FAILED']).toContain(refused.code);
      const explained = await keys.house.ask({ path: '/v1/models', headers: { authorization: `Bearer ${token}` } });
      expect(explained.text).not.toContain('gpt');
    }
    expect(keys.house.askedWith).toEqual([]);
  });

  test('a key for both may choose', async () => {
    const keys = await openClientKeyHouse();
    const { token } = await keys.create({ mode: 'both' });
    expect(await refusalOf(keys.anthropic(token, { 'x-proxy-mode': 'web' }).messages.create(say('x')))).toMatchObject({
      code: 'SESSION_REQUIRED',
    });
    expect((await keys.anthropic(token, { 'x-proxy-mode': 'api' }).messages.create(say('x'))).type).toBe('message');
  });

  test('server.mode holds for every client, the own key included', async () => {
    const keys = await openClientKeyHouse({ settings: { 'server.mode': 'api' } });
    const own = keys.house.anthropic({ defaultHeaders: { 'x-proxy-mode': 'web' } });
    expect(await refusalOf(own.messages.create(say('x')))).toMatchObject({ code: 'CLIENT_NOT_ALLOWED', status: 403 });
    expect((await keys.house.anthropic().messages.create(say('x'))).type).toBe('message');
    const [both, web] = [await keys.create({ mode: 'both' }), await keys.create({ mode: 'web' })];
    expect((await keys.anthropic(both.token).messages.create(say('x'))).type).toBe('message');
    const refused = await refusalOf(keys.anthropic(web.token).messages.create(say('x')));
    expect(refused).toMatchObject({ code: 'CLIENT_NOT_ALLOWED', status: 403 });
    expect(refused.message).toContain('web');
    expect((await keys.list()).map((key) => key.total_requests)).toEqual([1, 0]);
  });
});

describe('models', () => {
  const aliases = { 'gpt-5-mini': claude, 'claude-haiku-*': claude, fast: 'gpt-5.1' };
  const open = (config: object = {}) => openClientKeyHouse({ openai: { openai: ['work'] }, config });

  test('those on the list are served, relayed, translated and counted; all others refused', async () => {
    const keys = await open();
    const { token } = await keys.create({ models: [gpt, 'claude-haiku-*'] });
    const [anthropic, openai] = [keys.anthropic(token), keys.openai(token)];
    const haiku = 'claude-haiku-4-5';
    expect((await openai.chat.completions.create({ model: gpt, ...chat })).object).toBe('chat.completion');
    expect((await openai.chat.completions.create({ model: haiku, ...chat })).object).toBe('chat.completion');
    expect((await anthropic.messages.create(say('x', { model: haiku }))).type).toBe('message');
    expect((await anthropic.messages.create(say('x', { model: gpt }))).type).toBe('message');
    expect((await anthropic.messages.countTokens({ model: haiku, ...chat })).input_tokens).toBeGreaterThan(0);
    const refusals = await Promise.all([
      refusalOf(anthropic.messages.create(say('x'))),
      refusalOf(anthropic.messages.stream(say('x')).finalMessage()),
      refusalOf(anthropic.messages.countTokens({ model: claude, ...chat })),
      refusalOf(openai.chat.completions.create({ model: 'gpt-5', ...chat })),
      refusalOf(openai.chat.completions.create({ model: claude, stream: true, ...chat })),
      refusalOf(openai.responses.create({ model: 'gpt-5', input: 'x' })),
      refusalOf(openai.embeddings.create({ model: 'text-embedding-3-small', input: 'x' })),
      refusalOf(keys.anthropic(token, { 'x-proxy-mode': 'claude-code' }).messages.create(say('x'))),
      refusalOf(anthropic.messages.create(say('x', { model: `claude-code/${claude}` }))),
    ]);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 'CLIENT_NOT_ALLOWED', status: 403 });
      expect(refusal.message).toContain('it may use: gpt-5-mini, claude-haiku-*');
    }
    const asked = keys.house.anthropicApi.requests.map(({ body }) => JSON.stringify(body));
    expect(asked.join('\n')).not.toContain(claude);
  });

  test('an alias or a pattern opens no other, and names one that is on the list', async () => {
    const keys = await open({ models: { aliases } });
    const { token } = await keys.create({ models: [gpt, 'claude-haiku-4-5', 'gpt-5.1'] });
    const openai = keys.openai(token);
    for (const model of [gpt, 'claude-haiku-4-5', 'openai/gpt-5'])
      expect(await refusalOf(openai.chat.completions.create({ model, ...chat }))).toMatchObject({ status: 403 });
    expect((await openai.chat.completions.create({ model: 'fast', ...chat })).model).toContain('gpt-5.1');
    expect(keys.house.askedWith).toEqual([]);
  });

  test('a body that names two is refused, however it is spelled', async () => {
    const keys = await open();
    const { token } = await keys.create({ models: ['claude-haiku-4-5'] });
    const rest = '"max_tokens":10,"messages":[{"role":"user","content":"x"}]';
    for (const second of [
      `"model":"${claude}"`,
      `"mod\\u0065l":"${claude}"`,
      `"Model":"${claude}"`,
      '"models":["x"]',
    ]) {
      const body = Buffer.from(`{"model":"claude-haiku-4-5",${rest},${second}}`);
      const { status, headers } = await keys.ask(token, body);
      expect([second, status, headers['x-companion-error']]).toEqual([second, 400, 'INVALID_REQUEST']);
    }
    expect(keys.house.askedWith).toEqual([]);
  });

  test('routes that name no model are refused, and lists show what may be used', async () => {
    const keys = await open();
    const { token } = await keys.create({ models: ['claude-haiku-*', gpt] });
    const bearer = { authorization: `Bearer ${token}` };
    const wire = { ...bearer, 'anthropic-version': '2023-06-01' };
    for (const [method, path] of [
      ['GET', '/v1/files'],
      ['POST', '/v1/messages/batches'],
      ['GET', '/v1/messages/batches'],
      ['POST', '/v1/batches'],
      ['GET', '/v1/responses/resp_1'],
    ] as const) {
      const body = method === 'POST' ? { model: gpt, requests: [] } : undefined;
      const { status, headers } = await keys.house.ask({ method, path, headers: wire, ...(body && { body }) });
      expect([path, status, headers['x-companion-error']]).toEqual([path, 403, 'CLIENT_NOT_ALLOWED']);
    }
    const { data } = await keys.openai(token).models.list();
    const names = data.map(({ id }) => id);
    expect(names).toContain(gpt);
    expect(names.filter((id) => id !== gpt && !id.startsWith('claude-haiku-') && !id.startsWith(`${gpt}-2`))).toEqual(
      [],
    );
    const anthropic = await keys.anthropic(token).models.list();
    expect(anthropic.data.map(({ id }) => id)).toEqual(expect.arrayContaining(names));
    expect(await refusalOf(keys.openai(token).models.retrieve('gpt-5'))).toMatchObject({ status: 404 });
    expect((await keys.openai(token).models.retrieve(gpt)).id).toBe(gpt);
  });
});

describe('budgets and rates', () => {
  async function askTogether(keys: ClientKeyHouse, token: string, count: number) {
    const answers = await Promise.all(Array.from({ length: count }, () => keys.ask(token, say('x'))));
    return Object.groupBy(answers, ({ headers }) => headers['x-companion-error'] ?? 'served');
  }

  test('a hundred requests at once never exceed a budget of requests', async () => {
    const keys = await openClientKeyHouse();
    const { token } = await keys.create({ request_budget: 7 });
    const { served = [], CLIENT_BUDGET_SPENT: refused = [] } = await askTogether(keys, token, 100);
    expect([served.length, refused.length]).toEqual([7, 93]);
    expect(keys.house.askedWith).toHaveLength(7);
    expect(refused[0]?.headers).toMatchObject({ 'x-should-retry': 'false' });
    expect(refused[0]?.headers['retry-after']).toBeUndefined();
    expect(await keys.theKey()).toMatchObject({ total_requests: 7, requests_left: 0 });
    expect(await keys.house.exchanges()).toHaveLength(7);
    const openai = await refusalOf(keys.openai(token).chat.completions.create({ model: claude, ...chat }));
    expect(openai).toMatchObject({ status: 429, message: expect.stringContaining('budget of 7 requests') });
  });

  test('a daily budget says when it begins anew, and does', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 5, 1, 12) });
    try {
      const keys = await openClientKeyHouse({ settings: { 'auth.quota.time_zone': 'UTC' } });
      const { token } = await keys.create({ token_budget: 1, budget_period: 'daily' });
      expect((await keys.ask(token, say('x'))).status).toBe(200);
      await eventually('it is counted', async () => (await keys.theKey()).total_requests === 1);
      const refused = await keys.ask(token, say('x'));
      expect([refused.status, refused.headers['x-companion-error']]).toEqual([429, 'CLIENT_BUDGET_SPENT']);
      expect(refused.headers['retry-after']).toBe(String(12 * 3600));
      expect(await keys.theKey()).toMatchObject({ tokens_left: 0, budget_resets_at: '2026-06-02T00:00:00.000Z' });
      vi.setSystemTime(Date.UTC(2026, 5, 2));
      expect(await keys.theKey()).toMatchObject({ tokens_left: 1, total_requests: 1 });
      expect((await keys.ask(token, say('x'))).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a rate is told with when to come again, and lists of models count too', async () => {
    const keys = await openClientKeyHouse();
    const { token } = await keys.create({ rate_per_minute: 4 });
    const models = () => keys.house.ask({ path: '/v1/models', headers: { authorization: `Bearer ${token}` } });
    expect((await models()).status).toBe(200);
    const { served = [], CLIENT_RATE_LIMITED: refused = [] } = await askTogether(keys, token, 10);
    expect([served.length, refused.length]).toEqual([3, 7]);
    const { 'retry-after': wait, 'x-should-retry': retry } = refused[0]?.headers ?? {};
    expect(Number(wait)).toBeGreaterThan(50);
    expect([Number(wait) <= 60, retry]).toEqual([true, 'true']);
    expect((await models()).status).toBe(429);
    const other = await keys.create({ name: 'other', rate_per_minute: 4 });
    expect((await keys.ask(other.token, say('x'))).status).toBe(200);
  });

  test('what never became an exchange is given back', async () => {
    const keys = await openClientKeyHouse();
    const { token } = await keys.create({ request_budget: 1 });
    const bearer = { authorization: `Bearer ${token}` };
    expect((await keys.house.ask({ path: '/v1/models', headers: bearer })).status).toBe(200);
    const form = await keys.house.ask({
      path: '/v1/messages',
      body: Buffer.from('x'),
      headers: { ...bearer, 'content-type': 'text/plain' },
    });
    expect(form.status).toBe(415);
    await eventually('it is given back', async () => (await keys.ask(token, say('x'))).status === 200);
    expect((await keys.ask(token, say('x'))).status).toBe(429);
  });

  test('a client that hangs up in the middle is counted once, with what it used so far', async () => {
    const keys = await openClientKeyHouse();
    const { token } = await keys.create({ request_budget: 2 });
    const stream = keys.anthropic(token).messages.stream(say('hello there'));
    for await (const _event of stream) break;
    stream.abort();
    await eventually('it is counted', async () => (await keys.theKey()).total_requests === 1);
    expect((await keys.ask(token, say('x'))).status).toBe(200);
    expect((await keys.ask(token, say('x'))).status).toBe(429);
  });
});
