/**
 * A Claude login whose tokens rest in a real keyring, beside a ChatGPT login that is shared with Codex in its file: made,
 * restarted with, used, renewed and signed out of. Nothing else shows a token on the way.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LoginProviderId } from '../../shared/credential.ts';
import { findLeaks } from '../support/canary.ts';
import type { Leak } from '../support/canary.ts';
import { openCommand, runCompanion, runForPeople, startCompanion } from '../support/companion-process.ts';
import type { CompanionProcess } from '../support/companion-process.ts';
import { startKeyringSession, whyNoKeyringSession } from '../support/keyring-session.ts';
import type { KeyringSession } from '../support/keyring-session.ts';
import { addressIn, answerOf, startLoginWorld } from '../support/login-journey.ts';
import type { LoginWorld } from '../support/login-journey.ts';
import { clickConsent } from '../support/providers/oauth/person.ts';
import { createTemporaryHome } from '../support/temporary-home.ts';
import type { TemporaryHome } from '../support/temporary-home.ts';

const lack = whyNoKeyringSession();
if (lack !== undefined) console.log(`No real keyring in this run: ${lack}.`);

const password = 'pass';

describe.skipIf(lack !== undefined)('logins with a real keyring', () => {
  let world: LoginWorld;
  let home: TemporaryHome;
  /** Of the session that the person is logged in to: its keyrings among other things. */
  let folder: TemporaryHome;
  let session: KeyringSession;
  let companion: CompanionProcess;
  /** What was printed, and what our processes show of themselves, by a name for the report. */
  const seen: Record<string, string> = {};

  const surroundings = () => ({
    home: home.path,
    environment: {
      ...session.environment,
      ...world.environment,
      HOME: home.path,
      CCPROXY_VAULT: 'keyring',
      CCPROXY_OAUTH_ANTHROPIC_AUTHORIZE_URL: world.anthropic.authorizeUrl,
      CCPROXY_OAUTH_OPENAI_AUTHORIZE_URL: world.openai.authorizeUrl,
    },
  });

  const codexFile = () => join(home.path, '.codex', 'auth.json');

  const start = async () => {
    companion = await startCompanion({ ...surroundings(), args: ['--log-level', 'debug'] });
  };

  const stop = async () => {
    await companion.stop();
    seen[`output ${companion.pid}`] = companion.output;
  };

  async function run(...command: readonly string[]): Promise<ReturnType<typeof JSON.parse>> {
    const { json, stdout, stderr } = await runCompanion(command, surroundings());
    // What `env` is asked for is a key of the companion's own.
    if (command[0] !== 'env') seen[`companion ${command.join(' ')} ${stdout.length}`] = stdout + stderr;
    return json;
  }

  /** Of every process of this home, helpers included: how it was called, and its environment. */
  async function lookAtProcesses(): Promise<number> {
    const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    let count = 0;
    for (const id of ids) {
      const [environment, commandLine] = await Promise.all(
        ['environ', 'cmdline'].map((name) => readFile(`/proc/${id}/${name}`, 'latin1').catch(() => '')),
      );
      if (environment?.includes(`CCPROXY_HOME=${home.path}`) !== true) continue;
      seen[`process ${id}`] = `${environment}\n${commandLine}`;
      count += 1;
    }
    return count;
  }

  async function signIn(provider: LoginProviderId, location: string): Promise<void> {
    const terminal = openCommand(
      ['auth', provider === 'anthropic' ? 'login' : 'login-openai', '--json'],
      surroundings(),
    );
    const { redirect } = await clickConsent((await addressIn(terminal)).href);
    await fetch(redirect);
    expect(await lookAtProcesses()).toBeGreaterThanOrEqual(1);
    expect(await answerOf(terminal, 0)).toMatchObject({
      login: { provider, state: 'usable', location },
    });
    seen[`auth login ${provider}`] = terminal.output;
  }

  async function ask(model: string): Promise<readonly [status: number, text: string]> {
    const key = (await run('env')).ANTHROPIC_API_KEY as string;
    const answer = await fetch(`${companion.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': key },
      body: JSON.stringify({ model, max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] }),
    });
    const text = await answer.text();
    seen[`answer of ${model} ${text.length}`] = text;
    return [answer.status, text];
  }

  beforeAll(async () => {
    [world, home, folder] = await Promise.all([startLoginWorld(), createTemporaryHome(), createTemporaryHome()]);
    session = await startKeyringSession(folder.path, password);
    await start();
  });
  afterAll(async () => {
    await companion?.kill();
    await session?.stop();
    await Promise.all([world?.close(), home?.remove(), folder?.remove()]);
  });

  test('they are kept where they belong', async () => {
    await signIn('anthropic', 'OS keyring (service: ccproxy-companion)');
    await signIn('openai', codexFile());
    expect((await stat(codexFile())).mode & 0o777).toBe(0o600);
  });

  test('they are there after a restart of the companion and of the keyring, and serve', async () => {
    await stop();
    await session.stop();
    session = await startKeyringSession(folder.path, password);
    await start();
    expect((await run('auth', 'status')).logins).toMatchObject([
      { provider: 'anthropic', name: 'mary@example.com', state: 'usable' },
      { provider: 'openai', name: 'mary@example.com', state: 'usable' },
    ]);
    expect(await ask('claude-sonnet-4-6')).toEqual([200, expect.stringContaining('You said: Hello')]);
    expect(await ask('gpt-5.4')).toEqual([200, expect.stringContaining('You said: Hello')]);
  });

  test('they are renewed, and the new tokens are those that are kept', async () => {
    world.anthropic.expireAccess();
    world.openai.expireAccess();
    expect(await run('auth', 'refresh', '--all')).toBeDefined();
    const renewals = () => [world.anthropic, world.openai].map(({ calls }) => calls.count('refresh_token'));
    expect(renewals()).toEqual([1, 1]);
    await stop();
    await start();
    expect(await ask('claude-sonnet-4-6')).toEqual([200, expect.stringContaining('You said: Hello')]);
    expect(await ask('gpt-5.4')).toEqual([200, expect.stringContaining('You said: Hello')]);
    expect(renewals()).toEqual([1, 1]);
    await lookAtProcesses();
  });

  test('everything that looks at a login shows none of its tokens', async () => {
    for (const words of ['auth info claude', 'auth openai-info', 'auth validate', 'auth status', 'status', 'logs']) {
      const { stdout, stderr } = await runForPeople(words.split(' '), surroundings());
      seen[`companion ${words}`] = stdout + stderr;
    }
    expect(seen['companion auth info claude']).toContain('mary@example.com');
  });

  test('no token or code is in another file, a log, an answer, a command line or an environment', async () => {
    const canaries = [world.anthropic, world.openai].flatMap(({ secrets }, provider) =>
      secrets.map((value, index) => ({ name: `secret ${index} of provider ${provider}`, value })),
    );
    // A code, and two tokens at each of two grants of each provider.
    expect(canaries.length).toBeGreaterThanOrEqual(10);
    seen['output now'] = companion.output;
    const leaks = await findLeaks(canaries, { folders: [home.path, folder.path], texts: seen });
    const isShared = ({ canary, where }: Leak) => canary.endsWith('provider 1') && where.startsWith(codexFile());
    expect(leaks.filter((leak) => !isShared(leak))).toEqual([]);
    // Whoever looks does find what is there.
    expect(leaks.filter(isShared)).not.toEqual([]);
    expect((await readFile(join(home.path, 'logs', 'companion.log'), 'utf8')).length).toBeGreaterThan(500);
    expect(Object.keys(seen).filter((name) => name.startsWith('process')).length).toBeGreaterThanOrEqual(2);
  });

  test('a logout forgets them for good', async () => {
    await run('auth', 'logout', 'claude', '--yes');
    await run('auth', 'logout', 'chatgpt', '--yes');
    await stop();
    await start();
    expect((await run('auth', 'status')).logins).toEqual([]);
    await expect(stat(codexFile())).rejects.toThrow('ENOENT');
    expect((await ask('claude-sonnet-4-6'))[0]).toBe(503);
  });
});
