/** In real Chromium: a page of another origin can neither read nor use the companion, and the pairing page is inert. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDoor, question } from '../flow/guard/door.ts';
import type { Door } from '../flow/guard/door.ts';
import { findChromium, sandboxArguments } from '../support/browser/chromium.ts';
import { LINK_PATH } from '../../shared/link/protocol.ts';

let door: Door;
let browser: Browser;
let page: Page;
const elsewhere = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>elsewhere</title><body>');
});

beforeAll(async () => {
  // Without a key: the guard has to hold by itself.
  door = await openDoor({ 'security.auth': false });
  elsewhere.listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      ...sandboxArguments(),
      '--host-resolver-rules=MAP rebound.example 127.0.0.1, MAP evil.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
      // Chromium's own barrier between the web and loopback stands aside: not every browser has one.
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,PrivateNetworkAccessSendPreflights',
    ],
  });
});
afterAll(async () => {
  await browser?.close();
  elsewhere.close();
  await door?.close();
});

const origins = ['http://evil.example', 'http://127.0.0.1', 'http://localhost'] as const;

/** Codes of everything that the companion refused since the last call. */
let refusals: () => readonly unknown[];
beforeEach(async () => {
  page = await browser.newPage();
  const from = door.log.lines.length;
  refusals = () => door.log.lines.slice(from).flatMap(({ code }) => (code === undefined ? [] : [code]));
  return () => page.close();
});

const visit = (origin: string) => page.goto(`${origin}:${(elsewhere.address() as AddressInfo).port}/`);

describe.each(origins)('a page of %s on another port', (origin) => {
  test('can fetch nothing, by no method and in no mode', async () => {
    await visit(origin);
    const outcomes = await page.evaluate(
      async ({ url, body }) => {
        const attempts: readonly (readonly [string, RequestInit])[] = [
          ['/healthz', {}],
          ['/v1/models', { headers: { 'x-api-key': 'x' } }],
          ['/v1/messages', { method: 'POST', body }],
          ['/v1/messages', { method: 'POST', body, headers: { 'content-type': 'application/json' } }],
          ['/v1/messages', { method: 'POST', body, mode: 'no-cors' }],
          ['/', { mode: 'no-cors' }],
          ['/pair', { mode: 'no-cors', credentials: 'include' }],
        ];
        return Promise.all(
          attempts.map(([path, init]) =>
            fetch(url + path, init).then(
              (response) => `${response.type} ${response.status}`,
              () => 'failed',
            ),
          ),
        );
      },
      { url: door.url, body: question },
    );
    // An opaque answer has no status and no content: the page cannot tell what it is.
    for (const outcome of outcomes) expect(['failed', 'opaque 0']).toContain(outcome);
    expect(refusals()).not.toEqual([]);
    expect(new Set(refusals())).toEqual(new Set(['ORIGIN_REFUSED']));
  });

  test('can post no form, neither as text nor as JSON in disguise', async () => {
    await visit(origin);
    for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const answered = page.waitForResponse((response) => response.url().startsWith(door.url));
      await page.evaluate(
        ({ url, type, body }) => {
          const sink = Object.assign(document.createElement('iframe'), { name: `sink ${type}` });
          const form = Object.assign(document.createElement('form'), {
            method: 'post',
            enctype: type,
            action: url,
            target: sink.name,
          });
          const field = Object.assign(document.createElement('input'), { name: body.slice(0, -1), value: '}' });
          form.append(field);
          document.body.append(sink, form);
          form.submit();
        },
        { url: `${door.url}/v1/messages`, type: enctype, body: question },
      );
      expect((await answered).status()).toBe(403);
    }
    expect(new Set(refusals())).toEqual(new Set(['ORIGIN_REFUSED']));
  });

  test('can load nothing as an image, script, style, frame or object', async () => {
    await visit(origin);
    const loaded = await page.evaluate(async (url) => {
      const load = (tag: string, attributes: Readonly<Record<string, string>>) =>
        new Promise<string>((resolve) => {
          const element = document.createElement(tag);
          element.addEventListener('load', () => resolve(`${tag} loaded`));
          element.addEventListener('error', () => resolve(`${tag} failed`));
          for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
          document.body.append(element);
          setTimeout(() => resolve(`${tag} silent`), 3000);
        });
      return Promise.all([
        load('img', { src: `${url}/favicon.ico` }),
        load('script', { src: `${url}/pair.js` }),
        load('link', { rel: 'stylesheet', href: `${url}/page.css` }),
        load('object', { data: `${url}/` }),
      ]);
    }, door.url);
    expect(loaded.filter((outcome) => outcome.endsWith('loaded'))).toEqual([]);
    await page.evaluate(
      (url) => document.body.append(Object.assign(document.createElement('iframe'), { src: url })),
      `${door.url}/pair`,
    );
    await page.waitForTimeout(500);
    const texts = await Promise.all(
      page.frames().map((frame) => frame.evaluate(() => document.body.innerText).catch(() => '')),
    );
    expect(texts.join()).not.toContain('Pair this browser');
    expect(new Set(refusals())).toEqual(new Set(['ORIGIN_REFUSED']));
  });

  test('can open no WebSocket', async () => {
    await visit(origin);
    const outcome = await page.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url);
          socket.addEventListener('open', () => resolve('open'));
          socket.addEventListener('message', () => resolve('message'));
          socket.addEventListener('close', () => resolve('closed'));
        }),
      `ws://${door.host}${LINK_PATH}`,
    );
    expect(outcome).toBe('closed');
    expect(refusals()).toEqual(['ORIGIN_REFUSED']);
  });
});

