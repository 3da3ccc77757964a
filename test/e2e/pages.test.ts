/** The pages of the built extension, in real Chromium: every state looked at, in light and dark. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExtensionState } from '../../extension/state.ts';
import { type Gallery, type OpenOptions, openGallery } from '../support/extension-page/gallery.ts';
import { brokenApi, emptyApi, hostileApi, usedApi } from '../support/extension-page/api-answers.ts';
import type { FakeBrowserSetup } from '../support/extension-page/fake-browser.ts';
import { screenshotFolder, wantsScreenshots } from '../support/screenshots.ts';
import {
  findLowContrast,
  findOverflow,
  findSlips,
  findSmallText,
  findUnnamedControls,
} from '../support/extension-page/inspect.ts';
import {
  busy,
  chatgptLogin,
  claudeCodeLogin,
  claudeLogin,
  dashboardStates,
  doneStates,
  firstTime,
  hostile,
  hostileDashboard,
  hostileLabels,
  longOrganisation,
  NOW_MS,
  optionsStates,
  popupStates,
  synced,
  unpaired,
  withAttempt,
  withKeys,
  withLink,
  withLogins,
  withSession,
} from '../support/extension-page/states.ts';

const token = `ccp1_8123_${'A'.repeat(43)}`;
const clientSettings = {
  ANTHROPIC_BASE_URL: 'http://127.0.0.1:8000',
  ANTHROPIC_AUTH_TOKEN: 'ccpk_canary_key',
  ANTHROPIC_API_KEY: 'ccpk_canary_key',
  OPENAI_BASE_URL: 'http://127.0.0.1:8000/openai/v1',
  OPENAI_API_KEY: 'ccpk_canary_key',
};

/** Chromium cuts a popup off here, and lets it scroll. */
const TALLEST_POPUP_PX = 600;

let gallery: Gallery;
const complaints: string[] = [];

beforeAll(async () => {
  await mkdir(screenshotFolder, { recursive: true });
  gallery = await openGallery();
});
afterAll(() => gallery.close());

/** Opens a page and collects everything that the browser complains about, violations of the content policy included. */
async function open(options: OpenOptions): Promise<Page> {
  const page = await gallery.open(options);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));
  return page;
}

async function expectFit(page: Page): Promise<void> {
  expect(await findUnnamedControls(page)).toEqual([]);
  expect(await findOverflow(page)).toEqual([]);
  expect(await findSmallText(page, 13)).toEqual([]);
  expect(await findLowContrast(page, 4.5)).toEqual([]);
  expect(await findSlips(page)).toEqual([]);
  expect(complaints.splice(0)).toEqual([]);
}

async function shoot(page: Page, name: string): Promise<void> {
  if (!wantsScreenshots) return;
  await page.locator('body').screenshot({ path: path.join(screenshotFolder, `${name}.png`) });
}

async function expectLegibleInDark(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, `${name}-dark`);
  expect(await findLowContrast(page, 4.5)).toEqual([]);
}

const asked = (page: Page) => page.evaluate(() => globalThis.fakeBackground.asked);
describe('popup', () => {
  test.each(Object.entries(popupStates))(
    'is fit to be read and used, with longer words too, when %s',
    async (name, state) => {
      const page = await open({ page: 'popup', setup: { state } });
      await shoot(page, `popup-${name}-light`);
      await expectFit(page);
      expect(await page.locator('main .button:not(.quiet)').count()).toBe(state === null ? 0 : 1);
      const isHostile = name === 'synced-hostile';
      if (!isHostile)
        expect(await page.evaluate(() => document.body.scrollHeight)).toBeLessThanOrEqual(TALLEST_POPUP_PX);
      await expectLegibleInDark(page, `popup-${name}`);
      await page.evaluate(() => globalThis.fakeBackground.stretchWords(0.5));
      expect(await findOverflow(page)).toEqual([]);
      await shoot(page, `popup-${name}-stretched`);
      await page.close();
    },
  );
});

describe('whole pages', () => {
  const cases = [
    ...Object.entries(optionsStates).map(([name, state]) => ['options', name, state, ''] as const),
    ['options', 'welcome', unpaired, '#welcome'] as const,
    ['options', 'welcome-paired', firstTime, '#welcome'] as const,
    ['dashboard', 'sign-in', withLogins(synced), '#sign-in-anthropic'] as const,
    ...Object.entries(doneStates).map(
      ([name, state]) => ['oauth-done', name, state, name.startsWith('stray') ? '?stray' : '?login=login-1'] as const,
    ),
  ];
  test.each(cases)('%s is fit to be read and used when %s', async (name, stateName, state, hash) => {
    const page = await open({ page: name, hash, setup: { state } });
    await shoot(page, `${name}-${stateName}-light`);
    await expectFit(page);
    await expectLegibleInDark(page, `${name}-${stateName}`);
    await page.setViewportSize({ width: 400, height: 800 });
    expect(await findOverflow(page)).toEqual([]);
    await shoot(page, `${name}-${stateName}-narrow`);
    await page.evaluate(() => globalThis.fakeBackground.stretchWords(0.5));
    expect(await findOverflow(page)).toEqual([]);
    await page.close();
  });
});

