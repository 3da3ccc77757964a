/** How the link ends and comes back: crashes, strangers on the port, pairing links, unpairing, several browsers. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Hello } from '../../shared/link/frame.ts';
import { createHello, generateCompanionKeys, loadCompanionKeys } from '../../shared/link/handshake.ts';
import { askAnthropic, askOpenai, refusalOf } from '../support/ask.ts';
import { askBackground } from '../support/browser/chrome-calls.ts';
import type { ChromiumBrowser } from '../support/browser/chromium.ts';
import { findLeaks } from '../support/canary.ts';
import { bob, mary } from '../support/claude-site/people.ts';
import { agreeAndSync, createJourney, photograph, waitForState } from '../support/journey.ts';
import type { Clients, Journey } from '../support/journey.ts';
import { overhearHello, startSquatter } from '../support/squatter.ts';

let journey: Journey;
let browser: ChromiumBrowser;
let popup: Page;
let clients: Clients;

beforeAll(async () => {
  journey = await createJourney({ people: [mary, bob] });
  await journey.startCompanion();
  browser = await journey.openBrowser();
  popup = await journey.settleIn(browser);
  clients = await journey.clients();
});
afterEach(() => expect(journey.site.violations).toEqual([]));
afterAll(() => journey.close());

/** A new popup: its opening is what makes the extension look again at once. */
async function reopenPopup(): Promise<void> {
  await popup.close();
  popup = await browser.openExtensionPage('popup.html');
}

describe('a companion that is killed', () => {
  test('is found again by itself, and the session serves at once', async () => {
    await journey.companion.kill();
    await waitForState(popup, 'offline');
    expect(await popup.locator('body').innerText()).toContain('companion start');
    const companion = await journey.startCompanion();
    const startedAtMs = performance.now();
    await companion.waitForEvent('seat-online');
    expect(performance.now() - startedAtMs).toBeLessThan(8_000);
    await waitForState(popup, 'synced');
    expect(await askAnthropic(clients, 'still there?')).toBe('You wrote: still there?');
    expect(await askOpenai(clients, 'and you?')).toBe('You wrote: and you?');
  });

  test('in the middle of an answer leaves neither a running job nor a half answer that looks whole', async () => {
    journey.site.scenario = { answer: () => 'word '.repeat(2000), eventDelayMs: 20 };
    const stream = clients.anthropic.messages.stream({
      model: 'claude-sonnet-5',
      max_tokens: 4096,
      messages: [{ role: 'user', content: 'go on' }],
    });
    const outcome = stream.finalMessage().then(
      () => 'whole' as const,
      () => 'broken' as const,
    );
    await stream.emitted('text');
    await journey.companion.kill();
    expect(await outcome).toBe('broken');
    const generation = journey.site.conversations.at(-1)?.generations[0];
    await expect.poll(() => generation?.state).toMatch(/^(stopped|abandoned)$/);
    journey.site.scenario = {};
    await (await journey.startCompanion()).waitForEvent('seat-online');
  });
});

describe('a stranger on the port', () => {
  let realHello: Hello;
  let ownHello: Hello;

  beforeAll(async () => {
    realHello = await overhearHello(journey.port, `chrome-extension://${browser.extensionId}`);
    const keys = await generateCompanionKeys();
    ownHello = await createHello(await loadCompanionKeys(keys.privateKey, keys.publicKey), 'ccproxy-companion/0.1.0');
    await journey.stopCompanion();
  });
  afterAll(async () => {
    const companion = await journey.startCompanion();
    await reopenPopup();
    await companion.waitForEvent('seat-online');
    await waitForState(popup, 'synced');
  });

  const secrets = () => [
    ...journey.site.secrets.map((value, index) => ({ name: `secret ${index} of the site`, value })),
    { name: 'the client key', value: clients.anthropic.apiKey ?? '' },
  ];

  test('with a key of its own is called what it is, and gets not even an answer', async () => {
    const squatter = await startSquatter(journey.port, ownHello);
    await reopenPopup();
    await waitForState(popup, 'impostor');
    await photograph(popup, 'popup-impostor');
    expect(squatter.received).toContain('/link');
    expect(squatter.answers).toBe(0);
    expect(await findLeaks(secrets(), { texts: { squatter: squatter.received } })).toEqual([]);
    await squatter.close();
  });

  test('that replays the real hello gets a sealed greeting that it cannot open, and no cookie byte', async () => {
    const squatter = await startSquatter(journey.port, realHello);
    await reopenPopup();
    await waitForState(popup, 'impostor');
    expect(squatter.answers).toBe(1);
    expect(await findLeaks(secrets(), { texts: { squatter: squatter.received } })).toEqual([]);
    expect(squatter.received).not.toMatch(/sessionKey|mary@example\.com|Chromium on/);
    // Even a click cannot send it anything.
    expect(await askBackground(popup, 'sync', {})).toMatchObject({ kind: 'failed', code: 'offline' });
    expect(squatter.answers).toBe(1);
    await squatter.close();
  });

  test.each([
    { speaks: 99, state: 'version-extension' },
    { speaks: 0, state: 'version-companion' },
  ])('that speaks version $speaks of the link is told apart: $state', async ({ speaks, state }) => {
    const squatter = await startSquatter(journey.port, { ...realHello, v: speaks, min: speaks });
    await reopenPopup();
    await waitForState(popup, state);
    await photograph(popup, `popup-${state}`);
    expect(squatter.answers).toBe(0);
    await squatter.close();
  });
});

