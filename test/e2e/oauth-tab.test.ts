/** The browser's side of a login in real browsers: a scripted companion offers it, a stand-in of the provider asks. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import type { Page as FirefoxPage } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { hashState } from '../../extension/oauth-rules.ts';
import type { ExtensionFrame } from '../../shared/link/frame.ts';
import type { CompanionStatus } from '../../shared/status.ts';
import { freshKeys, StandInCompanion } from '../extension/support/stand-in-companion.ts';
import { createCertificate } from '../support/browser/certificate.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import type { ChromiumBrowser } from '../support/browser/chromium.ts';
import { firefoxLack, launchFirefox } from '../support/browser/firefox.ts';
import type { FirefoxBrowser } from '../support/browser/firefox.ts';
import { standInHosts } from '../support/browser/stand-in-hosts.ts';
import { guestsFor } from '../support/claude-site/guests.ts';
import { startClaudeSite } from '../support/claude-site/site.ts';
import type { ClaudeSite } from '../support/claude-site/site.ts';
import { claudeClientId, startAnthropicAuth } from '../support/providers/oauth/anthropic-auth.ts';
import type { AnthropicAuth } from '../support/providers/oauth/anthropic-auth.ts';
import { createTemporaryHome } from '../support/temporary-home.ts';

const lack = firefoxLack();
if (lack !== null) console.warn(`Skipped: ${lack}`);

let site: ClaudeSite;
let provider: AnthropicAuth;
let companion: StandInCompanion;
/** Where nobody listens. */
let deadPort: number;
/** Each login has an id and a state of its own, as with the real companion. */
let loginId = 'login-0';
const stateNow = () => `the state of ${loginId}`;

beforeAll(async () => {
  provider = await startAnthropicAuth();
  const certificate = await createCertificate(standInHosts);
  site = await startClaudeSite({ certificate, guests: guestsFor({ anthropic: provider }) });
  deadPort = await freePort();
});
afterAll(() => Promise.all([site.close(), provider.close()]));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startStandInCompanion(): Promise<StandInCompanion> {
  const started = await new StandInCompanion(await freshKeys()).listen();
  started.onFrame = (visit, frame) => {
    if (frame.t !== 'oauth.callback') return;
    const error = { code: 'LOGIN_DENIED', message: frame.errorDescription ?? '', remedy: '' };
    const outcome = frame.code === undefined ? { ok: false, error } : { ok: true, account: 'ada@example.com' };
    void visit.send({ t: 'oauth.result', loginId: frame.loginId, ...outcome });
  };
  return started;
}

const loopback = (port = deadPort) => `http://localhost:${port}/callback`;

async function offerLogin(redirectUri = loopback()): Promise<void> {
  companion.frames.length = 0;
  loginId = `login-${Number(loginId.slice(6)) + 1}`;
  const authorizeUrl = new URL('https://claude.ai/oauth/authorize');
  authorizeUrl.search = String(
    new URLSearchParams({
      response_type: 'code',
      client_id: claudeClientId,
      redirect_uri: redirectUri,
      scope: 'user:profile user:inference',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
      state: stateNow(),
    }),
  );
  await companion.visits.at(-1)?.send({
    t: 'oauth.start',
    loginId,
    provider: 'anthropic',
    authorizeUrl: authorizeUrl.href,
    redirectUri,
    stateHash: await hashState(stateNow()),
    expiresAtMs: Date.now() + 600_000,
  });
}

/** What the companion says when it no longer knows of any login: the next test begins with none. */
async function forgetLogins(): Promise<void> {
  const status: CompanionStatus = {
    version: '0.1.0',
    pid: 1,
    url: 'http://127.0.0.1:1',
    startedAtMs: 1,
    atMs: Date.now() + 1000,
    vault: { kind: 'memory', location: 'memory', note: null },
    transport: 'auto',
    isAuthRequired: true,
    sessions: [],
    seats: [],
    activity: [],
    logins: [],
    pendingLogins: [],
  };
  await companion.visits.at(-1)?.send({ t: 'status', status });
}