/** Each section of the dashboard with what the companion might answer to its questions. */
const dashboardCases: readonly (readonly [string, ExtensionState | null, string, FakeBrowserSetup['api']])[] = [
  ...['nothing', 'busy', 'offline', 'hostile', 'logins', 'logins-hostile'].map(
    (name) => [name, dashboardStates[name] ?? null, '', usedApi] as const,
  ),
  ...Object.entries(dashboardStates).map(([name, state]) => [`accounts-${name}`, state, '#accounts', {}] as const),
  ['loading', null, '', {}],
  ['empty', synced, '', emptyApi],
  ['broken', synced, '', brokenApi],
  ['old-companion', synced, '', {}],
  ['names-hostile', synced, '', hostileApi],
  ['requests', busy, '#requests', usedApi],
  ['requests-empty', synced, '#requests', emptyApi],
  ['requests-broken', synced, '#requests', brokenApi],
  ['requests-none-match', busy, '#requests?search=nothing', usedApi],
  ['requests-hostile', synced, '#requests', hostileApi],
  ['exchange', busy, '#requests/exc_00000004', usedApi],
  ['exchange-hostile', synced, '#requests/exc_00000000', hostileApi],
  ['accounts-keys', withLogins(withKeys(busy), claudeLogin), '#accounts', usedApi],
  ['accounts-hostile-keys', withKeys(hostile), '#accounts', hostileApi],
  ['keys', busy, '#keys', usedApi],
  ['keys-empty', synced, '#keys', emptyApi],
  ['keys-broken', synced, '#keys', brokenApi],
  ['keys-hostile', synced, '#keys', hostileApi],
  ['settings', busy, '#settings', usedApi],
  ['settings-broken', synced, '#settings', brokenApi],
  ['settings-hostile', hostileDashboard, '#settings', hostileApi],
];

describe('dashboard', () => {
  test.each(dashboardCases)('is fit to be read and used when %s', async (name, state, hash, api) => {
    const page = await open({ page: 'dashboard', hash, setup: { state, api } });
    await shoot(page, `dashboard-${name}-light`);
    await expectFit(page);
    await expectLegibleInDark(page, `dashboard-${name}`);
    await page.setViewportSize({ width: 400, height: 800 });
    expect(await findOverflow(page)).toEqual([]);
    await shoot(page, `dashboard-${name}-narrow`);
    await page.evaluate(() => globalThis.fakeBackground.stretchWords(0.5));
    expect(await findOverflow(page)).toEqual([]);
    await page.close();
  });
});

