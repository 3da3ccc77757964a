/** `companion auth` with GitHub Copilot: from the code in a terminal to logout, with a companion that runs, and without. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findLeaks } from '../../support/canary.ts';
import { runCompanion, runForPeople } from '../../support/companion-process.ts';
import type { GithubScenario } from '../../support/providers/github/state.ts';
import { startGithub } from '../../support/providers/github/github.ts';
import { emptyHome, opened, running } from './home.ts';

async function openScene(scenario: Partial<GithubScenario> = {}) {
  const { home } = await emptyHome();
  const github = await startGithub({ scenario });
  onTestFinished(() => github.close());
  const options = { home, environment: { ...github.environment } };
  return { github, home, options };
}

/** What GitHub must not find where it may be read. */
const canariesOf = ({ secrets }: { readonly secrets: readonly string[] }) =>
  secrets.map((value, index) => ({ name: `GitHub ${index}`, value }));

describe('companion auth login-copilot', () => {
  test('CPP-6: shows the code and a link to its page, waits, and the login works until it is forgotten', async () => {
    const { github, home, options } = await openScene();
    const companion = await running(options);
    const login = opened(['auth', 'login-copilot', '--no-browser'], options);
    await login.waitForText('Waiting for you');
    expect(login.output).toContain(`Your code:  ${github.userCode}`);
    expect(login.output).toContain(`${github.url}/login/device`);
    const [link = ''] = /http:\S+\/v0\/oauth\/copilot#cclt_\S+/.exec(login.output) ?? [];
    expect(link).not.toBe('');
    expect(await findLeaks(canariesOf(github), { processes: [login.pid, companion.pid] })).toEqual([]);
    github.decide('allow');
    expect(await login.exited).toBe(0);
    expect(login.output).toContain('Signed in to GitHub Copilot as octo-ada (Individual)');
    const { json } = await runCompanion(['auth', 'status'], options);
    expect(json.logins).toMatchObject([
      { provider: 'copilot', name: 'octo-ada', state: 'usable', isRefreshable: true },
    ]);
    expect(await runForPeople(['auth', 'validate', 'copilot'], options)).toMatchObject({ exitCode: 0 });
    expect(await runForPeople(['auth', 'refresh', 'octo-ada'], options)).toMatchObject({ exitCode: 0 });
    const info = await runForPeople(['auth', 'info', 'copilot'], options);
    expect(info.stdout).toContain('octo-ada');
    expect(await runForPeople(['auth', 'logout', 'copilot', '--yes'], options)).toMatchObject({ exitCode: 0 });
    expect((await runCompanion(['auth', 'status'], options)).json.logins).toEqual([]);
    const log = await readFile(join(home, 'logs', 'companion.log'), 'utf8').catch(() => '');
    const texts = { login: login.output, companion: companion.output, info: info.stdout, log };
    const ticket = { name: 'ticket', value: link.split('#')[1] ?? '' };
    expect(await findLeaks(canariesOf(github), { folders: [home], texts })).toEqual([]);
    expect(await findLeaks([ticket], { texts: { companion: companion.output, log } })).toEqual([]);
  });

  test('CPP-6: needs no companion that runs, and answers a script in JSON', async () => {
    const { github, options } = await openScene();
    const login = opened(['auth', 'login-copilot', '--no-browser', '--json'], options);
    await login.waitForText('Waiting for you');
    expect(login.output).not.toContain('/v0/oauth/copilot#');
    github.decide('allow');
    expect(await login.exited).toBe(0);
    const { json } = await runCompanion(['auth', 'status'], options);
    expect(json.logins).toMatchObject([{ provider: 'copilot', state: 'usable' }]);
  });

  test('CPP-18: says what happened and what to do: denied, over, no client id, given up', async () => {
    const { github, options } = await openScene();
    await running(options);
    const denied = opened(['auth', 'login-copilot', '--no-browser'], options);
    await denied.waitForText('Waiting for you');
    github.decide('deny');
    expect(await denied.exited).not.toBe(0);
    expect(denied.output).toMatch(/denied at GitHub[^]*companion auth login-copilot/);
    const late = opened(['auth', 'login-copilot', '--no-browser'], options);
    await late.waitForText('Waiting for you');
    github.expire();
    expect(await late.exited).not.toBe(0);
    expect(late.output).toMatch(/When it is stuck:[^]*5\. The companion still runs/);
    const givenUp = opened(['auth', 'login-copilot', '--no-browser'], options);
    await givenUp.waitForText('Waiting for you');
    givenUp.signal('SIGINT');
    expect(await givenUp.exited).not.toBe(0);
    expect(givenUp.output).toContain('You gave the sign-in to GitHub Copilot up');
    const { CCPROXY_COPILOT_CLIENT_ID: _id, ...environment } = options.environment;
    const other = await emptyHome();
    const bare = await runForPeople(['auth', 'login-copilot'], { home: other.home, environment });
    expect(bare.exitCode).not.toBe(0);
    expect(bare.stderr.replaceAll(/\s+/g, ' ')).toMatch(/copilot\.client_id.*Enable Device Flow.*adopt gh/);
  });
});

test('auth adopt gh tells what is read before it is used, and says whose it stays', async () => {
  const { github, home, options } = await openScene();
  const token = github.issueToken();
  const bin = join(home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'gh'), `#!/bin/sh\necho ${token}\n`);
  await chmod(join(bin, 'gh'), 0o755);
  const environment = { ...options.environment, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const adopted = await runForPeople(['auth', 'adopt', 'gh'], { home, environment });
  expect(adopted).toMatchObject({ exitCode: 0 });
  expect(adopted.stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /Use Copilot with the login of the GitHub CLI.*sends both to GitHub alone.*On: the GitHub CLI's login is used here/,
  );
  const refused = await runForPeople(['auth', 'logout', 'copilot', '--yes'], { home, environment });
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain('adopt gh --off');
  expect(`${adopted.stdout}${refused.stderr}`).not.toContain(token);
});
