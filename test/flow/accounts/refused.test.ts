/** Fault row 6: what becomes of a request whose login is not accepted. */
import { describe, expect, test } from 'vitest';
import { sharedGpt, bodyFor, claude, dialectPaths, gpt, openAccountHouse } from './house.ts';
import type { AccountHouse } from './house.ts';

const revoked = 'OAuth token has been revoked. Please obtain a new token.';
const isMessage = ({ method }: { readonly method: string }) => method === 'POST';

async function signedIn(options: Parameters<typeof openAccountHouse>[0] = {}): Promise<AccountHouse> {
  const house = await openAccountHouse(options);
  await house.signIn('anthropic');
  return house;
}

describe('a token that is refused before its end', () => {
  test.each(dialectPaths)(
    'is replaced once and the request sent once more at %s: the client sees 200',
    async (path) => {
      const house = await signedIn();
      house.claude.auth.expireAccess();
      const answer = await house.say(path, 'once more');
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('once more')]);
      expect(house.claudeCalls).toEqual(['401 mary@example.com', '200 mary@example.com']);
      expect(house.refreshes()).toBe(1);
      const [first, second] = house.claude.api.requests.filter(isMessage);
      expect(first?.body.equals(second?.body ?? Buffer.alloc(0))).toBe(true);
      expect(first?.path).toBe(second?.path);
      const withoutToken = ({ rawHeaders = [] }: { rawHeaders?: readonly string[] } = {}) =>
        rawHeaders.filter((text) => !text.startsWith('Bearer '));
      expect(withoutToken(second)).toEqual(withoutToken(first));
      expect((await house.say(path, 'later')).status).toBe(200);
      expect([house.claudeCalls.length, house.refreshes()]).toEqual([3, 1]);
      expect(await house.findLeaks()).toEqual([]);
    },
  );

  test('goes out byte by byte as it came where the client speaks the same dialect', async () => {
    const house = await signedIn();
    house.claude.auth.expireAccess();
    const body = Buffer.from(
      `{ "model":"${claude}",\n "max_tokens": 1e2,"messages":[{"role":"user","content":"\\u0068i"}]}`,
    );
    const answer = await house.ask('/v1/messages', body, { 'content-type': 'application/json' });
    expect(answer.status).toBe(200);
    expect(house.claude.api.requests.filter(isMessage).map((request) => request.body.equals(body))).toEqual([
      true,
      true,
    ]);
  });

  test('is replaced for a stream as well', async () => {
    const house = await signedIn();
    house.claude.auth.expireAccess();
    const message = await house
      .anthropic()
      .messages.stream({ model: claude, max_tokens: 100, messages: [{ role: 'user', content: 'as a stream' }] })
      .finalMessage();
    expect(message.content).toMatchObject([{ type: 'text', text: expect.stringContaining('as a stream') }]);
    expect([house.claudeCalls.length, house.refreshes()]).toEqual([2, 1]);
  });

  test('is replaced once for 50 requests at a time', async () => {
    const house = await signedIn();
    house.claude.auth.expireAccess();
    house.claude.auth.scenario = { tokenDelayMs: 50 };
    const answers = await Promise.all(Array.from({ length: 50 }, () => house.say('/v1/messages', 'all at once')));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(house.refreshes()).toBe(1);
    expect(house.claudeCalls.filter((call) => call.startsWith('200'))).toHaveLength(50);
  });

  test.each([401, 403])('counts the same whether it is said with %i', async (status) => {
    const house = await signedIn();
    house.claude.api.scenario = { faults: [{ canned: { status, message: revoked } }] };
    expect((await house.say('/v1/messages', 'x')).status).toBe(200);
    expect(house.claudeCalls.map((call) => call.slice(0, 3))).toEqual([String(status), '200']);
    expect(house.refreshes()).toBe(1);
  });

  test.each([401, 403])('is replaced when a person has it checked, and it is said with %i', async (status) => {
    const house = await signedIn();
    house.claude.api.scenario = { faults: [{ canned: { status, message: revoked } }] };
    expect(await house.app.service.logins.validate('anthropic')).toMatchObject({ isValid: true, message: null });
    expect(house.refreshes()).toBe(1);
  });

  test('of the ChatGPT backend is replaced too', async () => {
    const house = await openAccountHouse();
    await house.signIn('openai');
    house.openAiAuth.expireAccess();
    const before = await house.readAuthFile();
    expect((await house.say('/v1/responses', 'once more', gpt)).text).toContain('once more');
    expect(house.chatGptCalls).toEqual(['401 mary@example.com', '200 mary@example.com']);
    expect(house.refreshes('openai')).toBe(1);
    const [first, second] = house.chatGpt.requests.filter(isMessage);
    expect(first?.body.equals(second?.body ?? Buffer.alloc(0))).toBe(true);
    const after = await house.readAuthFile();
    expect(after.refresh_token).not.toBe(before.refresh_token);
    expect(house.openAiAuth.isRenewable(after.refresh_token)).toBe(true);
    expect(await house.findLeaks()).toEqual([]);
  });
});