describe('the dashboard', () => {
  const called = (page: Page) => page.evaluate(() => globalThis.fakeBackground.called);
  const changes = async (page: Page) => (await called(page)).filter(({ method }) => method !== 'GET');

  test('is walked through by keyboard: one stop for the sections, arrows between them, Enter opens', async () => {
    const page = await open({ page: 'dashboard', setup: { state: busy, api: usedApi } });
    await page.getByTestId('tab-overview').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.title()).toContain('Requests');
    expect(new URL(page.url()).hash).toBe('#requests');
    await page.keyboard.press('End');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Settings');
    await page.close();
  });

  test('tells the values of a plot to the keyboard, in words and as a table', async () => {
    const page = await open({ page: 'dashboard', setup: { state: busy, api: usedApi } });
    const plot = page.getByRole('slider', { name: 'Requests over time' });
    await page.locator('.plot canvas').first().waitFor();
    await plot.focus();
    await page.keyboard.press('ArrowLeft');
    const told = (await plot.getAttribute('aria-valuetext')) ?? '';
    await page.keyboard.press('ArrowLeft');
    expect(told).toMatch(/14:00: \d+ requests.*claude-sonnet-4-5 \d+/);
    expect(await plot.getAttribute('aria-valuetext')).not.toBe(told);
    expect(await page.locator('.plot-tip').innerText()).toContain('in all');
    await page.getByText('As a table').first().click();
    await page.locator('.plot-table table').first().waitFor();
    expect(await page.locator('.plot-table table').first().locator('tbody tr').count()).toBeGreaterThan(20);
    await page.close();
  });

  test('leaves a model out of the plot when it is clicked in the legend', async () => {
    const page = await open({ page: 'dashboard', setup: { state: busy, api: usedApi } });
    await page.locator('.plot canvas').first().waitFor();
    await page.getByRole('button', { name: 'claude-sonnet-4-5' }).click();
    const plot = page.getByRole('slider', { name: 'Requests over time' });
    expect(await plot.getAttribute('aria-valuetext')).not.toContain('claude-sonnet-4-5');
    await page.close();
  });

  test('opens a request from its row, explains it, and gives the focus back', async () => {
    const page = await open({ page: 'dashboard', hash: '#requests', setup: { state: busy, api: usedApi } });
    const row = page.locator('a.row-link').nth(4);
    await page.locator('a.row-link').first().focus();
    for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Passed over').waitFor();
    expect(await dialog.innerText()).toContain('cooling until 14:35: five_hour window is full');
    expect(new URL(page.url()).hash).toBe('#requests/exc_00000004');
    await page.keyboard.press('Escape');
    await expect.poll(() => dialog.count()).toBe(0);
    expect(await row.evaluate((link) => link === document.activeElement)).toBe(true);
    await page.close();
  });

  test('loads older requests when they are scrolled to, and draws few of them', async () => {
    const page = await open({ page: 'dashboard', hash: '#requests', setup: { state: busy, api: usedApi } });
    const frame = page.locator('.exchange-frame');
    await page.locator('a.row-link').first().waitFor();
    await frame.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    await page.getByText('200 rows').waitFor();
    await frame.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    await expect.poll(() => page.locator('a.row-link').last().textContent()).not.toBeNull();
    expect(await page.locator('a.row-link').count()).toBeLessThan(50);
    await page.close();
  });

  test('filters requests, and keeps the filter in the address', async () => {
    const page = await open({ page: 'dashboard', hash: '#requests', setup: { state: busy, api: usedApi } });
    await page.getByTestId('filter-outcome').selectOption('failed');
    await page.getByTestId('filter-search').fill('no such thing');
    await expect.poll(() => new URL(page.url()).hash).toBe('#requests?outcome=failed&search=no+such+thing');
    const last = async () => (await called(page)).at(-1)?.path;
    await expect.poll(last).toContain('outcome=failed&search=no%20such%20thing');
    await page.getByTestId('clear-filters').click();
    await expect.poll(() => new URL(page.url()).hash).toBe('#requests');
    await page.close();
  });

  test('keeps the last figures and tells their age when the companion fails or is gone', async () => {
    const page = await open({ page: 'dashboard', setup: { state: busy, api: usedApi } });
    await page.getByText('of all requests').waitFor();
    const gone: ExtensionState = { ...busy, link: { kind: 'offline', nextTryAtMs: null, wasEverOnline: true } };
    await page.evaluate((state) => globalThis.fakeBackground.show(state), gone);
    await page.locator('.note.warn').first().waitFor();
    expect(await page.locator('.figure').first().innerText()).toMatch(/\d/);
    await page.close();
  });

  test('asks nothing while nobody can see it, and looks again at once when somebody does', async () => {
    const page = await open({ page: 'dashboard', hash: '#requests', setup: { state: busy, api: usedApi } });
    await page.locator('a.row-link').first().waitFor();
    const show = (visibility: string) =>
      page.evaluate((state) => {
        Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, visibility);
    await show('hidden');
    const before = (await called(page)).length;
    await page.waitForTimeout(2_300);
    expect((await called(page)).length).toBe(before);
    await show('visible');
    await expect.poll(async () => (await called(page)).at(-1)?.path).toContain('after=100');
    await page.close();
  });

  test('says once why there are no figures, and asks again when told to', async () => {
    const page = await open({ page: 'dashboard', setup: { state: synced, api: brokenApi } });
    expect(await page.getByRole('alert').count()).toBe(1);
    const before = (await called(page)).length;
    await page.getByTestId('retry').click();
    await expect.poll(async () => (await called(page)).length).toBeGreaterThan(before);
    await page.close();
  });

  test('makes a client key, shows it once with settings to paste, and revokes after a question', async () => {
    const made = { token: 'ccpt_canary_token', id: 'ck_9', name: 'my editor', mode: 'both', expires_at: null };
    const api = { ...usedApi, 'POST /api/token/generate': made, 'POST /api/token/revoke': { message: '' } };
    const page = await open({ page: 'dashboard', hash: '#keys', setup: { state: synced, api } });
    await page.getByTestId('key-name').fill('my editor');
    await page.keyboard.press('Enter');
    expect(await page.getByTestId('shown-key').innerText()).toBe('ccpt_canary_token');
    await page.getByTestId('show-keys').click();
    expect(await page.getByTestId('snippet').innerText()).toContain("ANTHROPIC_AUTH_TOKEN='ccpt_canary_token'");
    await shoot(page, 'dashboard-key-made-light');
    await expectFit(page);
    await page.getByTestId('shown-key-done').click();
    expect(await page.content()).not.toContain('canary');
    await page.getByTestId('revoke-key').first().click();
    await page.getByTestId('revoke-key-confirm').click();
    await expect
      .poll(() => changes(page))
      .toEqual([
        { method: 'POST', path: '/api/token/generate', body: { name: 'my editor', expires_in: '90d', mode: 'both' } },
        { method: 'POST', path: '/api/token/revoke', body: { id: 'ck_1' } },
      ]);
    await page.close();
  });

  test('adds an API key, and forgets it once it is kept', async () => {
    const api = { ...usedApi, 'POST /v0/management/auths': {} };
    const page = await open({ page: 'dashboard', hash: '#accounts', setup: { state: withKeys(synced), api } });
    await page.getByTestId('new-key').fill('sk-ant-canary');
    await page.getByTestId('add-key').click();
    await page.getByText('is kept, and is used from now on').waitFor();
    expect(await page.getByTestId('new-key').inputValue()).toBe('');
    expect(await changes(page)).toEqual([
      {
        method: 'POST',
        path: '/v0/management/auths',
        body: { provider: 'anthropic', type: 'api_key', token: 'sk-ant-canary' },
      },
    ]);
    await page.close();
  });

  test('says at the form why a key was not taken, and keeps what was typed', async () => {
    const api = { ...usedApi, 'POST /v0/management/auths': 'INVALID_REQUEST' };
    const page = await open({ page: 'dashboard', hash: '#accounts', setup: { state: synced, api } });
    await page.getByTestId('new-key').fill('sk-ant-canary');
    await page.getByTestId('add-key').click();
    expect(await page.getByRole('alert').innerText()).toContain('the words of the companion');
    expect(await page.getByTestId('new-key').inputValue()).toBe('sk-ant-canary');
    await page.close();
  });

  test('limits, turns off and removes a credential', async () => {
    const ofProvider = '/v0/management/auths/anthropic';
    const api = {
      ...usedApi,
      [`PUT ${ofProvider}/quota`]: {},
      [`PUT ${ofProvider}`]: {},
      [`DELETE ${ofProvider}`]: {},
    };
    const page = await open({ page: 'dashboard', hash: '#accounts', setup: { state: withKeys(synced), api } });
    const card = page.locator('.account').filter({ hasText: 'work key' });
    await card.getByTestId('edit-limit').click();
    await card.getByTestId('limit').fill('lots');
    expect(await card.getByRole('alert').innerText()).toContain('Type a number');
    await card.getByTestId('limit').fill('2M');
    await shoot(page, 'dashboard-limit-light');
    await expectFit(page);
    await card.getByTestId('save-limit').click();
    await expect.poll(() => card.getByTestId('save-limit').count()).toBe(0);
    await card.getByTestId('toggle-auth').click();
    await card.getByTestId('remove-auth').click();
    await card.getByTestId('remove-auth-confirm').click();
    await expect
      .poll(() => changes(page))
      .toEqual([
        { method: 'PUT', path: `${ofProvider}/quota?id=anthropic-1`, body: { limit: 2_000_000, id: 'anthropic-1' } },
        { method: 'PUT', path: `${ofProvider}?id=anthropic-1`, body: { enabled: false } },
        { method: 'DELETE', path: `${ofProvider}?id=anthropic-1` },
      ]);
    await page.close();
  });

  test('changes a setting, says when it counts, and puts what is wrong beside the field', async () => {
    const api = { ...usedApi, 'PUT /v0/management/config': { key: 'server.port', effect: 'restart', source: '' } };
    const page = await open({ page: 'dashboard', hash: '#settings', setup: { state: synced, api } });
    await page.getByTestId('edit-server.port').click();
    await page.getByTestId('setting-value').fill('8123');
    await page.keyboard.press('Enter');
    await page.getByText('after the companion’s next start').waitFor();
    expect(await changes(page)).toEqual([
      { method: 'PUT', path: '/v0/management/config', body: { key: 'server.port', value: '8123' } },
    ]);
    await page.close();
    const broken = await open({
      page: 'dashboard',
      hash: '#settings',
      setup: { state: synced, api: { ...usedApi, 'PUT /v0/management/config': 'CONFIG_INVALID' } },
    });
    await broken.getByTestId('edit-server.port').click();
    await broken.keyboard.press('Enter');
    expect(await broken.getByRole('alert').innerText()).toContain('the words of the companion');
    await shoot(broken, 'dashboard-setting-wrong-light');
    await expectFit(broken);
    await broken.close();
  });
});