const sent = <Type extends ExtensionFrame['t']>(type: Type) =>
  companion.frames.flatMap(({ frame }) => (frame.t === type ? [frame] : []));
const done = () => `oauth-done.html?login=${loginId}`;
const callback = () => ({ t: 'oauth.callback', loginId, state: stateNow() });

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  let popup: Page;

  beforeAll(async () => {
    const home = await createTemporaryHome();
    companion = await startStandInCompanion();
    browser = await launchChromium({ site, profile: home.path });
    popup = await browser.openExtensionPage('popup.html');
    await popup.getByTestId('pair-token').fill(await companion.issueToken());
    await popup.getByTestId('pair-submit').click();
    await popup.getByTestId('consent').waitFor();
    return async () => {
      await browser.close();
      await companion.close();
      await home.remove();
    };
  });
  beforeEach(() => provider.reset());
  afterEach(async () => {
    for (const page of browser.context.pages()) if (page !== popup) await page.close();
    await forgetLogins();
    await popup.getByTestId('login-card').waitFor({ state: 'detached' });
  });

  const tabs = () => browser.context.pages().map((page) => page.url());
  const isDone = (url: string) => url.endsWith(done());
  const deadTabs = () => tabs().filter((url) => url.startsWith('chrome-error:') || url.includes('localhost'));

  /** Resolves with the provider's page, which a click in the popup opened. */
  async function openLogin(redirectUri?: string): Promise<Page> {
    await offerLogin(redirectUri);
    await popup.getByTestId('login-card').waitFor();
    const count = tabs().length;
    const opening = browser.context.waitForEvent('page');
    expect(tabs()).toHaveLength(count);
    await popup.getByTestId('login-open').click();
    const page = await opening;
    await page.getByTestId('allow').waitFor();
    return page;
  }

  /** Our own page, once it is there. */
  async function donePage(): Promise<Page> {
    await expect.poll(tabs).toContainEqual(expect.stringMatching(/oauth-done\.html/));
    const page = browser.context.pages().find((one) => one.url().includes('oauth-done.html'));
    if (page === undefined) throw new Error('it went away again');
    return page;
  }

  const outcome = (page: Page) => page.getByTestId('login-result').getAttribute('data-state');

  test.each(['server', 'page'] as const)(
    'a redirect by the %s leaves no dead tab, and no way back to one',
    async (by) => {
      provider.scenario = { redirectBy: by };
      const consent = await openLogin();
      await consent.getByTestId('allow').click();
      const page = await donePage();
      await expect.poll(() => outcome(page)).toBe('done');
      expect(await page.getByTestId('login-result').innerText()).toContain('ada@example.com');
      expect(sent('oauth.callback')).toEqual([{ ...callback(), code: expect.stringMatching(/^\w{43}$/) }]);
      expect(sent('oauth.cancel')).toEqual([]);
      expect(deadTabs()).toEqual([]);
      expect(tabs().filter(isDone)).toHaveLength(1);
      expect(consent.isClosed()).toBe(true);
      expect(await page.evaluate(() => history.length)).toBe(1);
    },
  );

  test('a refusal is told as one', async () => {
    const consent = await openLogin();
    await consent.getByTestId('deny').click();
    const page = await donePage();
    await expect.poll(() => outcome(page)).toBe('failed');
    expect(await page.getByTestId('login-result').innerText()).toContain('The access was not allowed');
    expect(sent('oauth.callback')).toMatchObject([{ error: 'access_denied', state: stateNow() }]);
    expect(deadTabs()).toEqual([]);
  });

  test('a redirect to the provider’s own page with the code is caught without access to that site', async () => {
    const consent = await openLogin('https://platform.claude.com/oauth/code/callback');
    await consent.getByTestId('allow').click();
    await expect.poll(async () => outcome(await donePage())).toBe('done');
    expect(sent('oauth.callback')).toMatchObject([callback()]);
    expect(tabs().filter((url) => url.includes('platform.claude.com'))).toEqual([]);
  });

  test('a redirect to a port where somebody listens is caught, too', async () => {
    const server = createServer((_request, response) => response.end('somebody'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const consent = await openLogin(loopback((server.address() as AddressInfo).port));
    await consent.getByTestId('allow').click();
    await expect.poll(async () => outcome(await donePage())).toBe('done');
    expect(sent('oauth.callback')).toMatchObject([callback()]);
    expect(deadTabs()).toEqual([]);
  });

  test('an answer with another state is left alone by the login, and explained', async () => {
    const consent = await openLogin();
    const forged = `${loopback()}?code=forged&state=other`;
    await consent.evaluate((url) => location.assign(url), forged).catch(() => undefined);
    const page = await donePage();
    await expect.poll(() => outcome(page)).toBe('stray');
    expect(sent('oauth.callback')).toEqual([]);
    expect(sent('oauth.cancel')).toEqual([]);
    const again = browser.context.waitForEvent('page');
    await page.getByTestId('login-open').click();
    await (await again).getByTestId('allow').click();
    await expect.poll(() => sent('oauth.callback')).toMatchObject([callback()]);
  });

  test('closing the page of the provider cancels the login', async () => {
    await (await openLogin()).close();
    await expect.poll(() => sent('oauth.cancel')).toEqual([{ t: 'oauth.cancel', loginId, reason: 'tab-closed' }]);
    await popup.getByTestId('login-card').waitFor({ state: 'detached' });
  });

  test('an answer that comes while the companion is away reaches it when it is back', async () => {
    const consent = await openLogin();
    const { port } = companion;
    await companion.close();
    await popup.locator('[data-testid=status][data-state=offline]').waitFor();
    await consent.getByTestId('allow').click();
    const page = await donePage();
    await expect.poll(() => outcome(page)).toBe('offline');
    companion.frames.length = 0;
    await companion.listen(port);
    await expect.poll(() => sent('oauth.callback')).toMatchObject([callback()]);
    await expect.poll(() => outcome(page)).toBe('done');
  });
});

