/** Logins from their beginning to each of their ends, against a login server on loopback. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RedirectLoginProviderId } from '../../../../shared/credential.ts';
import { Secret } from '../../../../shared/redact.ts';
import { disclosureText } from '../../../../shared/login-disclosure.ts';
import { companionFrameSchema } from '../../../../shared/link/frame.ts';
import type { LoginStatus } from '../../../../shared/status.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import { createTokenEndpoint } from '../../../../companion/account/oauth/create-token-endpoint.ts';
import { LoginDesk } from '../../../../companion/account/oauth/login-desk.ts';
import type { LoginDeskOptions } from '../../../../companion/account/oauth/login-desk.ts';
import type {
  LoginOutcome,
  LoginProgress,
  OAuthResult,
  OAuthStart,
} from '../../../../companion/account/oauth/login-desk-contract.ts';
import type { LoginProviders } from '../../../../companion/account/oauth/login-providers.ts';
import { findFreePort } from '../../../../companion/account/oauth/loopback-port.ts';
import { hashState } from '../../../../companion/account/oauth/pkce.ts';
import { CompanionError } from '../../../../companion/base/error.ts';
import { memoryLogger } from '../../../../companion/base/log.ts';
import { createCanary, findLeaks } from '../../../support/canary.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { loginStatus } from '../../../support/records.ts';
import { makeJwt, openDispatcher, providersAt, startTokenServer } from './token-server.ts';

const minute = 60_000;
const never = new AbortController().signal;

async function setUp(given: Partial<LoginDeskOptions> & { readonly isOnline?: boolean } = {}) {
  const server = await startTokenServer();
  const access = createCanary('access token', 'sk-ant-oat01-');
  const refresh = createCanary('refresh token', 'sk-ant-ort01-');
  server.answer = ({ path }) => {
    if (path === '/api/oauth/profile') return { status: 404 };
    const tokens = { access_token: access.value, refresh_token: refresh.value, expires_in: 3600 };
    const account = { uuid: 'acc-1', email_address: 'ada@example.com' };
    return { body: { ...tokens, account, id_token: makeJwt({ email: 'ada@example.com' }) } };
  };
  const clock = new FakeClock();
  const log = memoryLogger();
  const frames: (OAuthStart | OAuthResult)[] = [];
  const browsers = { isOnline: given.isOnline ?? true };
  const kept: { login: StoredLogin; isForced: boolean }[] = [];
  const changes: string[] = [];
  const providers = await onFreePorts(providersAt(server.url));
  const options = { dispatcher: openDispatcher(), nowMs: () => clock.nowMs(), userAgent: 'ccproxy-companion/0' };
  const desk: LoginDesk = new LoginDesk({
    providers,
    endpoints: {
      anthropic: createTokenEndpoint(providers.anthropic, options),
      openai: createTokenEndpoint(providers.openai, options),
    },
    browsers: { isAnyOnline: () => browsers.isOnline, post: (frame) => frames.push(frame) },
    keep: (login, isForced) => {
      kept.push({ login, isForced });
      return Promise.resolve(statusOf(login));
    },
    clock,
    logger: log.logger,
    onChange: () =>
      changes.push(
        desk
          .pending()
          .map(({ provider, state }) => `${provider} ${state}`)
          .join(),
      ),
    ...given,
  });
  onTestFinished(() => desk.close());
  const results = () => frames.filter((frame) => frame.t === 'oauth.result');
  return { desk, server, clock, log, frames, results, browsers, kept, changes, providers, access, refresh };
}

/** Other logins may be under way on this computer. */
async function onFreePorts({ anthropic, openai }: LoginProviders): Promise<LoginProviders> {
  const ports = [await findFreePort(), await findFreePort()];
  return { anthropic, openai: { ...openai, redirect: { ...openai.redirect, ports } } };
}

function statusOf({ provider, account }: StoredLogin): LoginStatus {
  const email = account?.email ?? null;
  return loginStatus({ id: `${provider}-1`, provider, name: email ?? 'nobody', email });
}

