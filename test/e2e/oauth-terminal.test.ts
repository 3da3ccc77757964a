/** Logins of the built companion where no browser is paired: by a listener on this computer, and by pasting. */
import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { LoginProviderId } from '../../shared/credential.ts';
import { openCommand, runCompanion, startCompanion } from '../support/companion-process.ts';
import type { CommandResult, CompanionProcess } from '../support/companion-process.ts';
import { listeningPorts } from '../support/listening-ports.ts';
import { addressIn, answerOf, failureOf, startLoginWorld } from '../support/login-journey.ts';
import type { LoginWorld } from '../support/login-journey.ts';
import { clickConsent, copyCode } from '../support/providers/oauth/person.ts';
import { createTemporaryHome } from '../support/temporary-home.ts';
import type { TemporaryHome } from '../support/temporary-home.ts';
import packageJson from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..', '..');

let built: TemporaryHome;
let world: LoginWorld;
let home: TemporaryHome;

beforeAll(async () => {
  [built, world] = await Promise.all([createTemporaryHome(), startLoginWorld()]);
  const build = join(root, 'scripts', 'build-companion.ts');
  await promisify(execFile)(process.execPath, [build, '--into', join(built.path, 'dist')]);
  await symlink(join(root, 'node_modules'), join(built.path, 'node_modules'), 'junction');
});
beforeEach(async () => {
  home = await createTemporaryHome();
  onTestFinished(async () => {
    await home.remove();
    expect(world.failures()).toEqual([]);
    world.anthropic.reset();
    world.openai.reset();
  });
});
afterAll(() => Promise.all([built?.remove(), world?.close()]));

/** The person has a browser, which is nobody's seat: its pages are those of the stand-ins themselves. */
const surroundings = () => ({
  home: home.path,
  program: join(built.path, packageJson.bin.companion),
  environment: {
    ...world.environment,
    CCPROXY_OAUTH_ANTHROPIC_AUTHORIZE_URL: world.anthropic.authorizeUrl,
    CCPROXY_OAUTH_OPENAI_AUTHORIZE_URL: world.openai.authorizeUrl,
  },
});

const run = (...command: readonly string[]): Promise<CommandResult> => runCompanion(command, surroundings());

async function start(): Promise<CompanionProcess> {
  const companion = await startCompanion(surroundings());
  onTestFinished(() => companion.kill());
  return companion;
}

function begin(provider: LoginProviderId, ...options: readonly string[]): CompanionProcess {
  const command = ['auth', provider === 'anthropic' ? 'login' : 'login-openai', '--json', ...options];
  const terminal = openCommand(command, { ...surroundings(), input: '' });
  onTestFinished(() => terminal.kill());
  return terminal;
}

const providers = ['anthropic', 'openai'] as const;

