/** `companion auth`: the real commands against a real control socket, and without a companion at all. */
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { createCanary, findLeaks } from '../../support/canary.ts';
import { runCompanion, runForPeople } from '../../support/companion-process.ts';
import { quotaWindow } from '../../support/records.ts';
import { chatGpt, claudeCode, loginStatus, openAiToken, storedLogin } from '../../unit/http/login-scene.ts';
import { Secret } from '../../../shared/redact.ts';
import { inAnHour, openAuthScene } from './auth-scene.ts';
import { emptyHome } from './home.ts';

const claude = loginStatus({ expiresAtMs: inAnHour() });
const own = { ...chatGpt, expiresAtMs: inAnHour() };

describe('CCP-11: auth status', () => {
  test('tells people and programs of every login, key and session', async () => {
    const scene = await openAuthScene({
      logins: [claude, own, claudeCode],
      status: { keys: [{ provider: 'OpenAI', count: 1, healthy: 1 }] },
    });
    const { stdout } = await runForPeople(['auth', 'status'], scene);
    expect(stdout).toContain('  Claude           usable  ada@example.com (Max 20×)\n');
    expect(stdout).toContain('  Claude Code      off  ada@example.com (Max 20×)\n');
    expect(stdout).toContain('  API keys         usable  OpenAI 1\n');
    const { json, exitCode } = await runCompanion(['auth', 'status'], scene);
    expect({ exitCode, json }).toEqual({
      exitCode: 0,
      json: {
        logins: [claude, own, claudeCode],
        worker: scene.logins.workerStatus,
        keys: [{ provider: 'OpenAI', count: 1, healthy: 1 }],
        sessions: [],
        importable: scene.logins.files,
      },
    });
  });

  test('works without a companion, from the files', async () => {
    const { exitCode, stdout, stderr } = await runForPeople(['auth', 'status'], await emptyHome());
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('`companion auth login` signs in');
  });

  test('is in short what `companion status` shows', async () => {
    const quotas = [quotaWindow()];
    const { stdout } = await runForPeople(
      ['status'],
      await openAuthScene({ logins: [{ ...claude, quotas }, claudeCode] }),
    );
    expect(stdout).toMatch(/^Logins\n {2}Claude login {9}ada@example\.com \(Max 20×\) {2}usable, until \d+.*\n/m);
    expect(stdout).toMatch(/^ {2}Claude Code's login {2}ada@example\.com \(Max 20×\) {2}off$/m);
    expect(stdout).toMatch(/^ {2}Claude login {2}5 hours .* used/m);
    expect((await runForPeople(['status'], await openAuthScene())).stdout).toContain(
      '  none: `companion auth login`, `login-openai`, `login-copilot` or `login-kiro`\n',
    );
  });
});

describe('CCP-6, PY-16: auth validate', () => {
  test('ends with 0 for a valid login, and with 1 for one that its provider refuses', async () => {
    const valid = await openAuthScene({ logins: [claude, own] });
    expect(await runForPeople(['auth', 'validate'], valid)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Claude login of ada@example.com (Max 20×): valid\n'),
    });
    const refused = await openAuthScene({
      logins: [claude],
      check: async () => {
        throw new CompanionError('PROVIDER_REFUSED', 'OAuth authentication is currently not allowed.');
      },
    });
    const { exitCode, json } = await runCompanion(['auth', 'validate', 'claude'], refused);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({
      valid: false,
      expired: false,
      message: 'OAuth authentication is currently not allowed.',
      path: 'OS keyring (service: ccproxy-companion)',
      login: { id: claude.id },
    });
  });

  test('of nobody ends with 6, and says how to sign in', async () => {
    expect(await runForPeople(['auth', 'validate'], await openAuthScene())).toMatchObject({
      exitCode: 6,
      stdout: '',
      stderr: expect.stringContaining('`companion auth login`'),
    });
  });
});

