/**
 * A journey in which both providers of logins are there, behind the addresses of the real ones, with what their logins open;
 * and what a person does to sign in.
 */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { LoginProviderId } from '../../shared/credential.ts';
import type { ChromiumBrowser } from './browser/chromium.ts';
import { guestsFor } from './claude-site/guests.ts';
import type { CompanionProcess } from './companion-process.ts';
import { createJourney } from './journey.ts';
import type { Journey } from './journey.ts';
import type { AnthropicApi } from './providers/anthropic/api.ts';
import { startChatGptBackend } from './providers/chatgpt/backend.ts';
import type { ChatGptBackend } from './providers/chatgpt/backend.ts';
import type { AnthropicAuth } from './providers/oauth/anthropic-auth.ts';
import { startClaudeAccounts } from './providers/oauth/claude-accounts.ts';
import { startOpenAiAuth } from './providers/oauth/openai-auth.ts';
import type { OpenAiAuth } from './providers/oauth/openai-auth.ts';

export interface LoginWorld {
  readonly anthropic: AnthropicAuth;
  readonly openai: OpenAiAuth;
  readonly claude: AnthropicApi;
  readonly chatgpt: ChatGptBackend;
  /** Of a companion and its commands. The person's pages are those that a real browser would show. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every code and token that either provider handed out. */
  secrets(): readonly string[];
  /** What the stand-ins themselves did wrong; none in a good run. */
  failures(): readonly string[];
  close(): Promise<void>;
}

export async function startLoginWorld(): Promise<LoginWorld> {
  const [accounts, openai] = await Promise.all([startClaudeAccounts(), startOpenAiAuth()]);
  const { auth: anthropic, api: claude } = accounts;
  const chatgpt = await startChatGptBackend({ auth: openai });
  return {
    anthropic,
    openai,
    claude,
    chatgpt,
    environment: {
      CCPROXY_UPSTREAM_ANTHROPIC: claude.url,
      CCPROXY_UPSTREAM_ANTHROPIC_AUTH: anthropic.url,
      CCPROXY_OAUTH_ANTHROPIC_AUTHORIZE_URL: 'https://claude.ai/oauth/authorize',
      ...openai.environment,
      CCPROXY_OAUTH_OPENAI_AUTHORIZE_URL: 'https://auth.openai.com/oauth/authorize',
      ...chatgpt.environment,
    },
    secrets: () => [...anthropic.secrets, ...openai.secrets],
    failures: () => [anthropic, openai, claude, chatgpt].flatMap((one) => one.failures),
    close: async () => void (await Promise.all([accounts.close(), openai.close(), chatgpt.close()])),
  };
}

/** The companion runs and a Chromium is paired with it. Close it last. */
export async function startLoginJourney(environment: Readonly<Record<string, string>> = {}): Promise<LoginJourney> {
  const world = await startLoginWorld();
  const journey = await createJourney({
    guests: guestsFor(world),
    environment: { ...world.environment, ...environment },
  });
  await journey.startCompanion();
  const browser = await journey.openBrowser();
  const popup = await browser.openExtensionPage('popup.html');
  await journey.pair(popup);
  return new LoginJourney(world, journey, browser, popup);
}

export class LoginJourney {
  readonly world: LoginWorld;
  readonly journey: Journey;
  readonly browser: ChromiumBrowser;
  readonly popup: Page;
  readonly #terminals: CompanionProcess[] = [];

  constructor(world: LoginWorld, journey: Journey, browser: ChromiumBrowser, popup: Page) {
    this.world = world;
    this.journey = journey;
    this.browser = browser;
    this.popup = popup;
  }

  /** `companion auth login --json` in a process of its own. */
  begin(provider: LoginProviderId): CompanionProcess {
    const terminal = this.journey.open('auth', provider === 'anthropic' ? 'login' : 'login-openai', '--json');
    this.#terminals.push(terminal);
    return terminal;
  }

