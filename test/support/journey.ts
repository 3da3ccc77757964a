/** All the parts of one journey: the stand-in, a home, the companion, a browser, and what a person does with them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Page } from 'playwright-core';
import type { ClientSettings, CompanionStatus, SessionStatus } from '../../shared/status.ts';
import { memoryLogger } from '../../companion/base/log.ts';
import { pathsOf } from '../../companion/config/paths.ts';
import { openVault } from '../../companion/vault/open-vault.ts';
import type { Vault } from '../../companion/vault/vault.ts';
import { createCertificate } from './browser/certificate.ts';
import { launchChromium } from './browser/chromium.ts';
import { standInHosts } from './browser/stand-in-hosts.ts';
import type { ChromiumBrowser } from './browser/chromium.ts';
import { startClaudeSite } from './claude-site/site.ts';
import type { ClaudeSite, ClaudeSiteOptions } from './claude-site/site.ts';
import { openCommand, runCompanion, startCompanion } from './companion-process.ts';
import type { CommandResult, CompanionProcess } from './companion-process.ts';
import { createTemporaryHome } from './temporary-home.ts';
import type { TemporaryHome } from './temporary-home.ts';
import { screenshotFolder, wantsScreenshots } from './screenshots.ts';

const patienceMs = 20_000;

export interface Clients {
  readonly anthropic: Anthropic;
  readonly openai: OpenAI;
}

export interface JourneyOptions extends Omit<ClaudeSiteOptions, 'certificate'> {
  /** Of every companion and every command, besides what tells them where the stand-in is. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The stand-in and an empty home, with nothing running in it yet. Close it last. */
export async function createJourney({ environment = {}, ...options }: JourneyOptions = {}): Promise<Journey> {
  const certificate = await createCertificate(standInHosts);
  const site = await startClaudeSite({ ...options, certificate });
  const folder = await createTemporaryHome();
  await mkdir(join(folder.path, 'home'), { mode: 0o700 });
  return new Journey(site, folder, environment);
}

export class Journey {
  readonly site: ClaudeSite;
  /** The companion's home. */
  readonly home: string;
  /** What every command but `env` and `pair` printed, and what the companions said until they were paired. */
  readonly printed: string[] = [];
  readonly #folder: TemporaryHome;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #browsers: ChromiumBrowser[] = [];
  #companion: CompanionProcess | undefined;
  #port: string | undefined;

  constructor(site: ClaudeSite, folder: TemporaryHome, environment: Readonly<Record<string, string>>) {
    this.site = site;
    this.#folder = folder;
    this.#environment = environment;
    this.home = join(folder.path, 'home');
  }

