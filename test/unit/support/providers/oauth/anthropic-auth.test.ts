import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { claudeClientId, startAnthropicAuth } from '../../../../support/providers/oauth/anthropic-auth.ts';
import type { AnthropicAuth } from '../../../../support/providers/oauth/anthropic-auth.ts';
import { clickConsent, copyCode } from '../../../../support/providers/oauth/person.ts';
import { authorizeUrl, createProgram, exchangeBody, getCode, post } from './program.ts';
import type { Answer } from './program.ts';

let nowMs = Date.UTC(2026, 8, 1);
let auth: AnthropicAuth;
const loopback = {
  clientId: claudeClientId,
  redirectUri: 'http://localhost:54321/callback',
  scope: 'user:profile user:inference',
};

beforeAll(async () => {
  auth = await startAnthropicAuth({ nowMs: () => nowMs });
});
afterEach(() => {
  expect(auth.failures).toEqual([]);
  auth.reset();
  auth.visitor = 'mary@example.com';
});
afterAll(() => auth.close());

async function connect(): Promise<Answer> {
  const program = createProgram(loopback);
  return post(auth.tokenUrl, exchangeBody(program, await getCode(auth.authorizeUrl, program)));
}

function refresh(token: string, changes: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return post(auth.tokenUrl, {
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: claudeClientId,
    ...changes,
  });
}

describe('the way there', () => {
  it('gives tokens for a code, in the shape of the real answer', async () => {
    const { status, body } = await connect();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 28_800,
      scope: 'user:profile user:inference',
      organization: { uuid: expect.any(String), name: expect.any(String) },
      account: { uuid: expect.any(String), email_address: 'mary@example.com' },
    });
    expect(body.access_token).toMatch(/^sk-ant-oat01-/);
    expect(body.refresh_token).toMatch(/^sk-ant-ort01-/);
    expect(auth.find(body.access_token)?.state).toBe('live');
    expect(auth.secrets).toEqual(expect.arrayContaining([body.access_token, body.refresh_token]));
  });

  it('takes a form as well as JSON, and records who called and how', async () => {
    const program = createProgram(loopback);
    const code = await getCode(auth.authorizeUrl, program);
    expect((await post(auth.tokenUrl, exchangeBody(program, code), 'form')).status).toBe(200);
    expect(auth.calls.token).toMatchObject([
      {
        grant: 'authorization_code',
        form: 'form',
        userAgent: 'a-test/1.0',
        outcome: 'granted',
        person: 'mary@example.com',
      },
    ]);
    expect(JSON.stringify(auth.calls.token[0]?.fields)).not.toContain(code);
  });

  it('shows the code and the state as one string where the manual way ends', async () => {
    const program = createProgram({ ...loopback, redirectUri: `${auth.url}/oauth/code/callback` });
    const { redirect } = await clickConsent(authorizeUrl(auth.authorizeUrl, program, { code: 'true' }));
    const page = await (await fetch(redirect)).text();
    const shown = /data-testid="code">([^<]+)</.exec(page)?.[1];
    expect(shown).toBe(`${redirect.searchParams.get('code')}#${program.state}`);
    expect(await copyCode(authorizeUrl(auth.authorizeUrl, program))).toMatch(new RegExp(`#${program.state}$`));
  });

  it('knows who sits at the browser', async () => {
    auth.visitor = 'bob@example.com';
    expect((await connect()).body.account.email_address).toBe('bob@example.com');
  });

  it('sends a person who declines back with the reason and the state', async () => {
    const program = createProgram(loopback);
    const { redirect } = await clickConsent(authorizeUrl(auth.authorizeUrl, program), 'deny');
    expect(Object.fromEntries(redirect.searchParams)).toMatchObject({ error: 'access_denied', state: program.state });
    expect(redirect.searchParams.has('code')).toBe(false);
    expect(auth.calls.authorize.map(({ outcome }) => outcome)).toEqual(['denied']);
  });

  it('denies by itself when told to, once', async () => {
    auth.denyNext('access_denied', 'not this time');
    const denied = await clickConsent(authorizeUrl(auth.authorizeUrl, createProgram(loopback)));
    expect(denied.redirect.searchParams.get('error_description')).toBe('not this time');
    expect((await connect()).status).toBe(200);
  });

  it('sends back another state or an issuer when told to, by the page itself too', async () => {
    auth.scenario = { callback: { state: 'strange', iss: 'https://evil.example' }, redirectBy: 'page' };
    const { redirect } = await clickConsent(authorizeUrl(auth.authorizeUrl, createProgram(loopback)));
    expect(redirect.searchParams.get('state')).toBe('strange');
    expect(redirect.searchParams.get('iss')).toBe('https://evil.example');
  });

  it('takes one decision for one page', async () => {
    const url = authorizeUrl(auth.authorizeUrl, createProgram(loopback));
    const page = await (await fetch(url)).text();
    const body = () =>
      new URLSearchParams({ ticket: /name="ticket" value="([^"]+)"/.exec(page)?.[1] ?? '', decision: 'allow' });
    const decide = () => fetch(auth.authorizeUrl, { method: 'POST', body: body(), redirect: 'manual' });
    expect((await decide()).status).toBe(303);
    expect((await decide()).status).toBe(400);
  });

  it.each([
    ['a client that nobody knows', { client_id: 'somebody' }, 'client_id'],
    ['a redirect by number', { redirect_uri: 'http://127.0.0.1:1234/callback' }, 'Redirect URI'],
    ['a redirect to another path', { redirect_uri: 'http://localhost:1234/other' }, 'Redirect URI'],
    ['a redirect to a stranger', { redirect_uri: 'https://evil.example/callback' }, 'Redirect URI'],
    ['another response type', { response_type: 'token' }, 'response_type'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'S256'],
    ['no challenge', { code_challenge: null }, 'code_challenge'],
    ['a challenge that is no digest', { code_challenge: 'short' }, 'code_challenge'],
    ['no state', { state: null }, 'state'],
    ['a state that can be guessed', { state: '1' }, 'state'],
    ['a scope that there is not', { scope: 'user:everything' }, 'scope'],
    ['no scope', { scope: null }, 'scope'],
  ])('shows no consent page for %s, and sends nobody anywhere', async (_what, changes, word) => {
    const url = authorizeUrl(auth.authorizeUrl, createProgram(loopback), changes);
    await expect(clickConsent(url)).rejects.toThrow(word);
    expect(auth.calls.authorize.at(-1)?.outcome).toBe('refused');
  });
});

