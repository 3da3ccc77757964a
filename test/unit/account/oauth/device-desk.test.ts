/** Logins by code from their beginning to each of their ends, on a clock that the test holds. */
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../shared/redact.ts';
import type { LoginStatus } from '../../../../shared/status.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import { DeviceDesk } from '../../../../companion/account/oauth/device-desk.ts';
import type { DeviceDeskOptions } from '../../../../companion/account/oauth/device-desk.ts';
import type { DeviceAnswer, DeviceOptions } from '../../../../companion/account/oauth/device-desk-contract.ts';
import { CompanionError } from '../../../../companion/base/error.ts';
import { memoryLogger } from '../../../../companion/base/log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { loginStatus } from '../../../support/records.ts';

const second = 1000;
const never = new AbortController().signal;
const pending: DeviceAnswer = { state: 'pending' };
const done: DeviceAnswer = {
  state: 'done',
  login: {
    provider: 'copilot',
    accessToken: new Secret('short-token'),
    refreshToken: new Secret('gho_invented'),
    idToken: null,
    expiresAtMs: null,
    refreshExpiresAtMs: null,
    scopes: [],
    account: null,
    refreshedAtMs: null,
  },
};

function statusOf({ provider }: StoredLogin): LoginStatus {
  return loginStatus({ id: `${provider}-00000000`, provider, name: 'octo-ada', email: null });
}