describe('labels that others chose', () => {
  test('stand as text, whatever they contain', async () => {
    const page = await open({ page: 'popup', setup: { state: hostile } });
    expect(await page.locator('.name').textContent()).toBe(hostileLabels.markup);
    expect(await page.locator('main img, main b').count()).toBe(0);
    expect(await page.title()).not.toBe('owned');
    await page.close();
  });
});

describe('a long name of an organisation', () => {
  test('is shown whole, and one that fits nowhere is there on hover and for screen readers', async () => {
    for (const organisation of [longOrganisation, hostileLabels.endless]) {
      const page = await open({ page: 'popup', setup: { state: withSession({ organisation }) } });
      const subtitle = page.locator('.subtitle').last();
      const cut = await subtitle.evaluate((element) => element.scrollHeight > element.clientHeight + 1);
      expect(cut).toBe(organisation !== longOrganisation);
      expect(await subtitle.getAttribute('title')).toBe(organisation.trim());
      expect(await subtitle.textContent()).toBe(organisation.trim());
      await page.close();
    }
  });
});

describe('settings', () => {
  const direct = (page: Page) => page.getByTestId('transport-direct');
  const isChecked = (page: Page) => direct(page).evaluate((input) => (input as HTMLInputElement).checked);

  test('stay where they were clicked while the background has not answered, and after', async () => {
    const page = await open({ page: 'options', setup: { state: synced } });
    const sawFlip = page.evaluate(async () => {
      const radio = document.querySelector<HTMLInputElement>('[data-testid=transport-direct]');
      radio?.click();
      for (let frame = 0; frame < 20; frame += 1) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        if (radio?.checked !== true) return true;
      }
      return false;
    });
    expect(await sawFlip).toBe(false);
    const state: ExtensionState = { ...synced, choices: { ...synced.choices, transport: 'direct' } };
    await page.evaluate((next) => globalThis.fakeBackground.show(next), state);
    await page.waitForTimeout(1_200);
    expect(await isChecked(page)).toBe(true);
    await page.close();
  });

  test('show the truth again when the choice was not taken', async () => {
    const page = await open({ page: 'options', setup: { state: synced, unanswered: ['choose'] } });
    await direct(page).click();
    await page.getByRole('alert').waitFor();
    expect(await isChecked(page)).toBe(false);
    expect(await page.getByTestId('transport-auto').isChecked()).toBe(true);
    await page.close();
  });

  test('show the truth again when the background thought otherwise', async () => {
    const page = await open({ page: 'options', setup: { state: synced } });
    await direct(page).click();
    await expect.poll(() => isChecked(page)).toBe(false);
    await page.close();
  });

  test('take a second click while the first one is still being worked on', async () => {
    const page = await open({ page: 'options', setup: { state: synced } });
    await page.getByTestId('rests-browser').click();
    await page.getByTestId('rests-vault').click();
    const choices = async () => (await asked(page)).filter(({ request }) => request === 'choose');
    await expect.poll(choices).toEqual([
      { request: 'choose', input: { restsIn: 'browser' } },
      { request: 'choose', input: { restsIn: 'vault' } },
    ]);
    await page.close();
  });
});

