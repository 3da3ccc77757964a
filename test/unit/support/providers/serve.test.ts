import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { expect, it } from 'vitest';

const program = 'test/support/providers/serve.ts';

it.each([
  [['anthropic'], '/v1/models', { 'anthropic-version': '2023-06-01' }],
  [['openai', 'groq'], '/models', {}],
])('starts %o for other programs, prints where, and ends when told', async (words, path, headers) => {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const url = String((await lines.next()).value);
  const key = String((await lines.next()).value);
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}`, ...headers } });
  expect(response.status).toBe(200);
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
