/** The page of a login by code, in real Chromium: through all of its outcomes, by keyboard, light and dark, narrow and wide. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { DeviceLoginProviderId } from '../../shared/credential.ts';
import { openCopilotHouse } from '../flow/copilot/house.ts';
import type { CopilotHouse, CopilotHouseOptions } from '../flow/copilot/house.ts';
import { findChromium, sandboxArguments } from '../support/browser/chromium.ts';
import { lostPolls } from '../support/providers/github/github.ts';
import { screenshotFolder, wantsScreenshots } from '../support/screenshots.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: findChromium(), args: [...sandboxArguments()] });
  if (wantsScreenshots) await mkdir(screenshotFolder, { recursive: true });
});
afterAll(() => browser?.close());

interface Scene {
  readonly house: CopilotHouse;
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page asked for, and what it said where nobody looks. */
  readonly asked: string[];
}

async function openScene(options: CopilotHouseOptions = {}): Promise<Scene> {
  const house = await openCopilotHouse(options);
  const context = await browser.newContext({ viewport: { width: 900, height: 800 } });
  onTestFinished(() => context.close());
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && asked.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => asked.push(`error: ${error.message}`));
  return { house, context, page, asked };
}

async function linkTo({ house }: Scene, provider: DeviceLoginProviderId = 'copilot'): Promise<string> {
  const { body } = await house.asAdmin<{ url: string }>('POST', '/v0/management/logins/device', { provider });
  return body.url;
}

async function shoot(page: Page, name: string): Promise<void> {
  if (!wantsScreenshots) return;
  for (const [look, width] of [
    ['light', 900],
    ['dark', 900],
    ['light', 360],
  ] as const) {
    await page.emulateMedia({ colorScheme: look });
    await page.setViewportSize({ width, height: 800 });
    await page.screenshot({ path: join(screenshotFolder, `login-page-${name}-${look}-${width}.png`), fullPage: true });
  }
}

const begin = (page: Page) => page.getByRole('button', { name: 'Get a code' }).click();
const shown = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 5000 });

describe('CPP-2, CPP-6: the page', () => {
  test('signs in by a link that works once, with the keyboard alone, and finds the login again after a reload', async () => {
    const scene = await openScene();
    const { house, page, context } = scene;
    const link = await linkTo(scene);
    await page.goto(link);
    await page.getByRole('button', { name: 'Get a code' }).waitFor();
    expect(page.url()).toBe(`${house.url}/v0/oauth/copilot`);
    await shown(page, /borrows no editor/);
    await shoot(page, 'start');
    await page.getByRole('button', { name: 'Get a code' }).focus();
    await page.keyboard.press('Enter');
    await shown(page, 'Copy this code:');
    const code = house.github.userCode ?? '';
    await expect.poll(() => page.locator('#user-code').textContent()).toBe(code);
    expect(await page.locator('#open').getAttribute('href')).toBe(`${house.github.url}/login/device`);
    expect(await page.locator('#open').getAttribute('rel')).toBe('noopener noreferrer');
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
    await shoot(page, 'code');
    await page.reload();
    await expect.poll(() => page.locator('#user-code').textContent()).toBe(code);
    house.github.decide('allow');
    await shown(page, /You are signed in to GitHub Copilot as octo-ada \(Individual\)/);
    await shoot(page, 'done');
    const again = await context.newPage();
    await again.goto(link);
    await shown(again, /This link was used/);
    await shoot(again, 'locked');
    await again.getByLabel('Admin key').fill(house.adminKey);
    await again.keyboard.press('Enter');
    await again.getByRole('button', { name: 'Get a code' }).waitFor();
    const everything = [await page.content(), await again.content(), ...scene.asked].join('\n');
    for (const secret of [...house.github.secrets, house.adminKey, link.split('#')[1] ?? '']) {
      expect(everything).not.toContain(secret);
    }
    expect(scene.asked.filter((line) => /^(console|error):/.test(line))).toEqual([]);
    expect(await house.findLeaks()).toEqual([]);
  });

  test('tells each way in which it can fail, and begins again with a new code', async () => {
    const scene = await openScene();
    const { house, page } = scene;
    await page.goto(await linkTo(scene));
    await begin(page);
    await shown(page, 'Copy this code:');
    house.github.decide('deny');
    await shown(page, 'The access was denied');
    await shown(page, 'Is it stuck? Five things to look at');
    await shoot(page, 'denied');
    const before = house.github.userCode;
    await page.getByRole('button', { name: 'Try again with a new code' }).click();
    await shown(page, 'Copy this code:');
    expect(house.github.userCode).not.toBe(before);
    house.github.expire();
    await shown(page, 'The code is over');
    house.github.faults = lostPolls(4);
    await page.getByRole('button', { name: 'Try again with a new code' }).click();
    await shown(page, /It is tried again by itself/);
    await shown(page, /Waiting for you at GitHub/);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await shown(page, 'The login was given up');
    await page.getByRole('button', { name: 'Try again with a new code' }).click();
    await shown(page, 'Copy this code:');
    await house.stop();
    await shown(page, /The companion does not answer/);
  });

  test('says what to set where there is no client id', async () => {
    const scene = await openScene({ environment: { CCPROXY_COPILOT_CLIENT_ID: undefined } });
    const { page } = scene;
    await page.goto(await linkTo(scene));
    await begin(page);
    await shown(page, 'A client id has to be set first');
    await shown(page, /Enable Device Flow/);
    await shoot(page, 'unconfigured');
  });

  test('for Kiro asks for a start URL only where one is needed, and fits a narrow screen', async () => {
    const scene = await openScene();
    const { page } = scene;
    await page.setViewportSize({ width: 360, height: 700 });
    await page.goto(await linkTo(scene, 'kiro'));
    await page.getByRole('button', { name: 'Get a code' }).waitFor();
    expect(await page.getByLabel('Start URL').isVisible()).toBe(false);
    await page.getByLabel('IAM Identity Center').check();
    expect(await page.getByLabel('Start URL').isVisible()).toBe(true);
    expect(await page.getByLabel('AWS region').inputValue()).toBe('us-east-1');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await shoot(page, 'kiro');
  });
});
