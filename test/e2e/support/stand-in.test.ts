/** The stand-in and the launchers themselves, before anything of ours is between them. */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createCertificate } from '../../support/browser/certificate.ts';
import { launchChromium } from '../../support/browser/chromium.ts';
import type { ChromiumBrowser } from '../../support/browser/chromium.ts';
import { firefoxLack, launchFirefox } from '../../support/browser/firefox.ts';
import { spawnChromium } from '../../support/browser/raw-chromium.ts';
import { standInHosts } from '../../support/browser/stand-in-hosts.ts';
import { guestsFor } from '../../support/claude-site/guests.ts';
import { chatOrganisation } from '../../support/claude-site/people.ts';
import { startClaudeSite } from '../../support/claude-site/site.ts';
import type { ClaudeSite } from '../../support/claude-site/site.ts';
import { claudeClientId, startAnthropicAuth } from '../../support/providers/oauth/anthropic-auth.ts';
import type { AnthropicAuth } from '../../support/providers/oauth/anthropic-auth.ts';
import { codexClientId, startOpenAiAuth } from '../../support/providers/oauth/openai-auth.ts';
import type { OpenAiAuth } from '../../support/providers/oauth/openai-auth.ts';
import { createTemporaryHome } from '../../support/temporary-home.ts';
import type { TemporaryHome } from '../../support/temporary-home.ts';

let site: ClaudeSite;
let anthropic: AnthropicAuth;
let openai: OpenAiAuth;
let home: TemporaryHome;
let extension: string;

/** Reports the cookies that it sees to the page it opens. */
const probe = {
  manifest_version: 3,
  name: 'Probe',
  version: '1',
  permissions: ['cookies'],
  host_permissions: ['https://claude.ai/*'],
  browser_specific_settings: { gecko: { id: 'probe@example.com' } },
};
const probeKey =
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApir5B+7j0SzypJR2Wr7GVcgkZtljRgYGOOQnWj/OvSRYWvbV4Hny+lPq8qmSLISX8uZF/DK/6TPz/tbzNDfd61Yl506Xas5MlO7RG38OmIpLcd5ROjBgq5j9jGZHsNb0wUA6UitvTQe3NYg4bmAC6kVvfTQ6M6opbs9MC5Gb8GXNROnFB0TNjo8TV+AsCLt2KaBWw+i36G7uGhuPhMHeC+FKsTvqeHB4q5U6A3bj5gHfBdSgi3Nb1B+DLu2HM9Iu96wqNa8t5LXH+yn+U/tOU5WWWpuvWqck7inH7LwOq79t5i0rw9jfLkLlfILyDZ3wx4of7kvuUSsD5dD+N27OnQIDAQAB';

const state = 'a state that nobody guesses';

/** Nobody listens there: the browser is sent to it, and that is all that a test wants to see. */
const nowhere = 'http://localhost:1/callback';

function claudePage(redirect: string): string {
  return consentPage('https://claude.ai', claudeClientId, redirect, 'user:profile user:inference');
}

function openAiPage(): string {
  const redirect = 'http://localhost:1455/auth/callback';
  return consentPage('https://auth.openai.com', codexClientId, redirect, 'openid offline_access');
}

function consentPage(origin: string, client: string, redirect: string, scope: string): string {
  const parameters = {
    response_type: 'code',
    client_id: client,
    redirect_uri: redirect,
    scope,
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
    state,
  };
  return `${origin}/oauth/authorize?${new URLSearchParams(parameters)}`;
}

interface Conversed {
  readonly end: 'whole' | 'broken';
  readonly chunks: number;
}

/** One turn, fetched by a light page of the site. */
async function converse(browser: ChromiumBrowser, options = { abortAfterChunks: Infinity }): Promise<Conversed> {
  const page = await browser.context.newPage();
  await page.goto('https://claude.ai/robots.txt');
  const uuid = randomUUID();
  const base = `/api/organizations/${chatOrganisation.uuid}/chat_conversations`;
  const turn = { prompt: 'hi', timezone: 'UTC', rendering_mode: 'messages', attachments: [], files: [] };
  const calls = [
    { path: base, body: JSON.stringify({ uuid, name: '' }) },
    { path: `${base}/${uuid}/completion`, body: JSON.stringify(turn) },
  ];
  return page.evaluate(
    async ({ calls: [create, complete], abortAfterChunks }) => {
      const abort = new AbortController();
      const send = (call: { path: string; body: string } | undefined) =>
        fetch(call?.path ?? '', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: call?.body ?? '',
          signal: abort.signal,
        });
      await send(create);
      const reader = (await send(complete)).body?.getReader();
      let chunks = 0;
      try {
        while ((await reader?.read())?.done === false) {
          chunks += 1;
          if (chunks >= abortAfterChunks) abort.abort();
        }
        return { end: 'whole' as const, chunks };
      } catch {
        return { end: 'broken' as const, chunks };
      }
    },
    { calls, ...options },
  );
}