  /** A click in the popup, or in another page of ours, and the provider's page that it opens. */
  async clickOpen(page: Page = this.popup): Promise<Page> {
    const opening = this.browser.context.waitForEvent('page');
    await page.getByTestId('login-open').click();
    const consent = await opening;
    await consent.getByTestId('allow').waitFor();
    return consent;
  }

  /** Begun in the terminal, and opened from the popup. */
  async beginAndOpen(
    provider: LoginProviderId,
  ): Promise<{ readonly terminal: CompanionProcess; readonly consent: Page }> {
    const terminal = this.begin(provider);
    await this.waitForCard('offered');
    return { terminal, consent: await this.clickOpen() };
  }

  /** What the popup shows of a login that waits. */
  async waitForCard(stage: 'offered' | 'opened' | 'none'): Promise<void> {
    if (stage === 'none') await this.popup.getByTestId('login-card').waitFor({ state: 'detached' });
    else await this.popup.locator(`[data-testid=login-card][data-stage=${stage}]`).waitFor();
  }

  /** Our own page at the end, once it says how the login stands. */
  async donePage(state: string): Promise<Page> {
    const find = () => this.#pages.find((page) => page.url().includes('oauth-done.html'));
    await expect.poll(() => find() !== undefined).toBe(true);
    const page = find();
    if (page === undefined) throw new Error('it went away again');
    await page.locator(`[data-testid=login-result][data-state=${state}]`).waitFor();
    return page;
  }

  /** What our own page at the end says. */
  async donePageSays(state: string): Promise<string> {
    return (await this.donePage(state)).getByTestId('login-result').innerText();
  }

  get tabs(): readonly string[] {
    return this.#pages.map((page) => page.url());
  }

  /** A tab that shows an error of the browser, or stands where nobody listens, is there for a moment at most. */
  async expectNoDeadTab(): Promise<void> {
    const isDead = (url: string) => url.startsWith('chrome-error:') || url.includes('localhost');
    await expect.poll(() => this.tabs.filter(isDead)).toEqual([]);
  }

  async expectNothingKept(): Promise<void> {
    const secrets = await this.journey.storedSecrets();
    expect(secrets.filter((name) => name.startsWith('login/'))).toEqual([]);
    expect(await this.journey.status()).toMatchObject({ logins: [], pendingLogins: [] });
  }

  /** Between two tests: commands and pages of the one before are gone, and both providers have a calm day. */
  async tidy(): Promise<void> {
    // Asked, not killed: what a test left waiting is no longer waited for.
    await Promise.all(this.#terminals.splice(0).map((terminal) => terminal.interrupt()));
    for (const page of this.#pages) if (page !== this.popup) await page.close();
    expect(this.world.failures()).toEqual([]);
    this.world.anthropic.reset();
    this.world.openai.reset();
  }

  async close(): Promise<void> {
    await this.journey.close();
    await this.world.close();
  }

  get #pages(): readonly Page[] {
    return this.browser.context.pages();
  }
}

/** The address of the provider's page, as the terminal shows it. */
export async function addressIn(terminal: CompanionProcess): Promise<URL> {
  await terminal.waitForText('Waiting for you');
  return new URL(/^https?:\S+\/oauth\/authorize\?\S+$/m.exec(terminal.output)?.[0] ?? '');
}

/** The one JSON document that the command leaves, when it ended with this code. */
export async function answerOf(terminal: CompanionProcess, exitCode: number): Promise<ReturnType<typeof JSON.parse>> {
  expect(await terminal.exited, terminal.output).toBe(exitCode);
  expect(terminal.stdout.trim().split('\n')).toHaveLength(1);
  return JSON.parse(terminal.stdout);
}

/** What the command leaves when the login came to nothing. */
export function failureOf(code: string, message: string): object {
  return { event: 'error', error: { code, message, remedy: expect.stringMatching(/./) } };
}
