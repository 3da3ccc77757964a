/** Signing in at AWS by a code, and being refused there. */
import { describe, expect, it, test } from 'vitest';
import { CompanionError } from '../../../../companion/base/error.ts';
import { never, openKiroHouse } from './house.ts';

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown instanceof CompanionError ? thrown.code : String(thrown);
}

describe('a code', () => {
  it('CPP-6: registers the companion under its own name, asks for a code, and ends in a login', async () => {
    const { site, device, signIn } = await openKiroHouse();
    const code = await device.start({}, never);
    expect(code).toMatchObject({
      userCode: expect.stringMatching(/^\w{4}-\w{4}$/),
      verificationUri: `${site.url}/device`,
      verificationUriComplete: expect.stringContaining(code.userCode),
      lastsMs: 600_000,
    });
    expect(JSON.stringify(code)).not.toContain(site.secrets.find((one) => !one.startsWith('eyJ')));
    expect(await code.poll(never)).toEqual({ state: 'pending' });
    const login = await signIn();
    expect(login).toMatchObject({
      provider: 'kiro',
      account: { id: 'd-0000000000.invented', subscriptionType: 'free' },
      kiro: { region: 'us-east-1', startUrl: 'https://view.awsapps.com/start', profileArn: null },
    });
    expect(login.expiresAtMs).toBeGreaterThan(Date.now() + 3_500_000);
    // One registration serves both logins, and its secret is hidden wherever it is printed.
    expect(site.registrations).toEqual(['CCProxy Companion']);
    expect(site.secrets.filter((secret) => JSON.stringify(login).includes(secret))).toEqual([]);
  });

  it('that is asked for too often, denied, over or unknown says so', async () => {
    let now = Date.now();
    const { site, device } = await openKiroHouse({ nowMs: () => now });
    const first = await device.start({}, never);
    await first.poll(never);
    expect(await first.poll(never)).toEqual({ state: 'slow-down', intervalMs: null });
    site.decide(first.userCode, 'denied');
    expect(await codeOf(first.poll(never))).toBe('LOGIN_DENIED');
    const second = await device.start({}, never);
    now += 601_000;
    expect(await codeOf(second.poll(never))).toBe('LOGIN_TIMED_OUT');
    const third = await device.start({}, never);
    site.fail('invalid_grant');
    expect(await codeOf(third.poll(never))).toBe('LOGIN_REFUSED');
  });

  it('outlives a server that fails, and a connection that breaks', async () => {
    const { site, device } = await openKiroHouse();
    const code = await device.start({}, never);
    site.fail('500', 'reset', 'garbage');
    expect(await codeOf(code.poll(never))).toBe('UPSTREAM_ERROR');
    expect(await codeOf(code.poll(never))).toMatch(/UPSTREAM_UNREACHABLE|STREAM_BROKEN/);
    expect(await codeOf(code.poll(never))).toBe('UPSTREAM_UNREADABLE');
    expect(await code.poll(never)).toEqual({ state: 'pending' });
  });

  it('is asked for with a new registration where AWS forgot the one before', async () => {
    const { site, device } = await openKiroHouse();
    await device.start({}, never);
    site.forgetClients();
    expect(await codeOf(device.start({}, never))).toBe('LOGIN_REFUSED');
    expect((await device.start({}, never)).userCode).toBeTruthy();
    expect(site.registrations).toHaveLength(2);
  });

  it('is asked for with a new registration where the one before ends soon', async () => {
    let now = Date.now();
    const { site, device } = await openKiroHouse({ nowMs: () => now, clientLifeSeconds: 2 * 3600 });
    await device.start({}, never);
    now += 3_601_000;
    await device.start({}, never);
    expect(site.registrations).toHaveLength(2);
  });

  test.each([
    [{ startUrl: 'http://d-1234567890.awsapps.com/start' }, 'start_url'],
    [{ startUrl: 'https://user:word@example.com/start' }, 'start_url'],
    [{ region: 'us-east-1.evil.example/' }, 'region'],
  ])('is not asked for at %j', async (options, field) => {
    const { site, device } = await openKiroHouse();
    const thrown = await device.start(options, never).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'INVALID_REQUEST', details: { field } });
    expect(site.requests).toEqual([]);
  });

  it('for a start page that AWS does not know is refused in its words', async () => {
    const { device } = await openKiroHouse();
    const thrown = await device.start({ startUrl: 'https://d-1.awsapps.com/start' }, never).catch((e: unknown) => e);
    expect(thrown).toMatchObject({ code: 'LOGIN_REFUSED', message: expect.stringContaining('Invalid start URL.') });
  });
});

describe('renewing', () => {
  it('trades the refresh token for the next one, with the client of that login', async () => {
    const { renewal, signIn, site } = await openKiroHouse();
    const login = await signIn();
    const next = await renewal.refresh(login, never);
    expect(next.accessToken.reveal()).not.toBe(login.accessToken.reveal());
    expect(next.refreshToken?.reveal()).not.toBe(login.refreshToken?.reveal());
    expect(next.kiro).toEqual(login.kiro);
    expect(site.find(next.accessToken.reveal())?.isLive).toBe(true);
  });

  test.each([
    ['invalid_grant', 'LOGIN_EXPIRED', 'invalid_grant'],
    ['invalid_client', 'LOGIN_EXPIRED', 'invalid_client'],
    ['slow_down', 'LOGIN_REFUSED', 'slow_down'],
    ['500', 'UPSTREAM_ERROR', undefined],
    ['garbage', 'UPSTREAM_UNREADABLE', undefined],
  ] as const)('that meets %s is %s', async (trouble, code, type) => {
    const { renewal, signIn, site } = await openKiroHouse();
    const login = await signIn();
    site.fail(trouble);
    const thrown = (await renewal.refresh(login, never).catch((e: unknown) => e)) as CompanionError;
    expect([thrown.code, thrown.details.upstreamType]).toEqual([code, type]);
    expect(site.secrets.filter((secret) => `${thrown.message}${thrown.remedy}`.includes(secret))).toEqual([]);
  });

  it('registers anew after AWS forgot the client', async () => {
    const { renewal, signIn, site, device } = await openKiroHouse();
    const login = await signIn();
    site.forgetClients();
    const thrown = await renewal.refresh(login, never).catch((e: unknown) => e);
    expect(thrown).toMatchObject({ code: 'LOGIN_EXPIRED', message: expect.stringContaining('registers anew') });
    await device.start({}, never);
    expect(site.registrations).toHaveLength(2);
  });

  it('with a client that ended, or none, asks nobody', async () => {
    const { renewal, signIn, site } = await openKiroHouse();
    const login = await signIn();
    const asked = site.grants.length;
    const client = login.kiro?.client ?? null;
    for (const other of [null, client && { ...client, expiresAtMs: Date.now() - 1 }]) {
      const kiro = { region: 'us-east-1', profileArn: null, startUrl: null, client: other };
      expect(await codeOf(renewal.refresh({ ...login, kiro }, never))).toBe('LOGIN_EXPIRED');
    }
    expect(site.grants).toHaveLength(asked);
  });
});
