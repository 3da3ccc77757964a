/** What is asked of the token endpoints, and what their answers are taken for. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { RedirectLoginProviderId } from '../../../../shared/credential.ts';
import { Secret } from '../../../../shared/redact.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import { createTokenEndpoint } from '../../../../companion/account/oauth/create-token-endpoint.ts';
import { fetchLoginUsage } from '../../../../companion/account/oauth/login-usage.ts';
import type { CompanionError } from '../../../../companion/base/error.ts';
import { createCanary, findLeaks } from '../../../support/canary.ts';
import { openSocketServer } from '../../../support/socket-server.ts';
import { makeJwt, openDispatcher, providersAt, startTokenServer } from './token-server.ts';
import type { Reply } from './token-server.ts';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const canaries = {
  code: createCanary('code', 'code_'),
  verifier: createCanary('verifier'),
  state: createCanary('state'),
  access: createCanary('access token', 'sk-ant-oat01-'),
  refresh: createCanary('refresh token', 'rt_'),
};
const grant = {
  code: new Secret(canaries.code.value),
  verifier: new Secret(canaries.verifier.value),
  redirectUri: 'http://localhost:50123/callback',
  state: canaries.state.value,
};
const never = new AbortController().signal;

async function setUp(id: RedirectLoginProviderId, timeoutMs = 5000) {
  const server = await startTokenServer();
  const options = { dispatcher: openDispatcher(), nowMs: () => nowMs, userAgent: 'ccproxy-companion/0', timeoutMs };
  const provider = providersAt(server.url)[id];
  return { server, provider, options, endpoint: createTokenEndpoint(provider, options) };
}

const stored = (provider: RedirectLoginProviderId): StoredLogin => ({
  provider,
  accessToken: new Secret(canaries.access.value),
  refreshToken: new Secret(canaries.refresh.value),
  idToken: null,
  expiresAtMs: nowMs + 1000,
  refreshExpiresAtMs: nowMs + 9000,
  scopes: ['old'],
  account: null,
  refreshedAtMs: null,
});

const failureOf = (promise: Promise<unknown>): Promise<CompanionError> =>
  promise.then(
    () => {
      throw new Error('it worked');
    },
    (error: CompanionError) => error,
  );

describe('Anthropic: a code', () => {
  const tokens = {
    token_type: 'Bearer',
    access_token: 'sk-ant-oat01-new',
    refresh_token: 'sk-ant-ort01-new',
    expires_in: 28_800,
    refresh_token_expires_in: 86_400,
    scope: 'user:inference user:profile',
    account: { uuid: 'acc-1', email_address: 'ada@example.com' },
    organization: { uuid: 'org-1', name: 'Engines' },
  };
  const profile = {
    account: { uuid: 'acc-1', email: 'ada@example.com', display_name: 'Ada' },
    organization: { uuid: 'org-1', name: 'Engines', organization_type: 'claude_max', rate_limit_tier: 'tier' },
  };

  test('is traded in as JSON with its state, by our own name', async () => {
    const { server, endpoint } = await setUp('anthropic');
    server.answer = () => ({ body: tokens });
    await endpoint.exchange(grant, never);
    const [asked] = server.asked;
    expect(asked).toMatchObject({ method: 'POST', path: '/v1/oauth/token' });
    expect(asked?.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'ccproxy-companion/0' });
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      grant_type: 'authorization_code',
      code: canaries.code.value,
      redirect_uri: 'http://localhost:50123/callback',
      client_id: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
      code_verifier: canaries.verifier.value,
      state: canaries.state.value,
    });
  });

  test('PY-11: brings a whole login, with the plan from the profile', async () => {
    const { server, endpoint } = await setUp('anthropic');
    server.answer = ({ path }) => ({ body: path === '/api/oauth/profile' ? profile : tokens });
    const login = await endpoint.exchange(grant, never);
    expect(login).toMatchObject({
      provider: 'anthropic',
      expiresAtMs: nowMs + 28_800_000,
      refreshExpiresAtMs: nowMs + 86_400_000,
      scopes: ['user:inference', 'user:profile'],
      account: { id: 'acc-1', subscriptionType: 'max', rateLimitTier: 'tier', displayName: 'Ada' },
      refreshedAtMs: nowMs,
    });
    expect(login.accessToken.reveal()).toBe('sk-ant-oat01-new');
    expect(login.refreshToken?.reveal()).toBe('sk-ant-ort01-new');
    expect(server.asked[1]).toMatchObject({ method: 'GET', path: '/api/oauth/profile' });
    expect(server.asked[1]?.headers).toMatchObject({
      authorization: 'Bearer sk-ant-oat01-new',
      'anthropic-beta': 'oauth-2025-04-20',
    });
  });

  test.each<[string, Reply]>([
    ['fails', { status: 500, body: {} }],
    ['is limited', { status: 429, body: {} }],
    ['is garbage', { body: '<html>' }],
    ['breaks', { trouble: 'cut', body: '{' }],
    ['never comes', { trouble: 'hang' }],
  ])('PY-11: brings a login although the profile %s', async (_what, reply) => {
    const { server, endpoint } = await setUp('anthropic', 400);
    server.answer = ({ path }) => (path === '/api/oauth/profile' ? reply : { body: tokens });
    const { account } = await endpoint.exchange(grant, never);
    expect(account).toMatchObject({ id: 'acc-1', email: 'ada@example.com', organisation: 'Engines' });
    expect(account?.subscriptionType).toBeNull();
  });

  test('brings a login out of the least that an answer can hold', async () => {
    const { server, endpoint } = await setUp('anthropic');
    server.answer = () => ({ body: { access_token: 'abc', expires_in: 'soon', scope: 7, refresh_token: null } });
    expect(await endpoint.exchange(grant, never)).toMatchObject({
      refreshToken: null,
      expiresAtMs: null,
      scopes: ['user:profile', 'user:inference'],
      account: null,
    });
  });

  test('is refused in the words of the provider, without what we sent', async () => {
    const { server, endpoint } = await setUp('anthropic');
    server.answer = ({ body }) => ({ status: 400, body: { error: 'invalid_grant', error_description: `No: ${body}` } });
    const error = await failureOf(endpoint.exchange(grant, never));
    expect(error).toMatchObject({
      code: 'LOGIN_REFUSED',
      details: { upstreamStatus: 400, upstreamType: 'invalid_grant' },
    });
    expect(error.message).toMatch(/^Anthropic refused: No: .*invalid_grant\)?/);
    const texts = { message: error.message, details: JSON.stringify(error.details), stack: error.stack ?? '' };
    expect(await findLeaks(Object.values(canaries), { texts })).toEqual([]);
  });

  test('an answer of the general error form is understood too', async () => {
    const { server, endpoint } = await setUp('anthropic');
    const message = 'OAuth authentication is currently not allowed for this organization.';
    server.answer = () => ({ status: 403, body: { type: 'error', error: { type: 'permission_error', message } } });
    const error = await failureOf(endpoint.exchange(grant, never));
    expect(error).toMatchObject({ code: 'LOGIN_REFUSED', details: { upstreamType: 'permission_error' } });
    expect(error.message).toBe(`Anthropic refused: ${message} (permission_error)`);
  });
});

describe('OpenAI: a code', () => {
  const access = makeJwt({ exp: 1_800_000_000 });
  const id = makeJwt({
    email: 'ada@example.com',
    'https://api.openai.com/auth': { chatgpt_account_id: 'acc-1', chatgpt_plan_type: 'pro' },
  });

  test('CCP-9: is traded in as a form, and dated by the token itself', async () => {
    const { server, endpoint } = await setUp('openai');
    server.answer = () => ({ body: { access_token: access, id_token: id, refresh_token: 'rt_new', expires_in: 5 } });
    const login = await endpoint.exchange(grant, never);
    const [asked] = server.asked;
    expect(asked).toMatchObject({ method: 'POST', path: '/oauth/token' });
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      grant_type: 'authorization_code',
      code: canaries.code.value,
      redirect_uri: 'http://localhost:50123/callback',
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      code_verifier: canaries.verifier.value,
    });
    expect(login).toMatchObject({
      expiresAtMs: 1_800_000_000_000,
      account: { id: 'acc-1', email: 'ada@example.com', subscriptionType: 'pro' },
    });
    expect(login.idToken?.reveal()).toBe(id);
  });

  test('is dated by the answer where the token does not tell', async () => {
    const { server, endpoint } = await setUp('openai');
    server.answer = () => ({ body: { access_token: 'opaque', expires_in: '60' } });
    expect((await endpoint.exchange(grant, never)).expiresAtMs).toBe(nowMs + 60_000);
  });
});

describe('a renewal', () => {
  test('Anthropic: asks with JSON, takes the token that replaces the old one', async () => {
    const { server, endpoint } = await setUp('anthropic');
    server.answer = () => ({ body: { access_token: 'new-access', refresh_token: 'new-refresh', expires_in: 60 } });
    const login = await endpoint.refresh(stored('anthropic'), never);
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({
      grant_type: 'refresh_token',
      refresh_token: canaries.refresh.value,
      client_id: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
    });
    expect(login.refreshToken?.reveal()).toBe('new-refresh');
    expect(login).toMatchObject({
      expiresAtMs: nowMs + 60_000,
      refreshExpiresAtMs: null,
      scopes: ['old'],
      refreshedAtMs: nowMs,
    });
  });

  test('CCP-14: keeps the refresh token, with its expiry, when there is no other one', async () => {
    const { server, endpoint } = await setUp('anthropic');
    server.answer = () => ({ body: { access_token: 'new-access' } });
    const login = await endpoint.refresh(stored('anthropic'), never);
    expect(login.refreshToken?.reveal()).toBe(canaries.refresh.value);
    expect(login).toMatchObject({ expiresAtMs: null, refreshExpiresAtMs: nowMs + 9000 });
  });

  test('OpenAI: asks with JSON; whatever the answer leaves out stays', async () => {
    const { server, endpoint } = await setUp('openai');
    const access = makeJwt({ exp: 1_900_000_000 });
    server.answer = () => ({ body: { access_token: access } });
    const before = { ...stored('openai'), idToken: new Secret(makeJwt({ email: 'ada@example.com' })) };
    const login = await endpoint.refresh(before, never);
    expect(server.asked[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      grant_type: 'refresh_token',
      refresh_token: canaries.refresh.value,
    });
    expect(login.idToken).toBe(before.idToken);
    expect(login.refreshToken).toBe(before.refreshToken);
    expect(login).toMatchObject({ expiresAtMs: 1_900_000_000_000, account: { email: 'ada@example.com' } });
  });

  test.each<RedirectLoginProviderId>(['anthropic', 'openai'])(
    '%s: does not lose a new refresh token that comes alone',
    async (id) => {
      const { server, endpoint } = await setUp(id);
      server.answer = () => ({ body: { refresh_token: 'new-refresh' } });
      const login = await endpoint.refresh(stored(id), never);
      expect(login.refreshToken?.reveal()).toBe('new-refresh');
      expect(login.accessToken.reveal()).toBe(canaries.access.value);
      expect(login.expiresAtMs).toBe(nowMs + 1000);
    },
  );

  test.each<[RedirectLoginProviderId, string, number, unknown, string]>([
    ['anthropic', 'invalid_grant', 400, { error: 'invalid_grant', error_description: 'Refresh token not found' }, 'D'],
    ['anthropic', 'authentication_error', 401, { error: { type: 'authentication_error', message: 'x' } }, 'D'],
    [
      'anthropic',
      'invalid_request_error',
      400,
      { type: 'error', error: { type: 'invalid_request_error', message: 'Refresh token not found or invalid' } },
      'D',
    ],
    ['openai', 'refresh_token_expired', 401, { error: { code: 'refresh_token_expired' } }, 'D'],
    ['openai', 'refresh_token_reused', 400, { error: 'refresh_token_reused' }, 'D'],
    ['openai', 'refresh_token_invalidated', 403, { code: 'refresh_token_invalidated' }, 'D'],
    ['anthropic', 'invalid_client', 401, { error: 'invalid_client' }, 'R'],
    ['anthropic', 'invalid_request_error', 400, { error: { type: 'invalid_request_error', message: 'bad body' } }, 'R'],
    ['openai', 'unsupported_country', 403, { error: { code: 'unsupported_country', message: 'Not here.' } }, 'R'],
  ])('%s: %s with %i is for good or not, as it should be', async (id, type, status, body, verdict) => {
    const { server, endpoint } = await setUp(id);
    server.answer = () => ({ status, body });
    const error = await failureOf(endpoint.refresh(stored(id), never));
    expect(error.code).toBe(verdict === 'D' ? 'LOGIN_EXPIRED' : 'LOGIN_REFUSED');
    expect(error.details).toEqual({ upstreamStatus: status, upstreamType: type });
  });

  test.each<[string, Reply, string]>([
    ['500', { status: 500, body: { error: 'server_error' } }, 'UPSTREAM_ERROR'],
    ['503 with HTML', { status: 503, body: '<html>' }, 'UPSTREAM_ERROR'],
    ['a redirect', { status: 302, headers: { location: '/x' }, body: '' }, 'UPSTREAM_UNREADABLE'],
    ['200 with garbage', { body: 'not json' }, 'UPSTREAM_UNREADABLE'],
    ['200 without tokens', { body: { ok: true } }, 'UPSTREAM_UNREADABLE'],
    ['200 with a token that is no text', { body: { access_token: { a: 1 } } }, 'UPSTREAM_UNREADABLE'],
    ['200 with a token that no header may hold', { body: { access_token: 'a\nb' } }, 'UPSTREAM_UNREADABLE'],
    ['200 with a list', { body: [] }, 'UPSTREAM_UNREADABLE'],
    ['401 of a proxy in HTML', { status: 401, body: '<html>' }, 'UPSTREAM_UNREADABLE'],
    ['a body without end', { body: 'x'.repeat(1_100_000) }, 'UPSTREAM_UNREADABLE'],
    ['a browser check', { status: 403, headers: { 'cf-mitigated': 'challenge' }, body: '<html>' }, 'CHALLENGE'],
    ['a cut', { body: '{"access_token":', trouble: 'cut' }, 'STREAM_BROKEN'],
    ['a reset', { trouble: 'reset' }, 'UPSTREAM_UNREACHABLE'],
    ['silence', { trouble: 'hang' }, 'FIRST_BYTE_TIMEOUT'],
  ])('%s says nothing about the login', async (_what, reply, code) => {
    const { server, endpoint } = await setUp('openai', 500);
    server.answer = () => reply;
    const error = await failureOf(endpoint.refresh(stored('openai'), never));
    expect(error.code).toBe(code);
    const texts = { message: error.message, stack: error.stack ?? '' };
    expect(await findLeaks(Object.values(canaries), { texts })).toEqual([]);
  });

  test.each([
    ['seconds', '2895', nowMs + 2_895_000],
    ['a date', new Date(nowMs + 60_000).toUTCString(), nowMs + 60_000],
    ['nothing', '', undefined],
    ['nonsense', 'later', undefined],
  ])('429 with retry-after in %s', async (_what, retryAfter, retryAtMs) => {
    const { server, endpoint } = await setUp('anthropic');
    const headers = { date: new Date(nowMs).toUTCString(), ...(retryAfter !== '' && { 'retry-after': retryAfter }) };
    server.answer = () => ({ status: 429, headers, body: { error: { type: 'rate_limit_error', message: 'Slow.' } } });
    const error = await failureOf(endpoint.refresh(stored('anthropic'), never));
    expect(error).toMatchObject({ code: 'RATE_LIMITED' });
    expect(error.details.retryAtMs).toBe(retryAtMs);
    expect(error.message).toContain('Slow.');
  });

  test('nobody there is not somebody who refuses', async () => {
    const gone = await openSocketServer((socket) => socket.resetAndDestroy());
    const options = { dispatcher: openDispatcher(), nowMs: () => nowMs, userAgent: 'x', timeoutMs: 1000 };
    const endpoint = createTokenEndpoint(providersAt(gone.url).anthropic, options);
    const error = await failureOf(endpoint.refresh(stored('anthropic'), never));
    expect(error.code).toBe('UPSTREAM_UNREACHABLE');
    expect(error.message).toMatch(/^Anthropic cannot be reached/);
  });

  test('is called off by whoever asked', async () => {
    const { server, endpoint } = await setUp('openai');
    server.answer = () => ({ trouble: 'hang' });
    const error = await failureOf(endpoint.refresh(stored('openai'), AbortSignal.timeout(50)));
    expect(error.code).toBe('CLIENT_GONE');
  });

  test('an answer that is packed although nobody asked is unpacked', async () => {
    const packed = gzipSync(JSON.stringify({ access_token: 'packed' }));
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`;
    const server = await openSocketServer((socket) => {
      socket.once('data', () => {
        socket.write(head);
        socket.end(packed);
      });
    });
    const options = { dispatcher: openDispatcher(), nowMs: () => nowMs, userAgent: 'x' };
    const endpoint = createTokenEndpoint(providersAt(server.url).openai, options);
    expect((await endpoint.refresh(stored('openai'), never)).accessToken.reveal()).toBe('packed');
  });
});

describe('PY-15: the profile', () => {
  test('OpenAI: is told by the tokens, nobody is asked', async () => {
    const { server, endpoint } = await setUp('openai');
    const login = { ...stored('openai'), idToken: new Secret(makeJwt({ email: 'ada@example.com' })) };
    expect(await endpoint.profile(login, never)).toMatchObject({ email: 'ada@example.com' });
    expect(await endpoint.profile(stored('openai'), never)).toBeUndefined();
    expect(server.asked).toEqual([]);
  });

  test('Anthropic: is nothing when the token is refused', async () => {
    const { server, endpoint } = await setUp('anthropic');
    server.answer = () => ({ status: 401, body: {} });
    expect(await endpoint.profile(stored('anthropic'), never)).toBeUndefined();
  });
});

describe('the usage of a plan', () => {
  test('Anthropic: windows of `/api/oauth/usage`, those of one model too', async () => {
    const { server, provider, options } = await setUp('anthropic');
    server.answer = () => ({
      body: {
        five_hour: { utilization: 42, resets_at: '2026-01-02T05:00:00.000Z' },
        seven_day: null,
        extra_usage: { is_enabled: false, utilization: null },
        limits: [{ kind: 'weekly_scoped', percent: 90, scope: { model: { id: null, display_name: 'Fable' } } }],
      },
    });
    const usage = await fetchLoginUsage(provider, stored('anthropic'), options, never);
    expect(usage.windows).toMatchObject([
      { window: 'five_hour', usedFraction: 0.42, resetsAtMs: Date.UTC(2026, 0, 2, 5), source: 'usage-endpoint' },
      { window: 'weekly_scoped', usedFraction: 0.9, model: 'Fable', observedAtMs: nowMs },
    ]);
    expect(server.asked[0]).toMatchObject({ method: 'GET', path: '/api/oauth/usage' });
    expect(server.asked[0]?.headers['anthropic-beta']).toBe('oauth-2025-04-20');
  });

  test('OpenAI: asked for the account that the login is of', async () => {
    const { server, provider, options } = await setUp('openai');
    server.answer = () => ({
      body: { rate_limit: { primary_window: { used_percent: 10, limit_window_seconds: 18_000 } } },
    });
    const account = { id: 'acc-1', email: null, displayName: null, organisationId: null, organisation: null };
    const login = { ...stored('openai'), account: { ...account, subscriptionType: null, rateLimitTier: null } };
    const usage = await fetchLoginUsage(provider, login, options, never);
    expect(usage.windows).toMatchObject([{ window: 'five_hour', usedFraction: 0.1 }]);
    expect(server.asked[0]?.path).toBe('/backend-api/wham/usage');
    expect(server.asked[0]?.headers['chatgpt-account-id']).toBe('acc-1');
  });

  test('is nothing on any trouble, and a pause is passed on', async () => {
    const { server, provider, options } = await setUp('anthropic', 300);
    const ask = () => fetchLoginUsage(provider, stored('anthropic'), options, never);
    server.answer = () => ({ status: 429, headers: { 'retry-after': '2895', date: new Date(nowMs).toUTCString() } });
    expect(await ask()).toEqual({ windows: null, retryAtMs: nowMs + 2_895_000 });
    server.answer = () => ({ trouble: 'hang' });
    expect(await ask()).toEqual({ windows: null, retryAtMs: null });
    server.answer = () => ({ status: 401 });
    expect(await ask()).toEqual({ windows: null, retryAtMs: null });
  });
});