describe('CCP-7, CCP-12: auth info and openai-info', () => {
  const access = createCanary('an access token', 'sk-ant-oat01-');
  const renewal = createCanary('a refresh token', 'sk-ant-ort01-');
  const signature = createCanary('a signature', 'zz');

  test('show a token masked, and no secret in any form, to people or programs', async () => {
    const scene = await openAuthScene({ logins: [claude, own] });
    const secrets = { accessToken: new Secret(access.value), refreshToken: new Secret(renewal.value) };
    scene.logins.stored.set(claude.id, storedLogin(secrets));
    const token = openAiToken(Math.floor(inAnHour() / 1000) * 1000, signature.value);
    scene.logins.stored.set(own.id, storedLogin({ provider: 'openai', ...secrets, accessToken: new Secret(token) }));
    const texts: Record<string, string> = {};
    for (const command of ['info', 'info chatgpt', 'openai-info', 'validate', 'status', 'refresh --all']) {
      for (const run of [runForPeople, runCompanion]) {
        const { exitCode, stdout, stderr } = await run(['auth', ...command.split(' ')], scene);
        expect({ command, exitCode, stderr }).toEqual({ command, exitCode: 0, stderr: '' });
        texts[`${run.name} ${command}`] = stdout;
      }
    }
    expect(texts['runForPeople info']).toContain(`Access token   sk-ant-oat01...${access.value.slice(-8)}\n`);
    expect(texts['runForPeople openai-info']).toContain(
      `│ Access Token     │ eyJhbGciOiJS...${signature.value.slice(-8)} `,
    );
    expect(JSON.parse(texts['runCompanion openai-info'] ?? '')).toMatchObject({
      login: { id: own.id },
      hasRefreshToken: true,
      jwt: { algorithm: 'RS256', issuer: 'https://auth.openai.com' },
    });
    expect(await findLeaks([access, renewal, signature], { texts, folders: [scene.home] })).toEqual([]);
  });

  test('show a login that is over, too, with what to do about it', async () => {
    const trouble = {
      code: 'LOGIN_EXPIRED',
      message: 'The login ada@example.org can no longer be renewed.',
      remedy: 'Sign in again with `companion auth login-openai`.',
      atMs: Date.now(),
    };
    const overAtMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
    const dead = { ...own, state: 'dead' as const, isRefreshable: false, expiresAtMs: overAtMs, trouble };
    const scene = await openAuthScene({ logins: [dead] });
    const accessToken = new Secret(openAiToken(overAtMs, signature.value));
    scene.logins.stored.set(own.id, storedLogin({ provider: 'openai', accessToken }));
    scene.logins.inspectFails = new CompanionError('LOGIN_EXPIRED', trouble.message);
    const { exitCode, stdout } = await runForPeople(['auth', 'openai-info'], scene);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('├── Status: Inactive\n');
    expect(stdout).toMatch(/│ Token Expired {4}│ Yes /);
    expect(stdout).toContain('`companion auth login-openai` signs in again');
    const told = await runForPeople(['auth', 'info'], scene);
    expect(told.stdout).toMatch(/State {10}dead\n/);
    expect(told.stdout).toContain(trouble.remedy);
    scene.logins.stored.clear();
    expect(await runForPeople(['auth', 'openai-info'], scene)).toMatchObject({ exitCode: 6, stdout: '' });
  });

  test('openai-info has nothing to show without a ChatGPT login, and says how to get one', async () => {
    const { exitCode, stderr } = await runForPeople(['auth', 'openai-info'], await openAuthScene());
    expect(exitCode).toBe(6);
    expect(stderr).toContain('`companion auth login-openai`');
  });
});

