/** `companion token`: keys of single clients are made, listed and revoked, with a companion that runs and without one. */
import { describe, expect, test } from 'vitest';
import { runCompanion, runForPeople } from '../../support/companion-process.ts';
import { emptyHome, running } from './home.ts';

test('while none runs, a key is made with its settings, listed with what is left, and revoked by its name', async () => {
  const paths = await emptyHome();
  const made = await runForPeople(
    [
      'token',
      'create',
      'my laptop',
      '--expires',
      'never',
      '--models',
      'claude-*, gpt-5',
      '--requests',
      '5k',
      '--period',
    ].concat(['daily', '--rate', '20', '--shell', 'sh']),
    paths,
  );
  expect(made).toMatchObject({ exitCode: 0, stderr: '' });
  const token = /^export OPENAI_API_KEY='(eyJ[\w-]+\.[\w-]+\.[\w-]+)'$/m.exec(made.stdout)?.[1];
  expect(token).toBeDefined();
  expect(made.stdout).toMatch(/^The client key my laptop \(ck_\w{16}\) is valid for ever\.\n/);
  expect(made.stdout).toContain(`export ANTHROPIC_AUTH_TOKEN='${token}'`);
  const listed = await runForPeople(['token', 'list'], paths);
  const [titles, row, limits] = listed.stdout.split('\n').map((line) => line.trim().replace(/\s{2,}/g, ' | '));
  expect(titles).toBe('NAME | MODE | STATE | REQUESTS | TOKENS | LAST USED');
  expect(row).toBe('my laptop | both | valid | 0 of 5,000 daily | 0 | never');
  expect(limits).toMatch(/^ck_\w{16}, claude-\*, gpt-5; 20 a minute$/);
  expect(listed.stdout).not.toContain('eyJ');
  const revoked = await runForPeople(['token', 'revoke', 'my laptop'], paths);
  expect(revoked.stdout).toMatch(/^The client key "my laptop" \(ck_\w{16}\) is revoked\.\n$/);
  expect((await runForPeople(['token', 'list'], paths)).stdout).toContain('revoked');
});

test('while one runs, a key opens it at once, and no more once it is revoked by the start of its id', async () => {
  const paths = await emptyHome();
  const companion = await running(paths);
  const { json } = await runCompanion(['token', 'create', 'phone', '--mode', 'api', '--tokens', '2M'], paths);
  expect(json).toMatchObject({
    name: 'phone',
    mode: 'api',
    token_budget: 2_000_000,
    settings: { ANTHROPIC_BASE_URL: companion.url },
  });
  expect(json.settings.ANTHROPIC_API_KEY).toBe(json.token);
  const ask = async () => {
    const response = await fetch(`${companion.url}/v1/models`, { headers: { 'x-api-key': json.token } });
    await response.body?.cancel();
    return response.headers.get('x-companion-error');
  };
  expect(await ask()).toBe('SESSION_REQUIRED');
  const revoked = await runCompanion(['token', 'revoke', json.id.slice(0, 8)], paths);
  expect(revoked.json).toEqual({ message: expect.stringContaining(json.id) });
  expect(await ask()).toBe('CLIENT_KEY_REVOKED');
});

describe('what makes no sense is refused', () => {
  test.each([
    [['create', 'x', '--expires', 'tomorrow'], 'expires_in'],
    [['create', 'x', '--requests', '0'], '--requests'],
    [['create', 'x', '--tokens', '1.5'], '--tokens'],
    [['create', 'x', '--models', 'a*b'], 'models.0'],
    [['create', 'x', '--mode', 'all'], 'both, api, web, claude-code'],
    [['create', ' '], 'name'],
  ])('%j', async (words, told) => {
    const { exitCode, stderr, stdout } = await runForPeople(['token', ...words], await emptyHome());
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(told);
  });
});
