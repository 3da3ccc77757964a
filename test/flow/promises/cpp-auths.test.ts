/** Credentials over HTTP, as the guide of cliproxyapi++ promises them: its lines as printed, with the admin key added. */
import { expect, describe, test } from 'vitest';
import { curl } from '../../support/curl.ts';
import type { CurlAnswer } from '../../support/curl.ts';
import { openApiHouse, say, secretOf } from '../api/house.ts';
import type { ApiHouse, ApiHouseOptions } from '../api/house.ts';

/** Providers that know these keys, and a companion that has none yet. */
function openEmptyHouse(more: ApiHouseOptions = {}): Promise<ApiHouse> {
  return openApiHouse({ anthropic: ['one', 'two'], openai: { openai: ['three'] }, config: { keys: {} }, ...more });
}

const run = (house: ApiHouse, line: string): Promise<CurlAnswer> =>
  curl(line, { url: house.url, headers: { 'X-Admin-Key': house.adminKey } });

const addLine = (
  provider: string,
  token: string,
  priority: number,
) => `curl -X POST http://localhost:8317/v0/management/auths \\
  -H "Content-Type: application/json" \\
  -d '{
    "provider": "${provider}",
    "type": "api_key",
    "token": "${token}",
    "priority": ${priority}
  }'`;

const [one, two, three] = [
  secretOf('anthropic', 'one'),
  secretOf('anthropic', 'two'),
  secretOf('openai', 'three'),
] as const;

async function addThree(house: ApiHouse): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const [provider, token, priority] of [
    ['claude', one, 2],
    ['claude', two, 1],
    ['openai', three, 1],
  ] as const) {
    const added = await run(house, addLine(provider, token, priority));
    expect(added.status, added.text).toBe(201);
    ids.push(String(added.json.id));
  }
  return ids;
}

describe('the list of credentials', () => {
  test('CPP-3, CPP-4, CPP-15: keys are added, several for one provider too, and listed without a token', async () => {
    const house = await openEmptyHouse();
    const ids = await addThree(house);
    const { status, json, text } = await run(house, 'curl http://localhost:8317/v0/management/auths');
    expect(status).toBe(200);
    expect(json.auths).toMatchObject([
      { id: ids[0], provider: 'anthropic', type: 'api_key', priority: 2, status: 'active', ending: '...89abcdef' },
      { id: ids[1], provider: 'anthropic', type: 'api_key', priority: 1, status: 'active' },
      { id: ids[2], provider: 'openai', type: 'api_key', priority: 1, status: 'active', places: ['vault'] },
    ]);
    for (const auth of json.auths) expect(Object.keys(auth.quota)).toEqual(['limit', 'used', 'remaining']);
    for (const secret of [one, two, three]) expect(text).not.toContain(secret.slice(0, -8));
  });

  test('CPP-5: of one provider, the lower number serves first; the other when it fails', async () => {
    const house = await openEmptyHouse();
    await addThree(house);
    expect((await house.askClaude(say('hello'))).status).toBe(200);
    house.failKey('two', { canned: { status: 429, headers: { 'retry-after': '60' } } });
    expect((await house.askClaude(say('hello again'))).status).toBe(200);
    expect(house.askedWith).toEqual(['two', 'two', 'one']);
    const { auths } = (await run(house, 'curl http://localhost:8317/v0/management/auths/claude')).json;
    expect(auths).toMatchObject([
      { priority: 2, status: 'active', until: null },
      { priority: 1, status: 'active', status_reason: expect.stringContaining('claude-sonnet-4-6 rests: retry-after') },
    ]);
    for (const { last_used_at: at } of auths) expect(Date.now() - Date.parse(at)).toBeLessThan(60_000);
    expect(Date.parse(auths[1].until) - Date.now()).toBeGreaterThan(50_000);
  });

  test('wants the admin key, and the key of clients is none', async () => {
    const house = await openEmptyHouse();
    for (const headers of [{}, { 'X-Admin-Key': house.key }, { 'x-api-key': house.key }]) {
      const lines = [
        'curl http://localhost:8317/v0/management/auths',
        addLine('openai', three, 1),
        'curl -X DELETE "http://localhost:8317/v0/management/auths/claude?id=x"',
        'curl http://localhost:8317/api/keys/stats',
        'curl http://localhost:8317/api/session/list',
      ];
      for (const line of lines) expect((await curl(line, { url: house.url, headers })).status).toBe(401);
    }
    expect((await run(house, 'curl http://localhost:8317/v0/management/auths')).json.auths).toEqual([]);
  });
});

