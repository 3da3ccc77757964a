/** The main job in real Firefox: from the first page after the install to an answer through the tab. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waysToAsk } from '../support/ask.ts';
import { firefoxLack, launchFirefox } from '../support/browser/firefox.ts';
import type { FirefoxBrowser } from '../support/browser/firefox.ts';
import { createJourney } from '../support/journey.ts';
import type { Clients, Journey } from '../support/journey.ts';
import { screenshotFolder, wantsScreenshots } from '../support/screenshots.ts';

const lack = firefoxLack();
if (lack !== null) console.warn(`Skipped: ${lack}`);

const byTestId = (id: string) => `[data-testid=${id}]`;

async function photograph(page: Page, name: string): Promise<void> {
  if (!wantsScreenshots) return;
  mkdirSync(screenshotFolder, { recursive: true });
  await page.screenshot({ path: join(screenshotFolder, `firefox-dashboard-${name}.png`) });
}

async function waitForState(popup: Page, state: string): Promise<void> {
  await popup.waitForSelector(`${byTestId('status')}[data-state=${state}]`, { timeout: 20_000 });
}

describe.skipIf(lack !== null)('in Firefox', () => {
  let journey: Journey;
  let browser: FirefoxBrowser;
  let popup: Page;
  let clients: Clients;

  beforeAll(async () => {
    journey = await createJourney();
    await journey.startCompanion();
    browser = await launchFirefox({ site: journey.site });
  });
  afterEach(() => expect(journey.site.violations).toEqual([]));
  afterAll(async () => {
    await browser?.close();
    await journey.close();
  });

  test('the first page opens by itself', async () => {
    const isWelcome = async (page: Page) =>
      (await page.evaluate(() => location.href)).endsWith('/options.html#welcome');
    await expect
      .poll(async () => Promise.all((await browser.browser.pages()).map(isWelcome)), { timeout: 10_000 })
      .toContain(true);
  });

  test('the popup pairs, asks for consent, and syncs the session', async () => {
    await browser.signIn();
    popup = await browser.openExtensionPage('popup.html');
    await waitForState(popup, 'unpaired');
    const { token } = (await journey.run('pair')).json as { token: string };
    await popup.type(byTestId('pair-token'), token);
    await popup.click(byTestId('pair-submit'));
    await waitForState(popup, 'consent');
    await popup.click(byTestId('consent'));
    await popup.click(byTestId('sync'));
    await waitForState(popup, 'synced');
    const { seats, sessions } = await journey.status();
    expect(seats).toMatchObject([{ isOnline: true, browser: expect.stringMatching(/^Firefox on /) }]);
    expect(sessions).toMatchObject([{ email: 'mary@example.com', state: 'active', plan: 'Pro' }]);
    clients = await journey.clients();
  });

  test.each(Object.entries(waysToAsk))('%s gets the text through the tab', async (_name, ask) => {
    expect(await ask(clients, 'Through Firefox?')).toBe('You wrote: Through Firefox?');
    expect(journey.site.requests.findLast((request) => request.route === 'completion')).toMatchObject({
      channel: 'browser',
      headers: { 'user-agent': expect.stringContaining('Firefox/') },
    });
  });

  test('the dashboard draws what was used, and explains a request', async () => {
    const dashboard = await browser.openExtensionPage('dashboard.html');
    await dashboard.waitForSelector('.plot canvas', { timeout: 20_000 });
    const drawn = await dashboard.$eval('.plot canvas', (canvas) => (canvas as HTMLCanvasElement).width);
    expect(drawn).toBeGreaterThan(100);
    await dashboard.waitForFunction(
      (asked: number) => document.querySelector('.figure-value')?.textContent === String(asked),
      { timeout: 20_000 },
      Object.keys(waysToAsk).length,
    );
    await photograph(dashboard, 'overview');
    await dashboard.click(byTestId('tab-requests'));
    await dashboard.waitForSelector('a.row-link', { timeout: 20_000 });
    await dashboard.click('a.row-link');
    await dashboard.waitForSelector('dialog[open], [role=dialog]', { timeout: 20_000 });
    await photograph(dashboard, 'exchange');
    const told = await dashboard.$eval('dialog[open], [role=dialog]', (dialog) => dialog.textContent);
    expect(told).toContain('mary@example.com');
    await dashboard.close();
  });

  test('a companion that is killed is found again by itself', async () => {
    await journey.companion.kill();
    await waitForState(popup, 'offline');
    await (await journey.startCompanion()).waitForEvent('seat-online');
    await waitForState(popup, 'synced');
    expect(await waysToAsk['OpenAI SDK, streamed'](clients, 'again')).toBe('You wrote: again');
  });
});
