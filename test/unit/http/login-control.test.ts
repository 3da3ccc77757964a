import { describe, expect, it } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { createLoginControl, maskToken } from '../../../companion/http/control/create-login-control.ts';
import type { CheckLogin, LoginControlOptions } from '../../../companion/http/control/create-login-control.ts';
import { createControlServer } from '../../../companion/http/control/routes.ts';
import type { ControlService } from '../../../companion/http/control/routes.ts';
import { Secret } from '../../../shared/redact.ts';
import {
  chatGpt,
  claudeCode,
  loginStatus,
  MemoryDesk,
  MemoryLogins,
  openAiToken,
  sceneNowMs,
  storedLogin,
  tokenOf,
} from './login-scene.ts';

function open(options: Partial<LoginControlOptions> & { readonly logins?: MemoryLogins } = {}) {
  const logins = options.logins ?? new MemoryLogins([loginStatus(), chatGpt, claudeCode]);
  const desk = new MemoryDesk();
  const log = memoryLogger();
  const control = createLoginControl({
    desk,
    check: async () => undefined,
    setAdopted: async (owner, isOn) => logins.setOn(owner, isOn),
    nowMs: () => sceneNowMs,
    ...options,
    logins,
  });
  const app = createControlServer({ logins: control } as ControlService, log.logger, () => sceneNowMs);
  const ask = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) => {
    const reply = await app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
    return { status: reply.statusCode, body: reply.json(), text: reply.body };
  };
  return { ask, logins, desk, log };
}

describe('a login under way', () => {
  it('begins in the way that was asked for, and is told whole', async () => {
    const { ask, desk } = open();
    const { body } = await ask('POST', '/control/logins/begin', {
      provider: 'anthropic',
      way: 'manual',
      isForced: true,
    });
    expect(body).toMatchObject({ id: 'login-1', way: 'manual', disclosure: expect.stringContaining('Claude Code') });
    await ask('POST', '/control/logins/begin', { provider: 'openai' });
    expect(desk.calls).toEqual(['begin anthropic manual forced', 'begin openai loopback']);
  });

  it('is waited for: still waiting after the time that was given, and done at once when it is over', async () => {
    const { ask, desk } = open();
    await ask('POST', '/control/logins/begin', { provider: 'anthropic' });
    expect((await ask('GET', '/control/logins/pending/login-1?waitMs=10')).body).toEqual({ state: 'waiting' });
    const outcome = ask('GET', '/control/logins/pending/login-1?waitMs=20000');
    desk.end();
    expect((await outcome).body).toEqual({ state: 'done', login: loginStatus() });
  });

  it('is finished by what was pasted, which comes in the body, and fails in words', async () => {
    const { ask } = open();
    await ask('POST', '/control/logins/begin', { provider: 'anthropic' });
    const failed = await ask('POST', '/control/logins/pending/login-1/finish', { pasted: 'canary-wrong' });
    expect(failed.body).toEqual({
      state: 'failed',
      error: {
        code: 'LOGIN_MISMATCH',
        message: 'The answer belongs to another login.',
        remedy: expect.stringContaining('Begin again'),
      },
    });
    await ask('POST', '/control/logins/begin', { provider: 'anthropic' });
    const done = await ask('POST', '/control/logins/pending/login-1/finish', { pasted: 'right-code' });
    expect(done.body.state).toBe('done');
  });

  it('is cancelled, and whoever waits hears so', async () => {
    const { ask } = open();
    await ask('POST', '/control/logins/begin', { provider: 'anthropic' });
    const waiting = ask('GET', '/control/logins/pending/login-1?waitMs=20000');
    await ask('DELETE', '/control/logins/pending/login-1');
    expect((await waiting).body).toMatchObject({ state: 'failed', error: { code: 'LOGIN_CANCELLED' } });
  });

  it.each([
    ['GET', '/control/logins/pending/gone?waitMs=10', undefined, 404, 'NOT_FOUND'],
    ['GET', '/control/logins/pending/login-1?waitMs=soon', undefined, 400, 'INVALID_REQUEST'],
    ['POST', '/control/logins/begin', { provider: 'github' }, 400, 'INVALID_REQUEST'],
    ['POST', '/control/logins/pending/login-1/finish', {}, 400, 'INVALID_REQUEST'],
    ['POST', '/control/logins/adopt', { owner: 'companion', isOn: true }, 400, 'INVALID_REQUEST'],
    ['POST', '/control/logins/nobody/validate', undefined, 404, 'NOT_FOUND'],
  ] as const)('%s %s with %j is refused as other routes refuse', async (method, url, payload, status, code) => {
    const { ask } = open();
    expect(await ask(method, url, payload)).toMatchObject({ status, body: { companion: { code } } });
  });
});

