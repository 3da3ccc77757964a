/** Secrets and contents go through the whole journey; afterwards they are looked for everywhere they must not be. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusalOf, waysToAsk } from '../support/ask.ts';
import type { ChromiumBrowser } from '../support/browser/chromium.ts';
import { createCanary, findLeaks } from '../support/canary.ts';
import type { Canary } from '../support/canary.ts';
import { runForPeople } from '../support/companion-process.ts';
import { createJourney } from '../support/journey.ts';
import type { Clients, Journey } from '../support/journey.ts';

let journey: Journey;
let browser: ChromiumBrowser;
let popup: Page;
let clients: Clients;
let clientKey: Canary;
const tokens: Canary[] = [];
const prompt = createCanary('the prompt');
const answer = createCanary('the answer');
const contents = [prompt, answer];
/** Everything that clients and pages were told, by a name for the report. */
const told: Record<string, string> = {};

const cookies = (): readonly Canary[] =>
  journey.site.secrets.map((value, index) => ({ name: `secret ${index} of the site`, value }));
const credentials = (): readonly Canary[] => [...cookies(), ...tokens, clientKey];

beforeAll(async () => {
  journey = await createJourney({ scenario: { answer: () => answer.value } });
  await journey.startCompanion();
  browser = await journey.openBrowser();
  browser.context.on('console', (line) => (told['the console'] = `${told['the console'] ?? ''}\n${line.text()}`));
  popup = await journey.settleIn(browser);
  clients = await journey.clients();
  clientKey = { name: 'the client key', value: String(clients.anthropic.apiKey) };
  const { token } = (await journey.run('pair')).json as { token: string };
  tokens.push({ name: 'the pairing token', value: token });
  await useEverything('browser');
  await journey.stopCompanion();
  // The most talkative log there is.
  await (await journey.startCompanion('--transport', 'direct', '--log-level', 'debug')).waitForEvent('seat-online');
  await useEverything('direct');
});
afterAll(() => journey.close());

/** What the vault keeps of the only session there is. */
async function storedSession(): Promise<string> {
  const name = (await journey.storedSecrets()).find((secret) => secret.startsWith('session/'));
  return journey.storedSecret(name ?? 'session/');
}

/** Answers, refusals and breakages, each with the prompt in it. */
async function useEverything(door: string): Promise<void> {
  for (const ask of Object.values(waysToAsk)) expect(await ask(clients, prompt.value)).toBe(answer.value);
  const calm = { answer: () => answer.value };
  const troubles = {
    expired: { refuse: { kind: 'session-invalid' }, refuseTimes: 8 },
    limited: { refuse: { kind: 'rate-limit', resetsAtMs: Date.now() + 60_000, form: 'string' } },
    broken: { ending: { kind: 'reset', afterEvents: 4 } },
    garbage: { refuse: { kind: 'garbage' } },
    challenged: { refuse: { kind: 'challenge' } },
  } as const;
  for (const [trouble, scenario] of Object.entries(troubles)) {
    journey.site.scenario = { ...calm, ...scenario, refuseOn: ['completion'] };
    for (const [name, ask] of Object.entries(waysToAsk)) {
      const refused = await refusalOf(ask(clients, prompt.value));
      told[`${name}, ${trouble}, ${door}`] = JSON.stringify(refused);
    }
    journey.site.scenario = calm;
    // Not by its place: an expired session syncs by itself, and what stands there a moment later is another button.
    await popup.getByTestId('sync').evaluate((button: HTMLElement) => button.click());
    await popup.locator('[data-testid=status][data-state=synced]').waitFor();
  }
}

const commands = [['status'], ['browsers'], ['session', 'list'], ['logs', '--lines', '100000']] as const;

test('the canaries were really there', async () => {
  const stored = await storedSession();
  expect(await findLeaks(cookies(), { texts: { vault: stored } })).not.toEqual([]);
  expect(await journey.storedSecret('client-key')).toContain(clientKey.value);
  const bodies = journey.site.requests.map((request) => request.body.toString('latin1')).join('\n');
  expect(await findLeaks([prompt], { texts: { bodies } })).not.toEqual([]);
  expect(new Set(journey.site.requests.map((request) => request.channel))).toEqual(new Set(['browser', 'direct']));
  expect(Object.keys(told).length).toBeGreaterThanOrEqual(40);
});

