import { describe, expect, it } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import type { OAuthResult, OAuthStart } from '../../../companion/account/oauth/login-desk-contract.ts';
import { eventually, startLink, answersPing } from './harness.ts';

const start: OAuthStart = {
  t: 'oauth.start',
  loginId: 'login-1',
  provider: 'anthropic',
  authorizeUrl: 'https://claude.ai/oauth/authorize?state=s',
  redirectUri: 'http://localhost:54545/callback',
  stateHash: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
  expiresAtMs: 600_000,
};
const result: OAuthResult = { t: 'oauth.result', loginId: 'login-1', ok: true, account: 'ada@example.com' };

describe('a login that waits', () => {
  it('is told to every browser that is online, and so is its result', async () => {
    const companion = await startLink();
    expect(companion.link.isAnyOnline()).toBe(false);
    companion.link.post(start);
    const browsers = [await companion.pair(), await companion.pair({ client: { browser: 'Firefox' } })];
    expect(companion.link.isAnyOnline()).toBe(true);
    companion.link.post(start);
    companion.link.post(result);
    for (const browser of browsers) {
      expect((await browser.expect('oauth.start')).frame).toEqual(start);
      expect((await browser.expect('oauth.result')).frame).toEqual(result);
      expect(browser.received.filter(({ frame }) => frame.t === 'oauth.start')).toHaveLength(1);
    }
    for (const browser of browsers) await browser.close();
    await eventually(() => !companion.link.isAnyOnline(), 'nobody is online');
  });

  it('is told to a browser that comes while it waits, and again by the second socket of one that was there', async () => {
    const seated: string[] = [];
    const companion = await startLink({
      handlers: {
        onSeated: (seatId, post) => {
          seated.push(seatId);
          post(start);
        },
      },
    });
    const first = await companion.pair();
    expect((await first.expect('oauth.start')).frame).toEqual(start);
    const second = await companion.connect({ pair: first.pair });
    expect((await second.expect('oauth.start')).frame).toEqual(start);
    expect(seated).toEqual([first.pair.seatId, first.pair.seatId]);
    expect(companion.events).toEqual([`online ${first.pair.seatId}`]);
  });
});

describe('what a browser says of a login', () => {
  it('reaches the handlers: the answer that it caught, that it was cancelled, and what was clicked', async () => {
    const companion = await startLink();
    const browser = await companion.pair();
    await browser.send({ t: 'oauth.callback', loginId: 'login-1', state: 's', code: 'c' });
    await browser.send({ t: 'oauth.callback', loginId: 'login-1', state: 's', error: 'access_denied' });
    await browser.send({ t: 'oauth.cancel', loginId: 'login-1', reason: 'tab-closed' });
    await browser.send({ t: 'login.begin', provider: 'openai' });
    await browser.send({ t: 'login.refresh', id: 'claude-1' });
    await browser.send({ t: 'login.remove', id: 'claude-1' });
    await eventually(() => companion.events.includes('remove claude-1'), 'the last frame arrives');
    expect(companion.events.slice(1)).toEqual([
      'callback login-1 s c',
      'callback login-1 s undefined',
      'cancel login-1 tab-closed',
      'begin openai',
      'refresh claude-1',
      'remove claude-1',
    ]);
  });

  it.each([
    [{ t: 'login.begin', provider: 'anthropic' }, 'onLoginBegin'],
    [{ t: 'login.refresh', id: 'claude-1' }, 'onLoginRefresh'],
    [{ t: 'login.remove', id: 'claude-1' }, 'onLoginRemove'],
  ] as const)('is answered by the new status once it is done: $t', async (frame, handler) => {
    const done = Promise.withResolvers<void>();
    const companion = await startLink({ handlers: { [handler]: () => done.promise } });
    const browser = await companion.pair();
    await browser.send(frame);
    expect(await answersPing(browser)).toBe(true);
    expect(browser.received.filter(({ frame: { t } }) => t === 'status')).toHaveLength(0);
    done.resolve();
    await browser.expect('status');
  });

  it.each([
    [{ t: 'login.begin', provider: 'openai' }, 'onLoginBegin'],
    [{ t: 'login.refresh', id: 'gone' }, 'onLoginRefresh'],
    [{ t: 'login.remove', id: 'gone' }, 'onLoginRemove'],
  ] as const)('is answered by an error that names the frame when it fails: $t', async (frame, handler) => {
    const refusals = [
      new CompanionError('LOGIN_REFRESH_FAILED', 'Anthropic is busy.'),
      new CompanionError('LOGIN_PORTS_BUSY', 'Both ports are in use.'),
      new TypeError('cannot read canary-value of undefined'),
    ];
    const companion = await startLink({ handlers: { [handler]: async () => Promise.reject(refusals.shift()!) } });
    const browser = await companion.pair();
    await browser.send(frame);
    expect((await browser.expect('error')).frame).toEqual({
      t: 'error',
      code: 'LOGIN_REFRESH_FAILED',
      message: 'Anthropic is busy.',
      ref: frame.t,
      retryable: false,
    });
    await browser.send(frame);
    expect((await browser.expect('error')).frame).toMatchObject({ code: 'LOGIN_PORTS_BUSY', retryable: true });
    await browser.send(frame);
    expect(JSON.stringify((await browser.expect('error')).frame)).not.toContain('canary');
    expect(browser.received.filter(({ frame: { t } }) => t === 'status')).toHaveLength(0);
  });

  it('is in no log: neither code nor state', async () => {
    const companion = await startLink();
    const browser = await companion.pair();
    await browser.send({ t: 'oauth.callback', loginId: 'login-1', state: 'canary-state', code: 'canary-code' });
    expect(await answersPing(browser)).toBe(true);
    expect(companion.log.text()).toContain('browser connected');
    expect(companion.log.text()).not.toContain('canary');
  });
});