beforeAll(async () => {
  anthropic = await startAnthropicAuth();
  openai = await startOpenAiAuth();
  const certificate = await createCertificate(standInHosts);
  site = await startClaudeSite({ certificate, guests: guestsFor({ anthropic, openai }) });
  home = await createTemporaryHome();
  extension = join(home.path, 'probe');
  await mkdir(extension);
  const background = { service_worker: 'background.js', scripts: ['background.js'] };
  await writeFile(join(extension, 'manifest.json'), JSON.stringify({ ...probe, background, key: probeKey }));
  await writeFile(join(extension, 'background.js'), '');
  await writeFile(join(extension, 'page.html'), '<!doctype html><script src="page.js"></script><pre id="cookies">');
  await writeFile(
    join(extension, 'page.js'),
    `(globalThis.browser ?? chrome).cookies.getAll({ url: 'https://claude.ai', partitionKey: {} }).then((cookies) => {
       document.getElementById('cookies').textContent = JSON.stringify(cookies);
       document.title = 'read';
     });`,
  );
});
afterEach(() => {
  expect(site.violations).toEqual([]);
  expect([...anthropic.failures, ...openai.failures]).toEqual([]);
  site.reset();
  anthropic.reset();
  openai.reset();
});
afterAll(async () => {
  await Promise.all([site.close(), anthropic.close(), openai.close()]);
  await home.remove();
});