/** Follows the redirect, as the person's browser would. */
async function arrive(redirect: URL): Promise<string> {
  const page = await fetch(redirect, { headers: { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' } });
  return page.text();
}

describe('by a listener', () => {
  test.each(providers)('%s: that the companion opens for it, and closes after', async (provider) => {
    const companion = await start();
    const before = await listeningPorts(companion.pid);
    const terminal = begin(provider);
    const { redirect } = await clickConsent((await addressIn(terminal)).href);
    expect(await listeningPorts(companion.pid)).toEqual(expect.arrayContaining([...before, Number(redirect.port)]));
    const page = await arrive(redirect);
    expect(page).toContain('You are signed in');
    expect(page).toContain('mary@example.com');
    expect(await answerOf(terminal, 0)).toMatchObject({ provider, login: { name: 'mary@example.com' } });
    await expect.poll(() => listeningPorts(companion.pid)).toEqual(before);
    expect((await run('status')).json).toMatchObject({ logins: [{ provider, state: 'usable' }], pendingLogins: [] });
  });

  test.each(providers)(
    '%s: of the command itself, where no companion runs; the next one finds it',
    async (provider) => {
      const terminal = begin(provider);
      const { redirect } = await clickConsent((await addressIn(terminal)).href);
      expect(await listeningPorts(terminal.pid)).toEqual([Number(redirect.port)]);
      expect(await arrive(redirect)).toContain('You can close this tab.');
      expect(await answerOf(terminal, 0)).toMatchObject({ login: { provider, name: 'mary@example.com' } });
      const companion = await start();
      const key = (await run('env')).json.ANTHROPIC_API_KEY as string;
      const model = provider === 'anthropic' ? 'claude-sonnet-4-6' : 'gpt-5.4';
      const answer = await fetch(`${companion.url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': key },
        body: JSON.stringify({ model, max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] }),
      });
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('You said: Hello')]);
    },
  );

  test('a no on the page is a page, and the end', async () => {
    const terminal = begin('anthropic');
    const { redirect } = await clickConsent((await addressIn(terminal)).href, 'deny');
    expect(await arrive(redirect)).toContain('The access was not allowed on the page of Anthropic');
    const message = 'The access was not allowed on the page of Anthropic: The user denied the request.';
    expect(await answerOf(terminal, 1)).toEqual(failureOf('LOGIN_DENIED', message));
    expect((await run('auth', 'status')).json).toMatchObject({ logins: [] });
  });

  test('a Ctrl+C closes it', async () => {
    const companion = await start();
    const before = await listeningPorts(companion.pid);
    const terminal = begin('anthropic');
    await addressIn(terminal);
    expect(await listeningPorts(companion.pid)).toHaveLength(before.length + 1);
    terminal.signal('SIGINT');
    expect((await answerOf(terminal, 1)).error.code).toBe('LOGIN_CANCELLED');
    await expect.poll(() => listeningPorts(companion.pid)).toEqual(before);
  });
});

describe('by pasting', () => {
  test.each([true, false])('Claude: the code that its page shows; a companion runs: %s', async (isRunning) => {
    const companion = isRunning ? await start() : undefined;
    const terminal = begin('anthropic', '--manual');
    const address = await addressIn(terminal);
    expect(address.searchParams.get('redirect_uri')).toBe('https://platform.claude.com/oauth/code/callback');
    expect(await listeningPorts(companion?.pid ?? terminal.pid)).toHaveLength(isRunning ? 1 : 0);
    terminal.type(`${await copyCode(address.href)}\n`);
    expect(await answerOf(terminal, 0)).toMatchObject({ login: { name: 'mary@example.com' } });
    expect((await run('auth', 'status')).json).toMatchObject({ logins: [{ provider: 'anthropic', state: 'usable' }] });
  });

  test('ChatGPT: the address of the page that does not open', async () => {
    const terminal = begin('openai', '--manual');
    const { redirect } = await clickConsent((await addressIn(terminal)).href);
    expect(await listeningPorts(terminal.pid)).toEqual([]);
    terminal.type(`${redirect.href}\n`);
    expect(await answerOf(terminal, 0)).toMatchObject({ login: { name: 'mary@example.com', plan: 'Plus' } });
    const file = await readFile(join(home.path, '.codex', 'auth.json'), 'utf8');
    expect(JSON.parse(file).tokens.account_id).toMatch(/^[\da-f-]{36}$/);
  });

  test('a code of another attempt is not taken, and nothing is kept', async () => {
    const first = begin('anthropic', '--manual');
    const old = await copyCode((await addressIn(first)).href);
    await first.kill();
    const second = begin('anthropic', '--manual');
    await addressIn(second);
    second.type(`${old}\n`);
    const end = await answerOf(second, 1);
    expect(end).toMatchObject({ error: { code: 'LOGIN_MISMATCH', message: expect.stringContaining('older attempt') } });
    expect(world.anthropic.calls.token).toEqual([]);
    expect((await run('auth', 'status')).json).toMatchObject({ logins: [] });
  });
});
