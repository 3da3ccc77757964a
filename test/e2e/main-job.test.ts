/** The main job in real Chromium, from the first page after the install to answers through both doors. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { IDLE_TAB_MS } from '../../extension/job-tabs.ts';
import { askAnthropic, waysToAsk } from '../support/ask.ts';
import { closeSiteTabs, shortenDelay, siteTabs } from '../support/browser/chrome-calls.ts';
import type { ChromiumBrowser } from '../support/browser/chromium.ts';
import type { Channel, RecordedRequest } from '../support/claude-site/state.ts';
import { agreeAndSync, createJourney, photograph, waitForState } from '../support/journey.ts';
import type { Clients, Journey } from '../support/journey.ts';

let journey: Journey;
let browser: ChromiumBrowser;
let clients: Clients;
let popup: Page;
let ownTab: Page;

beforeAll(async () => {
  journey = await createJourney();
});
afterEach(() => expect(journey.site.violations).toEqual([]));
afterAll(() => journey.close());

const completions = (): readonly RecordedRequest[] =>
  journey.site.requests.filter((request) => request.route === 'completion');
const doorsUsed = (): readonly Channel[] => [...new Set(completions().map((request) => request.channel))];

/** Chosen in the settings, and known to the companion. */
async function chooseTransport(choice: 'auto' | 'browser' | 'direct'): Promise<void> {
  const { syncedAtMs } = await journey.session();
  const options = await browser.openExtensionPage('options.html#transport', { width: 1280, height: 900 });
  const radio = options.getByTestId(`transport-${choice}`);
  await radio.waitFor();
  if (!(await radio.isChecked())) {
    // Not `check()`: the radio follows the background's answer, a moment after the click.
    await radio.click();
    await vi.waitUntil(async () => (await journey.session()).syncedAtMs > syncedAtMs, { timeout: 5_000 });
  }
  await options.close();
}

describe('from the install to the synced session', () => {
  test('the first page opens by itself, and says what to do', async () => {
    browser = await journey.openBrowser();
    const welcome = (page: Page) => page.url().endsWith('/options.html#welcome');
    const page =
      browser.context.pages().find(welcome) ?? (await browser.context.waitForEvent('page', { predicate: welcome }));
    await page.getByRole('heading', { name: 'Start the companion' }).waitFor();
    await page.setViewportSize({ width: 1280, height: 900 });
    await photograph(page, 'first-page');
    await page.close();
  });

  test('the popup pairs with a pasted token while nothing is read yet', async () => {
    await journey.startCompanion();
    ownTab = await browser.signIn();
    popup = await browser.openExtensionPage('popup.html');
    await waitForState(popup, 'unpaired');
    await photograph(popup, 'popup-unpaired');
    await journey.pair(popup);
    await waitForState(popup, 'consent');
    await photograph(popup, 'popup-consent');
    const { seats, sessions } = await journey.status();
    expect(seats).toMatchObject([{ isOnline: true, browser: expect.stringMatching(/^Chromium on /) }]);
    await expect.poll(() => popup.getByText(seats[0]?.fingerprint ?? '-').isVisible()).toBe(true);
    expect(sessions).toEqual([]);
    expect(journey.site.requests.filter((request) => request.path.startsWith('/api/'))).toEqual([]);
  });

  test('GO-12: a click syncs the session, with its account, plan, models and limits', async () => {
    await agreeAndSync(popup);
    expect(await journey.session()).toMatchObject({
      email: 'mary@example.com',
      plan: 'Pro',
      restsIn: 'vault',
      state: 'active',
      isDefault: true,
      models: expect.arrayContaining([{ id: 'claude-sonnet-5', name: 'Claude Sonnet 5' }]),
    });
    await popup.getByText('Mary Example').waitFor();
    await photograph(popup, 'popup-synced');
    clients = await journey.clients();
  });
});

