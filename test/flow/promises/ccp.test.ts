/** Promises to users of CCProxy API: what they know from its guide to signing in works here too. See test/promises.md. */
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../companion/config/load.ts';
import { createCanary, findLeaks } from '../../support/canary.ts';
import type { Canary } from '../../support/canary.ts';
import { openCommand } from '../../support/companion-process.ts';
import { openApiHouse } from '../api/house.ts';
import { openPromiseHouse } from './house.ts';
import type { PromiseHouse } from './house.ts';

/** As in the guide. */
const sampleModel = 'claude-sonnet-4-20250514';
const messages = [{ role: 'user' as const, content: 'Hello' }];

describe('the layers of access', () => {
  test('CCP-1: each rests in a place of its own: the Claude login, the ChatGPT login, the key of the clients', async () => {
    const house = await openPromiseHouse();
    const companion = await house.start();
    await house.signIn('login');
    await house.signIn('login-openai');
    const { json } = await house.run('auth', 'status');
    expect(json.logins).toMatchObject([
      { provider: 'anthropic', owner: 'companion', location: expect.stringContaining('vault.json') },
      { provider: 'openai', owner: 'codex', location: house.authFile },
    ]);
    const key = await clientKey(house);
    expect(await isLetIn(companion.url, { 'x-api-key': key })).toBe(true);
    const shared = await readFile(house.authFile, 'utf8');
    expect(house.openAi.secrets.some((secret) => shared.includes(secret))).toBe(true);
    expect([key, ...house.claude.auth.secrets].filter((secret) => shared.includes(secret))).toEqual([]);
  });

  test('CCP-3: `auth login`, `validate` and `info` work with a login of our own, sealed, and apart from Claude Code', async () => {
    const house = await openPromiseHouse();
    const companion = await house.start();
    await house.signIn('login');
    expect(await house.run('auth', 'validate')).toMatchObject({ exitCode: 0, json: { valid: true, expired: false } });
    const told = await house.runForPeople('auth', 'info');
    expect(told).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Email          mary@example.com') });
    expect((await readdir(house.home)).filter((name) => name.startsWith('.claude'))).toEqual([]);
    await expect(access(join(house.home, 'credentials.json'))).rejects.toThrow();
    await companion.stop();
    const canaries = house.claude.auth.secrets.map((value): Canary => ({ name: 'a code or token', value }));
    expect(canaries.length).toBeGreaterThan(2);
    const texts = { told: told.stdout, log: companion.output };
    expect(await findLeaks(canaries, { folders: [house.home], texts })).toEqual([]);
    expect((await house.run('auth', 'validate')).json).toMatchObject({ valid: true });
  });

  test('CCP-8: `config codex --enable` may come before the login, and again after it', async () => {
    const house = await openPromiseHouse();
    await house.start();
    expect((await house.run('config', 'codex', '--enable')).json).toMatchObject({ enabled: true, logins: [] });
    await house.signIn('login-openai');
    const { json } = await house.run('config', 'codex', '--enable');
    expect(json).toMatchObject({ program: 'codex', enabled: true, logins: [{ provider: 'openai', state: 'usable' }] });
  });
});

