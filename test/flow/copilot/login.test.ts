/** Signing in to GitHub Copilot over the calls of its page, and what becomes of the login afterwards. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clientId, lostPolls } from '../../support/providers/github/github.ts';
import { eventually } from '../api/house.ts';
import { openCopilotHouse } from './house.ts';

describe('the device flow', () => {
  test('CPP-2, CPP-6: a code, background polling, and a login that is kept and renewed', async () => {
    const house = await openCopilotHouse();
    const { status, body } = await house.begin();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'waiting',
      user_code: house.github.userCode,
      verification_uri: `${house.github.url}/login/device`,
      error: null,
      login: null,
    });
    expect(house.app.service.status().pendingLogins).toMatchObject([{ id: body.id, provider: 'copilot' }]);
    house.github.decide('allow');
    const done = await house.until(body.id, 'done');
    expect(done.login).toMatchObject({ name: 'octo-ada', plan: 'Individual' });
    expect(house.status()).toMatchObject({
      state: 'usable',
      owner: 'companion',
      name: 'octo-ada',
      isRefreshable: true,
    });
    await house.stop();
    await house.start();
    expect(house.status()).toMatchObject({ state: 'usable', name: 'octo-ada', plan: 'Individual' });
    expect(await house.findLeaks()).toEqual([]);
  });

  test('goes on after slow_down and lost connections, and tells of the network while it is away', async () => {
    const house = await openCopilotHouse({ github: { scenario: { slowDowns: 1, slowerBySeconds: 0 } } });
    house.github.faults = lostPolls(2);
    const { body } = await house.begin();
    const lost = await eventually('the trouble is told', async () => {
      const { body: now } = await house.asAdmin('GET', `/v0/oauth/copilot/attempts/${body.id}`);
      return (now as typeof body).error ?? undefined;
    });
    expect(lost.code).toMatch(/^(UPSTREAM_UNREACHABLE|STREAM_BROKEN)$/);
    house.github.decide('allow');
    expect(await house.until(body.id, 'done')).toMatchObject({ error: null, login: { name: 'octo-ada' } });
  });

  test.each([
    ['deny', 'LOGIN_DENIED', /denied at GitHub/],
    ['expire', 'LOGIN_TIMED_OUT', /over at GitHub/],
  ] as const)('CPP-18: ends with what to do when it is %s', async (how, code, words) => {
    const house = await openCopilotHouse();
    const { body } = await house.begin();
    if (how === 'deny') house.github.decide('deny');
    else house.github.expire();
    const { error } = await house.until(body.id, 'failed');
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(error?.remedy).toContain('companion auth login-copilot');
    const again = await house.begin();
    expect(again.body.user_code).not.toBe(body.user_code);
  });

  test('CPP-18: without a client id it says how to register one, where it goes, and what does without', async () => {
    const house = await openCopilotHouse({ environment: { CCPROXY_COPILOT_CLIENT_ID: undefined } });
    const { status, body } = await house.refusedBegin();
    expect(status).toBe(400);
    expect(body.error.code).toBe('LOGIN_UNCONFIGURED');
    expect(body.error.message).toMatch(/GitHub lets everybody register one/);
    for (const words of ['settings/applications/new', 'copilot.client_id', 'adopt gh', 'COPILOT_GITHUB_TOKEN']) {
      expect(body.error.message).toContain(words);
    }
    expect(house.github.requests).toEqual([]);
    await house.configure({ copilot: { client_id: clientId } });
    expect(await house.begin()).toMatchObject({ status: 200, body: { user_code: house.github.userCode } });
  });

  test.each([
    [{ CCPROXY_COPILOT_CLIENT_ID: 'Ov23liSomebodyElse' }, {}, /does not accept the client id/],
    [{}, { isDeviceFlowOn: false }, /device flow turned off/],
  ])('CPP-18: a client that GitHub refuses is named as the trouble (%#)', async (environment, scenario, words) => {
    const house = await openCopilotHouse({ environment, github: { scenario } });
    const { status, body } = await house.refusedBegin();
    expect(status).toBe(403);
    expect(body.error).toMatchObject({
      code: expect.stringMatching(/login_refused/i),
      message: expect.stringMatching(words),
    });
  });

  test('is cancelled, and its code is of no use any more', async () => {
    const house = await openCopilotHouse();
    const { body } = await house.begin();
    const cancelled = await house.asAdmin('POST', `/v0/oauth/copilot/attempts/${body.id}/cancel`);
    expect(cancelled.body).toMatchObject({ state: 'failed', error: { code: 'LOGIN_CANCELLED' } });
    house.github.decide('allow');
    expect(house.status()).toBeUndefined();
  });

  test('fails when GitHub takes the new token for nothing and a trade is insisted on', async () => {
    const house = await openCopilotHouse({
      config: { copilot: { exchange: 'always' } },
      github: { scenario: { tradeStatus: 403 } },
    });
    const { body } = await house.begin();
    house.github.decide('allow');
    const { error } = await house.until(body.id, 'failed');
    expect(error).toMatchObject({ code: 'LOGIN_REFUSED', message: expect.stringContaining('Resource not accessible') });
  });
});

describe('a login that is there', () => {
  test('shows what is left of the plan in the status and under /v0/quota', async () => {
    const house = await openCopilotHouse();
    await house.signIn();
    const quotas = await eventually('the plan was asked for', () => {
      const found = house.app.service.status().logins?.find(({ provider }) => provider === 'copilot')?.quotas ?? [];
      return Promise.resolve(found.length > 0 ? found : undefined);
    });
    expect(quotas).toMatchObject([
      { window: 'premium_interactions', usedFraction: 0.75, status: 'allowed', source: 'usage-endpoint' },
      { window: 'chat', usedFraction: 0, resetsAtMs: null },
      { window: 'completions', usedFraction: 0, resetsAtMs: null },
    ]);
    const { body } = await house.call<{ credentials: readonly object[] }>('GET', '/v0/quota', undefined, {
      'x-api-key': house.key,
    });
    expect(body.credentials).toMatchObject([{ provider: 'copilot', name: 'octo-ada' }]);
  });

  test('is removed with everything', async () => {
    const house = await openCopilotHouse();
    const { id } = await house.signIn();
    await house.app.service.logins.remove(id);
    expect(house.status()).toBeUndefined();
    await house.stop();
    await house.start();
    expect(house.status()).toBeUndefined();
  });

  test('is dead when the person took the access back, and says how to sign in again', async () => {
    const house = await openCopilotHouse();
    const { id } = await house.signIn();
    house.github.revoke();
    await expect(house.app.service.logins.refresh(id)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    const validation = await house.app.service.logins.validate(id);
    expect(validation).toMatchObject({ isValid: false });
    expect(validation.remedy).toContain('login-copilot');
  });
});

describe('a token that is there already', () => {
  test('in COPILOT_GITHUB_TOKEN serves without a client id, is traded, and is never written down', async () => {
    const house = await openCopilotHouse();
    await house.stop();
    const token = house.github.issueToken();
    const started = await openCopilotHouse({
      environment: { ...house.github.environment, CCPROXY_COPILOT_CLIENT_ID: undefined, COPILOT_GITHUB_TOKEN: token },
    });
    expect(started.status()).toMatchObject({ owner: 'environment', state: 'usable' });
    const { logins } = started.app.service;
    expect(await logins.validate('copilot')).toMatchObject({ isValid: true });
    expect(house.github.trades).toBe(1);
    await expect(logins.remove('copilot')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await started.stop();
    expect(started.lines.join('')).not.toContain(token);
  });

  test('of the GitHub CLI serves once it is turned on, and the program is not run before', async () => {
    const house = await openCopilotHouse();
    const token = house.github.issueToken();
    await house.stop();
    const bin = join(house.home, 'bin');
    await mkdir(bin);
    const marker = join(house.home, 'gh-was-run');
    const script = `#!/bin/sh\necho "$@" >> ${marker}\necho ${token}\n`;
    await writeFile(join(bin, 'gh'), script);
    await chmod(join(bin, 'gh'), 0o755);
    const adopting = await openCopilotHouse({ environment: { ...house.github.environment, PATH: bin } });
    expect(adopting.status()).toBeUndefined();
    await expect(readFile(marker)).rejects.toThrow();
    const { logins } = adopting.app.service;
    const [login] = await logins.adopt('gh', true);
    expect(login).toMatchObject({ owner: 'gh', state: 'usable' });
    expect(new Set((await readFile(marker, 'utf8')).trim().split('\n'))).toEqual(
      new Set(['auth token --hostname github.com']),
    );
    expect(await logins.validate('copilot')).toMatchObject({ isValid: true });
    await logins.adopt('gh', false);
    expect(adopting.status()).toBeUndefined();
  });

  test('of the GitHub CLI may stand in its hosts.yml', async () => {
    const house = await openCopilotHouse({ config: { copilot: { use_gh: true } } });
    const token = house.github.issueToken();
    const folder = join(house.home, '.config', 'gh');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'hosts.yml'), `github.com:\n  user: octo-ada\n  oauth_token: ${token}\n`);
    const [login] = await house.app.service.logins.adopt('gh', true);
    expect(login).toMatchObject({ owner: 'gh', provider: 'copilot' });
  });
});
