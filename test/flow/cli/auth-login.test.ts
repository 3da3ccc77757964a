/** `companion auth login` from its first word to its last: by a browser, by a listener, by hand, and given up. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { timedOut } from '../../../companion/account/oauth/login-trouble.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { openCommand, runCompanion, runForPeople } from '../../support/companion-process.ts';
import type { CommandResult } from '../../support/companion-process.ts';
import { chatGpt, loginStatus } from '../../unit/http/login-scene.ts';
import { inAnHour, openAuthScene } from './auth-scene.ts';
import { emptyHome } from './home.ts';

const address = 'https://claude.ai/oauth/authorize?client_id=invented&state=invented-state';

/** Ends the login as soon as it has begun, as somebody in a browser does. */
async function whileWaiting(
  scene: Awaited<ReturnType<typeof openAuthScene>>,
  running: Promise<CommandResult>,
  act: () => void,
): Promise<CommandResult> {
  await vi.waitFor(() => expect(scene.desk.calls.length).toBeGreaterThan(0), { timeout: 10_000 });
  act();
  return running;
}

describe('CCP-5: with a browser that is paired', () => {
  test('the popup is where it goes on, and the end says who is signed in', async () => {
    const scene = await openAuthScene();
    scene.desk.usualWay = 'browser';
    scene.desk.login = loginStatus({ expiresAtMs: inAnHour() });
    const { exitCode, stdout, stderr } = await whileWaiting(scene, runForPeople(['auth', 'login'], scene), () =>
      scene.desk.end(),
    );
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^Waiting for you to sign in, 10 min left\n$/);
    const order = [
      'Sign in with your Claude subscription\n',
      'published terms',
      `Open the extension's popup (its badge shows 1) and click "Open the sign-in page".\n`,
      `\n${address}\n`,
      'Signed in to Claude as ada@example.com (Max 20×).\nKept in OS keyring (service: ccproxy-companion). Valid until ',
    ].map((part) => stdout.indexOf(part));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test('--json: one document on standard output, everything for people on standard error', async () => {
    const scene = await openAuthScene();
    scene.desk.usualWay = 'browser';
    const { stdout, stderr, json, exitCode } = await whileWaiting(
      scene,
      runCompanion(['auth', 'login', '--force'], scene),
      () => scene.desk.end(),
    );
    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(json).toEqual({ provider: 'anthropic', login: loginStatus() });
    expect(stderr).toContain(`\n${address}\n`);
    expect(stderr).toContain('published terms');
    expect(scene.desk.calls).toEqual(['begin anthropic browser forced']);
  });

  test('what the provider refuses is said in its own words, for people and programs', async () => {
    const scene = await openAuthScene();
    const refusal = new CompanionError('LOGIN_REFUSED', 'OpenAI says: missing_codex_entitlement');
    const refuse = () => scene.desk.end({ state: 'failed', error: refusal });
    const people = await whileWaiting(scene, runForPeople(['auth', 'login-openai'], scene), refuse);
    expect(people).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`Error: ${refusal.message}\n`) });
    scene.desk.calls.length = 0;
    const programs = await whileWaiting(scene, runCompanion(['auth', 'login-openai'], scene), refuse);
    expect(programs).toMatchObject({
      exitCode: 1,
      json: { event: 'error', error: { code: 'LOGIN_REFUSED', message: refusal.message, remedy: refusal.remedy } },
    });
  });
});

test('a login that nobody finished in time says so, and how to begin again', async () => {
  const scene = await openAuthScene();
  scene.desk.usualWay = 'browser';
  const expire = () => scene.desk.end({ state: 'failed', error: timedOut('Anthropic') });
  const people = await whileWaiting(scene, runForPeople(['auth', 'login'], scene), expire);
  expect(people.exitCode).toBe(1);
  expect(people.stderr).toContain('Error: Nobody finished the login at Anthropic within ten minutes.\n');
  expect(people.stderr).toMatch(/`companion auth login`/);
});

describe('without a browser that is paired', () => {
  test('the address is printed alone on its line, to be opened by hand', async () => {
    const scene = await openAuthScene();
    const { stdout } = await whileWaiting(scene, runForPeople(['auth', 'login', '--no-browser'], scene), () =>
      scene.desk.end(),
    );
    expect(stdout).toContain(`Open this address in a browser on this computer, and sign in:\n\n${address}\n`);
    expect(scene.desk.calls).toEqual(['begin anthropic loopback']);
  });

  test('ports that are in use are told, with what needs none', async () => {
    const scene = await openAuthScene();
    scene.desk.beginFails = new CompanionError('LOGIN_PORTS_BUSY', 'Ports 1455 and 1457 are in use.');
    expect(await runForPeople(['auth', 'login-openai'], scene)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('`--manual`'),
    });
  });

  test('nor a companion: the command begins by itself, several questions long, and lets go of the home', async () => {
    const paths = await emptyHome();
    const { exitCode, stderr, stdout } = await runForPeople(['auth', 'login', '--manual'], { ...paths, input: '\n' });
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:9\/oauth\/authorize\?.*code_challenge=[\w-]{43}/m);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('No answer came in.') });
    expect((await runCompanion(['auth', 'status'], paths)).json).toMatchObject({ logins: [] });
  });
});

describe('CCP-9: login-openai --manual', () => {
  test('takes the answer from what is piped in, and turns Codex on', async () => {
    const scene = await openAuthScene({ logins: [{ ...chatGpt, state: 'off' }] });
    scene.desk.login = { ...chatGpt, state: 'off' };
    const { exitCode, stdout } = await runForPeople(['auth', 'login-openai', '--manual'], {
      ...scene,
      input: 'right-code\n',
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('It ends on a page that does not open.');
    expect(stdout).toContain('Signed in to ChatGPT as ada@example.org (Plus).\nKept in /home/ada/.codex/auth.json.');
    expect(stdout).toContain('\nCodex mode is on with it; `companion config codex --disable` turns it off.\n');
    expect(scene.desk.calls).toEqual(['begin openai manual', 'finish right-code']);
    expect(scene.logins.calls).toEqual(['adopt codex true']);
  });

  test('leaves the switch alone when it is on, and never touches it for Claude', async () => {
    const scene = await openAuthScene();
    for (const name of ['login', 'login-openai']) {
      scene.desk.login = name === 'login' ? { ...loginStatus(), state: 'off' } : chatGpt;
      await runCompanion(['auth', name, '--manual'], { ...scene, input: 'right-code\n' });
    }
    expect(scene.logins.calls).toEqual([]);
  });

  test('without an answer cancels the login, and what was pasted is shown nowhere', async () => {
    const scene = await openAuthScene();
    const nothing = await runForPeople(['auth', 'login', '--manual'], { ...scene, input: '' });
    expect(nothing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('No answer came in.') });
    expect(scene.desk.calls.at(-1)).toBe('cancel login-1');
    const wrong = await runForPeople(['auth', 'login', '--manual'], { ...scene, input: 'canary-code#canary-state\n' });
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain('The answer belongs to another login.');
    expect(wrong.stdout + wrong.stderr).not.toContain('canary');
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s cancels the login that waits', async (signal) => {
  const scene = await openAuthScene();
  const command = openCommand(['auth', 'login'], scene);
  onTestFinished(() => command.kill());
  await command.waitForText('Waiting for you to sign in');
  command.signal(signal);
  expect(await command.exited).toBe(1);
  expect(command.output).toContain('You gave it up; nothing was kept');
  expect(scene.desk.calls).toEqual(['begin anthropic loopback', 'cancel login-1']);
});