describe('API keys', () => {
  test('have one card in the dashboard, and none where there are none', async () => {
    const page = await open({
      page: 'dashboard',
      hash: '#accounts',
      setup: { state: dashboardStates['busy-with-keys'] ?? null },
    });
    const card = page.locator('#api-keys');
    const rows = await card.getByRole('listitem').allInnerTexts();
    expect(rows.map((row) => row.replace(/\s+/g, ' '))).toEqual([
      'Anthropic 3 keys, 2 ready',
      'OpenAI 1 key, ready',
      'our-own-server 2 keys, none ready now',
    ]);
    expect(await card.innerText()).toContain('companion keys add');
    await page.evaluate((state) => globalThis.fakeBackground.show(state), synced);
    await expect.poll(() => card.count()).toBe(0);
    await page.close();
  });
});

describe('logins', () => {
  const ok = { ok: true };
  const refused = { ok: false, code: 'LOGIN_REFRESH_FAILED', message: 'answered 503' };

  test('one that waits is opened by a click, and by nothing else', async () => {
    const page = await open({ page: 'popup', setup: { state: withAttempt({}), answers: { 'open-login': ok } } });
    expect(await page.getByTestId('status').textContent()).toBe('Sign-in waits');
    expect(await page.getByTestId('disclosure').innerText()).toContain('Claude Code');
    expect(await asked(page)).toEqual([]);
    await page.getByTestId('login-open').click();
    expect(await asked(page)).toEqual([{ request: 'open-login', input: { id: 'login-1' } }]);
    await page.close();
  });

  test('one that waits may be cancelled, or put off', async () => {
    const page = await open({ page: 'popup', setup: { state: withAttempt({}) } });
    await page.getByTestId('login-later').click();
    await page.getByTestId('sync').waitFor();
    expect(await page.getByTestId('status').textContent()).toBe('Connected');
    await page.reload();
    await page.getByTestId('login-cancel').click();
    expect(await asked(page)).toEqual([{ request: 'cancel-login', input: { id: 'login-1' } }]);
    await page.close();
  });

  test('says at the button when the page cannot be opened', async () => {
    const answers = { 'open-login': { ok: false, code: 'gone', message: '' } };
    const page = await open({ page: 'popup', setup: { state: withAttempt({}), answers } });
    await page.getByTestId('login-open').click();
    expect(await page.getByRole('alert').innerText()).toContain('This sign-in is over');
    await shoot(page, 'popup-login-gone-light');
    await expectFit(page);
    await page.close();
  });

  test('one at Claude begins in the popup once its terms were agreed to', async () => {
    const page = await open({ page: 'popup', setup: { state: withLogins(synced), answers: { 'begin-login': ok } } });
    await page.getByTestId('login-claude').click();
    await shoot(page, 'popup-login-intro-claude-light');
    await expectFit(page);
    expect(await page.evaluate(() => document.body.scrollHeight)).toBeLessThanOrEqual(TALLEST_POPUP_PX);
    expect(await page.getByTestId('login-open').isDisabled()).toBe(true);
    await page.getByTestId('login-agree').check();
    await page.getByTestId('login-open').click();
    expect(await asked(page)).toEqual([{ request: 'begin-login', input: { provider: 'anthropic' } }]);
    await page.getByTestId('sync').waitFor();
    await page.close();
  });

  test('one at ChatGPT shows what it means before it begins, and says where the click was why it did not', async () => {
    const answers = { 'begin-login': { ok: false, code: 'offline', message: '' } };
    const page = await open({ page: 'popup', setup: { state: withLogins(synced), answers } });
    await page.getByTestId('login-chatgpt').click();
    expect(await page.getByTestId('disclosure').innerText()).toContain('Codex');
    await page.getByTestId('login-open').click();
    expect(await page.getByRole('alert').innerText()).toContain('companion start');
    await shoot(page, 'popup-login-intro-chatgpt-light');
    await expectFit(page);
    await page.close();
  });

  test('are renewed and signed out of in the dashboard, the latter after a question', async () => {
    const answers = { 'refresh-login': refused, 'remove-login': ok };
    const page = await open({
      page: 'dashboard',
      hash: '#accounts',
      setup: { state: withLogins(synced, claudeLogin), answers },
    });
    await page.getByTestId('login-renew').click();
    expect(await page.getByRole('alert').innerText()).toContain('answered 503');
    await page.getByTestId('login-remove').click();
    await shoot(page, 'dashboard-login-remove-light');
    await expectFit(page);
    await page.getByTestId('login-remove-confirm').click();
    const id = claudeLogin.id;
    expect(await asked(page)).toEqual([
      { request: 'refresh-login', input: { id } },
      { request: 'remove-login', input: { id } },
    ]);
    await page.close();
  });

  test('that are lost lead to signing in again, what is to be read before it included', async () => {
    const login = { ...claudeLogin, state: 'dead' as const, isRefreshable: false };
    const page = await open({ page: 'dashboard', hash: '#accounts', setup: { state: withLogins(synced, login) } });
    await page.getByTestId('login-again').click();
    expect(await page.getByTestId('disclosure').innerText()).toContain('Claude Code');
    await page.close();
  });

  test('of Claude Code are neither renewed nor signed out of here', async () => {
    const login = { ...claudeCodeLogin, state: 'usable' as const };
    const page = await open({ page: 'dashboard', hash: '#accounts', setup: { state: withLogins(synced, login) } });
    expect(await page.getByTestId('login-remove').count()).toBe(0);
    expect(await page.getByTestId('login-renew').count()).toBe(0);
    expect(await page.locator('main').innerText()).toContain('companion auth adopt claude-code --off');
    await page.close();
  });

  test('that Codex made stay its own, and the companion says how to sign out there', async () => {
    const answers = { 'remove-login': { ok: false, code: 'INVALID_REQUEST', message: 'Codex made this login.' } };
    const page = await open({
      page: 'dashboard',
      hash: '#accounts',
      setup: { state: withLogins(synced, chatgptLogin), answers },
    });
    await page.getByTestId('login-remove').click();
    expect(await page.getByRole('group').innerText()).toContain('Codex on this computer shares this login');
    await page.getByTestId('login-remove-confirm').click();
    expect(await page.getByRole('alert').innerText()).toContain('Codex made this login.');
    await page.close();
  });

  test('the page after the redirect follows the companion, and keeps what it said', async () => {
    const page = await open({
      page: 'oauth-done',
      hash: '?login=login-1',
      setup: { state: withAttempt({ stage: 'answered' }) },
    });
    const result = page.getByTestId('login-result');
    const kind = () => result.getAttribute('data-state');
    expect(await kind()).toBe('completing');
    const show = (state: ExtensionState) => page.evaluate((next) => globalThis.fakeBackground.show(next), state);
    await show(withAttempt({ stage: 'done', account: 'ada@example.com' }));
    await expect.poll(kind).toBe('done');
    expect(await result.innerText()).toContain('ada@example.com');
    await expect.poll(() => page.title()).toContain('You are signed in to Claude');
    await show(withLogins(synced));
    expect(await kind()).toBe('done');
    await page.getByTestId('close-tab').click();
    expect(await asked(page)).toEqual([{ request: 'tabs.remove', input: 7 }]);
    await page.close();
  });

  test('an answer to no login offers the one that waits', async () => {
    const state = withAttempt({ provider: 'openai' });
    const page = await open({ page: 'oauth-done', hash: '?stray', setup: { state, answers: { 'open-login': ok } } });
    await page.getByTestId('login-open').click();
    expect(await asked(page)).toEqual([{ request: 'open-login', input: { id: 'login-1' } }]);
    await page.close();
  });
});