describe('the key of the clients', () => {
  const token = createCanary('client key').value;

  test('CCP-15: is what SECURITY__AUTH_TOKEN says, in the environment or in .env', async () => {
    const house = await openPromiseHouse();
    const first = await house.start({ SECURITY__AUTH_TOKEN: token });
    expect(await isLetIn(first.url, { 'x-api-key': token })).toBe(true);
    expect(await isLetIn(first.url, {})).toBe(false);
    await first.stop();
    await writeFile(join(house.home, '.env'), `SECURITY__AUTH_TOKEN=${token}-of-the-file\n`, { mode: 0o600 });
    const second = await house.start();
    expect(await isLetIn(second.url, { 'x-api-key': `${token}-of-the-file` })).toBe(true);
    expect(await isLetIn(second.url, { 'x-api-key': token })).toBe(false);
  });

  test('CCP-16: is taken as x-api-key, which goes first, and as a Bearer token', async () => {
    const { url } = await (await openPromiseHouse()).start({ SECURITY__AUTH_TOKEN: token });
    const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
    expect(await isLetIn(url, { 'x-api-key': token })).toBe(true);
    expect(await isLetIn(url, bearer(token))).toBe(true);
    expect(await isLetIn(url, { 'x-api-key': token, ...bearer('wrong') })).toBe(true);
    expect(await isLetIn(url, { 'x-api-key': 'wrong', ...bearer(token) })).toBe(false);
  });

  test('CCP-17: is made at the first start and wanted from then on; without one only after --no-auth', async () => {
    const house = await openPromiseHouse();
    const guarded = await house.start();
    expect(await isLetIn(guarded.url, {})).toBe(false);
    expect(await isLetIn(guarded.url, { 'x-api-key': await clientKey(house) })).toBe(true);
    await guarded.stop();
    const open = await house.start({}, ['--no-auth']);
    expect(new URL(open.url).hostname).toBe('127.0.0.1');
    expect(await isLetIn(open.url, {})).toBe(true);
    expect(await isLetIn(open.url, { authorization: 'Bearer whatever' })).toBe(true);
  });

  test('CCP-20: guards what is more than this computer, can be changed, and shows up nowhere', async () => {
    const house = await openPromiseHouse();
    const exposed = openCommand(['start', '--port', '0', '--host', '0.0.0.0', '--no-auth'], { home: house.home });
    expect(await exposed.exited).toBe(2);
    expect(exposed.stderr).toContain('keep a client key switched on');
    const before = await house.start({ SECURITY__AUTH_TOKEN: token });
    expect(await isLetIn(before.url, { 'x-api-key': token })).toBe(true);
    await before.stop();
    const changed = createCanary('changed client key').value;
    const after = await house.start({ SECURITY__AUTH_TOKEN: changed });
    expect(await isLetIn(after.url, { 'x-api-key': token })).toBe(false);
    expect(await isLetIn(after.url, { 'x-api-key': changed })).toBe(true);
    await after.stop();
    const canaries = [token, changed].map((value): Canary => ({ name: 'a client key', value }));
    const texts = { before: before.output, after: after.output };
    expect(await findLeaks(canaries, { folders: [house.home], texts })).toEqual([]);
  });

  test('CCP-20: and no key of a provider travels without TLS', () => {
    const block = { CCPROXY_UPSTREAM_OPENAI: 'http://api.example.com/v1' };
    expect(() => loadConfig({ flags: { home: '/nowhere' }, environment: block, cwd: '/nowhere' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('https') }),
    );
  });
});

describe('the paths', () => {
  test('CCP-18: are below http://localhost:8000 unless told otherwise', () => {
    const { config } = loadConfig({ flags: { home: '/nowhere' }, environment: {}, cwd: '/nowhere' });
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 8000 });
  });

  test('CCP-18: take the requests of the guide, by their own names', async () => {
    const house = await openApiHouse();
    const root = `http://localhost:${house.port}`;
    const headers = { 'content-type': 'application/json', 'x-api-key': house.key };
    const ask = async (path: string, body: object) => {
      const answer = await fetch(root + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    expect(await ask('/v1/messages', { model: sampleModel, messages, max_tokens: 1000 })).toMatchObject({
      status: 200,
      body: { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'You said: Hello' }] },
    });
    for (const limit of [{}, { max_tokens: 1000 }]) {
      expect(await ask('/openai/v1/chat/completions', { model: sampleModel, messages, ...limit })).toMatchObject({
        status: 200,
        body: { object: 'chat.completion', choices: [{ message: { content: 'You said: Hello' } }] },
      });
    }
  });

  test.each(['x-api-key', 'Bearer'])('CCP-19: serve the SDKs as they are, all with one token as %s', async (form) => {
    const house = await openApiHouse();
    const auth = form === 'Bearer' ? { apiKey: null, authToken: house.key } : { apiKey: house.key, authToken: null };
    const anthropic = new Anthropic({ baseURL: `http://localhost:${house.port}`, ...auth });
    const openai = new OpenAI({ baseURL: `http://localhost:${house.port}/openai/v1`, apiKey: house.key });
    const ask = { model: sampleModel, max_tokens: 1000, messages };
    const message = await anthropic.messages.create(ask);
    expect(message.content).toMatchObject([{ type: 'text', text: 'You said: Hello' }]);
    expect(await anthropic.messages.stream(ask).finalText()).toBe('You said: Hello');
    const completion = await openai.chat.completions.create({ model: sampleModel, messages });
    expect(completion.choices[0]?.message.content).toBe('You said: Hello');
    expect(await openai.chat.completions.stream({ model: sampleModel, messages }).finalContent()).toBe(
      'You said: Hello',
    );
    expect(house.askedWith).toEqual(['first', 'first', 'first', 'first']);
  });
});

async function clientKey(house: PromiseHouse): Promise<string> {
  const { stdout } = await house.runForPeople('env');
  return /^export ANTHROPIC_API_KEY='([^']+)'$/m.exec(stdout)?.[1] ?? '';
}

/** Whether the key opens: behind it is nobody who could answer. */
async function isLetIn(url: string, headers: Readonly<Record<string, string>>): Promise<boolean> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: sampleModel, messages }),
  });
  const code = answer.headers.get('x-companion-error');
  expect(['CLIENT_KEY_MISSING', 'CLIENT_KEY_INVALID', 'SESSION_REQUIRED', null]).toContain(code);
  await answer.text();
  return code === null || code === 'SESSION_REQUIRED';
}