describe('one provider', () => {
  test('CPP-17: is looked at, changed and deleted by the id of a credential', async () => {
    const house = await openEmptyHouse();
    const ids = await addThree(house);
    const path = 'http://localhost:8317/v0/management/auths/claude';
    expect((await run(house, `curl ${path}`)).json.auths.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2));
    const put = (query: string, body: object) =>
      run(house, `curl -X PUT "${path}${query}" -H "Content-Type: application/json" -d '${JSON.stringify(body)}'`);
    const vague = await put('', { priority: 7 });
    expect(vague.status).toBe(400);
    for (const id of ids.slice(0, 2)) expect(vague.json.error.message).toContain(id);
    expect((await put(`?id=${ids[0]}`, { priority: 7, name: 'work' })).json).toMatchObject({ id: ids[0], priority: 7 });
    expect((await run(house, `curl -X DELETE "${path}?id=work"`)).json).toEqual({
      deleted: { id: ids[0], provider: 'anthropic', type: 'api_key', name: 'work' },
      remains_in: [],
    });
    const replaced = await put('', { token: one, priority: 1 });
    expect(replaced.json).toMatchObject({ id: ids[0], priority: 1, status: 'active' });
    expect((await house.askClaude(say('hello'))).status).toBe(200);
    expect(house.askedWith.at(-1)).toBe('one');
  });

  test('CPP-17: a key in the address is refused, with the ids that there are', async () => {
    const house = await openEmptyHouse();
    const ids = await addThree(house);
    const printed = `curl -X DELETE "http://localhost:8317/v0/management/auths/claude?id=${one}"`;
    const { status, json, text } = await run(house, printed);
    expect(status).toBe(400);
    expect(json.error.message).toContain('a secret, which does not belong in an address');
    expect(json.error.message).toContain(ids[0]);
    expect(text).not.toContain(one);
    expect(JSON.stringify(house.log)).not.toContain(one);
    const without = await run(house, 'curl -X DELETE http://localhost:8317/v0/management/auths/openai');
    expect(without).toMatchObject({
      status: 400,
      json: { error: { message: expect.stringContaining(ids[2] ?? '-') } },
    });
    expect((await run(house, 'curl http://localhost:8317/v0/management/auths')).json.auths).toHaveLength(3);
  });

  test('CPP-17, CPP-18: refresh asks the provider whether a key works, and a 401 is told with what to do', async () => {
    const house = await openEmptyHouse();
    await addThree(house);
    const bad = await run(house, addLine('openai', 'sk-openai-nobody-knows-this-one', 9));
    expect(bad.status).toBe(201);
    const { json } = await run(house, 'curl -X POST http://localhost:8317/v0/management/auths/openai/refresh');
    expect(json.results).toMatchObject([
      { outcome: 'works', message: null, auth: { provider: 'openai', status: 'active' } },
      { id: bad.json.id, outcome: 'failed', message: expect.stringContaining('console of OpenAI') },
    ]);
  });

  test('CPP-18: that has no credentials says so', async () => {
    const house = await openEmptyHouse();
    for (const line of [
      'curl http://localhost:8317/v0/management/auths/gemini',
      'curl -X POST http://localhost:8317/v0/management/auths/gemini/refresh',
      'curl -X DELETE "http://localhost:8317/v0/management/auths/gemini?id=x"',
    ]) {
      const { status, json } = await run(house, line);
      expect(status).toBe(404);
      expect(json.error.message).toContain('No credentials for provider gemini');
    }
  });

  test('in the configuration says where its key stands, and can be turned off nevertheless, for good', async () => {
    const house = await openApiHouse({ anthropic: ['one', 'two'] });
    const path = 'http://localhost:8317/v0/management/auths/anthropic';
    const [{ id }] = (await run(house, `curl ${path}`)).json.auths;
    const refused = await run(house, `curl -X DELETE "${path}?id=${id}"`);
    expect(refused).toMatchObject({
      status: 400,
      json: { error: { message: expect.stringContaining('config.yaml:') } },
    });
    const off = await run(
      house,
      `curl -X PUT "${path}?id=${id}" -H "Content-Type: application/json" -d '{"enabled":false}'`,
    );
    expect(off.json).toMatchObject({ id, status: 'off' });
    await house.stop();
    await house.start();
    const answer = await house.askClaude(say('hello'));
    expect(house.askedWith).toEqual(['two']);
    const explained = await house.explain(answer.headers['x-companion-exchange']);
    expect(explained.explanation.considered).toContainEqual({
      who: 'Anthropic key one',
      verdict: 'passed over',
      reason: 'it is turned off',
    });
    await run(house, `curl -X PUT "${path}?id=${id}" -H "Content-Type: application/json" -d '{"enabled":true}'`);
    await house.askClaude(say('again'));
    expect(house.askedWith).toEqual(['two', 'one']);
  });

  test.each([
    ['{"provider":"claude","type":"oauth"}', 'you sign in at its provider'],
    ['{"provider":"claude","type":"api_key"}', 'A `token` is wanted'],
    ['{"provider":"nobody","type":"api_key","token":"k"}', 'There is no provider called "nobody"'],
    ['{"provider":"chatgpt","type":"api_key","token":"k"}', 'takes a login, not a key'],
    ['{"provider":"claude.ai","type":"api_key","token":"k"}', 'is reached with a session'],
    ['{"provider":"openai","type":"session","token":"k"}', 'Only claude.ai has sessions'],
    ['{"provider":"openai","type":"api_key","token":"a b"}', 'This is no key'],
    ['{"provider":"openai","type":"cookie","token":"k"}', '`type`'],
    ['{"provider":"openai","type":"api_key","token":"k","priority":-1}', '`priority`'],
    ['{"provider":', 'The body is not valid JSON'],
  ])('refuses what cannot be: %s', async (body, says) => {
    const house = await openEmptyHouse();
    const line = `curl -X POST http://localhost:8317/v0/management/auths -H "Content-Type: application/json" -d '${body}'`;
    const { status, json } = await run(house, line);
    expect([400, 404]).toContain(status);
    expect(json.error.message).toContain(says);
  });
});

test('an account is named in a header, served alone, and told in the explanation; one that nobody has is refused', async () => {
  const house = await openApiHouse({ anthropic: ['one', 'two'] });
  const answer = await house.askClaude(say('hello'), { 'x-companion-account': 'two' });
  expect(answer.status).toBe(200);
  expect(house.askedWith).toEqual(['two']);
  const { explanation } = await house.explain(answer.headers['x-companion-exchange']);
  expect(explanation.considered).toContainEqual({
    who: 'Anthropic key one',
    verdict: 'passed over',
    reason: 'the account "two" is wanted',
  });
  const nobody = await house.askClaude(say('hello'), { 'x-companion-account': 'three' });
  expect(nobody.status).toBe(404);
  expect(nobody.text).toContain('There are: one, two.');
  expect(house.anthropicApi.requests.every(({ headers }) => !('x-companion-account' in headers))).toBe(true);
});
