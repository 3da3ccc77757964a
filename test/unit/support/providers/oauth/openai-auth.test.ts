import { createPublicKey, verify } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { codexClientId, startOpenAiAuth } from '../../../../support/providers/oauth/openai-auth.ts';
import type { OpenAiAuth } from '../../../../support/providers/oauth/openai-auth.ts';
import { bob, mary } from '../../../../support/providers/oauth/openai-account.ts';
import { clickConsent } from '../../../../support/providers/oauth/person.ts';
import { authorizeUrl, createProgram, exchangeBody, getCode, post } from './program.ts';
import type { Answer, Json } from './program.ts';

let nowMs = Date.UTC(2026, 8, 1);
let auth: OpenAiAuth;
const codex = {
  clientId: codexClientId,
  redirectUri: 'http://localhost:1455/auth/callback',
  scope: 'openid profile email offline_access',
};
const asCodexAsks = { id_token_add_organizations: 'true', codex_cli_simplified_flow: 'true', originator: 'a-test' };

beforeAll(async () => {
  auth = await startOpenAiAuth({ nowMs: () => nowMs });
});
afterEach(() => {
  expect(auth.failures).toEqual([]);
  auth.reset();
  auth.visitor = mary.email;
});
afterAll(() => auth.close());

async function connect(): Promise<Answer> {
  const program = createProgram(codex);
  const code = await getCode(auth.authorizeUrl, program, asCodexAsks);
  return post(auth.tokenUrl, exchangeBody(program, code, { state: null }), 'form');
}

function refresh(token: string, form: 'json' | 'form' = 'json', server = auth): Promise<Answer> {
  const body = { grant_type: 'refresh_token', refresh_token: token, client_id: codexClientId };
  return post(server.tokenUrl, body, form);
}

function claimsOf(token: string): Json {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

const namespace = 'https://api.openai.com/auth';

describe('the tokens', () => {
  it('tell whose plan it is, in the claims of the real ones', async () => {
    const { status, body } = await connect();
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 864_000 });
    expect(body.refresh_token).toMatch(/^rt_/);
    expect(claimsOf(body.id_token)).toMatchObject({
      iss: 'https://auth.openai.com',
      aud: [codexClientId],
      email: 'mary@example.com',
      exp: nowMs / 1000 + 3600,
      [namespace]: {
        chatgpt_account_id: mary.accountId,
        chatgpt_plan_type: 'plus',
        chatgpt_user_id: mary.userId,
        organizations: [{ id: expect.any(String), is_default: true, role: 'owner', title: 'Personal' }],
      },
    });
    expect(claimsOf(body.access_token)).toMatchObject({
      aud: ['https://api.openai.com/v1'],
      exp: nowMs / 1000 + 864_000,
      jti: expect.any(String),
      [namespace]: { chatgpt_account_id: mary.accountId },
    });
  });

  it('are really signed, with the key that is published under their kid', async () => {
    const { body } = await connect();
    const { keys } = (await (await fetch(`${auth.url}/.well-known/jwks.json`)).json()) as {
      keys: (JsonWebKey & { kid: string })[];
    };
    for (const token of [body.id_token, body.access_token] as string[]) {
      const [head = '', claims = '', signature = ''] = token.split('.');
      const { kid, alg } = JSON.parse(Buffer.from(head, 'base64url').toString('utf8'));
      const key = keys.find((one) => one.kid === kid);
      expect([kid, alg]).toEqual([auth.keyId, 'RS256']);
      const isTrue = verify(
        'RSA-SHA256',
        Buffer.from(`${head}.${claims}`),
        createPublicKey({ key: key ?? {}, format: 'jwk' }),
        Buffer.from(signature, 'base64url'),
      );
      expect(isTrue).toBe(true);
    }
  });

  it('name organisations only to whom asked for them, and can be renewed only by whom asked for that', async () => {
    const program = createProgram({ ...codex, scope: 'openid email' });
    const body = exchangeBody(program, await getCode(auth.authorizeUrl, program), { state: null });
    const answer = await post(auth.tokenUrl, body, 'form');
    expect(claimsOf(answer.body.id_token)[namespace]).not.toHaveProperty('organizations');
    expect(answer.body).not.toHaveProperty('refresh_token');
  });
});

