import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { expect, it } from 'vitest';

const program = 'test/support/providers/serve.ts';

interface Served {
  readonly child: ChildProcess;
  readonly nextLine: () => Promise<string>;
}

function serve(...words: readonly string[]): Served {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, nextLine: async () => String((await lines.next()).value) };
}

it.each([
  [['anthropic'], '/v1/models', { 'anthropic-version': '2023-06-01' }],
  [['openai', 'groq'], '/models', {}],
])('starts %o for other programs, prints where, and ends when told', async (words, path, headers) => {
  const { child, nextLine } = serve(...words);
  const url = await nextLine();
  const key = await nextLine();
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}`, ...headers } });
  expect(response.status).toBe(200);
  await response.text();
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
});

it.each([
  ['claude', 'CCPROXY_UPSTREAM_ANTHROPIC', '/v1/models', 401],
  ['claude', 'CCPROXY_OAUTH_ANTHROPIC_AUTHORIZE_URL', '', 400],
  ['chatgpt', 'CCPROXY_UPSTREAM_CHATGPT', '/wham/usage', 401],
  ['chatgpt', 'CCPROXY_UPSTREAM_OPENAI_AUTH', '/oauth/authorize', 400],
])('starts %s, and prints what the companion needs of it: %s', async (kind, name, path, status) => {
  const { child, nextLine } = serve(kind);
  let line = await nextLine();
  while (!line.startsWith(`${name}=`)) line = await nextLine();
  const response = await fetch(`${line.slice(name.length + 1)}${path}`);
  expect(response.status).toBe(status);
  await response.text();
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
});

it('says how it is used when it is not understood', async () => {
  const child = spawn(process.execPath, [program, 'nobody'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said] = (await once(child.stderr, 'data')) as [Buffer];
  expect(said.toString('utf8')).toContain('usage:');
  expect((await once(child, 'exit'))[0]).toBe(2);
});
