/** `companion config` and `companion vault`, as a person types them: with a companion that runs, and without. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCompanion, runForPeople } from '../../support/companion-process.ts';
import { emptyHome, running } from './home.ts';

describe('without a companion that runs', () => {
  test('settings are set in the file, secrets unseen, and shown without them', async () => {
    const paths = await emptyHome();
    const options = { home: paths.home };
    const set = await runForPeople(['config', 'set', 'router.strategy', 'random'], options);
    expect(set.stdout).toBe('router.strategy is set, for the next start.\n');
    const typed = await runForPeople(['config', 'set', 'security.auth_token', 'canary-4711'], options);
    expect([typed.exitCode, typed.stderr]).toEqual([2, expect.stringContaining('was not taken from the command line')]);
    expect(typed.stderr + typed.stdout).not.toContain('canary');
    await runForPeople(['config', 'set', 'security.auth_token'], { ...options, input: 'canary-4711\n' });
    expect(await readFile(paths.configFile, 'utf8')).toBe(
      'router:\n  strategy: random\n\nsecurity:\n  auth_token: canary-4711\n',
    );
    const shown = await runForPeople(['config', 'show'], options);
    expect(shown.stdout).toMatch(/router\.strategy +random +.*config\.yaml:2/);
    expect(shown.stdout).not.toContain('canary');
    expect(shown.stdout.split('\n').every((line) => !line.startsWith('web.'))).toBe(true);
  });

  test('a file is checked, whether it is in use or not: exit code 2, and every problem with its line', async () => {
    const { home } = await emptyHome();
    const file = join(home, 'other.yaml');
    await writeFile(file, 'server:\n  prt: 1\nrouter:\n  strategy: fastest\n');
    const bad = await runCompanion(['config', 'validate', file], { home });
    expect(bad.exitCode).toBe(2);
    expect(bad.json.problems).toEqual([
      `${file}:2: unknown setting "server.prt"; did you mean "server.port"?`,
      expect.stringContaining(`router.strategy (${file}:4) must be`),
    ]);
    expect((await runCompanion(['config', 'validate'], { home })).json).toMatchObject({ is_valid: true });
  });

  test('the key of the vault is changed by a command', async () => {
    const { home } = await emptyHome();
    const options = { home, environment: { CCPROXY_VAULT: 'file' } };
    const key = (await runCompanion(['admin-key'], options)).json;
    const before = (await runCompanion(['vault', 'info'], options)).json;
    const rotated = (await runCompanion(['vault', 'rotate'], options)).json;
    expect(rotated).toMatchObject({ kind: 'key-file', is_forgotten: true, secrets: before.secrets });
    expect(rotated.key_id).not.toBe(before.key_id);
    expect((await runCompanion(['admin-key'], options)).json).toEqual(key);
  });
});

describe('while a companion runs', () => {
  test('a setting says when it counts, and what is wrong shows in the status', async () => {
    const paths = await emptyHome();
    const options = { home: paths.home, environment: { CCPROXY_VAULT: 'file' } };
    const companion = await running(options);
    const say = async (...words: readonly string[]) => (await runForPeople(['config', ...words], options)).stdout;
    expect(await say('set', 'router.max_attempts', '5')).toBe('router.max_attempts is set, and in effect.\n');
    expect(await say('set', 'claude_code.path', '/opt/claude')).toContain('after a restart of the companion');
    expect(await say('set', 'server.port', '8123')).toContain('but flag --port decides before config.yaml');
    expect(await say('get', 'router.max_attempts')).toBe('5\n');
    await writeFile(paths.configFile, 'router:\n  strategy: fastest\n');
    const reload = await runForPeople(['config', 'reload'], options);
    expect([reload.exitCode, reload.stderr]).toEqual([2, expect.stringContaining(`${paths.configFile}:2`)]);
    expect((await runForPeople(['status'], options)).stdout).toContain(`${paths.configFile}:2`);
    expect((await fetch(`${companion.url}/healthz`)).status).toBe(200);
  });
});
