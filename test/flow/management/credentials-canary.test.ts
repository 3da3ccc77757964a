/** Every credential a person can have is put in by every way there is, and then looked for wherever it must not be. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCanary, findLeaks } from '../../support/canary.ts';
import { openApiHouse } from '../api/house.ts';
import type { ApiHouse } from '../api/house.ts';

const canaries = {
  added: createCanary('a key that was added', 'sk-ant-api03-'),
  replacing: createCanary('a key that replaced it', 'sk-ant-api03-'),
  file: createCanary('a key in a file', 'sk-'),
  session: createCanary('a session', 'sk-ant-sid01-'),
  address: createCanary('a key in an address', 'gsk_'),
};

interface Operation {
  readonly method: string;
  readonly path: string;
}

async function operationsOf(house: ApiHouse): Promise<readonly Operation[]> {
  const api = (await (await fetch(`${house.url}/v0/openapi.json`)).json()) as {
    paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  return Object.entries(api.paths)
    .filter(([path]) => /^\/(?:v0\/management|api)\//.test(path))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })));
}

test('no token is in any answer of any route, in the log, or in any file but sealed', async () => {
  const house = await openApiHouse({ anthropic: ['one'], config: { keys: {} } });
  const answers: string[] = [];
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await fetch(house.url + path, {
      method,
      headers: { 'x-admin-key': house.adminKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    answers.push(text, JSON.stringify([...answer.headers]));
    expect(answer.status, `${method} ${path} ${text}`).toBeLessThan(500);
    return JSON.parse(text) as { readonly id?: string };
  };
  const auths = '/v0/management/auths';
  const { id } = await ask('POST', auths, {
    provider: 'claude',
    type: 'api_key',
    token: canaries.added.value,
    name: 'k',
  });
  const replaced = await ask('PUT', `${auths}/claude?id=${id}`, { token: canaries.replacing.value });
  const session = await ask('POST', '/api/session/add', { name: 's', session_key: canaries.session.value });
  const folder = join(house.home, 'auths');
  await mkdir(folder);
  await writeFile(join(folder, 'openai.json'), JSON.stringify({ token: canaries.file.value }), { mode: 0o600 });
  await ask('POST', '/v0/management/auth-files/import', { remove: true });
  // Somebody may type a secret wherever an address has room for a word.
  const { address } = canaries;
  for (const word of [replaced.id ?? '', session.id ?? '', 'claude', address.value]) {
    for (const { method, path } of await operationsOf(house)) {
      if (method === 'DELETE' && word !== address.value) continue;
      const isBare = !path.includes('{');
      if (isBare && word !== 'claude') continue;
      const query = path.startsWith(auths) && !isBare ? `?id=${word}` : '';
      await ask(method, path.replaceAll(/\{\w+\}/g, word) + query, method === 'GET' ? undefined : {});
    }
  }
  const texts = { answers: answers.join('\n'), log: house.log.text() };
  expect(answers.length).toBeGreaterThan(60);
  expect(await findLeaks(Object.values(canaries), { folders: [house.home], texts })).toEqual([]);
});