describe('a token whose replacement is refused too', () => {
  const shapes = {
    '/v1/messages': { type: 'error', error: { type: 'authentication_error' } },
    '/v1/chat/completions': { error: { type: 'invalid_request_error', code: 'login_expired' } },
    '/v1/responses': { error: { type: 'invalid_request_error', code: 'login_expired' } },
  } as const;

  test.each(dialectPaths)('is 401 LOGIN_EXPIRED with the command that helps at %s', async (path) => {
    const house = await signedIn();
    house.claude.api.scenario = { faults: { canned: { status: 401, message: revoked } } };
    const answer = await house.say(path, 'x');
    expect([answer.status, answer.headers['x-companion-error']]).toEqual([401, 'LOGIN_EXPIRED']);
    expect(answer.headers['x-should-retry']).toBe('false');
    expect(answer.json).toMatchObject(shapes[path]);
    expect(answer.json.error.message).toContain(revoked);
    expect(answer.json.error.message).toMatch(/Sign in again with `companion auth login`\.$/);
    expect(house.claudeCalls).toHaveLength(2);
    expect(house.refreshes()).toBe(1);
    expect(house.status()).toMatchObject({ state: 'dead', trouble: { code: 'LOGIN_EXPIRED' } });
  });

  test('is not offered again to a provider that does not want it, and says so to every client', async () => {
    const house = await signedIn();
    house.claude.api.scenario = { faults: { canned: { status: 401, message: revoked } } };
    for (let round = 0; round < 10; round += 1) {
      const answer = await house.say(dialectPaths[round % 3] ?? '/v1/messages', 'x');
      expect([answer.status, answer.headers['x-companion-error']]).toEqual([401, 'LOGIN_EXPIRED']);
      expect(answer.json.error.message).toContain('companion auth login');
    }
    expect([house.claudeCalls.length, house.refreshes()]).toEqual([2, 1]);
  });

  test('serves at once after a new login', async () => {
    const house = await signedIn();
    house.claude.api.scenario = { faults: { canned: { status: 401, message: revoked } } };
    expect((await house.say('/v1/messages', 'x')).status).toBe(401);
    house.claude.api.scenario = {};
    expect(await house.signIn('anthropic')).toMatchObject({ state: 'usable', trouble: null });
    expect((await house.say('/v1/messages', 'x')).status).toBe(200);
  });

  test('leaves the request to an API key beside it', async () => {
    const house = await signedIn({ hasClaudeKey: true });
    house.claude.api.scenario = {
      faults: ({ key }) => (key === 'spare' ? undefined : { canned: { status: 401, message: revoked } }),
    };
    const answer = await house.say('/v1/messages', 'x');
    expect(answer.status).toBe(200);
    expect(house.claudeCalls).toEqual(['401 mary@example.com', '401 mary@example.com', '200 spare']);
    expect((await house.explain(answer)).explanation.attempts).toMatchObject([
      { who: 'Anthropic login mary@example.com', outcome: 'LOGIN_EXPIRED' },
      { who: 'Anthropic key spare', outcome: 'served' },
    ]);
    // However many requests come: nobody is asked twice for what is known.
    for (let round = 0; round < 40; round += 1) expect((await house.say('/v1/messages', 'x')).status).toBe(200);
    expect(house.claudeCalls.filter((call) => call.startsWith('401'))).toHaveLength(2);
  });
});

describe('what the provider allows no login', () => {
  const claudeCodeOnly =
    'This credential is only authorized for use with Claude Code and cannot be used for other API requests.';
  const organisation = 'OAuth authentication is currently not allowed for this organization.';
  const policies = [
    [400, claudeCodeOnly, { kind: 'claude-code-only' }],
    [403, claudeCodeOnly, { kind: 'claude-code-only', status: 403 }],
    [403, organisation, { kind: 'organisation' }],
  ] as const;

  test.each(policies)('%i %s', async (status, words, policy) => {
    const house = await signedIn();
    house.claude.api.scenario = { policy };
    for (const path of dialectPaths) {
      const answer = await house.say(path, 'x');
      expect(answer.status).toBe(path === '/v1/messages' ? status : 403);
      expect(answer.json.error.message).toContain(words);
    }
    expect(house.claude.api.requests.find(isMessage)?.status).toBe(status);
    expect([house.claudeCalls.length, house.refreshes()]).toEqual([3, 0]);
    expect(house.status()).toMatchObject({ state: 'usable', trouble: null });
    house.claude.api.scenario = {};
    expect((await house.say('/v1/messages', 'x')).status).toBe(200);
  });

  test('in its own bytes, where the client speaks its dialect', async () => {
    const house = await signedIn();
    const body =
      '{"type":"error","error":{"type":"permission_error","message":"OAuth authentication is currently not allowed for this organization."}, "request_id":"req_1"}';
    house.claude.api.scenario = {
      faults: { canned: { status: 403, body, headers: { 'content-type': 'application/json' } } },
    };
    const answer = await house.say('/v1/messages', 'x');
    expect([answer.status, answer.text]).toEqual([403, body]);
  });

  test.each(dialectPaths)('403 is left to an API key beside it at %s, and explain tells', async (path) => {
    const house = await signedIn({ hasClaudeKey: true });
    house.claude.api.scenario = { policy: { kind: 'organisation' } };
    const answer = await house.say(path, 'x');
    expect(answer.status).toBe(200);
    expect(house.claudeCalls).toEqual(['403 mary@example.com', '200 spare']);
    expect((await house.explain(answer)).explanation).toMatchObject({
      considered: [
        { who: 'Anthropic login mary@example.com', verdict: 'chosen' },
        { who: 'Anthropic key spare', verdict: 'next' },
      ],
      attempts: [
        { who: 'Anthropic login mary@example.com', status: 403 },
        { who: 'Anthropic key spare', status: 200, outcome: 'served' },
      ],
    });
    expect([house.refreshes(), house.status()?.state]).toEqual([0, 'usable']);
  });
});

test('a 403 of the ChatGPT backend is no word about the token', async () => {
  const house = await openAccountHouse();
  await house.signIn('openai');
  house.chatGpt.scenario = { refuse: { kind: 'detail', status: 403, detail: 'Not for this workspace.' } };
  const answer = await house.ask('/v1/responses', bodyFor('/v1/responses', 'x', sharedGpt));
  expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('Not for this workspace.')]);
  expect([house.refreshes('openai'), house.status('openai')?.state]).toEqual([0, 'usable']);
});