describe('the way there', () => {
  it.each(['http://localhost:1455/auth/callback', 'http://localhost:1457/auth/callback'])(
    'sends people back to %s',
    async (redirectUri) => {
      const program = createProgram({ ...codex, redirectUri });
      const { redirect } = await clickConsent(authorizeUrl(auth.authorizeUrl, program));
      expect(`${redirect.origin}${redirect.pathname}`).toBe(redirectUri);
      expect(redirect.searchParams.get('state')).toBe(program.state);
    },
  );

  it.each([
    ['another port', { redirect_uri: 'http://localhost:1456/auth/callback' }],
    ['another path', { redirect_uri: 'http://localhost:1455/callback' }],
    ['a number for a name', { redirect_uri: 'http://127.0.0.1:1455/auth/callback' }],
    ['another client', { client_id: 'app_other' }],
    ['a plain challenge', { code_challenge_method: 'plain' }],
    ['no openid', { scope: 'profile email' }],
    ['no state', { state: null }],
  ])('shows no consent page for %s', async (_what, changes) => {
    await expect(clickConsent(authorizeUrl(auth.authorizeUrl, createProgram(codex), changes))).rejects.toThrow(
      'no consent page: 400',
    );
  });

  it('sends a member of another workspace back without a code', async () => {
    auth.visitor = bob.email;
    const url = (id: string) => authorizeUrl(auth.authorizeUrl, createProgram(codex), { allowed_workspace_id: id });
    expect((await clickConsent(url(mary.accountId))).redirect.searchParams.get('error')).toBe('access_denied');
    expect((await clickConsent(url(`x,${bob.accountId}`))).redirect.searchParams.has('code')).toBe(true);
  });

  it('says when the plan has no Codex', async () => {
    auth.denyNext('access_denied', 'missing_codex_entitlement');
    const { redirect } = await clickConsent(authorizeUrl(auth.authorizeUrl, createProgram(codex)));
    expect(redirect.searchParams.get('error_description')).toContain('missing_codex_entitlement');
  });
});

describe('the token endpoint', () => {
  it('takes the trade of a code as a form only', async () => {
    const program = createProgram(codex);
    const body = exchangeBody(program, await getCode(auth.authorizeUrl, program), { state: null });
    expect((await post(auth.tokenUrl, body, 'json')).status).toBe(400);
    expect((await post(auth.tokenUrl, body, 'form')).status).toBe(200);
  });

  it.each([
    ['another verifier', { code_verifier: 'v'.repeat(43) }],
    ['another redirect', { redirect_uri: 'http://localhost:1457/auth/callback' }],
    ['no verifier', { code_verifier: null }],
  ])('refuses %s with 400', async (_what, changes) => {
    const program = createProgram(codex);
    const code = await getCode(auth.authorizeUrl, program);
    expect((await post(auth.tokenUrl, exchangeBody(program, code, changes), 'form')).status).toBe(400);
  });

  it('renews by JSON and by form, and rotates each time', async () => {
    const { body: first } = await connect();
    const { body: second } = await refresh(first.refresh_token, 'json');
    const { status, body: third } = await refresh(second.refresh_token, 'form');
    expect(status).toBe(200);
    expect(new Set([first, second, third].map((one) => one.refresh_token)).size).toBe(3);
    expect(new Set([first, second, third].map((one) => one.access_token)).size).toBe(3);
  });

  it('says refresh_token_reused to the second who comes with the same one, and ends the login', async () => {
    const { body: first } = await connect();
    const { body: second } = await refresh(first.refresh_token);
    expect(await refresh(first.refresh_token)).toMatchObject({
      status: 401,
      body: { error: { code: 'refresh_token_reused' } },
    });
    expect((await refresh(second.refresh_token)).body.error.code).toBe('refresh_token_invalidated');
    expect(auth.find(second.access_token)?.state).toBe('revoked');
  });

  it('says refresh_token_expired after three months', async () => {
    const { body } = await connect();
    nowMs += 90 * 86_400_000;
    expect((await refresh(body.refresh_token)).body.error.code).toBe('refresh_token_expired');
  });

  it('says refresh_token_invalidated after the login was taken back', async () => {
    const { body } = await connect();
    const revoked = await post(`${auth.url}/oauth/revoke`, { token: body.refresh_token, client_id: codexClientId });
    expect(revoked.status).toBe(200);
    expect(auth.calls.revoke).toBe(1);
    expect((await refresh(body.refresh_token)).body.error.code).toBe('refresh_token_invalidated');
  });

  it('says what it is told to say, with the token untouched', async () => {
    const { body } = await connect();
    auth.failRefresh('refresh_token_reused');
    auth.failRefresh('refresh_token_expired');
    auth.failRefresh('empty');
    expect((await refresh(body.refresh_token)).body.error.code).toBe('refresh_token_reused');
    expect((await refresh(body.refresh_token)).body.error.code).toBe('refresh_token_expired');
    expect(await refresh(body.refresh_token)).toMatchObject({ status: 200, body: {} });
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  it.each([
    ['string', { error: 'refresh_token_reused' }],
    ['code', { code: 'refresh_token_reused' }],
  ] as const)('has other ways to say it: as a %s', async (errorForm, body) => {
    const other = await startOpenAiAuth({ errorForm });
    other.failRefresh('refresh_token_reused');
    expect(await refresh('rt_any', 'json', other)).toMatchObject({ status: 401, body });
    await other.close();
  });

  it('writes the file of a person who is signed in to Codex', async () => {
    const { tokens, OPENAI_API_KEY: key } = auth.signInToCodex(bob.email);
    expect(key).toBeNull();
    expect(tokens.account_id).toBe(bob.accountId);
    expect(claimsOf(tokens.id_token)[namespace].organizations).toHaveLength(2);
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
  });
});
