/** `companion auth` with Kiro, from the code that a terminal shows to logout; with a companion that runs, and without. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCompanion, runForPeople } from '../../support/companion-process.ts';
import { startKiroBackend } from '../../support/providers/kiro/backend.ts';
import { startAwsOidc } from '../../support/providers/kiro/oidc.ts';
import { emptyHome, opened } from './home.ts';

async function openScene() {
  const { home } = await emptyHome();
  const aws = await startAwsOidc();
  const kiro = await startKiroBackend({ tokens: aws });
  onTestFinished(async () => void (await Promise.all([aws.close(), kiro.close()])));
  const options = { home, environment: { ...aws.environment, ...kiro.environment } };
  return { aws, kiro, options };
}

test('CPP-6: login-kiro shows a code, waits for it, and the login works until it is forgotten', async () => {
  const { aws, options } = await openScene();
  const login = opened(['auth', 'login-kiro', '--no-browser'], options);
  await login.waitForText('user_code=');
  const [, userCode = ''] = /user_code=([\w-]+)/.exec(login.output) ?? [];
  expect(login.output).toContain('Sign in with Kiro');
  aws.decide(userCode, 'confirmed');
  expect(await login.exited).toBe(0);
  expect(login.output).toContain('Signed in to Kiro');
  const { json } = await runCompanion(['auth', 'status'], options);
  expect(json.logins).toMatchObject([{ provider: 'kiro', plan: 'Free', state: 'usable', isRefreshable: true }]);
  const status = await runForPeople(['auth', 'status'], options);
  expect(status.stdout).toMatch(/Kiro +usable +kiro-[\da-f]{8} \(Free\)/);
  expect(await runForPeople(['auth', 'validate', 'kiro'], options)).toMatchObject({ exitCode: 0 });
  aws.revoke();
  const refused = await runForPeople(['auth', 'validate', 'kiro'], options);
  expect(refused.exitCode).toBe(1);
  expect(`${refused.stdout}${refused.stderr}`).toContain('companion auth login-kiro');
  expect(await runForPeople(['auth', 'logout', 'kiro', '--yes'], options)).toMatchObject({ exitCode: 0 });
  expect((await runCompanion(['auth', 'status'], options)).json.logins).toEqual([]);
  const shown = [login.output, refused.stdout, refused.stderr].join('\n');
  expect(aws.secrets.filter((secret) => shown.includes(secret))).toEqual([]);
});

test('CPP-6: a code that is denied ends with what happened and how to begin again', async () => {
  const { aws, options } = await openScene();
  const login = opened(['auth', 'login-kiro', '--no-browser'], options);
  await login.waitForText('user_code=');
  aws.decide(/user_code=([\w-]+)/.exec(login.output)?.[1] ?? '', 'denied');
  expect(await login.exited).toBe(1);
  expect(login.output).toContain('companion auth login-kiro');
});

test('adopt kiro tells what is read before it is used, and says whose it stays', async () => {
  const { aws, options } = await openScene();
  const folder = join(options.home, '.aws', 'sso', 'cache');
  await mkdir(folder, { recursive: true });
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  await writeFile(join(folder, 'kiro-auth-token.json'), JSON.stringify({ ...aws.signIn(), expiresAt }));
  const adopted = await runForPeople(['auth', 'adopt', 'kiro'], options);
  expect(adopted.exitCode).toBe(0);
  const order = ["Use Kiro's login", 'only Kiro does that', "On: Kiro's login is used here", 'renewed by Kiro alone'];
  const told = adopted.stdout.replaceAll(/\s+/g, ' ');
  const places = order.map((part) => told.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  const refused = await runForPeople(['auth', 'logout', 'kiro', '--yes'], options);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain('adopt kiro --off');
});