describe.each(['browser', 'direct'] as const)('through the %s', (door) => {
  beforeAll(async () => {
    await chooseTransport(door);
    journey.site.reset();
  });

  test.each(Object.entries(waysToAsk))('%s gets the text', async (_name, ask) => {
    expect(await ask(clients, 'What is up?')).toBe('You wrote: What is up?');
    expect(doorsUsed()).toEqual([door]);
  });

  test('both SDKs list the models of the account', async () => {
    const expected = expect.arrayContaining(['claude-opus-5', 'claude-sonnet-5']);
    expect((await clients.anthropic.models.list()).data.map((model) => model.id)).toEqual(expected);
    expect((await clients.openai.models.list()).data.map((model) => model.id)).toEqual(expected);
  });

  test('text arrives while it is being written', async () => {
    journey.site.scenario = { answer: () => 'one two three four five six', eventDelayMs: 60 };
    const arrivalsMs: number[] = [];
    const stream = clients.anthropic.messages.stream({
      model: 'claude-sonnet-5',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'count' }],
    });
    stream.on('text', () => arrivalsMs.push(Date.now()));
    expect(await stream.finalText()).toBe('one two three four five six');
    expect(arrivalsMs.length).toBeGreaterThan(3);
    const siteDoneAtMs = journey.site.conversations.at(-1)?.generations[0]?.endedAtMs;
    expect(arrivalsMs[0]).toBeLessThan((siteDoneAtMs ?? 0) - 120);
  });

  test('a client that hangs up ends the generation, and the conversation is deleted', async () => {
    journey.site.scenario = { answer: () => 'word '.repeat(2000), eventDelayMs: 20 };
    const stream = clients.anthropic.messages.stream({
      model: 'claude-sonnet-5',
      max_tokens: 4096,
      messages: [{ role: 'user', content: 'go on for ever' }],
    });
    await stream.emitted('text');
    stream.abort();
    const conversation = journey.site.conversations.at(-1);
    await expect.poll(() => conversation?.generations[0]?.state).toMatch(/^(stopped|abandoned)$/);
    await expect.poll(() => conversation?.isDeleted).toBe(true);
    await expect.poll(async () => (await journey.status()).activity).toEqual([]);
  });

  test('eight programs at once are answered side by side, each with its own text', async () => {
    journey.site.reset();
    journey.site.scenario = { eventDelayMs: 40 };
    const prompts = Array.from({ length: 8 }, (_, index) => `question ${index}`);
    const ways = Object.values(waysToAsk);
    const answers = await Promise.all(prompts.map((prompt, index) => ways[index % ways.length]?.(clients, prompt)));
    expect(answers).toEqual(prompts.map((prompt) => `You wrote: ${prompt}`));
    const lastStartMs = Math.max(...completions().map((request) => request.startedAtMs));
    const firstEndMs = Math.min(...completions().map((request) => request.endedAtMs ?? 0));
    expect(lastStartMs).toBeLessThan(firstEndMs);
    expect(doorsUsed()).toEqual([door]);
  });
});

describe('the tab that requests run in', () => {
  beforeAll(async () => {
    await chooseTransport('auto');
    journey.site.reset();
  });

  test("is the person's own while one is open", async () => {
    expect(await askAnthropic(clients, 'where?')).toBe('You wrote: where?');
    expect(doorsUsed()).toEqual(['browser']);
    expect((await siteTabs(browser)).map((tab) => tab.url)).toEqual(['https://claude.ai/new']);
    expect(journey.site.requests.map((request) => request.path)).not.toContain('/robots.txt');
  });

  test('is an inactive one of our own otherwise, which closes when it is no longer needed', async () => {
    await shortenDelay(browser, IDLE_TAB_MS, 500);
    await ownTab.close();
    expect(await askAnthropic(clients, 'and now?')).toBe('You wrote: and now?');
    expect(await siteTabs(browser)).toMatchObject([{ url: 'https://claude.ai/robots.txt', active: false }]);
    await expect.poll(() => siteTabs(browser), { timeout: 5_000 }).toEqual([]);
    expect(doorsUsed()).toEqual(['browser']);
  });

  test('that is closed in the middle of an answer gives a clear error, and the next request a new tab', async () => {
    journey.site.scenario = { answer: () => 'word '.repeat(2000), eventDelayMs: 20 };
    const stream = clients.anthropic.messages.stream({
      model: 'claude-sonnet-5',
      max_tokens: 4096,
      messages: [{ role: 'user', content: 'go on' }],
    });
    const ended = stream.finalText().catch((error: Error) => error.message);
    await stream.emitted('text');
    await closeSiteTabs(browser);
    expect(await ended).toMatch(/tab of claude\.ai/);
    journey.site.scenario = {};
    expect(await askAnthropic(clients, 'again')).toBe('You wrote: again');
  });
});

describe('the configuration of the companion', () => {
  test.each(['browser', 'direct'] as const)('--transport %s beats what the browser chose', async (door) => {
    await chooseTransport(door === 'browser' ? 'direct' : 'browser');
    await journey.stopCompanion();
    const companion = await journey.startCompanion('--transport', door);
    await companion.waitForEvent('seat-online');
    journey.site.reset();
    expect(await askAnthropic(clients, 'which door?')).toBe('You wrote: which door?');
    expect(doorsUsed()).toEqual([door]);
  });

  test('the client key and the session outlive the restarts', async () => {
    const { anthropic } = await journey.clients();
    expect(anthropic.apiKey).toBe(clients.anthropic.apiKey);
    expect(await readFile(join(journey.home, 'vault.json'), 'utf8')).not.toContain(anthropic.apiKey);
  });
});
