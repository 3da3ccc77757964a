/** Opens the built pages of the extension in Chromium, in any state, under the very content policy of their manifest. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { findChromium, sandboxArguments } from '../browser/chromium.ts';
import { type FakeBackground, type FakeBrowserSetup, installFakeBrowser } from './fake-browser.ts';
import { NOW_MS } from './states.ts';

const root = path.join(import.meta.dirname, '../../..');
const built = path.join(root, 'dist/extension/chrome-mv3');

declare global {
  var fakeBackground: FakeBackground;
}

export interface OpenOptions {
  readonly page: 'popup' | 'options' | 'dashboard' | 'oauth-done';
  /** What follows the name of the page: a query, a fragment. */
  readonly hash?: string;
  readonly setup?: Partial<FakeBrowserSetup>;
}

export interface Gallery {
  open(options: OpenOptions): Promise<Page>;
  close(): Promise<void>;
}

export async function openGallery(): Promise<Gallery> {
  const [server, messages] = await Promise.all([serveBuiltExtension(), readMessages()]);
  const { port } = server.address() as AddressInfo;
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [...sandboxArguments()],
  });
  const context = await browser.newContext({
    colorScheme: 'light',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  });
  await context.clock.setFixedTime(NOW_MS);
  return {
    async open(options) {
      const page = await context.newPage();
      await page.setViewportSize(sizes[options.page]);
      await page.addInitScript(installFakeBrowser, { ...emptySetup, messages, ...options.setup });
      await page.goto(`http://127.0.0.1:${port}/${options.page}.html${options.hash ?? ''}`);
      await page.getByTestId('status').waitFor();
      return page;
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}

const emptySetup: FakeBrowserSetup = {
  state: null,
  messages: {},
  answers: {},
  api: {},
  unanswered: [],
  stored: {},
  grantsPermission: true,
};

export async function readMessages(): Promise<FakeBrowserSetup['messages']> {
  const file = path.join(root, 'extension/public/_locales/en/messages.json');
  return JSON.parse(await readFile(file, 'utf8')) as FakeBrowserSetup['messages'];
}

const wholePage = { width: 1280, height: 900 };
const sizes = { popup: { width: 360, height: 600 }, options: wholePage, dashboard: wholePage, 'oauth-done': wholePage };

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.png': 'image/png',
};

async function serveBuiltExtension(): Promise<Server> {
  const manifest = JSON.parse(await readFile(path.join(built, 'manifest.json'), 'utf8')) as {
    content_security_policy: { extension_pages: string };
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    try {
      const body = await readFile(path.join(built, path.normalize(pathname)));
      response.setHeader('content-type', contentTypes[path.extname(pathname)] ?? 'application/octet-stream');
      response.setHeader('content-security-policy', manifest.content_security_policy.extension_pages);
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}
