/** `companion keys`: kept, listed, tried, counted and forgotten, with a companion that runs and without one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { companionStatusSchema } from '../../../shared/status.ts';
import { createCanary, findLeaks } from '../../support/canary.ts';
import { openCommand, runCompanion, runForPeople } from '../../support/companion-process.ts';
import { emptyHome, running } from './home.ts';

/** Knows one key of each wire; repeats a wrong one in its refusal, as some servers do. */
async function openProvider(valid: string): Promise<string> {
  const server = createServer((request, response) => {
    const given = request.headers['x-api-key'] ?? request.headers.authorization?.replace('Bearer ', '') ?? '';
    const refusal = {
      error: { type: 'authentication_error', message: `Incorrect API key provided: ${String(given)}.` },
    };
    const isFine = given === valid && request.method === 'GET';
    response.writeHead(isFine ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isFine ? { data: [{ id: 'model-a' }, { id: 'model-b' }] } : refusal));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Listed {
  readonly id: string;
  readonly name: string;
}

describe.each(['while one runs', 'while none runs'])('%s', (when) => {
  async function home(environment: Record<string, string> = {}) {
    const paths = { ...(await emptyHome()), environment };
    if (when === 'while one runs') await running(paths);
    return paths;
  }

  test('a key is kept from what is piped in, listed by its end, and forgotten by its name', async () => {
    const paths = await home();
    const added = await runForPeople(['keys', 'add', 'openai', '--name', 'work'], {
      ...paths,
      input: 'sk-12345678901234567890\n',
    });
    expect(added).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout:
        'The OpenAI key work (...67890) is kept, encrypted.\n`companion keys test work` asks OpenAI whether it works.\n',
    });
    const listed = await runForPeople(['keys', 'list'], paths);
    expect(listed.stdout).toBe('  NAME  PROVIDER  KEY       STATE  FROM\n  work  OpenAI    ...67890  ready  vault\n');
    const removed = await runForPeople(['keys', 'remove', 'work'], paths);
    expect(removed.stdout).toBe('The OpenAI key work is forgotten here. At OpenAI it still exists.\n');
    expect((await runForPeople(['keys', 'list'], paths)).stdout).toContain('No API key yet.');
  });

  test('keys of all places stand in one list, each with its place and rank', async () => {
    const paths = await home({ CCPROXY_OPENAI_API_KEYS: 'sk-env-0000000000000000', CCPROXY_CLAUDE_API_KEYS: 'same' });
    await runCompanion(['keys', 'add', 'groq', '--priority', '5'], { ...paths, input: 'gsk_1' });
    const { json } = await runCompanion(['keys', 'list'], paths);
    expect(json.keys).toMatchObject([
      { provider: 'anthropic', priority: 100, places: ['environment CCPROXY_CLAUDE_API_KEYS'] },
      { provider: 'openai', priority: 100 },
      { provider: 'groq', priority: 5, places: ['vault'], isHealthy: true },
    ]);
    const { stdout } = await runForPeople(['keys', 'list'], paths);
    expect(stdout).toMatch(/PRIORITY/);
    expect(stdout.split('\n').filter((line) => line.length > 90)).toEqual([]);
    const name = (json.keys as readonly Listed[])[0]?.name ?? '';
    const refused = await runForPeople(['keys', 'remove', name], paths);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('CCPROXY_CLAUDE_API_KEYS') });
  });

  test('a key is tried at its provider: one works, one is rejected in the words of the provider', async () => {
    const url = await openProvider('sk-right');
    const paths = await home({ CCPROXY_UPSTREAM_OPENAI: url, CCPROXY_UPSTREAM_ANTHROPIC: url });
    await runCompanion(['keys', 'add', 'openai', '--name', 'good'], { ...paths, input: 'sk-right' });
    await runCompanion(['keys', 'add', 'anthropic', '--name', 'bad'], { ...paths, input: 'sk-wrong-and-long' });
    const single = await runForPeople(['keys', 'test', 'good'], paths);
    expect(single).toMatchObject({ exitCode: 0, stderr: '', stdout: '  good  OpenAI  ...ht  works, 2 models\n' });
    const all = await runForPeople(['keys', 'test'], paths);
    expect(all.exitCode).toBe(1);
    expect(all.stdout).toContain('bad: Incorrect API key provided: ***.');
    const { json } = await runCompanion(['keys', 'test'], paths);
    expect(json.results.map((one: { verdict: string }) => one.verdict)).toEqual(['rejected', 'works']);
  });

  test('a provider that is not there is told apart from a key that is not accepted', async () => {
    const paths = await home({ CCPROXY_UPSTREAM_GROQ: 'http://127.0.0.1:9' });
    await runCompanion(['keys', 'add', 'groq'], { ...paths, input: 'gsk_1' });
    const { exitCode, json } = await runCompanion(['keys', 'test'], paths);
    expect(exitCode).toBe(1);
    expect(json.results).toMatchObject([{ verdict: 'unreachable', message: expect.stringContaining('ECONNREFUSED') }]);
  });

  test('statistics have the form that scripts know', async () => {
    const paths = await home();
    await runCompanion(['keys', 'add', 'openai', '--name', 'work'], { ...paths, input: `sk-${'x'.repeat(40)}` });
    const { json } = await runCompanion(['keys', 'stats'], paths);
    expect(json).toEqual({
      total_keys: 1,
      healthy_keys: 1,
      keys: [
        {
          id: expect.stringMatching(/^openai-[0-9a-f]{8}$/),
          name: 'work',
          provider: 'openai',
          key: '...xxxxxxxx',
          request_count: 0,
          error_count: 0,
          last_used: null,
          last_error: null,
          last_error_at: null,
          is_healthy: true,
          reason: null,
        },
      ],
    });
    const { stdout } = await runForPeople(['keys', 'stats'], paths);
    expect(stdout).toContain('1 of 1 keys ready');
    expect(stdout).toMatch(/^ {2}work {2}\.\.\.xxxxxxxx {9}0 {7}0 {2}never {6}ready$/m);
  });
});

