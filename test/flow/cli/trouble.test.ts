/** What goes wrong on a disk, and at the hands of others: a clear word, the right exit code, nothing lost. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { memoryLogger } from '../../../companion/base/log.ts';
import type { Paths } from '../../../companion/config/paths.ts';
import { openVault } from '../../../companion/vault/open-vault.ts';
import { Secret } from '../../../shared/redact.ts';
import { runCompanion, runForPeople } from '../../support/companion-process.ts';
import { emptyHome, livedInHome, modeOf, noOtherUser, openToAll, opened, otherUser, running } from './home.ts';

/** A home whose vault holds a client key, and that key. */
async function homeWithKey(environment: Readonly<Record<string, string>> = {}) {
  const paths = await emptyHome();
  const { json } = await runCompanion(['env'], { ...paths, environment });
  return { paths, key: json.OPENAI_API_KEY as string };
}

const keyOf = async (paths: Paths, environment: Readonly<Record<string, string>> = {}) =>
  (await runCompanion(['env'], { ...paths, environment })).json.OPENAI_API_KEY as string;

const { logger } = memoryLogger();

const namesIn = async (paths: Paths) => (await readdir(paths.home)).filter((name) => name.includes('corrupt'));

describe('a damaged file', () => {
  test('of the database is set aside, said so, and the start goes on', async () => {
    const paths = await livedInHome();
    await writeFile(paths.database, 'this is no database, but somebody may still want it');
    const companion = opened(['start', '--port', '0'], paths);
    await companion.waitForText('Ctrl+C stops it.');
    const [copy = ''] = await namesIn(paths);
    expect(copy).toMatch(/^companion\.db\.corrupt-/);
    expect(companion.output).toMatch(/Note: The database was damaged and set aside as .*companion\.db\.corrupt-/);
    expect(await readFile(join(paths.home, copy), 'utf8')).toContain('somebody may still want it');
    expect((await runCompanion(['browsers'], paths)).json).toEqual({ browsers: [] });
  });

  test('of the vault is set aside, said so, and the start goes on with a new client key', async () => {
    const { paths, key } = await homeWithKey();
    await runCompanion(['token', 'create', 'laptop'], paths);
    await writeFile(paths.vault, '{"torn');
    const companion = await running(paths);
    await companion.waitForEvent('notice');
    await companion.waitForText('make them anew with `companion token create`');
    expect(companion.events.find(({ event }) => event === 'notice')?.['message']).toContain('The vault was damaged');
    const [copy = ''] = await namesIn(paths);
    expect(await readFile(join(paths.home, copy), 'utf8')).toBe('{"torn');
    expect(await keyOf(paths)).not.toBe(key);
  });

  test('in the middle of the vault stops the start, which ends by itself and leaves nothing behind', async () => {
    const { paths } = await homeWithKey();
    const { vault } = await openVault({ config: { vault: { kind: 'file' }, auth: { encryption: {} } }, paths, logger });
    await vault.set('link/keys', new Secret('no key pair'));
    const { exitCode, json } = await runCompanion(['start', '--port', '0'], paths);
    expect([exitCode, json.error]).toEqual([5, expect.objectContaining({ code: 'VAULT_UNREADABLE' })]);
    expect((await readdir(paths.home)).filter((name) => /-(wal|shm)$/.test(name))).toEqual([]);
  });

  test('of the running facts does no harm', async () => {
    const paths = await emptyHome();
    await writeFile(paths.runFile, '{{{');
    const companion = await running(paths);
    expect(JSON.parse(await readFile(paths.runFile, 'utf8'))).toMatchObject({ pid: companion.pid });
  });
});

describe('the key of the vault', () => {
  test('that is missing stops the start, and nothing is touched until it is back', async () => {
    const { paths, key } = await homeWithKey();
    await rename(paths.vaultKey, `${paths.vaultKey}.away`);
    const vault = await readFile(paths.vault);
    const { exitCode, stderr } = await runForPeople(['start', '--port', '0'], paths);
    expect(exitCode).toBe(5);
    expect(stderr).toContain(`${paths.vault} was sealed with the key in ${paths.vaultKey}, and that key is missing.`);
    expect(stderr).toContain('Bring that key back');
    expect(await readFile(paths.vault)).toEqual(vault);
    expect(existsSync(paths.vaultKey)).toBe(false);
    await rename(`${paths.vaultKey}.away`, paths.vaultKey);
    expect(await keyOf(paths)).toBe(key);
  });

  test('that is another one stops the start, and the right one opens it again', async () => {
    const right = randomBytes(32).toString('base64');
    const wrong = randomBytes(32).toString('base64');
    const settings = (value: string) => ({ CCPROXY_ENCRYPTION_KEY: value, CCPROXY_VAULT: '' });
    const { paths, key } = await homeWithKey(settings(right));
    const { exitCode, stderr } = await runForPeople(['start', '--port', '0'], {
      ...paths,
      environment: settings(wrong),
    });
    expect(exitCode).toBe(5);
    expect(stderr).toContain('was sealed with the key in auth.encryption.key, and that key is another one.');
    expect(stderr).not.toContain(wrong);
    expect(await namesIn(paths)).toEqual([]);
    expect(await keyOf(paths, settings(right))).toBe(key);
  });

  test('that is no key at all is refused without being repeated', async () => {
    const paths = await emptyHome();
    const environment = { CCPROXY_ENCRYPTION_KEY: 'hunter2-hunter2', CCPROXY_VAULT: '' };
    const { exitCode, stderr } = await runForPeople(['start'], { ...paths, environment });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('32 bytes in base64 or hex');
    expect(stderr).not.toContain('hunter2');
  });
});