describe('pairing', () => {
  test('asks the background with the pasted token and drops it from the page', async () => {
    const page = await open({
      page: 'popup',
      setup: { state: unpaired, answers: { pair: { ok: true, fingerprint: '4F2A-91C7' } } },
    });
    const hasFocus = () => page.getByTestId('pair-token').evaluate((field) => field === document.activeElement);
    await expect.poll(hasFocus).toBe(true);
    await page.getByTestId('pair-token').fill(` ${token} `);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByTestId('pair-token').inputValue()).toBe('');
    expect(await asked(page)).toEqual([{ request: 'pair', input: { token } }]);
    await page.close();
  });

  test.each([
    ['refused', 'did not accept'],
    ['nobody-there', 'No companion answers'],
    ['not-a-token', 'not a pairing token'],
    ['version', 'Update both'],
    ['timeout', 'did not answer in time'],
  ])('says what to do when it fails with %s', async (reason, words) => {
    const page = await open({ page: 'popup', setup: { state: unpaired, answers: { pair: { ok: false, reason } } } });
    await page.getByTestId('pair-token').fill(token);
    await page.getByTestId('pair-submit').click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain(words);
    await shoot(page, `popup-pair-${reason}-light`);
    await expectFit(page);
    await page.close();
  });

  test('by a followed link needs one click, shows the port and never the token', async () => {
    const page = await open({
      page: 'options',
      hash: '#pair',
      setup: {
        state: unpaired,
        stored: { 'followed-pairing-token': token },
        answers: { pair: { ok: true, fingerprint: '4F2A-91C7' } },
      },
    });
    await page.getByTestId('pair-followed').waitFor();
    expect(await page.locator('body').innerText()).toContain('port 8123');
    expect(await page.content()).not.toContain(token);
    expect(await asked(page)).toEqual([]);
    await shoot(page, 'options-followed-link-light');
    await page.getByTestId('pair-followed').click();
    await expect.poll(() => page.getByTestId('pair-followed').count()).toBe(0);
    expect(await asked(page)).toEqual([{ request: 'pair', input: { token } }]);
    await page.close();
  });

  test('starts again from the popup when the companion forgot this browser', async () => {
    const page = await open({ page: 'popup', setup: { state: withLink({ kind: 'forgotten' }) } });
    await page.getByTestId('show-pairing').click();
    await page.getByTestId('pair-token').waitFor();
    await page.getByTestId('back').click();
    expect(await page.getByTestId('status').textContent()).toBe('Pairing ended');
    await page.close();
  });
});