test('status counts the keys of each provider', async () => {
  const paths = { ...(await emptyHome()), environment: { CCPROXY_OPENAI_API_KEYS: 'sk-1,sk-2' } };
  await running(paths);
  const { json } = await runCompanion(['status'], paths);
  expect(companionStatusSchema.parse(json).keys).toEqual([{ provider: 'OpenAI', count: 2, healthy: 2 }]);
  expect((await runForPeople(['status'], paths)).stdout).toContain('API keys\n  OpenAI  2 keys, ready\n');
});

describe('a key is never an argument', () => {
  const canary = createCanary('an API key', 'sk-');

  test.each([
    [['keys', 'add', 'openai', canary.value]],
    [['keys', 'add', canary.value]],
    [['keys', 'remove', canary.value]],
    [['keys', 'test', canary.value]],
    [['keys', 'add', 'openai', `--key=${canary.value}`]],
    [['keys', 'add', 'openai', `--priority=${canary.value}`]],
  ])('and one that is typed there by mistake is not repeated: %#', async (command) => {
    const paths = await emptyHome();
    const { exitCode, stdout, stderr } = await runForPeople(command, { ...paths, input: 'sk-1' });
    expect(exitCode).not.toBe(0);
    expect(await findLeaks([canary], { texts: { stdout, stderr }, folders: [paths.home] })).toEqual([]);
  });

  test('nor does it show in any output, log, file or command line when it is kept, listed and tried', async () => {
    const paths = {
      ...(await emptyHome()),
      environment: { CCPROXY_LOG_LEVEL: 'trace', CCPROXY_UPSTREAM_OPENAI: await openProvider('other') },
    };
    const companion = await running(paths);
    const texts: Record<string, string> = {};
    for (const command of ['add openai --name work', 'list', 'test', 'stats', 'add openai']) {
      for (const run of [runForPeople, runCompanion]) {
        const { stdout, stderr } = await run(['keys', ...command.split(' ')], { ...paths, input: canary.value });
        texts[`${run.name} ${command}`] = stdout + stderr;
      }
    }
    expect(texts['runForPeople add openai']).toContain('This key is there already: work');
    expect(await findLeaks([canary], { texts, folders: [paths.home], processes: [companion.pid] })).toEqual([]);
    texts['companion'] = companion.output;
    expect(await findLeaks([canary], { texts })).toEqual([]);
  });
});

test.each([
  [['keys', 'add', 'opnai'], 'There is no provider called "opnai".'],
  [['keys', 'add', 'openai'], 'Nothing came in.'],
  [['keys', 'remove', 'nobody'], 'There is no key called "nobody".'],
  [['keys', 'add', 'openai', '--priority', 'first'], '--priority must be a whole number from 0 to 1000.'],
])('%j fails in plain words', async (command, words) => {
  const { exitCode, stderr } = await runForPeople(command, { ...(await emptyHome()), input: '' });
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(words);
});

test('nobody is kept waiting for a key that cannot come', async () => {
  const command = openCommand(['keys', 'add', 'openai'], await emptyHome());
  onTestFinished(() => command.kill());
  expect(await command.exited).toBe(2);
});
