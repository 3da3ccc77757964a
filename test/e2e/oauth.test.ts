/** Whole logins in real Chromium: the terminal, the popup, the provider's page, our own page, and what is served then. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { refusalOf } from '../support/ask.ts';
import { photograph } from '../support/journey.ts';
import type { Clients } from '../support/journey.ts';
import { addressIn, answerOf, startLoginJourney } from '../support/login-journey.ts';
import type { LoginJourney } from '../support/login-journey.ts';
import { listeningPorts } from '../support/listening-ports.ts';

const hello = { model: 'claude-sonnet-4-6', max_tokens: 64, messages: [{ role: 'user' as const, content: 'Hello' }] };
const helloToo = { model: 'gpt-5.4', input: 'Hello' };

let here: LoginJourney;
let clients: Clients;

beforeAll(async () => {
  here = await startLoginJourney();
  clients = await here.journey.clients();
});
afterEach(() => here.tidy());
afterEach(() => here.expectNoDeadTab());
afterAll(() => here?.close());

const companionPorts = () => listeningPorts(here.journey.companion.pid);
const openDashboard = () => here.browser.openExtensionPage('dashboard.html#accounts', { width: 1000, height: 800 });

describe('a login that begins in the terminal', () => {
  test('Claude: clicked in the popup, allowed on the page, and no port is opened for it', async () => {
    const terminal = here.begin('anthropic');
    await here.waitForCard('offered');
    await photograph(here.popup, 'popup-login-offered');
    expect(here.tabs.filter((url) => url.includes('claude.ai'))).toEqual([]);
    const consent = await here.clickOpen();
    expect(await consent.getByTestId('application').innerText()).toBe('Claude Code');
    expect(await companionPorts()).toEqual([here.journey.port]);
    expect(await listeningPorts(terminal.pid)).toEqual([]);
    await consent.getByTestId('allow').click();
    expect(await answerOf(terminal, 0)).toMatchObject({
      provider: 'anthropic',
      login: { provider: 'anthropic', owner: 'companion', name: 'mary@example.com', plan: 'Pro', state: 'usable' },
    });
    expect(await here.donePageSays('done')).toMatch(/You are signed in to Claude\s+as mary@example\.com/);
    expect(consent.isClosed()).toBe(true);
    await here.waitForCard('none');
    expect(await here.popup.locator('.logins').innerText()).toContain('mary@example.com');
    const page = await here.donePage('done');
    await photograph(page, 'login-done');
    await page.getByTestId('close-tab').click();
    await expect.poll(() => page.isClosed()).toBe(true);
  });

  test('ChatGPT: the same, and the login rests in the file of the Codex CLI', async () => {
    const { terminal, consent } = await here.beginAndOpen('openai');
    expect(new URL(consent.url()).searchParams.get('redirect_uri')).toMatch(
      /^http:\/\/localhost:145[57]\/auth\/callback$/,
    );
    expect(await companionPorts()).toEqual([here.journey.port]);
    expect(await listeningPorts(terminal.pid)).toEqual([]);
    await consent.getByTestId('allow').click();
    expect(await answerOf(terminal, 0)).toMatchObject({
      provider: 'openai',
      login: { provider: 'openai', owner: 'codex', name: 'mary@example.com', plan: 'Plus', state: 'usable' },
    });
    expect(await here.donePageSays('done')).toMatch(/You are signed in to ChatGPT\s+as mary@example\.com/);
    await here.waitForCard('none');
    await photograph(here.popup, 'popup-both-logins');
    const file = JSON.parse(await readFile(join(here.journey.home, '.codex', 'auth.json'), 'utf8'));
    expect(here.world.openai.isRenewable(file.tokens.refresh_token)).toBe(true);
  });

  test('serves the Anthropic SDK, whole and streamed', async () => {
    const { content } = await clients.anthropic.messages.create(hello);
    expect(content).toMatchObject([{ type: 'text', text: 'You said: Hello' }]);
    expect(await clients.anthropic.messages.stream(hello).finalText()).toBe('You said: Hello');
    expect(here.world.claude.requests.at(-1)?.headers).toMatchObject({
      authorization: expect.stringMatching(/^Bearer sk-ant-oat01-/),
      'anthropic-beta': 'oauth-2025-04-20',
    });
  });

  test('serves the OpenAI SDK at /v1/responses, whole and streamed', async () => {
    expect((await clients.openai.responses.create(helloToo)).output_text).toBe('You said: Hello');
    const stream = clients.openai.responses.stream(helloToo);
    expect(await stream.finalResponse()).toMatchObject({ status: 'completed', output_text: 'You said: Hello' });
    expect(here.world.chatgpt.requests.at(-1)).toMatchObject({ key: 'mary@example.com' });
  });
});

describe('in the dashboard', () => {
  test.each([
    ['anthropic', 'Claude login, with the companion'],
    ['openai', 'ChatGPT login, shared with Codex'],
  ])('a person signs out of %s, after a question', async (provider, kind) => {
    const dashboard = await openDashboard();
    const login = dashboard.locator('.account').filter({ hasText: kind });
    await login.getByTestId('login-remove').waitFor();
    await photograph(dashboard, `dashboard-logins-${provider}`);
    const { logins } = await here.journey.status();
    await login.getByTestId('login-remove').click();
    await login.getByTestId('login-remove-confirm').waitFor();
    await photograph(dashboard, `dashboard-sign-out-${provider}`);
    expect((await here.journey.status()).logins).toEqual(logins);
    await login.getByTestId('login-remove-confirm').click();
    await login.waitFor({ state: 'detached' });
    expect((await here.journey.status()).logins).toEqual(logins?.filter((one) => one.provider !== provider));
  });

  test('nothing of either login is left, and neither serves any more', async () => {
    await here.expectNothingKept();
    await expect(readFile(join(here.journey.home, '.codex', 'auth.json'))).rejects.toThrow('ENOENT');
    const claude = await refusalOf(clients.anthropic.messages.create(hello));
    expect([claude.status, claude.code]).toEqual([503, 'SESSION_REQUIRED']);
    expect(claude.message).toContain('`companion auth login`');
    const chatgpt = await refusalOf(clients.openai.responses.create(helloToo));
    expect([chatgpt.status, chatgpt.code]).toEqual([400, 'NO_CREDENTIAL']);
    expect(chatgpt.message).toContain('`companion auth login-openai`');
  });
});

describe('a login that begins in the browser', () => {
  test('Claude: nothing opens before the person has read, and agreed to, what it means', async () => {
    const { popup, world } = here;
    await popup.getByTestId('login-claude').click();
    await photograph(popup, 'popup-login-intro');
    expect(await popup.getByTestId('disclosure').innerText()).toContain('Whether you use it is your decision.');
    expect(await popup.getByTestId('login-open').isDisabled()).toBe(true);
    expect((await here.journey.status()).pendingLogins).toEqual([]);
    await popup.getByTestId('login-agree').check();
    const consent = await here.clickOpen();
    expect((await here.journey.status()).pendingLogins).toMatchObject([{ provider: 'anthropic', state: 'waiting' }]);
    await consent.getByTestId('allow').click();
    expect(await here.donePageSays('done')).toContain('mary@example.com');
    expect((await clients.anthropic.messages.create(hello)).content).toMatchObject([{ text: 'You said: Hello' }]);
    expect(world.anthropic.calls.count('authorization_code', 'granted')).toBe(1);
  });

  test('ChatGPT: the same from the dashboard, while somebody listens where the redirect leads', async () => {
    const dashboard = await openDashboard();
    await dashboard.getByTestId('login-chatgpt').click();
    const consent = await here.clickOpen(dashboard);
    await listenAt(new URL(consent.url()).searchParams.get('redirect_uri') ?? '');
    await consent.getByTestId('allow').click();
    expect(await here.donePageSays('done')).toContain('You are signed in to ChatGPT');
    expect((await here.journey.status()).logins).toMatchObject([{ provider: 'anthropic' }, { provider: 'openai' }]);
  });
});

test('an address that the person opens from the terminal is caught as well, and another account joins the first', async () => {
  here.world.anthropic.visitor = 'bob@example.com';
  onTestFinished(() => void (here.world.anthropic.visitor = 'mary@example.com'));
  const terminal = here.begin('anthropic');
  const page = await here.browser.context.newPage();
  await page.goto((await addressIn(terminal)).href);
  await page.getByTestId('allow').click();
  await here.donePage('done');
  expect(await answerOf(terminal, 0)).toMatchObject({ login: { name: 'bob@example.com' } });
  const { logins = [] } = await here.journey.status();
  expect(logins.map(({ name, provider }) => `${name} ${provider}`).toSorted()).toEqual([
    'bob@example.com anthropic',
    'mary@example.com anthropic',
    'mary@example.com openai',
  ]);
  await photograph(here.popup, 'popup-three-logins');
});

/** Another program shows a page of its own there, by chance or on purpose; if one does already, that one will do. */
async function listenAt(address: string): Promise<void> {
  const server = createServer((_request, response) => response.end('somebody'));
  await new Promise<void>((resolve) => {
    server
      .once('listening', resolve)
      .once('error', () => resolve())
      .listen(Number(new URL(address).port), '127.0.0.1');
  });
  onTestFinished(() => void server.close());
}
