/** A Kiro login from its code to its end: made, renewed, refused, adopted, forgotten. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it, test } from 'vitest';
import { openKiroHouse } from './house.ts';
import { moveClock } from '../accounts/house.ts';
import { eventually } from '../api/house.ts';

describe('signing in', () => {
  it('CPP-2: keeps the login, which serves at once, and shows no secret of it anywhere', async () => {
    const house = await openKiroHouse();
    expect(await house.signIn()).toMatchObject({
      id: expect.stringMatching(/^kiro-[\da-f]{8}$/),
      owner: 'companion',
      plan: 'Free',
      state: 'usable',
      isRefreshable: true,
    });
    expect((await house.say('hi')).status).toBe(200);
    await house.stop();
    await house.start();
    expect((await house.say('hi')).status).toBe(200);
    expect(house.aws.registrations).toEqual(['CCProxy Companion']);
    expect(await house.findLeaks()).toEqual([]);
  });

  it('CPP-2: works with the Identity Center of an organisation, for the profile that the settings name', async () => {
    const startUrl = 'https://d-1234567890.awsapps.com/start';
    const profileArn = 'arn:aws:codewhisperer:eu-central-1:123456789012:profile/EXAMPLE';
    const house = await openKiroHouse({ aws: { startUrl }, config: { kiro: { profile_arn: profileArn } } });
    await expect(house.begin({ start_url: 'http://d-1.awsapps.com/start' })).rejects.toThrow('INVALID_REQUEST');
    await house.signIn({ start_url: startUrl, region: 'eu-west-1' });
    expect((await house.say('hi')).status).toBe(200);
    const [usage, ...asked] = house.kiro.requests;
    expect(new URL(usage?.path ?? '', house.kiro.url).searchParams.get('profileArn')).toBe(profileArn);
    expect(asked.at(-1)?.json).toMatchObject({ profileArn });
  });

  it('CPP-2: is listed among the credentials, by its id and without a secret', async () => {
    const house = await openKiroHouse();
    const { id } = await house.signIn();
    const { auths } = await house.control<{ auths: readonly object[] }>('GET', '/v0/management/auths');
    expect(auths).toMatchObject([{ id, provider: 'kiro', status: 'active' }]);
    expect(await house.findLeaks()).toEqual([]);
  });

  it('CPP-6: twice as the same person is one login', async () => {
    const house = await openKiroHouse();
    const first = await house.signIn();
    const second = await house.signIn();
    expect(second.id).toBe(first.id);
    expect(house.app.service.logins.statuses()).toHaveLength(1);
  });

  test.each([
    ['denied', 'LOGIN_DENIED'],
    ['over', 'LOGIN_TIMED_OUT'],
  ] as const)('CPP-6: that is %s says so and what to do', async (how, code) => {
    const house = await openKiroHouse({ aws: { codeLifeSeconds: how === 'over' ? 0.05 : 600 } });
    const { id, user_code: userCode } = await house.begin();
    if (how === 'denied') house.aws.decide(userCode, how);
    const { error, state } = await house.outcome(id);
    expect([state, error?.code, error?.remedy]).toEqual(['failed', code, expect.stringContaining('login-kiro')]);
    expect(house.status()).toBeUndefined();
    expect(await house.findLeaks()).toEqual([]);
  });

  it('CPP-6: outlives servers that fail, hurry and break', async () => {
    const house = await openKiroHouse();
    house.aws.fail('slow_down', '500', 'reset');
    const { id, user_code: userCode } = await house.begin();
    house.aws.decide(userCode, 'confirmed');
    await eventually('AWS was asked', () => house.aws.grants.length > 0);
    expect(house.aws.grants[0]).toBe('device slow_down');
    await house.control('POST', `/v0/oauth/kiro/attempts/${id}/cancel`, {});
    expect((await house.outcome(id)).error?.code).toBe('LOGIN_CANCELLED');
  });
});

describe('a token', () => {
  it('that is refused is renewed once, and the request goes on', async () => {
    const house = await openKiroHouse();
    await house.signIn();
    house.aws.expireAccess();
    const answer = await house.say('hi');
    expect([answer.status, house.calls]).toEqual([200, [403, 200]]);
    expect(house.aws.grants).toContain('refresh_token granted');
  });

  it('that is over is renewed before it is used, once for many requests', async () => {
    const house = await openKiroHouse({ config: { auth: { refresh: { enabled: false } } } });
    await house.signIn();
    moveClock(2 * 3_600_000);
    house.aws.delayMs = 50;
    const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => house.say(`hi ${n}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(house.aws.grants.filter((grant) => grant === 'refresh_token granted')).toHaveLength(1);
  });

  it('that AWS renews no more asks for signing in again, in its words', async () => {
    const house = await openKiroHouse();
    await house.signIn();
    house.aws.revoke();
    const answer = await house.say('hi');
    expect([answer.status, answer.headers['x-companion-error']]).toEqual([401, 'LOGIN_EXPIRED']);
    expect(answer.text).toContain('companion auth login-kiro');
    expect(house.status()).toMatchObject({ state: 'dead', trouble: { code: 'LOGIN_EXPIRED' } });
    expect((await house.signIn()).state).toBe('usable');
    expect((await house.say('hi')).status).toBe(200);
    expect(await house.findLeaks()).toEqual([]);
  });

  it('whose registration is gone asks for signing in again, which registers anew', async () => {
    const house = await openKiroHouse();
    await house.signIn();
    house.aws.forgetClients();
    house.aws.expireAccess();
    expect((await house.say('hi')).headers['x-companion-error']).toBe('LOGIN_EXPIRED');
    await house.signIn();
    expect((await house.say('hi')).status).toBe(200);
    expect(house.aws.registrations).toHaveLength(2);
  });

  it('of a login that AWS cannot renew for a moment is not lost', async () => {
    const house = await openKiroHouse();
    await house.signIn();
    house.aws.expireAccess();
    house.aws.fail('500');
    const answer = await house.say('hi');
    expect([answer.status, answer.headers['x-companion-error']]).toEqual([503, 'LOGIN_REFRESH_FAILED']);
    expect(house.status()?.state).not.toBe('dead');
  });
});

it('tells how much of the plan is used', async () => {
  const house = await openKiroHouse();
  await house.signIn();
  const { quotas } = await eventually('the usage was asked', async () => {
    await house.control('GET', '/control/status');
    return (house.status()?.quotas.length ?? 0) > 0 ? house.status() : undefined;
  });
  expect(quotas).toMatchObject([
    { window: 'credit', usedFraction: 0.255, status: 'allowed', source: 'usage-endpoint' },
  ]);
});

describe('Kiro’s own login', () => {
  const fileOf = ({ accessToken, refreshToken }: { accessToken: string; refreshToken: string }) => ({
    accessToken,
    refreshToken,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    region: 'us-east-1',
    authMethod: 'IdC',
    provider: 'BuilderId',
  });

  it('serves once it is adopted, is read again when Kiro renews it, and is never touched', async () => {
    const house = await openKiroHouse();
    const token = fileOf(house.aws.signIn());
    await house.writeKiroFile(token);
    const adopt = (isOn: boolean) => house.control('POST', '/control/logins/adopt', { owner: 'kiro', isOn });
    await adopt(true);
    expect((await house.say('hi')).status).toBe(200);
    expect(house.status()).toMatchObject({ owner: 'kiro', isRefreshable: false, location: house.kiroFile });
    house.aws.expireAccess();
    const refused = await house.say('hi');
    expect([refused.headers['x-companion-error'], refused.text]).toEqual([
      'LOGIN_EXPIRED',
      expect.stringContaining('Open Kiro'),
    ]);
    expect(JSON.parse(await readFile(house.kiroFile, 'utf8'))).toEqual(token);
    await house.writeKiroFile(fileOf(house.aws.signIn()));
    await eventually('the new token serves', async () => (await house.say('hi')).status === 200);
    await adopt(false);
    expect((await house.say('hi')).status).not.toBe(200);
    expect(house.aws.grants).toEqual([]);
    expect(await house.findLeaks()).toEqual([]);
  });
});

it('is forgotten at logout: nothing of it is left, and nothing serves', async () => {
  const house = await openKiroHouse();
  const { id } = await house.signIn();
  await house.app.service.logins.remove(id);
  expect(house.status()).toBeUndefined();
  const answer = await house.say('hi');
  expect(answer.status).not.toBe(200);
  expect(await house.findLeaks()).toEqual([]);
});