function setUp(given: Partial<DeviceDeskOptions> & { readonly lastsMs?: number } = {}) {
  const clock = new FakeClock();
  const answers: (DeviceAnswer | CompanionError)[] = [];
  const askedAtMs: number[] = [];
  const started: DeviceOptions[] = [];
  const kept: StoredLogin[] = [];
  const log = memoryLogger();
  let codes = 0;
  const poll = (): Promise<DeviceAnswer> => {
    askedAtMs.push(clock.monotonicMs());
    const answer = answers.shift() ?? pending;
    return answer instanceof CompanionError ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const endpoint = {
    start: (options: DeviceOptions) => {
      started.push(options);
      codes += 1;
      return Promise.resolve({
        userCode: `ABCD-000${codes}`,
        verificationUri: 'https://github.com/login/device',
        verificationUriComplete: null,
        lastsMs: given.lastsMs ?? 900 * second,
        intervalMs: 5 * second,
        poll,
      });
    },
  };
  const desk = new DeviceDesk({
    endpoints: { copilot: endpoint, kiro: endpoint },
    keep: (login) => {
      kept.push(login);
      return Promise.resolve(statusOf(login));
    },
    clock,
    logger: log.logger,
    onChange: () => undefined,
    ...given,
  });
  return { desk, clock, answers, askedAtMs, started, kept, log };
}

const unreachable = () => new CompanionError('UPSTREAM_UNREACHABLE', 'GitHub cannot be reached.');

describe('a login by code', () => {
  test('CPP-6: shows a code, asks in the background, and keeps the login once the person confirmed it', async () => {
    const { desk, clock, answers, askedAtMs, kept } = setUp();
    const begun = await desk.begin({ provider: 'copilot' });
    expect(begun).toMatchObject({ state: 'waiting', userCode: 'ABCD-0001', error: null, login: null });
    expect(desk.pending()).toEqual([
      { id: begun.id, provider: 'copilot', state: 'waiting', expiresAtMs: clock.nowMs() + 900 * second },
    ]);
    answers.push(pending, done);
    await clock.advance(10 * second);
    expect(askedAtMs).toEqual([5 * second, 10 * second]);
    expect(desk.progress(begun.id)).toMatchObject({ state: 'done', login: { name: 'octo-ada' } });
    await expect(desk.outcome(begun.id, never)).resolves.toMatchObject({ state: 'done' });
    expect(kept).toHaveLength(1);
    expect(desk.pending()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('is asked after five seconds more for each slow_down, and after the interval that the provider names', async () => {
    const { desk, clock, answers, askedAtMs } = setUp();
    await desk.begin({ provider: 'copilot' });
    answers.push({ state: 'slow-down', intervalMs: null }, { state: 'slow-down', intervalMs: 30 * second });
    await clock.advance(50 * second);
    expect(askedAtMs).toEqual([5 * second, 15 * second, 45 * second]);
    await desk.close();
  });

  test('that is to be asked after never ends when its code does', async () => {
    const { desk, clock, answers } = setUp();
    const { id } = await desk.begin({ provider: 'copilot' });
    answers.push({ state: 'slow-down', intervalMs: Number.POSITIVE_INFINITY });
    await clock.advance(20 * 60 * second);
    expect(desk.progress(id)).toMatchObject({ state: 'failed', error: { code: 'LOGIN_TIMED_OUT' } });
    expect(clock.pendingTimers).toBe(0);
  });

  test('outlives a network that is away, asks half as often each time, and tells why', async () => {
    const { desk, clock, answers, askedAtMs } = setUp();
    const { id } = await desk.begin({ provider: 'copilot' });
    answers.push(unreachable(), unreachable(), pending, done);
    await clock.advance(5 * second);
    expect(desk.progress(id)).toMatchObject({ state: 'waiting', error: { code: 'UPSTREAM_UNREACHABLE' } });
    await clock.advance(31 * second);
    expect(askedAtMs).toEqual([5, 15, 35].map((at) => at * second));
    expect(desk.progress(id).error).toBeNull();
    await clock.advance(5 * second);
    expect(desk.progress(id).state).toBe('done');
  });

  test('waits as long as a provider that counts asks for', async () => {
    const { desk, clock, answers, askedAtMs } = setUp();
    await desk.begin({ provider: 'copilot' });
    const details = { retryAtMs: clock.nowMs() + 65 * second };
    answers.push(new CompanionError('RATE_LIMITED', 'Slowly.', { details }));
    await clock.advance(66 * second);
    expect(askedAtMs).toEqual([5 * second, 65 * second]);
    await desk.close();
  });

  test.each([
    ['LOGIN_DENIED', 'The person said no.'],
    ['LOGIN_TIMED_OUT', 'The code is over.'],
    ['LOGIN_REFUSED', 'GitHub refused: incorrect_client_credentials'],
  ] as const)('ends with %s in the words of the provider', async (code, words) => {
    const { desk, clock, answers } = setUp();
    const { id } = await desk.begin({ provider: 'copilot' });
    answers.push(new CompanionError(code, words));
    await clock.advance(5 * second);
    expect(desk.progress(id)).toMatchObject({ state: 'failed', error: { code, message: words } });
    if (code !== 'LOGIN_REFUSED') expect(desk.progress(id).error?.remedy).toContain('login-copilot');
    expect(clock.pendingTimers).toBe(0);
  });

  test('is asked once more when its code is over, so that a confirmation in the last second counts', async () => {
    const { desk, clock, answers } = setUp({ lastsMs: 12 * second });
    const { id } = await desk.begin({ provider: 'copilot' });
    answers.push(pending, pending, done);
    await clock.advance(15 * second);
    expect(desk.progress(id).state).toBe('done');
  });

  test('is over when nobody confirmed it, and when the network stayed away until then', async () => {
    const { desk, clock, answers } = setUp({ lastsMs: 12 * second });
    const waited = await desk.begin({ provider: 'copilot' });
    await clock.advance(15 * second);
    expect(desk.progress(waited.id).error).toMatchObject({ code: 'LOGIN_TIMED_OUT' });
    const lost = await desk.begin({ provider: 'copilot' });
    answers.push(unreachable(), unreachable());
    await clock.advance(60 * second);
    expect(desk.progress(lost.id).error?.message).toMatch(/could not be reached/);
  });

  test('a wall clock that jumps ends no login, and the time that is left is told by the new one', async () => {
    const { desk, clock, answers } = setUp();
    const { id } = await desk.begin({ provider: 'copilot' });
    const nowMs = clock.nowMs.bind(clock);
    clock.nowMs = () => nowMs() + 86_400 * second;
    answers.push(pending, done);
    await clock.advance(5 * second);
    expect(desk.progress(id)).toMatchObject({ state: 'waiting', expiresAtMs: clock.nowMs() + 895 * second });
    await clock.advance(5 * second);
    expect(desk.progress(id).state).toBe('done');
  });

  test('can be cancelled, and begun anew with the same options and another code', async () => {
    const { desk, clock, started } = setUp();
    const options = { startUrl: 'https://acme.awsapps.com/start', region: 'eu-central-1' };
    const { id } = await desk.begin({ provider: 'kiro', options });
    desk.cancel(id);
    expect(desk.progress(id)).toMatchObject({ state: 'failed', error: { code: 'LOGIN_CANCELLED' } });
    expect(clock.pendingTimers).toBe(0);
    const again = await desk.retry(id);
    expect(again).toMatchObject({ state: 'waiting', userCode: 'ABCD-0002' });
    expect(again.id).not.toBe(id);
    expect(started).toEqual([options, options]);
    await desk.close();
  });

  test('takes the place of the one before at the same provider, and of no other', async () => {
    const { desk } = setUp();
    const first = await desk.begin({ provider: 'copilot' });
    const other = await desk.begin({ provider: 'kiro' });
    const newer = await desk.begin({ provider: 'copilot' });
    expect(desk.progress(first.id).error?.message).toMatch(/begun instead/);
    expect(desk.progress(other.id).state).toBe('waiting');
    expect(desk.current('copilot')?.id).toBe(newer.id);
    await desk.close();
  });

  test('is not called off while its tokens are being put away', async () => {
    const keeping = Promise.withResolvers<LoginStatus>();
    const { desk, clock, answers } = setUp({ keep: () => keeping.promise });
    const { id } = await desk.begin({ provider: 'copilot' });
    answers.push(done);
    await clock.advance(5 * second);
    desk.cancel(id);
    const closing = desk.close();
    keeping.resolve(statusOf((done as Extract<DeviceAnswer, { state: 'done' }>).login));
    await closing;
    expect(desk.progress(id).state).toBe('done');
  });

  test('a stop cancels what waits, and nothing is begun afterwards', async () => {
    const { desk, clock } = setUp();
    const { id } = await desk.begin({ provider: 'copilot' });
    await desk.close();
    expect(desk.progress(id).error?.code).toBe('LOGIN_CANCELLED');
    await expect(desk.begin({ provider: 'copilot' })).rejects.toMatchObject({ code: 'LOGIN_CANCELLED' });
    expect(clock.pendingTimers).toBe(0);
  });

  test('a provider that is not set up says so, and an id that nobody knows is not found', async () => {
    const { desk } = setUp({ endpoints: {} });
    await expect(desk.begin({ provider: 'kiro' })).rejects.toMatchObject({ code: 'LOGIN_UNCONFIGURED' });
    expect(() => desk.progress('nobody')).toThrow(/no login/);
  });

  test('remembers twenty that are over', async () => {
    const { desk } = setUp();
    const first = await desk.begin({ provider: 'copilot' });
    for (let n = 0; n < 25; n += 1) await desk.begin({ provider: 'copilot' });
    expect(() => desk.progress(first.id)).toThrow(/no login/);
    await desk.close();
  });
});