test('a name that was pointed at this computer gets nothing, though to the browser it is the same origin', async () => {
  const response = await page.goto(`http://rebound.example:${door.port}/`);
  expect(response?.status()).toBe(403);
  const read = await page.evaluate(() => fetch('/v1/models').then((answer) => answer.text()));
  expect(read).toContain('HOST_REFUSED');
  expect(new Set(refusals())).toEqual(new Set(['HOST_REFUSED']));
});

describe('the page /pair', () => {
  const token = `ccp1_8000_${'A'.repeat(43)}`;

  test('shows a token as text, takes it out of the address, and asks nobody anything', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${door.url}/pair#${token}`);
    await expect.poll(() => page.locator('#token').textContent()).toBe(token);
    expect(page.url()).toBe(`${door.url}/pair`);
    expect(await page.locator('#with-token').isVisible()).toBe(true);
    expect(await page.locator('#without-token').isVisible()).toBe(false);
    await page.goBack();
    expect(page.url()).not.toContain('ccp1_');
    const paths = asked.map((url) => url.replace(door.url, '').replace(/#.*/, ''));
    expect(paths.toSorted()).toEqual(['/page.css', '/pair', '/pair.js']);
  });

  test.each([
    `<img src=x onerror="document.title='pwned'">`,
    `${token}<script>document.title='pwned'</script>`,
    `${token}"><img src=x onerror=alert(1)>`,
    `javascript:document.title='pwned'`,
    `%3Cimg%20src=x%20onerror=document.title='pwned'%3E`,
    `__proto__`,
    ``,
  ])('shows nothing of the fragment "%s", and runs none of it', async (fragment) => {
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      return dialog.dismiss();
    });
    await page.goto(`${door.url}/pair#${fragment}`);
    await expect.poll(() => page.locator('#without-token').isVisible()).toBe(true);
    expect(await page.locator('#token').textContent()).toBe('');
    expect(await page.title()).toBe('Pair this browser');
    expect(await page.locator('img').count()).toBe(0);
    expect(dialogs).toEqual([]);
  });

  test('is legible in light and dark, and its policy is not broken by itself', async () => {
    const complaints: string[] = [];
    page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${door.url}/pair#${token}`);
      await page.goto(`${door.url}/`);
      expect(await page.locator('h1').textContent()).toBe('CCProxy Companion');
    }
    expect(complaints).toEqual([]);
  });
});