const stateOf = ({ authorizeUrl }: LoginProgress) => new URL(authorizeUrl).searchParams.get('state') ?? '';
const callback = (login: LoginProgress, more: object = { code: 'code-12345678' }) => ({
  t: 'oauth.callback' as const,
  loginId: login.id,
  state: stateOf(login),
  ...more,
});
const pageOf = (login: LoginProgress, query: string) => `${login.redirectUri}?${query}&state=${stateOf(login)}`;

async function failureOf(outcome: Promise<LoginOutcome>): Promise<CompanionError> {
  const over = await outcome;
  if (over.state === 'done') throw new Error('it worked');
  return over.error;
}

describe('a login in a paired browser', () => {
  test('is announced to every browser with all it needs and nothing secret, and opens no port', async () => {
    const { desk, frames, clock } = await setUp();
    const login = await desk.begin({ provider: 'anthropic' });
    expect(login).toMatchObject({ way: 'browser', state: 'waiting', expiresAtMs: clock.nowMs() + 10 * minute });
    expect(login.disclosure).toBe(disclosureText('anthropic'));
    expect(login.redirectUri).toMatch(/^http:\/\/localhost:\d{5}\/callback$/);
    expect(frames).toEqual([
      {
        t: 'oauth.start',
        loginId: login.id,
        provider: 'anthropic',
        authorizeUrl: login.authorizeUrl,
        redirectUri: login.redirectUri,
        stateHash: hashState(stateOf(login)),
        expiresAtMs: login.expiresAtMs,
      },
    ]);
    expect(companionFrameSchema.safeParse(frames[0]).success).toBe(true);
    await expect(fetch(login.redirectUri)).rejects.toThrow('fetch failed');
  });

  test('is announced to a browser that comes while it waits, and to none after', async () => {
    const { desk } = await setUp();
    const login = await desk.begin({ provider: 'openai' });
    const greeted: string[] = [];
    desk.greet((frame) => greeted.push(frame.loginId));
    expect(greeted).toEqual([login.id]);
    desk.cancel(login.id);
    desk.greet((frame) => greeted.push(frame.loginId));
    expect(greeted).toHaveLength(1);
  });

  test.each<RedirectLoginProviderId>(['anthropic', 'openai'])(
    '%s: the code and its verifier become a kept login',
    async (id) => {
      const { desk, server, kept, results, changes } = await setUp();
      const login = await desk.begin({ provider: id, isForced: true });
      const outcome = desk.outcome(login.id, never);
      desk.receiveCallback('seat-1', callback(login));
      expect(desk.pending()).toMatchObject([{ id: login.id, provider: id, state: 'exchanging' }]);
      expect(await outcome).toMatchObject({ state: 'done', login: { name: 'ada@example.com' } });
      expect(kept).toMatchObject([{ isForced: true, login: { provider: id } }]);
      expect(desk.pending()).toEqual([]);
      expect(results()).toEqual([{ t: 'oauth.result', loginId: login.id, ok: true, account: 'ada@example.com' }]);
      expect(changes).toEqual([`${id} waiting`, `${id} exchanging`, '']);
      // The verifier is the one whose hash the authorize page got, the address the one it was asked for.
      const { body = '', headers } = server.asked[0] ?? {};
      const isForm = String(headers?.['content-type']).includes('form');
      const sent = isForm
        ? Object.fromEntries(new URLSearchParams(body))
        : (JSON.parse(body) as Record<string, string>);
      const asked = new URL(login.authorizeUrl).searchParams;
      expect(hashState(sent['code_verifier'] ?? '')).toBe(asked.get('code_challenge'));
      expect(sent).toMatchObject({ code: 'code-12345678', redirect_uri: login.redirectUri });
    },
  );

  test('a callback counts once', async () => {
    const { desk, server, kept, results } = await setUp();
    const login = await desk.begin({ provider: 'openai' });
    for (const seat of ['seat-1', 'seat-2', 'seat-1']) desk.receiveCallback(seat, callback(login));
    await desk.outcome(login.id, never);
    desk.receiveCallback('seat-2', callback(login));
    expect(await desk.finish(login.id, 'code-12345678')).toMatchObject({ state: 'done' });
    expect(server.asked.filter(({ path }) => path === '/oauth/token')).toHaveLength(1);
    expect(kept).toHaveLength(1);
    // The late one was told again how it ended.
    expect(results().map(({ ok }) => ok)).toEqual([true, true]);
  });

  test('asked for without any browser: SEAT_OFFLINE', async () => {
    const { desk } = await setUp({ isOnline: false });
    await expect(desk.begin({ provider: 'anthropic', way: 'browser' })).rejects.toMatchObject({ code: 'SEAT_OFFLINE' });
    expect(desk.pending()).toEqual([]);
  });
});