describe('consent', () => {
  test('comes before anything is asked of the background', async () => {
    const page = await open({ page: 'popup', setup: { state: firstTime } });
    expect(await page.getByTestId('sync').isDisabled()).toBe(true);
    expect(await asked(page)).toEqual([]);
    await page.close();
  });

  test('carries the choice of the resting place with it', async () => {
    const page = await open({ page: 'popup', setup: { state: firstTime } });
    await page.getByTestId('consent').check();
    await page.getByTestId('rests-in-browser').check();
    await shoot(page, 'popup-consent-ticked-light');
    await expectFit(page);
    await page.getByTestId('sync').click();
    await expect.poll(() => asked(page)).toHaveLength(2);
    expect(await asked(page)).toEqual([
      { request: 'choose', input: { consentedAtMs: NOW_MS, restsIn: 'browser', store: null } },
      { request: 'sync', input: {} },
    ]);
    await page.close();
  });

  test('asks the browser for the site in the same click, and syncs only when it is granted', async () => {
    for (const grantsPermission of [true, false]) {
      const page = await open({
        page: 'popup',
        setup: { state: { ...firstTime, hasSitePermission: false }, grantsPermission },
      });
      await page.getByTestId('consent').check();
      await page.getByTestId('sync').click();
      await expect.poll(() => page.getByTestId('sync').getAttribute('aria-disabled')).toBe('false');
      const requests = (await asked(page)).map((each) => each.request);
      expect(requests).toEqual(['permissions.request', 'choose', ...(grantsPermission ? ['sync'] : [])]);
      await page.close();
    }
  });

  test('can be withdrawn in the settings, with one question in between', async () => {
    const page = await open({ page: 'options', setup: { state: synced } });
    await page.getByTestId('withdraw').click();
    expect(await asked(page)).toEqual([]);
    await shoot(page, 'options-withdraw-light');
    await expectFit(page);
    await page.getByTestId('withdraw-confirm').click();
    await expect.poll(() => asked(page)).toHaveLength(2);
    expect(await asked(page)).toEqual([
      { request: 'choose', input: { consentedAtMs: null } },
      { request: 'unsync', input: {} },
    ]);
    await page.close();
  });
});