describe('unpairing', () => {
  test('in the settings ends it on both sides, and the session with it', async () => {
    const options = await browser.openExtensionPage('options.html', { width: 1280, height: 900 });
    await photograph(options, 'options-synced');
    await options.getByTestId('unpair').click();
    await options.getByTestId('unpair-confirm').click();
    await waitForState(popup, 'unpaired');
    await expect.poll(async () => (await journey.status()).seats).toEqual([]);
    expect((await journey.status()).sessions).toEqual([]);
    expect((await refusalOf(askAnthropic(clients, 'anybody?'))).code).toBe('SESSION_REQUIRED');
    await options.close();
  });

  test('is undone by a pairing link that is followed, with one click', async () => {
    const { link, token } = (await journey.run('pair')).json as { link: string; token: string };
    const page = await browser.context.newPage();
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(link).catch(() => undefined);
    // Polled: the extension takes the tab elsewhere while the navigation to the link is still under way.
    await expect.poll(() => page.url()).toBe(`chrome-extension://${browser.extensionId}/options.html#pair`);
    const pairButton = page.getByTestId('pair-followed');
    await pairButton.waitFor();
    await photograph(page, 'options-followed-link');
    expect(await page.content()).not.toContain(token);
    expect((await journey.status()).seats).toEqual([]);
    await pairButton.click();
    await pairButton.waitFor({ state: 'detached' });
    await expect.poll(async () => (await journey.status()).seats).toMatchObject([{ isOnline: true }]);
    await page.close();
  });

  test('by the command tells the extension at once', async () => {
    const [seat] = (await journey.status()).seats;
    expect((await journey.run('unpair', seat?.id ?? '')).exitCode).toBe(0);
    await waitForState(popup, 'unpaired');
    expect((await journey.status()).seats).toEqual([]);
  });

  test('while the companion is away is told to it when it is back, and a new pairing starts afresh', async () => {
    await journey.pair(popup);
    await waitForState(popup, 'ready');
    await journey.stopCompanion();
    await waitForState(popup, 'offline');
    const options = await browser.openExtensionPage('options.html', { width: 1280, height: 900 });
    await options.getByTestId('unpair').click();
    await options.getByText('it is told as soon as it runs again').waitFor();
    await options.getByTestId('unpair-confirm').click();
    await options.close();
    await waitForState(popup, 'unpaired');
    await popup.getByText('has not heard yet').waitFor();
    await photograph(popup, 'popup-unpaired-away');
    await journey.startCompanion();
    expect((await journey.status()).seats).toHaveLength(1);
    await reopenPopup();
    await expect.poll(async () => (await journey.status()).seats).toEqual([]);
    await expect.poll(() => popup.getByText('has not heard yet').count()).toBe(0);
    await journey.pair(popup);
    // Consent was given before, and unpairing does not withdraw it; what was shared is asked for anew.
    await waitForState(popup, 'ready');
    expect(await journey.status()).toMatchObject({ seats: [{ isOnline: true }], sessions: [] });
  });
});

describe('a second browser profile', () => {
  test('is a seat of its own, with an account of its own', async () => {
    await waitForState(popup, 'ready');
    await photograph(popup, 'popup-ready');
    await popup.getByTestId('sync').click();
    await waitForState(popup, 'synced');
    const other = await journey.openBrowser('other-profile');
    await other.signIn('Bob Example');
    const otherPopup = await other.openExtensionPage('popup.html');
    await journey.pair(otherPopup);
    await agreeAndSync(otherPopup);
    const { seats, sessions } = await journey.status();
    expect(seats.filter((seat) => seat.isOnline)).toHaveLength(2);
    expect(sessions.map((session) => session.email).sort()).toEqual(['bob@example.com', 'mary@example.com']);
    await otherPopup.getByText('Bob Example').waitFor();
    await popup.getByText('Mary Example').waitFor();
    await journey.run('session', 'use', 'bob@example.com');
    journey.site.reset();
    expect(await askAnthropic(clients, 'whose?')).toBe('You wrote: whose?');
    expect(journey.site.conversations.at(-1)?.organisationId).toBe(bob.lastActiveOrganisation);
    const dashboard = await browser.openExtensionPage('dashboard.html', { width: 1280, height: 900 });
    await dashboard.getByText('bob@example.com').first().waitFor();
    await photograph(dashboard, 'dashboard-two-seats');
  });
});