describe('a login that comes to nothing', () => {
  const begin = async (id: RedirectLoginProviderId = 'anthropic') => {
    const all = await setUp();
    return { ...all, login: await all.desk.begin({ provider: id }) };
  };

  test('denied: LOGIN_DENIED in the words of the provider', async () => {
    const { desk, login, results, server } = await begin();
    desk.receiveCallback('s', callback(login, { error: 'access_denied', errorDescription: 'The user said no.' }));
    const error = await failureOf(desk.outcome(login.id, never));
    expect(error.code).toBe('LOGIN_DENIED');
    expect(error.message).toBe('The access was not allowed on the page of Anthropic: The user said no.');
    expect(results()[0]).toMatchObject({ ok: false, error: { code: 'LOGIN_DENIED', message: error.message } });
    expect(server.asked).toEqual([]);
  });

  test('denied without a word is denied all the same', async () => {
    const { desk, login } = await begin();
    desk.receiveCallback('s', callback(login, { error: 'access_denied' }));
    expect((await failureOf(desk.outcome(login.id, never))).code).toBe('LOGIN_DENIED');
  });

  test('a workspace without Codex: LOGIN_REFUSED that says so', async () => {
    const { desk, login } = await begin('openai');
    const errorDescription = 'Workspace not entitled (missing_codex_entitlement)';
    desk.receiveCallback('s', callback(login, { error: 'access_denied', errorDescription }));
    const error = await failureOf(desk.outcome(login.id, never));
    expect(error.code).toBe('LOGIN_REFUSED');
    expect(error.message).toContain('Codex is not enabled for this ChatGPT workspace.');
  });

  test('ten minutes without an answer: LOGIN_TIMED_OUT, and what comes after is told', async () => {
    const { desk, login, clock, server, results } = await begin();
    await clock.advance(10 * minute - 1);
    expect(desk.pending()).toHaveLength(1);
    await clock.advance(1);
    const error = await failureOf(desk.outcome(login.id, never));
    expect(error.code).toBe('LOGIN_TIMED_OUT');
    expect(error.message).toBe('Nobody finished the login at Anthropic within ten minutes.');
    desk.receiveCallback('s', callback(login));
    expect((await failureOf(desk.finish(login.id, 'code-12345678'))).code).toBe('LOGIN_TIMED_OUT');
    expect(results().map((result) => result.error?.code)).toEqual(['LOGIN_TIMED_OUT', 'LOGIN_TIMED_OUT']);
    expect(server.asked).toEqual([]);
  });

  test('a wrong state: LOGIN_MISMATCH, and the code goes nowhere', async () => {
    const { desk, login, server } = await begin();
    desk.receiveCallback('s', { ...callback(login), state: 'another-state' });
    const error = await failureOf(desk.outcome(login.id, never));
    expect(error.code).toBe('LOGIN_MISMATCH');
    expect(error.message).toContain('older attempt');
    expect(server.asked).toEqual([]);
  });

  test("a mix-up: the other provider's answer is refused by name, and its own login still works", async () => {
    const { desk, login, server } = await begin('openai');
    const other = await desk.begin({ provider: 'anthropic' });
    desk.receiveCallback('s', { ...callback(login), state: stateOf(other) });
    const error = await failureOf(desk.outcome(login.id, never));
    expect(error.code).toBe('LOGIN_MISMATCH');
    expect(error.message).toBe('This is an answer of Anthropic, but the login that waits is one at OpenAI.');
    expect(server.asked).toEqual([]);
    desk.receiveCallback('s', callback(other));
    expect(await desk.outcome(other.id, never)).toMatchObject({ state: 'done' });
  });

  test.each([
    ['https://evil.example', true],
    ['nonsense', true],
  ])('an answer that claims to come from %s is refused', async (iss) => {
    const { desk, login, server } = await begin();
    desk.receiveCallback('s', callback(login, { code: 'code-12345678', iss }));
    expect((await failureOf(desk.outcome(login.id, never))).code).toBe('LOGIN_MISMATCH');
    expect(server.asked).toEqual([]);
  });

  test('an answer that names its provider as the issuer is taken', async () => {
    const { desk, login, server } = await begin('openai');
    desk.receiveCallback('s', callback(login, { code: 'code-12345678', iss: `${server.url}/` }));
    expect(await desk.outcome(login.id, never)).toMatchObject({ state: 'done' });
  });

  test('neither code nor error: UPSTREAM_UNREADABLE', async () => {
    const { desk, login } = await begin();
    desk.receiveCallback('s', callback(login, {}));
    expect((await failureOf(desk.outcome(login.id, never))).code).toBe('UPSTREAM_UNREADABLE');
  });

  test.each([
    ['person', /cancelled in the browser/],
    ['tab-closed', /page was closed/],
    ['refused', /may not open/],
  ] as const)('%s in the browser: LOGIN_CANCELLED', async (reason, words) => {
    const { desk, login } = await begin();
    desk.receiveCancel('s', { t: 'oauth.cancel', loginId: login.id, reason });
    const error = await failureOf(desk.outcome(login.id, never));
    expect(error.code).toBe('LOGIN_CANCELLED');
    expect(error.message).toMatch(words);
  });

  test.each(['person', 'refused', 'denied', 'mismatch'] as const)(
    '%s at OpenAI: the remedy names the command of OpenAI, and not the other one',
    async (end) => {
      const { desk } = await setUp();
      const login = await desk.begin({ provider: 'openai', way: end === 'mismatch' ? 'manual' : 'browser' });
      const loginId = login.id;
      if (end === 'mismatch') {
        const outcome = await desk.finish(loginId, 'some-code-that-is-long-enough#another-state');
        expect(outcome).toMatchObject({ error: { remedy: expect.stringContaining('`companion auth login-openai`') } });
        return;
      }
      if (end === 'denied') desk.receiveCallback('s', { ...callback(login), code: undefined, error: 'access_denied' });
      else desk.receiveCancel('s', { t: 'oauth.cancel', loginId, reason: end });
      const { remedy } = await failureOf(desk.outcome(loginId, never));
      expect(remedy).toContain('`companion auth login-openai');
      expect(remedy).not.toMatch(/`companion auth login[ `]/);
    },
  );

  test.each(['loopback', 'manual'] as const)(
    'a browser that will not open the page does not end a login by %s',
    async (way) => {
      const { desk } = await setUp();
      const login = await desk.begin({ provider: 'anthropic', way });
      desk.receiveCancel('s', { t: 'oauth.cancel', loginId: login.id, reason: 'refused' });
      expect(desk.pending()).toMatchObject([{ id: login.id, state: 'waiting' }]);
      desk.receiveCancel('s', { t: 'oauth.cancel', loginId: login.id, reason: 'person' });
      expect(desk.pending()).toEqual([]);
    },
  );

  test('a tab that closes after the answer came cancels nothing', async () => {
    const { desk, login } = await begin();
    desk.receiveCallback('s', callback(login));
    desk.receiveCancel('s', { t: 'oauth.cancel', loginId: login.id, reason: 'tab-closed' });
    expect(await desk.outcome(login.id, never)).toMatchObject({ state: 'done' });
  });

  test('cancelled in the terminal while the code is traded in: nothing is kept', async () => {
    const { desk, login, server, kept } = await begin();
    const reached = Promise.withResolvers<void>();
    server.answer = () => {
      reached.resolve();
      return { trouble: 'hang' };
    };
    desk.receiveCallback('s', callback(login));
    await reached.promise;
    desk.cancel(login.id);
    expect((await failureOf(desk.outcome(login.id, never))).code).toBe('LOGIN_CANCELLED');
    expect(kept).toEqual([]);
  });

  test('tokens that come in spite of a cancel are not kept', async () => {
    const tokens = Promise.withResolvers<StoredLogin>();
    const endpoint = {
      exchange: () => tokens.promise,
      refresh: (login: StoredLogin) => Promise.resolve(login),
      profile: () => Promise.resolve(undefined),
    };
    const { desk, kept } = await setUp({ endpoints: { anthropic: endpoint, openai: endpoint } });
    const login = await desk.begin({ provider: 'openai' });
    desk.receiveCallback('s', callback(login));
    desk.cancel(login.id);
    tokens.resolve({
      provider: 'openai',
      accessToken: new Secret('late'),
      refreshToken: null,
      idToken: null,
      expiresAtMs: null,
      refreshExpiresAtMs: null,
      scopes: [],
      account: null,
      refreshedAtMs: null,
    });
    expect((await failureOf(desk.outcome(login.id, never))).code).toBe('LOGIN_CANCELLED');
    await tokens.promise;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(kept).toEqual([]);
  });

  test('a newer one at the same provider takes its place, one at the other does not', async () => {
    const { desk, login } = await begin();
    await desk.begin({ provider: 'openai' });
    expect(desk.pending()).toHaveLength(2);
    const newer = await desk.begin({ provider: 'anthropic' });
    const error = await failureOf(desk.outcome(login.id, never));
    expect(error.code).toBe('LOGIN_CANCELLED');
    expect(error.message).toContain('begun instead');
    expect(desk.pending().map(({ id }) => id)).toContain(newer.id);
    expect(desk.pending()).toHaveLength(2);
  });

  test('refused by the token endpoint: its own words', async () => {
    const { desk, login, server, results } = await begin();
    server.answer = () => ({ status: 400, body: { error: 'invalid_grant', error_description: 'Code expired.' } });
    desk.receiveCallback('s', callback(login));
    const error = await failureOf(desk.outcome(login.id, never));
    expect(error.code).toBe('LOGIN_REFUSED');
    expect(error.message).toContain('Code expired.');
    expect(companionFrameSchema.safeParse(results()[0]).success).toBe(true);
  });

  test('another account rests there: the refusal to keep it is its end', async () => {
    const { desk } = await setUp({
      keep: () => Promise.reject(new CompanionError('LOGIN_MISMATCH', 'Bob is signed in there.')),
    });
    const login = await desk.begin({ provider: 'openai' });
    desk.receiveCallback('s', callback(login));
    const error = await failureOf(desk.outcome(login.id, never));
    expect(error.message).toBe('Bob is signed in there.');
  });

  test('an id that nobody knows: NOT_FOUND, and a browser that asks is told', async () => {
    const { desk, results } = await setUp();
    await expect(desk.outcome('nobody', never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(desk.finish('nobody', 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    desk.cancel('nobody');
    desk.receiveCallback('s', { t: 'oauth.callback', loginId: 'nobody', state: 'x', code: 'y' });
    const message = 'The companion was started anew before the login was through.';
    expect(results()).toMatchObject([{ loginId: 'nobody', ok: false, error: { code: 'LOGIN_CANCELLED', message } }]);
  });

  test('whoever stops waiting for the end stops nothing', async () => {
    const { desk, login } = await begin();
    const impatient = new AbortController();
    const outcome = desk.outcome(login.id, impatient.signal);
    impatient.abort(new Error('enough'));
    await expect(outcome).rejects.toThrow('enough');
    expect(desk.pending()).toHaveLength(1);
  });

  test('the end of the companion ends it, and none is begun after', async () => {
    const { desk, login } = await begin();
    const outcome = desk.outcome(login.id, never);
    await desk.close();
    expect((await failureOf(outcome)).code).toBe('LOGIN_CANCELLED');
    await expect(desk.begin({ provider: 'openai' })).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});

describe('a login by listener', () => {
  test('CCP-5: is what happens without a paired browser, and its page says who is signed in', async () => {
    const { desk, kept } = await setUp({ isOnline: false });
    const login = await desk.begin({ provider: 'anthropic' });
    expect(login.way).toBe('loopback');
    const page = await fetch(pageOf(login, 'code=code-12345678'));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('CCProxy Companion now uses ada@example.com at Anthropic.');
    expect(kept).toHaveLength(1);
    await desk.close();
    await expect(fetch(login.redirectUri)).rejects.toThrow('fetch failed');
  });

  test('OpenAI: on one of its two ports', async () => {
    const { desk, providers } = await setUp({ isOnline: false });
    const login = await desk.begin({ provider: 'openai' });
    const [port] = providers.openai.redirect.ports as readonly number[];
    expect(login.redirectUri).toBe(`http://localhost:${port}/auth/callback`);
    const again = await desk.begin({ provider: 'openai' });
    expect(again.redirectUri).toBe(login.redirectUri);
  });

  test('a page with a wrong state says so, and the login still waits for the right one', async () => {
    const { desk } = await setUp({ isOnline: false });
    const login = await desk.begin({ provider: 'openai' });
    for (const query of ['code=code-12345678&state=wrong', 'code=code-12345678']) {
      const page = await fetch(`${login.redirectUri}?${query}`);
      expect(page.status).toBe(400);
      expect(await page.text()).toContain('the login still waits');
    }
    expect(desk.pending()).toMatchObject([{ state: 'waiting' }]);
    expect((await fetch(pageOf(login, 'code=code-12345678'))).status).toBe(200);
  });

  test('a page that is loaded twice is traded in once, and both say how it ended', async () => {
    const { desk, server, kept } = await setUp({ isOnline: false });
    const login = await desk.begin({ provider: 'openai' });
    const usual = server.answer;
    const both = Promise.withResolvers<void>();
    server.answer = async (asked) => {
      await both.promise;
      return usual(asked);
    };
    const pages = [1, 2].map(() => fetch(pageOf(login, 'code=code-12345678')));
    await expect.poll(() => server.asked.length).toBe(1);
    // Time enough for the second one to be asked for its code as well, were it.
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    both.resolve();
    expect((await Promise.all(pages)).map(({ status }) => status)).toEqual([200, 200]);
    expect(server.asked).toHaveLength(1);
    expect(kept).toHaveLength(1);
  });

  test('a denial is a page, and the end', async () => {
    const { desk } = await setUp({ isOnline: false });
    const login = await desk.begin({ provider: 'openai' });
    const outcome = desk.outcome(login.id, never);
    const page = await fetch(pageOf(login, 'error=access_denied&error_description=%3Cb%3ENo%3C%2Fb%3E'));
    expect(page.status).toBe(400);
    expect(await page.text()).toContain('&lt;b&gt;No&lt;/b&gt;');
    expect((await failureOf(outcome)).code).toBe('LOGIN_DENIED');
  });

  test('a computer without a desktop gets the way that needs no browser on it', async () => {
    const { desk, providers } = await setUp({ isOnline: false, isDesktop: false });
    const login = await desk.begin({ provider: 'anthropic' });
    expect(login).toMatchObject({ way: 'manual', redirectUri: providers.anthropic.redirect.manual });
  });
});

describe('a pasted answer', () => {
  test.each(['browser', 'loopback', 'manual'] as const)('finishes a login by %s', async (way) => {
    const { desk, server } = await setUp();
    const login = await desk.begin({ provider: 'anthropic', way });
    expect(await desk.finish(login.id, ` code-12345678#${stateOf(login)}\n`)).toMatchObject({ state: 'done' });
    expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject({ code: 'code-12345678', state: stateOf(login) });
  });

  test('OpenAI: is the address of the page that did not load', async () => {
    const { desk } = await setUp();
    const login = await desk.begin({ provider: 'openai', way: 'manual' });
    expect(await desk.finish(login.id, pageOf(login, 'code=code-12345678&scope=openid'))).toMatchObject({
      state: 'done',
    });
  });

  test('that is none leaves the login waiting for the right one', async () => {
    const { desk, results } = await setUp();
    const login = await desk.begin({ provider: 'anthropic', way: 'manual' });
    expect((await failureOf(desk.finish(login.id, 'sk-ant-api03-abcdefghijk'))).code).toBe('INVALID_REQUEST');
    expect((await failureOf(desk.finish(login.id, login.authorizeUrl))).code).toBe('INVALID_REQUEST');
    expect((await failureOf(desk.finish(login.id, 'code-12345678#older-state'))).code).toBe('LOGIN_MISMATCH');
    expect(results()).toEqual([]);
    expect(await desk.finish(login.id, 'code-12345678')).toMatchObject({ state: 'done' });
  });

  test('of the other provider that waits is named', async () => {
    const { desk } = await setUp();
    const openai = await desk.begin({ provider: 'openai' });
    const login = await desk.begin({ provider: 'anthropic', way: 'manual' });
    const error = await failureOf(desk.finish(login.id, `code-12345678#${stateOf(openai)}`));
    expect(error.message).toContain('This is an answer of OpenAI');
  });
});

describe('secrets', () => {
  test('no token, code, verifier or state is in a line, frame, page or error', async () => {
    const code = createCanary('code', 'code_');
    const { desk, server, log, frames, access, refresh } = await setUp({ isOnline: false });
    const texts: Record<string, string> = {};
    const states: string[] = [];
    const verifiers: string[] = [];
    const run = async (name: string, query: string, isRepeating = false) => {
      const usual = server.answer;
      if (isRepeating) {
        server.answer = ({ body }) => ({ status: 400, body: { error: 'invalid_grant', error_description: body } });
      }
      const login = await desk.begin({ provider: 'anthropic' });
      states.push(stateOf(login));
      const outcome = desk.outcome(login.id, never);
      texts[`page of ${name}`] = await (await fetch(pageOf(login, query))).text();
      const over = await outcome;
      texts[`outcome of ${name}`] =
        over.state === 'done'
          ? JSON.stringify(over)
          : `${over.error.message} ${JSON.stringify(over.error)} ${over.error.stack}`;
      server.answer = usual;
    };
    await run('success', `code=${code.value}`);
    await run('a refusal that repeats all', `code=${code.value}`, true);
    await run(
      'a denial that repeats the code',
      `error=access_denied&error_description=${code.value}&code=${code.value}`,
    );
    for (const { body } of server.asked) {
      const sent = body === '' ? {} : (JSON.parse(body) as Record<string, string>);
      if (sent['code_verifier'] !== undefined) verifiers.push(sent['code_verifier']);
    }
    expect(verifiers).toHaveLength(2);
    texts['log'] = log.text();
    // The state is in the address of the page that `oauth.start` names, and nowhere else.
    texts['results'] = JSON.stringify(frames.filter((frame) => frame.t === 'oauth.result'));
    texts['starts'] = JSON.stringify(frames, (name, value: unknown) => (name === 'authorizeUrl' ? '' : value));
    const canaries = [
      code,
      access,
      refresh,
      ...states.map((value) => ({ name: 'state', value })),
      ...verifiers.map((value) => ({ name: 'verifier', value })),
    ];
    expect(await findLeaks(canaries, { texts })).toEqual([]);
    expect(texts['page of success']).toContain('You are signed in');
    expect(texts['page of a refusal that repeats all']).toContain('invalid_grant');
  });
});
