/** Settings that change while the companion runs, as the requests of its clients meet them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { claude, eventually, openApiHouse, say, secretOf } from '../api/house.ts';
import type { ApiHouse } from '../api/house.ts';

async function edit(house: ApiHouse, change: (config: Record<string, unknown>) => object): Promise<void> {
  const path = join(house.home, 'config.yaml');
  const config = parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, stringify({ ...config, ...change(config) }));
}

const manage = (house: ApiHouse, method: string, path: string, body?: object | string) =>
  fetch(`${house.url}${path}`, {
    method,
    headers: { 'x-admin-key': house.adminKey, 'content-type': 'application/json' },
    ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });

const reload = async (house: ApiHouse) => (await manage(house, 'POST', '/v0/management/config/reload')).json();

describe('while requests come and go', () => {
  it('a key that was added serves, one that was taken out does not, and a stream under way goes on', async () => {
    const house = await openApiHouse({ anthropic: ['first', 'second'] });
    await edit(house, () => ({ keys: { anthropic: [{ key: secretOf('anthropic', 'first'), name: 'first' }] } }));
    expect(await reload(house)).toEqual({ changed: ['keys.anthropic'], pending: [] });
    const stream = house.anthropic().messages.stream(say('hello'));
    await edit(house, () => ({ keys: { anthropic: [{ key: secretOf('anthropic', 'second'), name: 'second' }] } }));
    await reload(house);
    expect((await stream.finalMessage()).content.length).toBeGreaterThan(0);
    await house.anthropic().messages.create(say('again'));
    expect(house.askedWith).toEqual(['first', 'second']);
  });

  it('names for models, and the client key, count from the next request on', async () => {
    const house = await openApiHouse();
    const before = house.key;
    await edit(house, () => ({ models: { aliases: { swift: claude } }, security: { auth_token: 'another-key-123' } }));
    await eventually('the file was read again', () => house.key === 'another-key-123');
    expect((await house.askClaude(say('hi', { model: 'swift' }))).status).toBe(200);
    expect((await house.askClaude(say('hi'), { 'x-api-key': before })).status).toBe(401);
    await edit(house, () => ({ security: {} }));
    await reload(house);
    expect((await house.askClaude(say('hi'), { 'x-api-key': before })).status).toBe(200);
  });

  it('another name of this computer is let in as soon as it is allowed', async () => {
    const house = await openApiHouse();
    const asked = () => house.ask({ path: '/v1/models', headers: { host: 'companion.internal:8000' } });
    expect((await asked()).status).toBe(403);
    const set = { key: 'server.allowed_hosts', value: ['companion.internal:8000'] };
    expect((await manage(house, 'PUT', '/v0/management/config', set)).status).toBe(400);
    const put = await house.app.control.inject({ method: 'PUT', url: '/control/config', payload: set });
    expect(put.json()).toMatchObject({ effect: 'now' });
    expect((await asked()).status).toBe(200);
  });

  it('a file that is wrong changes nothing, and shows in the status and in the log', async () => {
    const house = await openApiHouse();
    await edit(house, () => ({ router: { strategy: 'fastest' } }));
    const told = await eventually('the status tells', () => house.app.service.status().settings?.problem);
    expect(told).toMatch(/router\.strategy \(.*config\.yaml:\d+\) must be/);
    expect(house.log.text()).toContain('the settings could not be read again');
    expect((await house.askClaude(say('hi'))).status).toBe(200);
    const refused = await manage(house, 'POST', '/v0/management/config/reload');
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('router.strategy');
  });
});

describe('the settings over HTTP', () => {
  it('tell no secret, and who may not see them gets nothing', async () => {
    const house = await openApiHouse();
    const answer = await (await manage(house, 'GET', '/v0/management/config')).text();
    expect(answer).toContain('"keys.anthropic"');
    expect(answer).not.toContain(secretOf('anthropic', 'first'));
    expect((await fetch(`${house.url}/v0/management/config`)).status).toBe(401);
  });

  it('take a secret and do not give it back', async () => {
    const house = await openApiHouse();
    const secret = 'sk-canary-0815-abcdef';
    const answer = await manage(house, 'PUT', '/v0/management/config', { key: 'keys.openai', value: [secret] });
    expect(await answer.text()).not.toContain(secret);
    expect(house.app.service.keys.list().map(({ provider }) => provider)).toContain('openai');
    expect(house.log.text()).not.toContain(secret);
  });

  it('refuse what would be wrong, and leave the file as it was', async () => {
    const house = await openApiHouse();
    const before = await readFile(join(house.home, 'config.yaml'), 'utf8');
    const answer = await manage(house, 'PUT', '/v0/management/config', { key: 'router.strategy', value: 'fastest' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('must be priority, round_robin, quota_aware, random');
    expect(await readFile(join(house.home, 'config.yaml'), 'utf8')).toBe(before);
  });

  it.each([
    ['nothing', '', 'a value is missing'],
    ['lists in lists without end', `, "value": ${'['.repeat(5000)}${']'.repeat(5000)}`, 'nested too deeply'],
    ['a number', ', "value": 7', 'models.aliases'],
    ['a list', ', "value": ["x"]', 'models.aliases'],
    ['a group of groups', ', "value": {"a": {"b": 1}}', 'models.aliases'],
  ])('take no value that is none: %s', async (_what, value, words) => {
    const house = await openApiHouse();
    const answer = await manage(house, 'PUT', '/v0/management/config', `{"key": "models.aliases"${value}}`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(words);
  });

  it.each(['upstreams.anthropic', 'claude_code.path', 'providers', 'vault.kind', 'security.auth'])(
    'cannot lead credentials elsewhere, let anybody in or start a program: %s',
    async (key) => {
      const house = await openApiHouse();
      const answer = await manage(house, 'PUT', '/v0/management/config', { key, value: 'https://thief.example' });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('on the computer of the companion only');
    },
  );

  it('are changed from the computer itself through the control socket', async () => {
    const house = await openApiHouse();
    const put = (payload: object) => house.app.control.inject({ method: 'PUT', url: '/control/config', payload });
    expect((await put({ key: 'claude_code.path', value: '/opt/claude' })).json()).toMatchObject({ effect: 'restart' });
    expect((await put({ key: 'no.such', value: 1 })).statusCode).toBe(404);
    const gone = await house.app.control.inject({ method: 'DELETE', url: '/control/config?key=claude_code.path' });
    expect(gone.json()).toMatchObject({ effect: 'none' });
  });
});