describe('CCP-14: auth refresh', () => {
  test('renews the one that is named', async () => {
    const scene = await openAuthScene({ logins: [claude, own] });
    const { stdout } = await runForPeople(['auth', 'refresh', 'chatgpt'], scene);
    expect(stdout).toContain('Renewed: ChatGPT login of ada@example.org (Plus), until ');
    expect(scene.logins.calls).toEqual([`refresh ${own.id}`]);
  });

  test('of all leaves out those of other programs, and ends with 1 when one fails', async () => {
    const scene = await openAuthScene({ logins: [claude, own, { ...claudeCode, state: 'usable' }] });
    const { refresh } = scene.logins;
    scene.logins.refresh = async (id, signal) => {
      if (id !== own.id) return refresh(id, signal);
      throw new CompanionError('LOGIN_REFRESH_FAILED', 'OpenAI answered 500.');
    };
    const { exitCode, json } = await runCompanion(['auth', 'refresh', '--all'], scene);
    expect(exitCode).toBe(1);
    expect(json.results).toMatchObject([
      { ok: true, login: { id: claude.id } },
      { ok: false, login: { id: own.id }, error: { code: 'LOGIN_REFRESH_FAILED', message: 'OpenAI answered 500.' } },
    ]);
    const { stdout } = await runForPeople(['auth', 'refresh', '--all'], scene);
    expect(stdout).toContain(
      'Not renewed: ChatGPT login of ada@example.org (Plus)\n  OpenAI answered 500. Nothing is lost',
    );
  });
});

describe('PY-17: auth logout', () => {
  test('wants a yes where nobody can be asked, and then forgets the only one there is', async () => {
    const scene = await openAuthScene({ logins: [claude, claudeCode] });
    const refused = await runForPeople(['auth', 'logout'], scene);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Add `--yes`.') });
    expect(scene.logins.statuses()).toHaveLength(2);
    const { stdout } = await runForPeople(['auth', 'logout', '--yes'], scene);
    expect(stdout).toContain('Signed out: the Claude login of ada@example.com (Max 20×) is forgotten here.\n');
    expect(scene.logins.statuses()).toEqual([claudeCode]);
    expect(await runForPeople(['auth', 'logout', '--yes'], scene)).toMatchObject({ exitCode: 6 });
  });

  test('guesses nothing when there are several, and leaves that of another program alone', async () => {
    const scene = await openAuthScene({ logins: [claude, own, claudeCode] });
    const several = await runForPeople(['auth', 'logout', '--yes'], scene);
    expect(several.exitCode).toBe(2);
    expect(several.stderr).toContain(`\`companion auth logout ${claude.id}\``);
    expect(await runForPeople(['auth', 'logout', 'nobody', '--yes'], scene)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('There is no login called "nobody".'),
    });
    expect(several.stderr).toContain(
      'the Claude login of ada@example.com (Max 20×), the ChatGPT login of ada@example.org',
    );
    const foreign = await runForPeople(['auth', 'logout', 'claude-code', '--yes'], scene);
    expect(foreign).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('`claude /logout`') });
    expect((await runCompanion(['auth', 'logout', 'ada@example.org', '--yes'], scene)).json).toEqual({
      removed: own.id,
    });
    expect(scene.logins.statuses()).toEqual([claude, claudeCode]);
  });
});

describe('CCP-8: config codex, and auth adopt', () => {
  test('turn Codex on and off, alike', async () => {
    const scene = await openAuthScene({ logins: [{ ...own, state: 'off' }] });
    const on = await runForPeople(['config', 'codex', '--enable'], scene);
    expect(on.stdout).toContain("On: Codex's login is used here (`codex.enabled` in config.yaml).\n");
    const { json } = await runCompanion(['auth', 'adopt', 'codex', '--off'], scene);
    expect(json).toMatchObject({ program: 'codex', enabled: false, logins: [{ id: own.id, state: 'off' }] });
    expect(scene.logins.calls).toEqual(['adopt codex true', 'adopt codex false']);
  });

  test("CCP-2: say what using Claude Code's login means before it is turned on", async () => {
    const scene = await openAuthScene({ logins: [claudeCode] });
    const { stdout } = await runForPeople(['auth', 'adopt', 'claude-code'], scene);
    expect(stdout.indexOf('published terms')).toBeGreaterThan(0);
    expect(stdout.indexOf('published terms')).toBeLessThan(stdout.indexOf("On: Claude Code's login is used here"));
    const forPrograms = await runCompanion(['auth', 'adopt', 'claude-code'], scene);
    expect(forPrograms.stderr).toContain('published terms');
    expect(forPrograms.json).toMatchObject({ program: 'claude-code', enabled: true });
  });
});