describe('notifications', () => {
  test('are asked for by a click in the settings, in plain words, and turned off again', async () => {
    const page = await open({ page: 'options', setup: { state: synced, grantsPermission: true } });
    const section = page.locator('#notifications');
    expect(await section.innerText()).toContain('Nothing else is ever shown.');
    expect(await asked(page)).toEqual([]);
    await page.getByTestId('notice-permission').click();
    await expect.poll(() => section.innerText()).toContain('Turn off');
    await page.getByTestId('notice-permission').click();
    await expect.poll(() => section.innerText()).toContain('Allow notifications');
    const wanted = { permissions: ['notifications'] };
    expect(await asked(page)).toEqual([
      { request: 'permissions.request', input: wanted },
      { request: 'permissions.remove', input: wanted },
    ]);
    await page.close();
  });
});

describe('client settings', () => {
  test('hide their keys until asked, in every format', async () => {
    const page = await open({
      page: 'popup',
      setup: { state: synced, answers: { 'client-settings': clientSettings } },
    });
    await page.getByTestId('show-clients').click();
    await page.getByTestId('snippet').waitFor();
    for (const format of ['Shell', 'PowerShell', 'Claude Code']) {
      await page.getByLabel(format, { exact: true }).first().check();
      expect(await page.content()).not.toContain('ccpk_canary_key');
      await shoot(page, `popup-clients-${format.replace(' ', '-')}-light`);
      await expectFit(page);
    }
    await page.getByTestId('show-keys').click();
    expect(JSON.parse(await page.getByTestId('snippet').innerText())).toEqual({
      env: { ANTHROPIC_BASE_URL: clientSettings.ANTHROPIC_BASE_URL, ANTHROPIC_AUTH_TOKEN: 'ccpk_canary_key' },
    });
    await page.close();
  });

  test('say what to do when the companion does not hand them out', async () => {
    const page = await open({ page: 'popup', setup: { state: synced } });
    await page.getByTestId('show-clients').click();
    await page.locator('.note.warn').waitFor();
    expect(await page.locator('.note.warn').textContent()).toContain('companion env');
    await page.close();
  });
});

describe('live state', () => {
  const running: ExtensionState = { ...synced, jobs: [{ id: 'job-1', client: 'claude-code', startedAtMs: NOW_MS }] };

  test('follows the background', async () => {
    const page = await open({ page: 'popup', setup: { state: synced } });
    expect(await page.getByTestId('status').textContent()).toBe('Connected');
    const gone = withLink({ kind: 'offline', nextTryAtMs: null, wasEverOnline: true });
    await page.evaluate((state) => globalThis.fakeBackground.show(state), gone);
    await expect.poll(() => page.getByTestId('status').textContent()).toBe('Offline');
    expect(await page.getByTestId('status').getAttribute('data-state')).toBe('offline');
    await page.close();
  });

  test('comes back when the background was restarted', async () => {
    const page = await open({ page: 'popup', setup: { state: synced } });
    await page.evaluate((state) => globalThis.fakeBackground.restart(state), unpaired);
    await expect.poll(() => page.getByTestId('status').textContent()).toBe('Not paired');
    await page.close();
  });

  test('lets a running request be stopped', async () => {
    const page = await open({ page: 'popup', setup: { state: running } });
    await page.getByRole('button', { name: 'Stop Claude Code' }).click();
    expect(await asked(page)).toEqual([{ request: 'stop-job', input: { id: 'job-1' } }]);
    await page.close();
  });
});

describe('keyboard', () => {
  test('reaches every control of the popup, and each shows that it has the focus', async () => {
    const page = await open({ page: 'popup', setup: { state: firstTime } });
    await page.getByTestId('consent').check();
    const reached: string[] = [];
    for (let step = 0; step < 8; step += 1) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === null || element === document.body) return null;
        return {
          name: element.getAttribute('data-testid') ?? element.textContent,
          outline: getComputedStyle(element).outlineStyle,
        };
      });
      if (focused === null) break;
      expect(focused.outline).not.toBe('none');
      reached.push(String(focused.name));
    }
    expect(reached).toEqual(['What exactly is read?', 'rests-in-browser', 'sync', 'Dashboard', 'Settings']);
    await page.close();
  });
});