describe('the trade of a code', () => {
  it.each([
    ['another verifier', { code_verifier: 'v'.repeat(43) }, 'code_verifier'],
    ['a verifier that is too short', { code_verifier: 'v'.repeat(42) }, 'code_verifier'],
    ['no verifier', { code_verifier: null }, 'code_verifier'],
    ['no state', { state: null }, 'state'],
    ['another state', { state: 's'.repeat(43) }, 'state'],
    ['another redirect', { redirect_uri: 'http://localhost:1/callback' }, 'redirect_uri'],
    ['another client', { client_id: 'somebody' }, 'client_id'],
    ['a code that was never given', { code: 'c'.repeat(43) }, 'code'],
    ['another grant', { grant_type: 'password' }, 'grant_type'],
  ])('refuses %s with 400', async (_what, changes, word) => {
    const program = createProgram(loopback);
    const body = exchangeBody(program, await getCode(auth.authorizeUrl, program), changes);
    const answer = await post(auth.tokenUrl, body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(word);
    expect(auth.calls.count(String(body['grant_type']), 'refused')).toBe(1);
  });

  it('takes a code once; the second time ends what the first one gave', async () => {
    const program = createProgram(loopback);
    const body = exchangeBody(program, await getCode(auth.authorizeUrl, program));
    const first = await post(auth.tokenUrl, body);
    const second = await post(auth.tokenUrl, body);
    expect(second).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(auth.find(first.body.access_token)?.state).toBe('revoked');
  });

  it('takes a code for ten minutes', async () => {
    const program = createProgram(loopback);
    const code = await getCode(auth.authorizeUrl, program);
    nowMs += 10 * 60_000;
    expect((await post(auth.tokenUrl, exchangeBody(program, code))).body.error_description).toContain('expired');
  });

  it('turns away what looks like a browser', async () => {
    const program = createProgram(loopback);
    const body = exchangeBody(program, await getCode(auth.authorizeUrl, program));
    expect((await post(auth.tokenUrl, body, 'json', { origin: 'https://claude.ai' })).status).toBe(429);
    const agent = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' };
    expect((await post(auth.tokenUrl, body, 'json', agent)).status).toBe(429);
    expect((await post(auth.tokenUrl, body)).status).toBe(200);
  });

  it('refuses a body that says nothing about its form', async () => {
    const response = await fetch(auth.tokenUrl, { method: 'POST', body: 'grant_type=refresh_token' });
    expect(response.status).toBe(400);
  });
});

describe('the renewal', () => {
  it('rotates: the new one works, and only the new one', async () => {
    const { body: first } = await connect();
    const { status, body: second } = await refresh(first.refresh_token);
    expect(status).toBe(200);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(auth.isRenewable(first.refresh_token)).toBe(false);
    expect(auth.isRenewable(second.refresh_token)).toBe(true);
    expect((await refresh(second.refresh_token)).status).toBe(200);
  });

  it('ends the whole login when a refresh token comes a second time', async () => {
    const { body: first } = await connect();
    const { body: second } = await refresh(first.refresh_token);
    const again = await refresh(first.refresh_token);
    expect(again).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Refresh token not found or invalid' },
    });
    expect(auth.find(second.access_token)?.state).toBe('revoked');
    expect((await refresh(second.refresh_token)).status).toBe(400);
  });

  it('refuses another client and a scope that was never given', async () => {
    const { body } = await connect();
    expect((await refresh(body.refresh_token, { client_id: 'somebody' })).status).toBe(400);
    expect((await refresh(body.refresh_token, { scope: 'user:profile org:create_api_key' })).status).toBe(400);
    expect((await refresh(body.refresh_token, { scope: 'user:profile' })).status).toBe(200);
  });

  it('ends refresh tokens after four weeks', async () => {
    const { body } = await connect();
    nowMs += 28 * 86_400_000;
    expect((await refresh(body.refresh_token)).body.error_description).toBe('Refresh token expired');
  });

  it('ends access tokens when their time is over, and logins when they are taken back', async () => {
    auth.scenario = { expiresInSeconds: 60 };
    const { body } = await connect();
    expect(body.expires_in).toBe(60);
    nowMs += 60_000;
    expect(auth.find(body.access_token)?.state).toBe('expired');
    auth.revoke('mary@example.com');
    expect((await refresh(body.refresh_token)).status).toBe(400);
  });

  it('keeps the refresh token where the answer leaves it out', async () => {
    const { body } = await connect();
    auth.scenario = { leavesOut: ['refresh_token', 'account'] };
    const answer = await refresh(body.refresh_token);
    expect(Object.keys(answer.body)).not.toContain('refresh_token');
    expect(auth.isRenewable(body.refresh_token)).toBe(true);
  });

  it('goes wrong as told and as often as told, and then goes right with the same token', async () => {
    const { body } = await connect();
    auth.failRefresh('500', 2);
    auth.failRefresh('429');
    auth.failRefresh('garbage');
    auth.failRefresh('html');
    auth.failRefresh('invalid_grant');
    const answers = [];
    for (let turn = 0; turn < 7; turn += 1) answers.push(await refresh(body.refresh_token));
    expect(answers.map(({ status }) => status)).toEqual([500, 500, 429, 200, 502, 400, 200]);
    expect(answers[2]?.headers.get('retry-after')).toBe('7');
    expect(answers[3]?.body).toBeTypeOf('string');
    expect(auth.calls.count('refresh_token')).toBe(7);
    expect(auth.calls.count('refresh_token', 'granted')).toBe(1);
  });

  it('hangs until the caller leaves', async () => {
    const { body } = await connect();
    auth.failRefresh('hang');
    const signal = AbortSignal.timeout(200);
    const hung = fetch(auth.tokenUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'refresh_token',
        refresh_token: body.refresh_token,
        client_id: claudeClientId,
      }),
      signal,
    });
    await expect(hung).rejects.toThrow('timeout');
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  it('may lose an answer after the tokens have rotated', async () => {
    const { body } = await connect();
    auth.failRefresh('lost-answer');
    await expect(refresh(body.refresh_token)).rejects.toThrow('fetch failed');
    expect(auth.isRenewable(body.refresh_token)).toBe(false);
    expect(auth.calls.count('refresh_token', 'lost')).toBe(1);
  });

  it('takes its time when told, so that callers overlap', async () => {
    const { body } = await connect();
    auth.scenario = { tokenDelayMs: 100 };
    const answers = await Promise.all([refresh(body.refresh_token), refresh(body.refresh_token)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  });
});