describe.skipIf(lack !== null)('in Firefox', () => {
  let browser: FirefoxBrowser;
  let popup: FirefoxPage;
  const byTestId = (id: string) => `[data-testid=${id}]`;

  beforeAll(async () => {
    companion = await startStandInCompanion();
    browser = await launchFirefox({ site });
    popup = await browser.openExtensionPage('popup.html');
    await popup.waitForSelector(byTestId('pair-token'));
    await popup.type(byTestId('pair-token'), await companion.issueToken());
    await popup.click(byTestId('pair-submit'));
    await popup.waitForSelector(byTestId('consent'));
    return async () => {
      await browser.close();
      await companion.close();
    };
  });
  beforeEach(() => provider.reset());

  async function findTab(part: string): Promise<FirefoxPage | undefined> {
    for (const page of await browser.browser.pages()) {
      const url = await page.evaluate(() => location.href).catch(() => '');
      if (url.includes(part)) return page;
    }
    return undefined;
  }

  async function waitForTab(part: string): Promise<FirefoxPage> {
    await expect.poll(() => findTab(part).then((page) => page !== undefined), { timeout: 20_000 }).toBe(true);
    const page = await findTab(part);
    if (page === undefined) throw new Error('it went away again');
    return page;
  }

  test.each(['server', 'page'] as const)('a redirect by the %s leaves no dead tab', async (by) => {
    provider.scenario = { redirectBy: by };
    await offerLogin();
    await popup.waitForSelector(byTestId('login-open'));
    await popup.evaluate(() => document.querySelector<HTMLElement>('[data-testid=login-open]')?.click());
    const consent = await waitForTab('claude.ai/oauth/authorize');
    await consent.waitForSelector(byTestId('allow'));
    await consent.evaluate(() => document.querySelector<HTMLElement>('[data-testid=allow]')?.click());
    const page = await waitForTab(done());
    await page.waitForSelector(`${byTestId('login-result')}[data-state=done]`);
    expect(sent('oauth.callback')).toMatchObject([callback()]);
    expect(sent('oauth.cancel')).toEqual([]);
    expect(await findTab(`localhost:${deadPort}`)).toBeUndefined();
    await page.close();
    await forgetLogins();
    await popup.waitForSelector(byTestId('login-card'), { hidden: true });
  });
});