describe('CCP-7: the details of a login', () => {
  it('show the access token masked, and neither token whole', async () => {
    const { ask, logins } = open();
    const { body, text } = await ask('POST', '/control/logins/ada%40example.com/details');
    expect(body).toMatchObject({
      login: { id: 'claude-3f9a2c41' },
      accountId: '99999999-aaaa-4bbb-8ccc-000000000001',
      displayName: 'Ada',
      subscriptionType: 'max',
      rateLimitTier: 'default_claude_max_20x',
      maskedAccessToken: 'sk-ant-oat01...-the-end',
      hasRefreshToken: true,
      userId: null,
      jwt: null,
    });
    expect(text).not.toMatch(/mmmmmmmm|rrrrrrrr/);
    expect(logins.calls).toEqual(['inspect claude-3f9a2c41']);
  });

  it('CCP-12: of OpenAI tell what the token says of itself, and none of its other claims', async () => {
    const { ask, logins } = open();
    const expiresAtMs = Date.UTC(2026, 11, 1, 15, 26, 0);
    logins.stored.set(
      chatGpt.id,
      storedLogin({ provider: 'openai', accessToken: new Secret(openAiToken(expiresAtMs)), refreshToken: null }),
    );
    const { body } = await ask('POST', '/control/logins/openai/details');
    expect(body).toMatchObject({ userId: 'user-Ab3dEfGh1jKlMn0pQrStUvWx', hasRefreshToken: false });
    expect(body.maskedAccessToken).toBe('eyJhbGciOiJS...xIXcUrNE');
    expect(body.jwt).toEqual({
      algorithm: 'RS256',
      type: 'JWT',
      keyId: '19344e65-bbc9-44d1-a9d0-f957b079bd0e',
      id: '8b1f5d3e-0000-4000-8000-123456789abc',
      issuer: 'https://auth.openai.com',
      audience: ['https://api.openai.com/v1'],
      issuedAtMs: Date.UTC(2026, 10, 21, 11, 53, 33),
      expiresAtMs,
    });
  });

  it.each([
    ['x'.repeat(23), '***'],
    [`abcd${'x'.repeat(30)}wxyz`, 'abcd...wxyz'],
    [`abcdefghijkl${'x'.repeat(40)}stuvwxyz`, 'abcdefghijkl...stuvwxyz'],
  ])('mask %s as %s: most of a token stays hidden', (token, masked) => {
    expect(maskToken(token)).toBe(masked);
  });
});

