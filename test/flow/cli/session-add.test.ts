/** `companion session add`, `deactivate` and `activate`, and `companion auth import-files`: as a person uses them. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findLeaks } from '../../support/canary.ts';
import { startClaudeSite } from '../../support/claude-site/site.ts';
import { openCommand, runForPeople } from '../../support/companion-process.ts';
import { emptyHome, running } from './home.ts';

async function scene() {
  const site = await startClaudeSite();
  onTestFinished(() => site.close());
  const paths = { ...(await emptyHome()), environment: { CCPROXY_UPSTREAM_CLAUDE_WEB: site.url } };
  return { site, paths, ...site.signIn() };
}

test('a session is handed over unseen, after what it means was said; turned off and on, by its name', async () => {
  const { paths, sessionKey } = await scene();
  await running(paths);
  const words = ['session', 'add', '--name', 'home', '--expires-in', '30d'];
  const added = await runForPeople(words, { ...paths, input: `${sessionKey}\n` });
  expect(added).toMatchObject({ exitCode: 0, stderr: '' });
  expect(added.stdout).toMatch(
    /^Use your claude\.ai session\n\n {2}The session .*may\s+not\s+allow\s+automated\s+use\.”\n\n/s,
  );
  expect(added.stdout).toContain('The session of home is kept, and claude.ai confirmed it.');
  expect((await runForPeople(['session', 'deactivate', 'home'], paths)).stdout).toBe('home serves nobody now.\n');
  const listed = await runForPeople(['session', 'list'], paths);
  expect(listed.stdout).toMatch(/^home \(default\)\n {2}Off {10,}`companion session activate home` turns it on\n/);
  expect((await runForPeople(['session', 'activate', 'home'], paths)).stdout).toBe('home serves again.\n');
  const argument = await runForPeople(['session', 'add', sessionKey], paths);
  expect(argument).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('never an argument') });
  const texts = Object.fromEntries(
    [added, listed, argument].map((one, n) => [`command ${n}`, one.stdout + one.stderr]),
  );
  const canaries = [{ name: 'the session', value: sessionKey }];
  expect(await findLeaks(canaries, { folders: [paths.home], texts })).toEqual([]);
});

test('a session is handed over without a companion that runs, and what is none says what is wanted', async () => {
  const { paths, sessionKey } = await scene();
  const wrong = await runForPeople(['session', 'add'], { ...paths, input: 'sk-ant-api03-0123456789' });
  expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('`companion keys add anthropic`') });
  const added = await runForPeople(['session', 'add'], { ...paths, input: `sessionKey=${sessionKey};` });
  expect(added.stdout).toContain('The session of mary@example.com is kept');
});

test('a key is turned off and on by its name, which the list tells', async () => {
  const paths = await emptyHome();
  await runForPeople(['keys', 'add', 'openai', '--name', 'work'], { ...paths, input: 'sk-12345678901234567890' });
  const off = await runForPeople(['keys', 'off', 'work'], paths);
  expect(off.stdout).toBe('The OpenAI key work is kept, and not used.\n');
  expect((await runForPeople(['keys', 'list'], paths)).stdout).toContain('work: you turned it off');
  expect((await runForPeople(['keys', 'on', 'work'], paths)).stdout).toBe('The OpenAI key work is used again.\n');
  expect((await runForPeople(['keys', 'off', 'nobody'], paths)).stderr).toContain('There is no such key.');
});

test('CPP-1: files with keys are taken over at the start, told, and deleted when that is asked for', async () => {
  const paths = await emptyHome();
  const folder = join(paths.home, 'auths');
  await mkdir(folder);
  const key = 'sk-ant-0123456789-0123456789-0123456789';
  await writeFile(join(folder, 'claude.json'), JSON.stringify({ type: 'api_key', token: key, priority: 1 }), {
    mode: 0o644,
  });
  await writeFile(join(folder, 'openai.json'), '{\n"type": "api_key",\n"token": sk-\n}', { mode: 0o600 });
  const started = openCommand(['start', '--port', '0'], { ...paths, environment: {} });
  onTestFinished(() => started.kill());
  await started.waitForText('Ctrl+C stops it.');
  expect(started.stdout).toContain(`${join(folder, 'openai.json')}:3: it is not valid JSON.`);
  expect(started.stdout).toContain('`chmod 600');
  for (const words of [['status'], ['auth', 'status']]) {
    const { stdout } = await runForPeople(words, paths);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('`companion auth import-files --remove` deletes the plain file');
    expect(stdout).not.toContain(key);
  }
  const removed = await runForPeople(['auth', 'import-files', '--remove'], paths);
  expect(removed).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining(`Deleted: ${join(folder, 'claude.json')}`),
  });
  expect(await readdir(folder)).toEqual(['openai.json']);
  expect((await runForPeople(['keys', 'list'], paths)).stdout).toContain('vault');
  expect(started.output).not.toContain(key);
});