test('no file of the companion shows a credential or what was said', async () => {
  const files = await readdir(journey.home, { recursive: true });
  expect(files).toEqual(expect.arrayContaining(['vault.json', 'companion.db', join('logs', 'companion.log')]));
  expect(await findLeaks([...credentials(), ...contents], { folders: [journey.home] })).toEqual([]);
});

test.each(commands.map((command) => [command.join(' '), command] as const))(
  '`companion %s` prints none of them, for people or programs',
  async (_name, command) => {
    const forPrograms = await journey.run(...command);
    const surroundings = { home: journey.home };
    const forPeople = await runForPeople(command, surroundings);
    expect([forPrograms.exitCode, forPeople.exitCode]).toEqual([0, 0]);
    const texts = { programs: forPrograms.stdout + forPrograms.stderr, people: forPeople.stdout + forPeople.stderr };
    expect(texts.people.length).toBeGreaterThan(10);
    expect(await findLeaks([...credentials(), ...contents], { texts })).toEqual([]);
  },
);

test('the running companion prints no cookie and nothing that was said', async () => {
  expect(await findLeaks([...cookies(), ...contents], { texts: { start: journey.companion.output } })).toEqual([]);
});

test('no error, page message or console line carries a credential', async () => {
  expect(await findLeaks(credentials(), { texts: told })).toEqual([]);
});

test('no command line on this computer has one', async () => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
  expect(lines.join('\n')).toContain(journey.profile('profile'));
  const texts = { 'all command lines': lines.join('\n') };
  expect(await findLeaks([...credentials(), ...contents], { texts })).toEqual([]);
});

test('the pages of the extension show none, and the client key only when the person wants to see it', async () => {
  const texts: Record<string, string> = { popup: await popup.content() };
  for (const name of ['options.html', 'dashboard.html', 'popup.html']) {
    const page = await browser.openExtensionPage(name);
    await page.getByText('mary@example.com').or(page.getByTestId('keeps-synced')).first().waitFor();
    texts[name] = await page.content();
    if (name === 'dashboard.html') Object.assign(texts, await sectionsOf(page));
    await page.close();
  }
  expect(await findLeaks([...credentials(), ...contents], { texts })).toEqual([]);
  await popup.getByTestId('show-clients').click();
  await popup.getByTestId('snippet').getByText('ANTHROPIC_API_KEY').waitFor();
  const masked = { clients: await popup.content() };
  expect(await findLeaks([...credentials(), ...contents], { texts: masked })).toEqual([]);
  await popup.getByTestId('show-keys').click();
  await popup.getByTestId('snippet').getByText(clientKey.value).waitFor();
  const shown = { clients: await popup.content() };
  expect(await findLeaks([...cookies(), ...tokens, ...contents], { texts: shown })).toEqual([]);
});

/** Each section of the dashboard, once the companion has answered what it asks. */
async function sectionsOf(dashboard: Page): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  const answered = {
    requests: 'a.row-link',
    accounts: '.auth-actions',
    keys: '#client-keys p',
    settings: '.setting-key',
  };
  for (const [section, selector] of Object.entries(answered)) {
    await dashboard.getByTestId(`tab-${section}`).click();
    await dashboard.locator(selector).first().waitFor();
    texts[`dashboard.html#${section}`] = await dashboard.content();
  }
  return texts;
}

test('what the extension stores holds no cookie, token or client key', async () => {
  const folder = join(journey.profile('profile'), 'Default', 'Local Extension Settings', browser.extensionId);
  expect((await readdir(folder)).length).toBeGreaterThan(2);
  expect(await findLeaks([...credentials(), ...contents], { folders: [folder] })).toEqual([]);
});

test("Cloudflare's cookies never left the browser", async () => {
  const allowed = ['lastActiveOrg', 'routingHint', 'sessionKey'];
  const direct = journey.site.requests.filter((request) => request.channel === 'direct');
  expect([...new Set(direct.flatMap((request) => Object.keys(request.cookies)))].sort()).toEqual(allowed);
  const stored = JSON.parse(await storedSession()) as { cookies: { name: string }[] };
  expect(stored.cookies.map((cookie) => cookie.name).sort()).toEqual(allowed);
  const inBrowser = (await browser.context.cookies('https://claude.ai')).map((cookie) => cookie.name);
  expect(inBrowser).toEqual(expect.arrayContaining(['cf_clearance', '__cf_bm']));
  expect(journey.site.violations).toEqual([]);
});