describe('PY-16, CCP-6: validating a login', () => {
  const unauthorized = new CompanionError('LOGIN_EXPIRED', 'OAuth token has been revoked.', {
    details: { upstreamStatus: 401 },
  });

  it('finds it valid when its provider takes the token', async () => {
    const { ask } = open();
    expect((await ask('POST', '/control/logins/anthropic/validate')).body).toEqual({
      login: loginStatus(),
      isValid: true,
      isExpired: false,
      message: null,
      remedy: null,
    });
  });

  it('tries once more with another token, as a request does', async () => {
    const seen: string[] = [];
    const check: CheckLogin = async ({ secret }) => {
      seen.push(secret.reveal());
      if (secret.reveal().endsWith('first')) throw unauthorized;
    };
    const { ask, logins } = open({ check });
    logins.replace = async (token) => tokenOf({ ...token, kind: 'oauth-login' }, 'sk-ant-oat01-second');
    expect((await ask('POST', '/control/logins/anthropic/validate')).body).toMatchObject({ isValid: true });
    expect(seen).toEqual(['sk-ant-oat01-first', 'sk-ant-oat01-second']);
  });

  it('finds it invalid in the words of the provider, which hold no token', async () => {
    const check: CheckLogin = async () => {
      throw new CompanionError('LOGIN_EXPIRED', 'No such token: sk-ant-oat01-canary-canary', {
        details: { upstreamStatus: 401 },
      });
    };
    const { ask } = open({ check });
    const { body, text } = await ask('POST', '/control/logins/anthropic/validate');
    expect(body).toMatchObject({ isValid: false, message: 'No such token: ***', remedy: expect.any(String) });
    expect(text).not.toContain('canary');
  });

  it.each([
    [loginStatus(), 'Sign in again with `companion auth login`.'],
    [chatGpt, 'Sign in again with `companion auth login-openai`.'],
    [{ ...claudeCode, state: 'usable' as const }, 'Run `claude`: it renews its login, or lets you sign in again.'],
  ])('does not speak of API keys when the token of $0.owner is refused', async (login, remedy) => {
    const check: CheckLogin = async () => {
      throw new CompanionError('KEY_REJECTED', 'OAuth token has expired.', { details: { upstreamStatus: 401 } });
    };
    const { ask } = open({ check, logins: new MemoryLogins([login]) });
    const { body } = await ask('POST', `/control/logins/${login.id}/validate`);
    expect(body).toMatchObject({ isValid: false, message: 'OAuth token has expired.', remedy });
  });

  it('finds it valid though a limit stands in the way: that is told to accounts alone', async () => {
    const check: CheckLogin = async () => {
      throw new CompanionError('RATE_LIMITED', 'Too many questions.');
    };
    const { body } = await open({ check }).ask('POST', '/control/logins/anthropic/validate');
    expect(body).toMatchObject({ isValid: true, message: 'Too many questions.' });
  });

  it('says that a token cannot be had, and since when it is over', async () => {
    const logins = new MemoryLogins([loginStatus({ state: 'expired', expiresAtMs: sceneNowMs - 1 })]);
    logins.lease = async () => {
      throw new CompanionError('LOGIN_REFRESH_FAILED', 'Anthropic answered 500.');
    };
    const { body } = await open({ logins }).ask('POST', '/control/logins/anthropic/validate');
    expect(body).toMatchObject({ isValid: false, isExpired: true, message: 'Anthropic answered 500.' });
  });

  it.each([
    [claudeCode, "It is Claude Code's login, and you did not turn it on here.", '`companion auth adopt claude-code`'],
    [loginStatus({ state: 'dead' }), 'The provider no longer renews it.', 'companion auth login'],
  ])('asks nobody about one that is off or dead', async (login, message, remedy) => {
    const check: CheckLogin = () => Promise.reject(new Error('asked all the same'));
    const { body } = await open({ logins: new MemoryLogins([login]), check }).ask(
      'POST',
      `/control/logins/${login.id}/validate`,
    );
    expect(body).toMatchObject({ isValid: false, message, remedy: expect.stringContaining(remedy) });
  });
});

describe('the other routes', () => {
  it('list the logins and how renewing goes', async () => {
    const { ask, logins } = open();
    const { body } = await ask('GET', '/control/logins');
    expect(body.logins.map(({ id }: { id: string }) => id)).toEqual([loginStatus().id, chatGpt.id, claudeCode.id]);
    expect(body.worker).toEqual(logins.workerStatus);
    expect((await ask('GET', '/control/logins/worker')).body).toEqual(logins.workerStatus);
  });

  it('renew one', async () => {
    const { ask } = open();
    expect((await ask('POST', '/control/logins/openai/refresh')).body).toMatchObject({
      id: chatGpt.id,
      refreshedAtMs: sceneNowMs,
    });
  });

  it('PY-17: forget one, and never that of another program', async () => {
    const { ask, logins } = open();
    expect((await ask('DELETE', `/control/logins/${loginStatus().id}`)).body).toMatchObject({
      name: 'ada@example.com',
    });
    expect(logins.statuses()).toHaveLength(2);
    const refused = await ask('DELETE', `/control/logins/${claudeCode.id}`);
    expect(refused).toMatchObject({ status: 400, body: { companion: { remedy: 'Run `claude /logout`.' } } });
  });

  it("turn another program's login on and off, and tell how it stands then", async () => {
    const { ask, logins } = open();
    const on = await ask('POST', '/control/logins/adopt', { owner: 'claude-code', isOn: true });
    expect(on.body.logins).toMatchObject([{ id: claudeCode.id, state: 'usable' }]);
    await ask('POST', '/control/logins/adopt', { owner: 'claude-code', isOn: false });
    expect(logins.calls).toEqual(['adopt claude-code true', 'adopt claude-code false']);
  });

  it('log nothing that was pasted', async () => {
    const { ask, log } = open();
    await ask('POST', '/control/logins/begin', { provider: 'anthropic' });
    await ask('POST', '/control/logins/pending/login-1/finish', { pasted: 'canary-code#canary-state' });
    await ask('POST', '/control/logins/pending/login-1/finish', { pasted: ['canary-in-a-list'] });
    expect(log.text()).not.toContain('canary');
  });
});
