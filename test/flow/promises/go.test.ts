/** Promises to users of the Go ccproxy: its `curl` lines run as they stand in its guide, with the admin key. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../companion/config/load.ts';
import { createTemporaryHome } from '../../support/temporary-home.ts';
import { claude, eventually, say } from '../api/house.ts';
import { openClientKeyHouse } from '../client-keys/house.ts';
import type { ClientKeyHouse } from '../client-keys/house.ts';

const run = promisify(execFile);

/** The line as it stands in the guide, in a shell; status and JSON of the answer. */
async function curl(line: string, environment: Readonly<Record<string, string>>) {
  const script = `${line.replace(/^curl /, "curl -sS -w '\\n%{http_code}' ")}`;
  const { stdout } = await run('sh', ['-c', script], { env: { ...environment, PATH: process.env['PATH'] ?? '' } });
  const end = stdout.lastIndexOf('\n');
  const text = stdout.slice(0, end);
  return { status: Number(stdout.slice(end + 1)), text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
}

function variables({ house }: ClientKeyHouse, token = ''): Record<string, string> {
  return { BASE: house.url, ADMIN: house.adminKey, TOKEN: token };
}

const generate = `curl -X POST $BASE/api/token/generate \\
  -H "X-Admin-Key: $ADMIN" -H "Content-Type: application/json" \\
  -d '{"name": "my-client", "expires_in": "720h", "mode": "both"}'`;
const list = 'curl $BASE/api/token/list -H "X-Admin-Key: $ADMIN"';
const question = `{"model": "${claude}", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}`;
const chat = (body: string, more = '') => `curl -X POST $BASE/v1/chat/completions ${more} \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '${body}'`;

describe('modes', () => {
  test('GO-1: a companion serves both, or what CCPROXY_SERVER_MODE says; the key decides, then X-Proxy-Mode', async () => {
    const keys = await openClientKeyHouse();
    const api = await keys.create({ mode: 'api' });
    const web = await keys.create({ mode: 'web' });
    const both = await keys.create({ mode: 'both' });
    const ask = async (token: string, mode?: string) => {
      const { status, headers } = await keys.ask(token, say('x'), mode === undefined ? {} : { 'x-proxy-mode': mode });
      return status === 200 ? headers['x-companion-route']?.split(';')[0] : headers['x-companion-error'];
    };
    expect([await ask(api.token), await ask(web.token), await ask(both.token)]).toEqual([
      'api',
      'SESSION_REQUIRED',
      'api',
    ]);
    expect([await ask(both.token, 'api'), await ask(both.token, 'web')]).toEqual(['api', 'SESSION_REQUIRED']);
    const home = await createTemporaryHome();
    const modeOf = (environment: Record<string, string>) =>
      loadConfig({ environment: { CCPROXY_HOME: home.path, ...environment }, cwd: home.path }).config.server.mode;
    expect([modeOf({}), modeOf({ CCPROXY_SERVER_MODE: 'api' })]).toEqual(['both', 'api']);
    expect(() => modeOf({ CCPROXY_SERVER_MODE: 'neither' })).toThrow('both, api or web');
    await home.remove();
  });

  test('GO-10: X-Admin-Key manages, a Bearer asks, X-Proxy-Mode chooses where the key allows it', async () => {
    const keys = await openClientKeyHouse();
    const { token } = await keys.create({ mode: 'api' });
    const environment = variables(keys, token);
    for (const credential of ['', '-H "X-Admin-Key: wrong"', '-H "X-Admin-Key: $TOKEN"']) {
      const { status } = await curl(`curl $BASE/api/token/list ${credential}`, environment);
      expect([credential, status]).toEqual([credential, 401]);
    }
    for (const inAddress of ['?admin_key=$ADMIN', '?token=$TOKEN'])
      expect((await curl(`curl $BASE/api/token/list${inAddress}`, environment)).status).toBe(401);
    const refused = await curl(chat(question, '-H "X-Proxy-Mode: web"'), environment);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('token does not have permission for this mode');
    expect((await curl(chat(question, '-H "X-Proxy-Mode: api"'), environment)).status).toBe(200);
    const asKey = chat(question).replace('Authorization: Bearer', 'x-api-key:');
    expect((await curl(asKey, environment)).status).toBe(200);
  });
});

test('GO-2: CCPROXY_JWT_SECRET and CCPROXY_ADMIN_KEY are taken, and made where they are missing', async () => {
  const home = await createTemporaryHome();
  const environment = {
    CCPROXY_HOME: home.path,
    CCPROXY_JWT_SECRET: 'as-in-the-guide',
    CCPROXY_ADMIN_KEY: 'of-the-guide',
  };
  const { security } = loadConfig({ environment, cwd: home.path }).config;
  expect([security.jwtSecret?.reveal(), security.adminKey?.reveal()]).toEqual(['as-in-the-guide', 'of-the-guide']);
  await home.remove();
  const short = await openClientKeyHouse({
    settings: { 'security.jwt_secret': 'short', 'security.admin_key': 'mine' },
  });
  expect(short.house.app.notices.join('\n')).toContain('CCPROXY_JWT_SECRET has less than 32 bytes');
  expect(short.house.app.notices.join('\n')).toContain('The admin key has less than 16 characters');
  expect(short.house.adminKey).toBe('mine');
  const { token } = await short.create();
  expect((await short.ask(token, say('x'))).status).toBe(200);
  const shared = await openClientKeyHouse({ settings: { 'security.auth_token': 'one', 'security.admin_key': 'one' } });
  expect(shared.house.app.notices.join('\n')).toContain('every client can manage the companion');
  const none = await openClientKeyHouse();
  expect(none.house.app.notices.join('\n')).not.toContain('JWT');
  expect((await none.ask((await none.create()).token, say('x'))).status).toBe(200);
});

describe('tokens', () => {
  test('GO-3: are JWTs, kept in the database, and revoked there: after a restart they are what they were', async () => {
    const keys = await openClientKeyHouse();
    const [kept, revoked] = [await keys.create(), await keys.create({ name: 'other' })];
    const [header, claims] = kept.token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(JSON.parse(header ?? '')).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(JSON.parse(claims ?? '')).toMatchObject({ iss: 'ccproxy', jti: kept.id, name: 'laptop', mode: 'both' });
    await keys.revoke(revoked.id);
    await keys.house.stop();
    await keys.house.start();
    expect((await keys.ask(kept.token, say('x'))).status).toBe(200);
    expect((await keys.ask(revoked.token, say('x'))).status).toBe(401);
  });

  test('GO-4: POST /api/token/generate makes one; a duration or mode that makes no sense is 400', async () => {
    const keys = await openClientKeyHouse();
    const { status, json } = await curl(generate, variables(keys));
    expect(status).toBe(200);
    expect(json).toMatchObject({
      token: expect.stringMatching(/^eyJ/),
      id: expect.any(String),
      name: 'my-client',
      mode: 'both',
    });
    const days = (Date.parse(json.expires_at) - Date.now()) / 86_400_000;
    expect([Math.round(days), (await keys.ask(json.token, say('x'))).status]).toEqual([30, 200]);
    for (const [from, to] of [
      ['720h', 'soon'],
      ['720h', '-5h'],
      ['"both"', '"all"'],
      ['"both"', '7'],
      ['"my-client"', '""'],
      ['"name"', '"nom"'],
    ] as const) {
      const wrong = await curl(generate.replace(from, to), variables(keys));
      expect([to, wrong.status, wrong.json.error.type]).toEqual([to, 400, 'invalid_request_error']);
    }
    expect((await curl(generate.replace('720h', '30d'), variables(keys))).status).toBe(200);
    expect(await keys.list()).toHaveLength(2);
  });

  test('GO-5: GET /api/token/list tells of each what it is for and how much it was used, and never the token', async () => {
    const keys = await openClientKeyHouse();
    const { json: made } = await curl(generate, variables(keys));
    await keys.ask(made.token, say('x'));
    await eventually('it is counted', async () => (await keys.theKey()).total_requests === 1);
    const { status, json, text } = await curl(list, variables(keys));
    expect(status).toBe(200);
    expect(json.tokens).toEqual([
      expect.objectContaining({
        id: made.id,
        name: 'my-client',
        mode: 'both',
        created_at: expect.stringMatching(/Z$/),
        expires_at: made.expires_at,
        last_used_at: expect.stringMatching(/Z$/),
        is_valid: true,
        enable_conversation_logging: false,
        total_requests: 1,
        total_tokens_used: expect.any(Number),
      }),
    ]);
    expect(json.tokens[0].total_tokens_used).toBeGreaterThan(0);
    expect(json.tokens[0]).not.toHaveProperty('revoked_at');
    expect(text).not.toContain('eyJ');
  });

  test('GO-6: POST /api/token/revoke ends one at once, and says so', async () => {
    const keys = await openClientKeyHouse();
    const { json: made } = await curl(generate, variables(keys));
    const revoke = `curl -X POST $BASE/api/token/revoke -H "X-Admin-Key: $ADMIN" \\
      -H "Content-Type: application/json" -d '{"id": "${made.id}"}'`;
    expect((await keys.ask(made.token, say('x'))).status).toBe(200);
    expect(await curl(revoke, variables(keys))).toMatchObject({ status: 200, json: { message: expect.any(String) } });
    expect((await keys.ask(made.token, say('x'))).headers['x-companion-error']).toBe('CLIENT_KEY_REVOKED');
    expect(await curl(revoke, variables(keys))).toMatchObject({ status: 200 });
    const unknown = await curl(revoke.replace(made.id, 'nobody'), variables(keys));
    expect(unknown.status).toBe(404);
    expect(await keys.theKey()).toMatchObject({ is_valid: false, revoked_at: expect.stringMatching(/Z$/) });
  });
});

test('GO-9: chat completions, whole and streamed, messages, counts and models, with a Bearer JWT', async () => {
  const keys = await openClientKeyHouse();
  const { token } = await keys.create();
  const environment = variables(keys, token);
  expect((await curl(chat(question), environment)).json).toMatchObject({ object: 'chat.completion' });
  const streamed = await curl(chat(question.replace('{', '{"stream": true, ')), environment);
  expect(streamed.text.trim()).toMatch(/^data: [^]*data: \[DONE\]$/);
  const models = await curl('curl $BASE/v1/models -H "Authorization: Bearer $TOKEN"', environment);
  expect(models.json.data.length).toBeGreaterThan(0);
  const headers = '-H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json"';
  for (const path of ['/v1/messages', '/v1/v1/messages']) {
    const message = await curl(`curl -X POST $BASE${path} ${headers} -d '${question}'`, environment);
    expect([path, message.json?.type]).toEqual([path, 'message']);
  }
  const count = question.replace('"max_tokens": 100, ', '');
  const counted = await curl(`curl -X POST $BASE/v1/messages/count_tokens ${headers} -d '${count}'`, environment);
  expect(counted.json?.input_tokens).toBeGreaterThan(0);
  const openai = new OpenAI({ baseURL: `${keys.house.url}/v1`, apiKey: token, maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: keys.house.url, authToken: token, apiKey: null, maxRetries: 0 });
  const answers = await Promise.all([
    openai.chat.completions.create({ model: claude, messages: say('x').messages }),
    anthropic.messages.create(say('x')),
  ]);
  expect(answers.map(({ id }) => id.length > 5)).toEqual([true, true]);
});
