/** Logins that come to nothing, in real Chromium: each says why, in the terminal and in the browser, and leaves nothing. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { photograph } from '../support/journey.ts';
import { addressIn, answerOf, failureOf, startLoginJourney } from '../support/login-journey.ts';
import type { LoginJourney } from '../support/login-journey.ts';

let here: LoginJourney;

beforeAll(async () => {
  here = await startLoginJourney();
});
afterEach(() => here.tidy());
afterEach(async () => {
  await here.expectNothingKept();
  await here.expectNoDeadTab();
});
afterAll(() => here?.close());

test('a no on the page', async () => {
  const { terminal, consent } = await here.beginAndOpen('anthropic');
  await consent.getByTestId('deny').click();
  expect(await here.donePageSays('failed')).toContain('The access was not allowed');
  const message = 'The access was not allowed on the page of Anthropic: The user denied the request.';
  expect(await answerOf(terminal, 1)).toEqual(failureOf('LOGIN_DENIED', message));
  await photograph(await here.donePage('failed'), 'login-denied');
});

test('a refusal of the provider, told in its own words', async () => {
  const words = 'OAuth authentication is currently not allowed for this organization.';
  here.world.openai.denyNext('unauthorized_client', words);
  const { terminal, consent } = await here.beginAndOpen('openai');
  await consent.getByTestId('allow').click();
  const told = await here.donePageSays('failed');
  expect(told).toContain('ChatGPT refused this');
  expect(told).toContain(words);
  const message = `OpenAI refused: ${words} (unauthorized_client)`;
  expect(await answerOf(terminal, 1)).toEqual(failureOf('LOGIN_REFUSED', message));
  await photograph(await here.donePage('failed'), 'login-refused');
});

test('a provider that does not trade the code in', async () => {
  here.world.anthropic.failExchange('500', Infinity);
  const { terminal, consent } = await here.beginAndOpen('anthropic');
  await consent.getByTestId('allow').click();
  expect(await here.donePageSays('failed')).toContain('Claude answered with a fault');
  const message = 'The login server of Anthropic failed (500): Internal server error (api_error)';
  expect(await answerOf(terminal, 1)).toEqual(failureOf('UPSTREAM_ERROR', message));
  await photograph(await here.donePage('failed'), 'login-fault');
});

test('an answer in the name of the other provider', async () => {
  here.world.anthropic.scenario = { callback: { iss: 'https://auth.openai.com' } };
  const { terminal, consent } = await here.beginAndOpen('anthropic');
  await consent.getByTestId('allow').click();
  expect(await here.donePageSays('failed')).toContain('This answer does not fit the sign-in');
  const message = 'The answer says that it comes from https://auth.openai.com, which is not Anthropic.';
  expect(await answerOf(terminal, 1)).toEqual(failureOf('LOGIN_MISMATCH', message));
  expect(here.world.anthropic.calls.token).toEqual([]);
  await photograph(await here.donePage('failed'), 'login-mismatch');
});

test('an answer of one provider at the address of the other, while both are waited for', async () => {
  const claude = here.begin('anthropic');
  const other = (await addressIn(claude)).searchParams.get('redirect_uri');
  const chatgpt = here.begin('openai');
  const state = (await addressIn(chatgpt)).searchParams.get('state');
  const page = await here.browser.context.newPage();
  await page.goto('https://claude.ai/login');
  await page.evaluate((url) => void setTimeout(() => location.assign(url)), `${other}?code=stolen&state=${state}`);
  expect(await here.donePageSays('stray')).toContain('Nothing was taken over, and nothing was passed on.');
  const { pendingLogins } = await here.journey.status();
  expect(pendingLogins).toMatchObject([{ state: 'waiting' }, { state: 'waiting' }]);
  await photograph(await here.donePage('stray'), 'login-stray');
  for (const terminal of [chatgpt, claude]) {
    terminal.signal('SIGINT');
    expect((await answerOf(terminal, 1)).error.code).toBe('LOGIN_CANCELLED');
  }
  expect([...here.world.anthropic.calls.token, ...here.world.openai.calls.token]).toEqual([]);
});

test('an answer with another state; the login that waits is not harmed', async () => {
  here.world.anthropic.scenario = { callback: { state: 'a-state-of-somebody-else' } };
  const { terminal, consent } = await here.beginAndOpen('anthropic');
  await consent.getByTestId('allow').click();
  const told = await here.donePageSays('stray');
  expect(told).toContain('This answer does not belong to the sign-in that waits');
  expect(told).toContain('A sign-in to Claude still waits for you.');
  here.world.anthropic.scenario = {};
  const again = await here.clickOpen(await here.donePage('stray'));
  await again.getByTestId('deny').click();
  expect((await answerOf(terminal, 1)).error.code).toBe('LOGIN_DENIED');
  expect(here.world.anthropic.calls.token).toEqual([]);
});

test("the closing of the provider's page", async () => {
  const { terminal, consent } = await here.beginAndOpen('anthropic');
  await here.waitForCard('opened');
  await photograph(here.popup, 'popup-login-opened');
  await consent.close();
  const message = "The provider's page was closed before the login was through.";
  expect(await answerOf(terminal, 1)).toEqual(failureOf('LOGIN_CANCELLED', message));
  await here.waitForCard('none');
});

test('a cancel in the popup; the page that is still open leads to an explanation', async () => {
  const { terminal, consent } = await here.beginAndOpen('anthropic');
  await here.waitForCard('opened');
  await here.popup.getByTestId('login-cancel').click();
  const message = 'The login was cancelled in the browser.';
  expect(await answerOf(terminal, 1)).toEqual(failureOf('LOGIN_CANCELLED', message));
  await here.waitForCard('none');
  await consent.getByTestId('allow').click();
  expect(await here.donePageSays('failed')).toContain('The sign-in was cancelled');
  expect(here.world.anthropic.calls.token).toEqual([]);
});

test('a Ctrl+C in the terminal; the page that is still open leads to an explanation', async () => {
  const { terminal, consent } = await here.beginAndOpen('openai');
  await here.waitForCard('opened');
  terminal.signal('SIGINT');
  const message = 'You gave it up; nothing was kept, and the page is of no use any more.';
  expect(await answerOf(terminal, 1)).toEqual(failureOf('LOGIN_CANCELLED', message));
  await here.waitForCard('none');
  await consent.getByTestId('allow').click();
  expect(await here.donePageSays('failed')).toContain('The sign-in was cancelled');
  expect(here.world.openai.calls.token).toEqual([]);
});

test('another login that is begun in its place', async () => {
  const { terminal, consent } = await here.beginAndOpen('anthropic');
  const second = here.begin('anthropic');
  const message = 'Another login at the same provider was begun instead.';
  expect(await answerOf(terminal, 1)).toEqual(failureOf('LOGIN_CANCELLED', message));
  await here.waitForCard('offered');
  await consent.getByTestId('allow').click();
  expect(await here.donePageSays('failed')).toContain('The sign-in was cancelled');
  expect((await here.journey.status()).pendingLogins).toMatchObject([{ state: 'waiting' }]);
  second.signal('SIGINT');
  await second.exited;
});

test('a companion that is stopped in the middle', async () => {
  const { terminal, consent } = await here.beginAndOpen('anthropic');
  await here.journey.stopCompanion();
  const message = 'The companion was stopped before the login was through.';
  expect(await answerOf(terminal, 1)).toEqual(failureOf('LOGIN_CANCELLED', message));
  await consent.getByTestId('allow').click();
  const away = await here.donePageSays('offline');
  expect(away).toContain('A companion that was stopped meanwhile cannot use it any more');
  expect(away).toContain('companion start');
  await photograph(await here.donePage('offline'), 'login-offline');
  await here.journey.startCompanion();
  expect(await here.donePageSays('failed')).toContain('The sign-in was cancelled');
  await photograph(await here.donePage('failed'), 'login-cancelled');
  expect(here.world.anthropic.calls.token).toEqual([]);
});