describe('Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium({ site, profile: join(home.path, 'chromium'), extension });
  });
  afterAll(() => browser.close());

  test('signs in, and holds the cookies with their real attributes', async () => {
    const page = await browser.signIn();
    const cookies = await browser.context.cookies('https://claude.ai');
    const session = cookies.find((cookie) => cookie.name === 'sessionKey');
    expect(session).toMatchObject({ domain: '.claude.ai', httpOnly: true, secure: true, sameSite: 'Lax' });
    expect(cookies.find((cookie) => cookie.name === 'lastActiveOrg')).toMatchObject({
      value: chatOrganisation.uuid,
      httpOnly: false,
    });
    expect(cookies.find((cookie) => cookie.name === 'cf_clearance')).toMatchObject({ httpOnly: true });
    expect(await page.evaluate(() => document.cookie)).not.toContain('sessionKey=');
  });

  test('an extension page sees the session, and the bait that it must leave alone', async () => {
    const page = await browser.openExtensionPage('page.html');
    await page.waitForFunction(() => document.title === 'read', undefined, { polling: 100 });
    const cookies: { name: string; partitionKey?: unknown }[] = JSON.parse(
      (await page.locator('#cookies').textContent()) ?? '',
    );
    expect(cookies.map((cookie) => cookie.name)).toEqual(
      expect.arrayContaining(['sessionKey', 'routingHint', 'lastActiveOrg', 'cf_clearance', '__cf_bm']),
    );
    expect(cookies.find((cookie) => cookie.name === 'cf_clearance')?.partitionKey).toBeDefined();
    expect(cookies.find((cookie) => cookie.name === 'sessionKey')?.partitionKey).toBeUndefined();
    expect((await browser.worker()).url()).toBe(`chrome-extension://${browser.extensionId}/background.js`);
  });

  test('a page of the site streams as it arrives, and passes where a program is challenged', async () => {
    site.scenario = { requiresClearance: true, answer: () => 'one two three four', eventDelayMs: 40 };
    expect(await converse(browser)).toMatchObject({ end: 'whole', chunks: expect.toSatisfy((count) => count > 5) });
    const calls = site.requests.filter((request) => request.route !== 'page');
    expect(calls.map((request) => [request.route, request.channel, request.status, request.outcome])).toEqual([
      ['create-conversation', 'browser', 201, 'answered'],
      ['completion', 'browser', 200, 'answered'],
    ]);
  });

  test.each(['reset', 'fin'] as const)('a stream cut by %s fails in the page', async (kind) => {
    site.scenario = { ending: { kind, afterEvents: 4 } };
    expect(await converse(browser)).toMatchObject({ end: 'broken' });
    await expect.poll(() => site.requests.findLast(({ route }) => route === 'completion')?.outcome).toBe('cut');
  });

  test('a page that aborts its fetch is noticed', async () => {
    site.scenario = { answer: () => 'word '.repeat(500), eventDelayMs: 10 };
    expect(await converse(browser, { abortAfterChunks: 3 })).toMatchObject({ end: 'broken', chunks: 3 });
    await expect.poll(() => site.requests.at(-1)?.outcome).toBe('aborted');
    await expect.poll(() => site.conversations[0]?.generations[0]?.state).toBe('abandoned');
  });

  /** Clicks, and tells where the browser then went. */
  async function click(consent: string, button: 'allow' | 'deny', destination: string): Promise<URL> {
    const page = await browser.context.newPage();
    await page.goto(consent);
    const leaving = page.waitForRequest((request) => request.url().startsWith(destination));
    await page.getByTestId(button).click();
    return new URL((await leaving).url());
  }

  test.each(['server', 'page'] as const)('allows on claude.ai, and is sent back by the %s', async (redirectBy) => {
    anthropic.scenario = { redirectBy };
    const went = await click(claudePage(nowhere), 'allow', nowhere);
    expect(went.searchParams.get('code')).toMatch(/^\w{43}$/);
    expect(went.searchParams.get('state')).toBe(state);
    expect(site.requests.map(({ route }) => route)).toContain('guest');
  });

  test('denies on claude.ai', async () => {
    const went = await click(claudePage(nowhere), 'deny', nowhere);
    expect(went.searchParams.get('error')).toBe('access_denied');
  });

  test('is shown the code on platform.claude.com', async () => {
    const page = await browser.context.newPage();
    await page.goto(claudePage('https://platform.claude.com/oauth/code/callback'));
    await page.getByTestId('allow').click();
    const shown = await page.getByTestId('code').textContent();
    const { origin, searchParams } = new URL(page.url());
    expect(origin).toBe('https://platform.claude.com');
    expect(shown).toBe(`${searchParams.get('code')}#${state}`);
  });

  test('allows on auth.openai.com, and is sent back to the port that is registered', async () => {
    const went = await click(openAiPage(), 'allow', 'http://localhost:1455/auth/callback');
    expect(went.searchParams.get('state')).toBe(state);
    expect(openai.calls.authorize).toMatchObject([{ outcome: 'allowed' }]);
  });

  test('signs out, and the session is gone on both sides', async () => {
    const sessionKey = (await browser.context.cookies('https://claude.ai')).find((one) => one.name === 'sessionKey');
    const page = await browser.context.newPage();
    await page.goto('https://claude.ai/new');
    await browser.signOut(page);
    expect((await browser.context.cookies('https://claude.ai')).map((one) => one.name)).not.toContain('sessionKey');
    expect(site.isSessionAlive(sessionKey?.value ?? '')).toBe(false);
  });
});

test('Chromium without a debugger opens a page of the stand-in', async () => {
  const browser = await spawnChromium(
    { site, profile: join(home.path, 'raw-chromium'), extension },
    'https://claude.ai/login',
  );
  try {
    await expect.poll(() => site.requests.map((request) => request.path), { timeout: 20_000 }).toContain('/login');
  } finally {
    await browser.close();
  }
  await sleep(100);
  expect(() => process.kill(browser.pid, 0)).toThrow();
});

const lack = firefoxLack();
if (lack !== null) console.warn(`Skipped: ${lack}`);

test.skipIf(lack !== null)(
  'Firefox signs in, an extension page sees the session, and a person may decline',
  async () => {
    const browser = await launchFirefox({ site, extension });
    try {
      await browser.signIn();
      const page = await browser.openExtensionPage('page.html');
      const text = await page.waitForFunction(() => document.getElementById('cookies')?.textContent, { polling: 100 });
      const cookies: { name: string; httpOnly: boolean }[] = JSON.parse(String(await text.jsonValue()));
      expect(cookies.find((cookie) => cookie.name === 'sessionKey')).toMatchObject({ httpOnly: true });
      for (const consent of [claudePage(nowhere), openAiPage()]) {
        const tab = await browser.browser.newPage();
        await tab.goto(consent);
        await tab.locator('[data-testid="deny"]').click();
      }
      await expect.poll(() => anthropic.calls.authorize).toMatchObject([{ outcome: 'denied' }]);
      await expect.poll(() => openai.calls.authorize).toMatchObject([{ outcome: 'denied' }]);
    } finally {
      await browser.close();
    }
  },
);