describe('others on this computer', () => {
  test('find every file and folder closed, whatever the umask', async () => {
    const paths = await emptyHome();
    await openToAll(paths.home);
    const companion = await running({ ...paths, umask: '000' });
    await runCompanion(['env'], paths);
    const names = await readdir(paths.home, { recursive: true });
    const modes = await Promise.all(names.map(async (name) => [name, await modeOf(join(paths.home, name))] as const));
    expect(await modeOf(paths.home)).toBe('700');
    expect(Object.fromEntries(modes)).toEqual(
      Object.fromEntries(names.map((name) => [name, name === 'logs' || name === 'locks' ? '700' : '600'])),
    );
    expect(names).toEqual(
      expect.arrayContaining(['companion.db', 'control.sock', 'run.json', 'vault.json', 'vault.key']),
    );
    expect(await companion.stop()).toBe(0);
  });

  test('cannot talk to the control socket, even where the folder lets them in', async ({ skip }) => {
    if (noOtherUser !== undefined) skip(noOtherUser);
    const paths = await emptyHome();
    await running(paths);
    await chmod(paths.home, 0o711);
    const { exitCode, stderr } = await runForPeople(['status'], { ...paths, user: otherUser });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('it belongs to another user');
    const { stdout } = await runForPeople(['status'], paths);
    expect(stdout).toContain('Running at');
  });

  test('cannot start a companion on a home that is not theirs', async ({ skip }) => {
    if (noOtherUser !== undefined) skip(noOtherUser);
    const paths = await emptyHome();
    await chmod(paths.home, 0o755);
    const { exitCode, stderr } = await runForPeople(['start', '--port', '0'], { ...paths, user: otherUser });
    expect(exitCode).toBe(5);
    expect(stderr).toContain(`${paths.home} belongs to user 0, not to you (user ${otherUser})`);
    expect(await readdir(paths.home)).toEqual([]);
  });

  test('have no say: a home that somebody else owns is refused, to root too', async ({ skip }) => {
    if (noOtherUser !== undefined) skip(noOtherUser);
    const paths = await emptyHome();
    await chown(paths.home, otherUser, otherUser);
    const { exitCode, stderr } = await runForPeople(['start', '--port', '0'], paths);
    expect(exitCode).toBe(5);
    expect(stderr).toContain(`belongs to user ${otherUser}`);
  });

  test('who may not write there are told so', async ({ skip }) => {
    if (noOtherUser !== undefined) skip(noOtherUser);
    const paths = await emptyHome();
    await chown(paths.home, otherUser, otherUser);
    await chmod(paths.home, 0o500);
    const { exitCode, stderr } = await runForPeople(['start', '--port', '0'], { ...paths, user: otherUser });
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/Could not create .*: permission denied \(EACCES\)/);
  });
});

test('a file in the place of the home is named', async () => {
  const paths = await emptyHome();
  const file = join(paths.home, 'file');
  await writeFile(file, '');
  const environment = { CCPROXY_HOME: file };
  const { exitCode, stderr } = await runForPeople(['start', '--port', '0'], { ...paths, environment });
  expect(exitCode).toBe(5);
  expect(stderr).toContain(`${file} is not a folder.`);
});

test('a socket file that a crash left behind is replaced, one that is no socket is not in the way', async () => {
  const paths = await emptyHome();
  await writeFile(paths.controlSocket, 'left behind');
  await running(paths);
  await new Promise<void>((resolve, reject) => {
    const socket = connect(paths.controlSocket, resolve).on('error', reject);
    socket.on('connect', () => socket.destroy());
  });
});

test('a home that is deleted while it runs makes no companion that lingers', async () => {
  const paths = await emptyHome();
  const companion = await running(paths);
  await unlink(paths.controlSocket);
  expect(await companion.stop()).toBe(0);
});

test('a secret is never on a command line', async () => {
  if (process.platform !== 'linux') return;
  const key = randomBytes(32).toString('base64');
  const paths = await emptyHome();
  const environment = {
    CCPROXY_ENCRYPTION_KEY: key,
    CCPROXY_SECURITY_AUTH_TOKEN: 'a-configured-client-key',
    CCPROXY_VAULT: '',
  };
  const companion = await running({ ...paths, environment });
  const pairing = await companion.waitForEvent('pairing');
  const commandLines = await allCommandLines();
  expect(commandLines).toContain('companion/cli/main.ts');
  for (const secret of [key, 'a-configured-client-key', String(pairing['token'])]) {
    expect(commandLines.includes(secret)).toBe(false);
  }
});

/** Of every process of this computer: one of ours may have started another. */
async function allCommandLines(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
  return lines.join('\n');
}
