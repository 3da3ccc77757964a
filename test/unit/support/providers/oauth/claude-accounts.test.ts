import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startClaudeAccounts } from '../../../../support/providers/oauth/claude-accounts.ts';
import type { ClaudeAccounts } from '../../../../support/providers/oauth/claude-accounts.ts';
import type { SignInOptions } from '../../../../support/providers/oauth/auth-server.ts';
import type { Answer } from './program.ts';

let accounts: ClaudeAccounts;

beforeAll(async () => {
  accounts = await startClaudeAccounts();
});
afterEach(() => {
  expect([...accounts.auth.failures, ...accounts.api.failures]).toEqual([]);
  accounts.reset();
});
afterAll(() => accounts.close());

const oauthBeta = { 'anthropic-beta': 'oauth-2025-04-20' };

function tokenOf(options: SignInOptions = {}): string {
  return String(accounts.auth.signIn(options)['access_token']);
}

async function ask(
  path: string,
  token: string,
  headers: Readonly<Record<string, string>> = oauthBeta,
): Promise<Answer> {
  const isMessage = path === '/v1/messages';
  const response = await fetch(`${accounts.api.url}${path}`, {
    method: isMessage ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${token}`,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      ...headers,
    },
    ...(isMessage && {
      body: JSON.stringify({
        model: 'claude-sonnet-4-5',
        max_tokens: 10,
        messages: [{ role: 'user', content: 'hi' }],
      }),
    }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

it('answers a live token, with the limits of its plan in the headers', async () => {
  const { status, headers } = await ask('/v1/messages', tokenOf());
  expect(status).toBe(200);
  expect(headers.get('anthropic-ratelimit-unified-status')).toBe('allowed');
  expect(headers.get('anthropic-ratelimit-unified-5h-utilization')).toBe('0.12');
  expect(headers.get('anthropic-ratelimit-requests-limit')).toBeNull();
  expect(accounts.api.requests.at(-1)?.key).toBe('mary@example.com');
});

it('turns a token away that comes without its beta, is unknown, or stands in x-api-key', async () => {
  const token = tokenOf();
  expect((await ask('/v1/messages', token, {})).status).toBe(401);
  expect((await ask('/v1/messages', 'sk-ant-oat01-unknown')).body).toMatchObject({
    type: 'error',
    error: { type: 'authentication_error', message: 'Invalid bearer token' },
  });
  const response = await fetch(`${accounts.api.url}/v1/models`, {
    headers: { 'x-api-key': token, 'anthropic-version': '2023-06-01' },
  });
  expect(response.status).toBe(401);
  await response.text();
});

it('says of an expired token that it has expired, and of a revoked one that it was revoked', async () => {
  const token = tokenOf();
  accounts.auth.expireAccess('mary@example.com');
  expect((await ask('/v1/messages', token)).body.error).toMatchObject({
    type: 'authentication_error',
    message: expect.stringContaining('OAuth token has expired'),
  });
  accounts.auth.revoke();
  const { status, body } = await ask('/v1/messages', token);
  expect(status).toBe(401);
  expect(body.error.message).toContain('revoked');
});

it('takes an API key as ever', async () => {
  const response = await fetch(`${accounts.api.url}/v1/models`, {
    headers: { 'x-api-key': accounts.api.key, 'anthropic-version': '2023-06-01' },
  });
  expect(response.status).toBe(200);
  await response.text();
});

it('tells the profile, without the version of the API but with the beta', async () => {
  const token = tokenOf({ email: 'tess@team.example.com' });
  const response = await fetch(`${accounts.api.url}/api/oauth/profile`, {
    headers: { authorization: `Bearer ${token}`, ...oauthBeta },
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    account: { email: 'tess@team.example.com', has_claude_max: false },
    organization: { organization_type: 'claude_team', rate_limit_tier: 'default_claude_max_5x' },
  });
  expect((await ask('/api/oauth/profile', token, {})).status).toBe(401);
});

it('lets a token do only what its scopes say', async () => {
  const forUsage = tokenOf({ scopes: ['user:profile'] });
  expect((await ask('/api/oauth/profile', forUsage)).status).toBe(200);
  const refused = await ask('/v1/messages', forUsage);
  expect(refused.status).toBe(403);
  expect(refused.body.error.message).toContain('user:inference');
  expect((await ask('/api/oauth/profile', tokenOf({ scopes: ['user:inference'] }))).status).toBe(403);
});

it('tells the usage in percent, once; who asks again is locked out for long', async () => {
  const token = tokenOf({ email: 'bob@example.com' });
  const { status, body } = await ask('/api/oauth/usage', token);
  expect(status).toBe(200);
  expect(body.five_hour).toMatchObject({ utilization: 12, resets_at: expect.any(String) });
  expect(body.limits[0]).toMatchObject({ kind: 'session', percent: 12 });
  const again = await ask('/api/oauth/usage', token);
  expect(again.status).toBe(429);
  expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(2800);
  expect(again.body.error.type).toBe('rate_limit_error');
  accounts.api.openUsage();
  expect((await ask('/api/oauth/usage', token)).status).toBe(200);
});

it.each([
  [{ kind: 'claude-code-only' }, 400, 'This credential is only authorized for use with Claude Code'],
  [{ kind: 'claude-code-only', status: 403 }, 403, 'This credential is only authorized for use with Claude Code'],
  [{ kind: 'organisation' }, 403, 'OAuth authentication is currently not allowed for this organization'],
  [{ kind: 'extra-usage' }, 400, 'extra usage'],
] as const)('refuses tokens by policy %o, but no API key', async (policy, status, words) => {
  accounts.api.scenario = { policy };
  const refused = await ask('/v1/messages', tokenOf());
  expect(refused.status).toBe(status);
  expect(refused.body.error.message).toContain(words);
  expect((await ask('/api/oauth/profile', tokenOf())).status).toBe(200);
  const response = await fetch(`${accounts.api.url}/v1/models`, {
    headers: { 'x-api-key': accounts.api.key, 'anthropic-version': '2023-06-01' },
  });
  expect(response.status).toBe(200);
  await response.text();
});
