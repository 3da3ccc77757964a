/** A real Chromium with the built extension, for which https://claude.ai is the stand-in. */
import { chromium } from 'playwright-core';
import type { BrowserContext, Page, Worker } from 'playwright-core';
import { findProgram } from '../../../scripts/find-programs.mjs';
import type { ClaudeSite } from '../claude-site/site.ts';
import { chromiumExtension, chromiumIdOf } from './extension-folder.ts';
import { standInHosts } from './stand-in-hosts.ts';

export interface ChromiumOptions {
  readonly site: ClaudeSite;
  /** Profile folder; the same one again is the same person's browser. */
  readonly profile: string;
  /** Unpacked extension; the built one unless told. */
  readonly extension?: string;
  /** Default: no window where there is no display to show it on. */
  readonly isHeadless?: boolean;
}

export async function launchChromium(options: ChromiumOptions): Promise<ChromiumBrowser> {
  const context = await chromium.launchPersistentContext(options.profile, {
    executablePath: findChromium(),
    headless: options.isHeadless ?? !hasDisplay(),
    args: [...chromiumArguments(options)],
    // Playwright's own default would switch extensions off.
    ignoreDefaultArgs: ['--disable-extensions'],
    viewport: null,
  });
  return new ChromiumBrowser(context, chromiumIdOf(options.extension ?? chromiumExtension));
}

export class ChromiumBrowser {
  readonly context: BrowserContext;
  readonly extensionId: string;

  constructor(context: BrowserContext, extensionId: string) {
    this.context = context;
    this.extensionId = extensionId;
  }

  /** The extension's background; starts it if it has not run yet. */
  async worker(): Promise<Worker> {
    const isOurs = (worker: Worker) => worker.url().startsWith(`chrome-extension://${this.extensionId}/`);
    return (
      this.context.serviceWorkers().find(isOurs) ??
      this.context.waitForEvent('serviceworker', { predicate: isOurs, timeout: 15_000 })
    );
  }

  /** A page of the extension in a tab; `popup.html` at the width that the real popup has. */
  async openExtensionPage(path: string, size = { width: 360, height: 640 }): Promise<Page> {
    const page = await this.context.newPage();
    await page.setViewportSize(size);
    await page.goto(`chrome-extension://${this.extensionId}/${path}`);
    return page;
  }

  /** Signs in on the stand-in as a person would, and leaves the tab open. */
  async signIn(displayName = 'Mary Example'): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto('https://claude.ai/login');
    await page.getByRole('button', { name: `Continue as ${displayName}` }).click();
    await page.waitForURL('https://claude.ai/new');
    return page;
  }

  async signOut(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL('https://claude.ai/login');
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

/** Command line for a Chromium that has the extension and meets the stand-in; the same with and without a debugger. */
export function chromiumArguments(options: ChromiumOptions): readonly string[] {
  const { httpsPort, certificate } = options.site;
  if (httpsPort === null || certificate === null) throw new Error('the stand-in needs a certificate to meet browsers');
  const extension = options.extension ?? chromiumExtension;
  const rules = standInHosts.map((host) => `MAP ${host} 127.0.0.1:${httpsPort}`);
  return [
    `--disable-extensions-except=${extension}`,
    `--load-extension=${extension}`,
    // Nothing but the stand-in and loopback exists: whatever else it would look up is not found.
    `--host-resolver-rules=${rules.join(', ')}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
    `--ignore-certificate-errors-spki-list=${certificate.spkiHash}`,
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--password-store=basic',
    ...sandboxArguments(),
  ];
}

/** Chromium's sandbox does not start for root, which is who runs in a container. */
export function sandboxArguments(): readonly string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}

export function findChromium(): string {
  const path = findProgram('chromium');
  if (path === undefined)
    throw new Error('Chromium was not found; `node scripts/install-system.mjs` says how to get it');
  return path;
}

export function hasDisplay(): boolean {
  if (process.platform !== 'linux') return process.env['CI'] === undefined;
  return Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
}
