/** Whole logins in real Firefox: one begun in the terminal, one in the popup. */
import type { Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { firefoxLack, launchFirefox } from '../support/browser/firefox.ts';
import type { FirefoxBrowser } from '../support/browser/firefox.ts';
import { guestsFor } from '../support/claude-site/guests.ts';
import { createJourney } from '../support/journey.ts';
import type { Clients, Journey } from '../support/journey.ts';
import { answerOf, failureOf, startLoginWorld } from '../support/login-journey.ts';
import type { LoginWorld } from '../support/login-journey.ts';
import { listeningPorts } from '../support/listening-ports.ts';

const lack = firefoxLack();
if (lack !== null) console.warn(`Skipped: ${lack}`);

const byTestId = (id: string) => `[data-testid=${id}]`;

describe.skipIf(lack !== null)('in Firefox', () => {
  let world: LoginWorld;
  let journey: Journey;
  let browser: FirefoxBrowser;
  let popup: Page;
  let clients: Clients;

  beforeAll(async () => {
    world = await startLoginWorld();
    journey = await createJourney({ guests: guestsFor(world), environment: world.environment });
    await journey.startCompanion();
    browser = await launchFirefox({ site: journey.site });
    popup = await browser.openExtensionPage('popup.html');
    await popup.waitForSelector(byTestId('pair-token'));
    const { token } = (await journey.run('pair')).json as { token: string };
    await popup.type(byTestId('pair-token'), token);
    await popup.click(byTestId('pair-submit'));
    await popup.waitForSelector(byTestId('consent'));
    clients = await journey.clients();
  });
  afterEach(async () => {
    await expect.poll(() => tabWith('localhost:')).toBeUndefined();
    await (await tabWith('oauth-done.html'))?.close();
    expect(world.failures()).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await journey?.close();
    await world?.close();
  });

  /** A click as the page sees it; the popup is a tab that may lie behind another one here. */
  const click = (page: Page, testId: string) =>
    page.evaluate((selector) => document.querySelector<HTMLElement>(selector)?.click(), byTestId(testId));

  async function tabWith(part: string): Promise<Page | undefined> {
    for (const page of await browser.browser.pages()) {
      if ((await page.evaluate(() => location.href).catch(() => '')).includes(part)) return page;
    }
    return undefined;
  }

  async function waitForTab(part: string): Promise<Page> {
    await expect.poll(async () => (await tabWith(part)) !== undefined, { timeout: 20_000 }).toBe(true);
    const page = await tabWith(part);
    if (page === undefined) throw new Error('it went away again');
    return page;
  }

  async function decide(host: string, decision: 'allow' | 'deny'): Promise<void> {
    const consent = await waitForTab(`${host}/oauth/authorize`);
    await consent.waitForSelector(byTestId(decision));
    await click(consent, decision);
  }

  async function donePageSays(state: string): Promise<string> {
    const page = await waitForTab('oauth-done.html');
    await page.waitForSelector(`${byTestId('login-result')}[data-state=${state}]`);
    return page.evaluate((selector) => document.querySelector(selector)?.textContent ?? '', byTestId('login-result'));
  }

  test('a no on the page is told in the terminal and in the browser', async () => {
    const terminal = journey.open('auth', 'login', '--json');
    await popup.waitForSelector(byTestId('login-card'));
    await click(popup, 'login-open');
    await decide('claude.ai', 'deny');
    expect(await donePageSays('failed')).toContain('The access was not allowed');
    const message = 'The access was not allowed on the page of Anthropic: The user denied the request.';
    expect(await answerOf(terminal, 1)).toEqual(failureOf('LOGIN_DENIED', message));
    expect(await journey.status()).toMatchObject({ logins: [], pendingLogins: [] });
  });

  test('Claude: begun in the terminal, clicked in the popup, and no port is opened for it', async () => {
    const terminal = journey.open('auth', 'login', '--json');
    await popup.waitForSelector(byTestId('login-card'));
    expect(await listeningPorts(journey.companion.pid)).toEqual([journey.port]);
    await click(popup, 'login-open');
    await decide('claude.ai', 'allow');
    expect(await donePageSays('done')).toContain('You are signed in to Claude');
    expect(await answerOf(terminal, 0)).toMatchObject({ login: { provider: 'anthropic', name: 'mary@example.com' } });
    const { content } = await clients.anthropic.messages.create({
      model: 'claude-sonnet-4-6',
      max_tokens: 64,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    expect(content).toMatchObject([{ type: 'text', text: 'You said: Hello' }]);
  });

  test('ChatGPT: begun in the popup itself', async () => {
    await popup.waitForSelector(byTestId('login-chatgpt'));
    await click(popup, 'login-chatgpt');
    await popup.waitForSelector(byTestId('disclosure'));
    await click(popup, 'login-open');
    await decide('auth.openai.com', 'allow');
    expect(await donePageSays('done')).toContain('You are signed in to ChatGPT');
    expect((await journey.status()).logins).toMatchObject([{ provider: 'anthropic' }, { provider: 'openai' }]);
    const answer = await clients.openai.responses.create({ model: 'gpt-5.4', input: 'Hello' });
    expect(answer.output_text).toBe('You said: Hello');
  });
});
