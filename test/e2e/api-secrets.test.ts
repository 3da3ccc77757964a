/** API mode as a program of its own, at its most talkative: keys of every place go through it, and are looked for. */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createCanary, findLeaks } from '../support/canary.ts';
import type { Canary } from '../support/canary.ts';
import { runCompanion, runForPeople, startCompanion } from '../support/companion-process.ts';
import type { CompanionProcess } from '../support/companion-process.ts';
import { createTemporaryHome } from '../support/temporary-home.ts';
import { openEcho } from './support/echo.ts';
import type { Echo } from './support/echo.ts';

const ofEnvironment = createCanary('the key of the environment', 'sk-ant-api03-');
const ofConfig = createCanary('the key of the config');
const ofVault = createCanary('the key of the vault', 'sk-');
const ofClient = createCanary("the client's own credential", 'sk-ant-api03-');
const ofProxy = createCanary('the password of the proxy');
const prompt = createCanary('the prompt');
const secrets: Canary[] = [ofEnvironment, ofConfig, ofVault, ofClient, ofProxy];
/** What clients and people were told, by a name for the report. */
const told: Record<string, string> = {};

let home: Awaited<ReturnType<typeof createTemporaryHome>>;
let echo: Echo;
let companion: CompanionProcess;
let clientKey = '';
const surroundings = () => ({
  home: home.path,
  environment: {
    CCPROXY_CLAUDE_API_KEYS: ofEnvironment.value,
    HTTPS_PROXY: `http://user:${ofProxy.value}@127.0.0.1:9`,
  },
});

beforeAll(async () => {
  home = await createTemporaryHome();
  echo = await openEcho();
  const blocks = [
    { id: 'mine', name: 'Mine', base_url: `${echo.url}/v1`, keys: [ofConfig.value], models: ['mine-1'] },
    { id: 'away', name: 'Away', base_url: 'https://provider.invalid/v1', keys: [ofConfig.value], models: ['away-1'] },
  ];
  const upstreams = { anthropic: echo.url, openai: `${echo.url}/v1` };
  await writeFile(join(home.path, 'config.yaml'), stringify({ upstreams, providers: blocks }), { mode: 0o600 });
  const added = await runCompanion(['keys', 'add', 'openai'], { ...surroundings(), input: `${ofVault.value}\n` });
  expect(added.exitCode, added.stderr).toBe(0);
  companion = await startCompanion({ ...surroundings(), args: ['--log-level', 'debug'] });
  clientKey = String((await runCompanion(['env'], surroundings())).json.ANTHROPIC_API_KEY);
  secrets.push({ name: 'the client key', value: clientKey });
  await useEverything();
});
afterAll(async () => {
  await companion.stop();
  await echo.close();
  await home.remove();
});

const models = ['claude-sonnet-4-6', 'gpt-5', 'mine-1', 'away-1'];
const routes = [
  '/v1/messages',
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/messages/count_tokens',
  '/v1/embeddings',
  '/v1/files',
  '/v1/messages/batches',
  '/v1/what-comes-next-year',
];

async function useEverything(): Promise<void> {
  for (const status of [200, 400, 401, 403, 404, 429, 500, 529]) {
    echo.status = status;
    for (const path of routes) {
      for (const model of models) {
        await ask(path, model, { 'x-api-key': clientKey });
        await ask(path, model, { 'x-companion-key': clientKey, authorization: `Bearer ${ofClient.value}` });
      }
    }
  }
  await ask('/v1/messages', 'mine-1', { 'x-api-key': `${clientKey}x` });
  const quota = await fetch(`${companion.url}/v0/quota`, { headers: { 'x-api-key': clientKey } });
  told['/v0/quota'] = await quota.text();
}

async function ask(path: string, model: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const content = `Hello ${prompt.value}`;
  const version = path.startsWith('/v1/messages') ? { 'anthropic-version': '2023-06-01' } : {};
  const reply = await fetch(companion.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...version, ...headers },
    body: JSON.stringify({
      model,
      max_tokens: 10,
      ...(path === '/v1/responses' ? { input: content } : { messages: [{ role: 'user', content }] }),
    }),
  });
  const isOwn = 'x-companion-key' in headers;
  // What its provider says to a client about its own credential is passed on as it is.
  const hide = (text: string) => (isOwn ? text.replaceAll(ofClient.value, 'its own') : text);
  told[`${path} for ${model}, ${echo.status} ${isOwn ? 'own' : 'pooled'} ${randomUUID()}`] = hide(
    `${JSON.stringify([...reply.headers])}\n${await reply.text()}`,
  );
}

test('every key was really used, and repeated by its provider', async () => {
  const seen = { seen: echo.heads.join('\n') };
  const used = [ofEnvironment, ofConfig, ofVault, ofClient];
  const found = await findLeaks(used, { texts: seen });
  expect(new Set(found.map(({ canary }) => canary))).toEqual(new Set(used.map(({ name }) => name)));
  expect(Object.keys(told).length).toBeGreaterThan(500);
});

test('nobody who asked was told one', async () => {
  expect(await findLeaks(secrets, { texts: told })).toEqual([]);
});

test('no provider was given the client key, and none the key of another', async () => {
  const heads = echo.heads.join('\n');
  expect(await findLeaks([{ name: 'client key', value: clientKey }, ofProxy], { texts: { heads } })).toEqual([]);
  expect(heads).not.toMatch(/^(?:x-companion|x-proxy-mode|cookie)/im);
});

test('no file shows one, nor what was said: log, ledger and vault', async () => {
  const places = { folders: [home.path], processes: [companion.pid], texts: { output: companion.output } };
  // The config is where the person has written it down.
  const leaks = await findLeaks([...secrets, prompt], places);
  const config = join(home.path, 'config.yaml');
  expect(leaks.filter(({ where }) => !where.startsWith(config))).toEqual([]);
  expect((await readFile(join(home.path, 'logs', 'companion.log'), 'utf8')).length).toBeGreaterThan(10_000);
});

test.each([
  'keys list',
  'keys stats',
  'keys test',
  'usage',
  'usage --by credential',
  'explain',
  'status',
  'logs --lines 100000',
])('`companion %s` prints none, for people or programs', async (command) => {
  const forPrograms = await runCompanion(command.split(' '), surroundings());
  const forPeople = await runForPeople(command.split(' '), surroundings());
  const texts = {
    programs: forPrograms.stdout + forPrograms.stderr,
    people: forPeople.stdout + forPeople.stderr,
  };
  expect(texts.people.length).toBeGreaterThan(10);
  expect(await findLeaks([...secrets, prompt], { texts })).toEqual([]);
});