describe('PY-9: auth import', () => {
  async function sceneWithFile() {
    const scene = await openAuthScene();
    const path = join(scene.home, 'credentials.json');
    await writeFile(path, 'CANARY');
    scene.logins.files = { searched: ['/nowhere/credentials.json', path], found: [path] };
    return { ...scene, path };
  }

  test('status tells of the file, import says what it means and who is signed in then', async () => {
    const scene = await sceneWithFile();
    const status = await runForPeople(['auth', 'status'], scene);
    expect(status.stdout.replace(/\s+/g, ' ')).toContain(`found ${scene.path}: \`companion auth import\` takes`);
    const { exitCode, stdout, stderr } = await runForPeople(['auth', 'import', '--yes'], scene);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const order = [
      'Take over the Claude login of another program\n',
      scene.path,
      'may have to sign in again',
      'published terms',
      'Signed in to Claude as ada@example.com (Max 20×).\n',
      `\n${scene.path} stays as it is.\n`,
    ].map((part) => stdout.replace(/(?<=\w)\n(?=\w)/g, ' ').indexOf(part));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(scene.logins.calls).toEqual([`import ${scene.path}`]);
  });

  test('asks before, and takes nothing over where nobody can say yes', async () => {
    const scene = await sceneWithFile();
    const { exitCode, stdout, stderr } = await runForPeople(['auth', 'import'], scene);
    expect(exitCode).toBe(2);
    expect(stdout).toContain('published terms');
    expect(stderr).toContain('Taking over a login wants a yes, and nobody is here to say it.');
    expect(scene.logins.calls).toEqual([]);
  });

  test('of a file that is named, for programs: one document, and the disclosure beside it', async () => {
    const scene = await sceneWithFile();
    const named = join(scene.home, 'kept.json');
    await writeFile(named, 'CANARY');
    const wanted = relative(process.cwd(), named);
    const { exitCode, json, stderr } = await runCompanion(['auth', 'import', wanted, '--yes', '--force'], scene);
    expect({ exitCode, json }).toMatchObject({ exitCode: 0, json: { path: named, login: { id: claude.id } } });
    expect(stderr).toContain('published terms');
    expect(scene.logins.calls).toEqual([`import ${named} forced`]);
  });

  test('names every place where it looked, before it asks anything', async () => {
    const scene = await openAuthScene();
    scene.logins.files = { searched: ['/nowhere/a.json', '/nowhere/b.json'], found: [] };
    for (const [args, places] of [
      [[], '/nowhere/a.json, /nowhere/b.json'],
      [['/nowhere/c.json'], '/nowhere/c.json'],
    ] as const) {
      const { exitCode, stdout, stderr } = await runForPeople(['auth', 'import', ...args, '--yes'], scene);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr.replace(/\s+/g, ' ')).toContain(`looked for ${places}.`);
    }
    expect(scene.logins.calls).toEqual([]);
  });

  test('works without a companion, and the one that starts then has the login', async () => {
    const paths = await emptyHome();
    const tokens = { accessToken: 'CANARY-access', refreshToken: 'CANARY-refresh', expiresAt: 1 };
    const text = JSON.stringify({ claudeAiOauth: tokens });
    const file = join(paths.home, 'credentials.json');
    await writeFile(file, text);
    expect((await runCompanion(['auth', 'status'], paths)).json).toMatchObject({
      logins: [],
      importable: { found: [file] },
    });
    const { exitCode, stdout, stderr } = await runCompanion(['auth', 'import', '--yes'], paths);
    expect(exitCode).toBe(0);
    expect(stdout + stderr).not.toContain('CANARY');
    expect((await runCompanion(['auth', 'status'], paths)).json.logins).toMatchObject([
      { provider: 'anthropic', owner: 'companion' },
    ]);
    expect(await readFile(file, 'utf8')).toBe(text);
  });
});
