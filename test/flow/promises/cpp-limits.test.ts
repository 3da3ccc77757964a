/** Token limits, as the guide of cliproxyapi++ promises them: its requests and settings, with the admin key added. */
import { describe, expect, test } from 'vitest';
import { openApiHouse, say } from '../api/house.ts';
import type { ApiHouse, ApiHouseOptions } from '../api/house.ts';

interface Quota {
  readonly provider: string;
  readonly limit: number | null;
  readonly used: number;
  readonly remaining: number | null;
  readonly resets_at: string | null;
  readonly credentials: readonly (Omit<Quota, 'credentials'> & {
    readonly id: string;
    readonly name: string;
    readonly reset_schedule: string;
    readonly windows: readonly { readonly window: string; readonly source: string; readonly age_seconds: number }[];
  })[];
}

/** `curl -X <method> http://localhost:8317<path> -H "Content-Type: application/json" -d <body>`. */
async function curl(house: ApiHouse, method: string, path: string, body?: string) {
  const answer = await fetch(`${house.url}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', 'X-Admin-Key': house.adminKey },
    ...(body !== undefined && { body }),
  });
  return { status: answer.status, json: (await answer.json()) as never };
}

const quotaOf = async (house: ApiHouse, provider = 'claude'): Promise<Quota> =>
  (await curl(house, 'GET', `/v0/management/auths/${provider}/quota`)).json;

const two: ApiHouseOptions = { anthropic: ['a', 'b'], openai: { openai: ['c'] } };

describe('the quota of a provider', () => {
  test('CPP-8, CPP-10: is set, and answered as limit, used and remaining', async () => {
    const house = await openApiHouse({ anthropic: ['a'] });
    const set = await curl(house, 'PUT', '/v0/management/auths/claude/quota', '{"limit": 1000000}');
    expect(set).toMatchObject({
      status: 200,
      json: { provider: 'anthropic', limit: 1_000_000, used: 0, remaining: 1_000_000 },
    });
    await house.askClaude(say('hello'));
    const quota = await quotaOf(house);
    expect(quota.used).toBeGreaterThan(0);
    expect(quota.remaining).toBe(1_000_000 - quota.used);
    expect(quota.credentials).toMatchObject([{ name: 'a', provider: 'anthropic', used: quota.used }]);
    expect(Date.parse(quota.resets_at ?? '')).toBeGreaterThan(Date.now());
    const [window] = quota.credentials[0]?.windows ?? [];
    expect(window).toMatchObject({ window: expect.any(String), source: 'headers', age_seconds: expect.any(Number) });
  });

  test('CPP-9: what each answer used is deducted, and is what the ledger says', async () => {
    const house = await openApiHouse(two);
    for (const text of ['one', 'two', 'three']) await house.askClaude(say(text));
    await house.openai().chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content: 'four' }] });
    const sumOf = async (provider: string) => {
      const rows = (await house.exchanges()).filter((row) => row.provider === provider);
      const tokens = ({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: (typeof rows)[number]) =>
        (inputTokens ?? 0) + (outputTokens ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
      return rows.reduce((sum, row) => sum + tokens(row), 0);
    };
    expect(await sumOf('anthropic')).toBeGreaterThan(0);
    expect((await quotaOf(house, 'claude')).used).toBe(await sumOf('anthropic'));
    expect((await quotaOf(house, 'openai')).used).toBe(await sumOf('openai'));
    await house.stop();
    await house.start();
    expect((await quotaOf(house, 'claude')).used).toBe(await sumOf('anthropic'));
  });

  test('of one credential is set by its id, and taken off again', async () => {
    const house = await openApiHouse(two);
    const ids = (await quotaOf(house)).credentials.map(({ id }) => id);
    const path = '/v0/management/auths/anthropic/quota';
    const one = await curl(house, 'PUT', `${path}?id=${ids[1]}`, '{"limit": 5}');
    expect(one.json).toMatchObject({ limit: 5, credentials: [{ id: ids[1], limit: 5 }] });
    expect(await quotaOf(house)).toMatchObject({ limit: null, remaining: null });
    const both = await curl(house, 'PUT', path, JSON.stringify({ limit: 7, id: ids[0] }));
    expect(both.json).toMatchObject({ credentials: [{ id: ids[0], limit: 7 }] });
    expect(await quotaOf(house)).toMatchObject({ limit: 12, remaining: 12 });
    await curl(house, 'PUT', path, '{"limit": null}');
    expect((await quotaOf(house)).credentials.map(({ limit }) => limit)).toEqual([null, null]);
  });

  test('begins anew when it is told to', async () => {
    const house = await openApiHouse({ anthropic: ['a'] });
    await house.askClaude(say('hello'));
    expect((await quotaOf(house)).used).toBeGreaterThan(0);
    const reset = await curl(house, 'POST', '/v0/management/auths/claude/quota/reset');
    expect(reset).toMatchObject({ status: 200, json: { used: 0 } });
    await house.stop();
    await house.start();
    expect((await quotaOf(house)).used).toBe(0);
  });

  test.each([
    ['PUT', '/v0/management/auths/claude/quota', '{"limit": -1}', 400],
    ['PUT', '/v0/management/auths/claude/quota', '{"limit": "many"}', 400],
    ['PUT', '/v0/management/auths/claude/quota', '{"limit": 1.5}', 400],
    ['PUT', '/v0/management/auths/claude/quota', '{}', 400],
    ['PUT', '/v0/management/auths/claude/quota', 'limit', 400],
    ['PUT', '/v0/management/auths/claude/quota?id=sk-ant-not-an-id', '{"limit": 1}', 404],
    ['GET', '/v0/management/auths/nobody/quota', undefined, 404],
    ['POST', '/v0/management/auths/mistral/quota/reset', undefined, 404],
  ])('%s %s with %j is refused in words, and changes nothing', async (method, path, body, status) => {
    const house = await openApiHouse(two);
    const refused = await curl(house, method, path, body);
    expect(refused.status).toBe(status);
    const text = JSON.stringify(refused.json);
    expect(text).not.toContain('sk-ant-not-an-id');
    if (path.includes('nobody')) expect(text).toContain('There are some for: anthropic, openai.');
    expect((await quotaOf(house)).limit).toBeNull();
  });

  test('CPP-20: wants the admin key', async () => {
    const house = await openApiHouse({ anthropic: ['a'] });
    const path = `${house.url}/v0/management/auths/claude/quota`;
    for (const headers of [{}, { 'x-api-key': house.key }, { 'x-admin-key': 'ccpa_wrong' }]) {
      const answer = await fetch(path, {
        method: 'PUT',
        body: '{"limit":0}',
        headers: { 'content-type': 'application/json', ...headers },
      });
      expect(answer.status).toBe(401);
    }
    expect((await quotaOf(house)).limit).toBeNull();
  });
});

describe('when a limit is used up', () => {
  test('CPP-16: the next key serves, within the same conversation too, until none is left', async () => {
    const house = await openApiHouse(two);
    const ids = (await quotaOf(house)).credentials.map(({ id }) => id);
    await curl(house, 'PUT', `/v0/management/auths/claude/quota?id=${ids[0]}`, '{"limit": 1}');
    const conversation = { 'x-session-id': 'one' };
    for (const text of ['one', 'two', 'three']) {
      expect((await house.askClaude(say(text), conversation)).status).toBe(200);
    }
    expect(house.askedWith).toEqual(['a', 'b', 'b']);
    const [newest] = await house.exchanges();
    expect(newest?.explanation.considered).toContainEqual({
      who: 'Anthropic key a',
      verdict: 'passed over',
      reason: expect.stringMatching(/^cooling until .*: your limit of 1 tokens is used up$/),
    });
    await curl(house, 'PUT', '/v0/management/auths/claude/quota', '{"limit": 1}');
    const refused = await house.askClaude(say('four'), conversation);
    expect([refused.status, house.askedWith.length]).toEqual([429, 3]);
    await curl(house, 'PUT', '/v0/management/auths/claude/quota', '{"limit": 1000000}');
    expect((await house.askClaude(say('five'), conversation)).status).toBe(200);
  });

  test.each([
    ['/v1/messages', say('hi'), { type: 'error', error: { type: 'rate_limit_error' } }],
    ['/v1/chat/completions', say('hi'), { error: { type: 'rate_limit_error', code: 'token_limit_reached' } }],
    [
      '/v1/responses',
      { model: say('').model, input: 'hi' },
      { error: { type: 'rate_limit_error', code: 'token_limit_reached' } },
    ],
  ])('CPP-18: %s says so in its own shape, with the time of the reset', async (path, body, shape) => {
    const house = await openApiHouse({ anthropic: ['a'], config: { auth: { quota: { reset_schedule: 'daily' } } } });
    await curl(house, 'PUT', '/v0/management/auths/claude/quota', '{"limit": 0}');
    const answer = await house.ask({ path, body, headers: { 'content-type': 'application/json' } });
    expect(answer.status).toBe(429);
    const json = JSON.parse(answer.text) as { readonly error: { readonly message: string } };
    expect(json).toMatchObject(shape);
    expect(json.error.message).toMatch(
      /^ccproxy: Anthropic key a is not used until .*\(your limit of 0 tokens is used up\)\./,
    );
    expect(json.error.message).toContain('companion quota set');
    const waitSeconds = Number(answer.headers['retry-after']);
    const resetsAtMs = Date.parse((await quotaOf(house)).resets_at ?? '');
    expect(Math.abs(Date.now() + waitSeconds * 1000 - resetsAtMs)).toBeLessThan(5000);
    expect(house.askedWith).toEqual([]);
  });
});

describe('settings', () => {
  test('CPP-11: the schedule of each provider', async () => {
    const house = await openApiHouse({
      ...two,
      config: {
        auth: { quota: { reset_schedule: { claude: 'monthly', openai: 'never', gemini: 'daily' }, time_zone: 'UTC' } },
      },
    });
    const [claude, openai] = [await quotaOf(house, 'claude'), await quotaOf(house, 'openai')];
    expect(claude.credentials.map((one) => one.reset_schedule)).toEqual(['monthly', 'monthly']);
    expect(claude.resets_at).toMatch(/^\d{4}-\d\d-01T00:00:00\.000Z$/);
    expect(openai).toMatchObject({ resets_at: null, credentials: [{ reset_schedule: 'never' }] });
  });

  test.each(['round_robin', 'quota_aware', 'priority'])('CPP-14: auth.selection_strategy: %s', async (strategy) => {
    const house = await openApiHouse({ anthropic: ['a', 'b'], config: { auth: { selection_strategy: strategy } } });
    const ids = (await quotaOf(house)).credentials.map(({ id }) => id);
    await curl(house, 'PUT', `/v0/management/auths/claude/quota?id=${ids[0]}`, '{"limit": 100}');
    await curl(house, 'PUT', `/v0/management/auths/claude/quota?id=${ids[1]}`, '{"limit": 10000000}');
    for (let round = 0; round < 4; round += 1) await house.askClaude(say(`question ${round}`));
    const { askedWith } = house;
    const timesA = askedWith.filter((name) => name === 'a').length;
    if (strategy === 'round_robin') expect(timesA).toBe(2);
    if (strategy === 'quota_aware') expect(timesA).toBeLessThanOrEqual(1);
    // Until its hundred tokens are gone.
    if (strategy === 'priority') expect(askedWith).toEqual(askedWith.toSorted());
    expect(askedWith).toHaveLength(4);
  });
});
