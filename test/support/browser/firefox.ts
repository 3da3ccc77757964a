/** A real Firefox with the built extension, for which https://claude.ai is the stand-in. Driven over WebDriver BiDi. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from 'puppeteer-core';
import type { Browser, Page } from 'puppeteer-core';
import { findProgram } from '../../../scripts/find-programs.mjs';
import type { ClaudeSite } from '../claude-site/site.ts';
import { hasDisplay } from './chromium.ts';
import { firefoxExtension, geckoIdOf } from './extension-folder.ts';
import { standInHosts } from './stand-in-hosts.ts';

export interface FirefoxOptions {
  readonly site: ClaudeSite;
  readonly extension?: string;
  readonly isHeadless?: boolean;
}

/** Why tests with Firefox are skipped here, or `null`. */
export function firefoxLack(): string | null {
  return findProgram('firefox') === undefined
    ? 'Firefox was not found (set FIREFOX_PATH, or install firefox-esr)'
    : null;
}

export async function launchFirefox(options: FirefoxOptions): Promise<FirefoxBrowser> {
  const executablePath = findProgram('firefox');
  if (executablePath === undefined) throw new Error(firefoxLack() ?? '');
  const extension = options.extension ?? firefoxExtension;
  const baseUuid = randomUUID();
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: options.isHeadless ?? !hasDisplay(),
    acceptInsecureCerts: true,
    args: ['--remote-allow-system-access'],
    extraPrefsFirefox: {
      'network.dns.localDomains': standInHosts.join(','),
      'network.socket.forcePort': `443=${options.site.httpsPort}`,
      // Fixes the address of the extension's pages, which is otherwise made up at each install.
      'extensions.webextensions.uuids': JSON.stringify({ [geckoIdOf(extension)]: baseUuid }),
    },
  });
  await browser.installExtension(extension);
  return new FirefoxBrowser(browser, `moz-extension://${baseUuid}`);
}

export class FirefoxBrowser {
  readonly browser: Browser;
  /** `moz-extension://...`, without a slash at the end. */
  readonly extensionOrigin: string;

  constructor(browser: Browser, extensionOrigin: string) {
    this.browser = browser;
    this.extensionOrigin = extensionOrigin;
  }

  async openExtensionPage(path: string, size = { width: 360, height: 640 }): Promise<Page> {
    const page = await this.browser.newPage();
    await page.setViewport(size);
    // Firefox never reports the load of an extension's page; it is there well before this time is over.
    const going = page.goto(`${this.extensionOrigin}/${path}`).catch(() => null);
    await Promise.race([going, sleep(2500)]);
    return page;
  }

  /** Signs in on the stand-in as a person would, and leaves the tab open. */
  async signIn(displayName = 'Mary Example'): Promise<Page> {
    const page = await this.browser.newPage();
    await page.goto('https://claude.ai/login');
    await page.locator(`::-p-text(Continue as ${displayName})`).click();
    await page.locator('#name').wait();
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}