  get companion(): CompanionProcess {
    if (this.#companion === undefined) throw new Error('the companion does not run');
    return this.#companion;
  }

  /** Port of the companion that runs or ran last. */
  get port(): number {
    return Number(this.#port);
  }

  profile(name: string): string {
    return join(this.#folder.path, name);
  }

  /** Starts it on a free port, and on that port ever after. */
  async startCompanion(...args: readonly string[]): Promise<CompanionProcess> {
    const port = this.#port === undefined ? [] : ['--port', this.#port];
    this.#companion = await startCompanion({ ...this.#surroundings, args: [...port, ...args] });
    this.#port ??= new URL(this.#companion.url).port;
    return this.#companion;
  }

  async stopCompanion(): Promise<void> {
    await this.#companion?.stop();
    this.#companion = undefined;
  }

  async run(...command: readonly string[]): Promise<CommandResult> {
    const result = await runCompanion(command, this.#surroundings);
    const isSecretByIntention = command[0] === 'env' || command[0] === 'pair';
    if (!isSecretByIntention) this.printed.push(result.stdout, result.stderr);
    return result;
  }

  /** A command that waits for somebody, such as `auth login`. */
  open(...command: readonly string[]): CompanionProcess {
    return openCommand(command, this.#surroundings);
  }

  async status(): Promise<CompanionStatus> {
    return (await this.run('status')).json;
  }

  /** The only session there is. */
  async session(): Promise<SessionStatus> {
    const { sessions } = await this.status();
    if (sessions[0] === undefined || sessions.length > 1) throw new Error(`${sessions.length} sessions instead of one`);
    return sessions[0];
  }

  /** Names of all secrets in the vault, as a start of the companion would find them. */
  async storedSecrets(): Promise<readonly string[]> {
    return (await this.#openVault()).list('');
  }

  /** A secret of the vault as it is stored there. */
  async storedSecret(name: string): Promise<string> {
    const secret = await (await this.#openVault()).get(name);
    if (secret === undefined) throw new Error(`the vault has no ${name}`);
    return secret.reveal();
  }

  async clients(): Promise<Clients> {
    const settings = (await this.run('env')).json as ClientSettings;
    return {
      anthropic: new Anthropic({
        baseURL: settings.ANTHROPIC_BASE_URL,
        apiKey: settings.ANTHROPIC_API_KEY,
        maxRetries: 0,
      }),
      openai: new OpenAI({ baseURL: settings.OPENAI_BASE_URL, apiKey: settings.OPENAI_API_KEY, maxRetries: 0 }),
    };
  }

  async openBrowser(profile = 'profile', extension?: string): Promise<ChromiumBrowser> {
    const browser = await launchChromium({
      site: this.site,
      profile: this.profile(profile),
      ...(extension !== undefined && { extension }),
    });
    this.#browsers.push(browser);
    return browser;
  }

  /** Pastes a new token into the popup, and waits until the pairing stands. */
  async pair(popup: Page): Promise<string> {
    const { token } = (await this.run('pair')).json as { token: string };
    await popup.getByTestId('pair-token').fill(token);
    await popup.getByTestId('pair-submit').click();
    await popup.getByTestId('pair-token').waitFor({ state: 'detached', timeout: patienceMs });
    return token;
  }

  /** From an empty profile to a synced session: signed in, paired, agreed and synced. Returns the popup. */
  async settleIn(browser: ChromiumBrowser, person?: string): Promise<Page> {
    await browser.signIn(person);
    const popup = await browser.openExtensionPage('popup.html');
    await this.pair(popup);
    await agreeAndSync(popup);
    return popup;
  }

  async close(): Promise<void> {
    for (const browser of this.#browsers) await browser.close().catch(() => undefined);
    await this.#companion?.kill();
    await this.site.close();
    await this.#folder.remove();
  }

  async #openVault(): Promise<Vault> {
    const config = { vault: { kind: 'file' }, auth: { encryption: { key: undefined } } } as const;
    const { vault } = await openVault({ config, paths: pathsOf(this.home), logger: memoryLogger().logger });
    return vault;
  }

  get #surroundings() {
    return { home: this.home, environment: { CCPROXY_UPSTREAM_CLAUDE_WEB: this.site.url, ...this.#environment } };
  }
}

/** Waits until the popup shows this state, as its status line names it. */
export async function waitForState(popup: Page, state: string, timeoutMs = patienceMs): Promise<void> {
  const line = popup.locator(`[data-testid=status][data-state=${state}]`);
  await line.waitFor({ timeout: timeoutMs }).catch(async () => {
    throw new Error(`not "${state}" within ${timeoutMs} ms, but:\n${await popup.locator('body').innerText()}`);
  });
}

export async function agreeAndSync(popup: Page): Promise<void> {
  await waitForState(popup, 'consent');
  await popup.getByTestId('consent').check();
  await popup.getByTestId('sync').click();
  await waitForState(popup, 'synced');
}

/** Leaves pictures in light and dark among the other screenshots, for a person to look at, when somebody asked for them. */
export async function photograph(page: Page, name: string): Promise<void> {
  if (!wantsScreenshots) return;
  await mkdir(screenshotFolder, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const path = join(screenshotFolder, `real-${name}-${colorScheme}.png`);
    await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
