import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { KeyringUnavailable, systemKeyring } from '../../companion/vault/keyring.ts';
import type { Keyring } from '../../companion/vault/keyring.ts';
import { changeVaultKey } from '../../companion/vault/open-vault.ts';
import { Secret } from '../../shared/redact.ts';
import { describeVault } from '../contract/vault-contract.ts';
import { startKeyringSession, whyNoKeyringSession } from '../support/keyring-session.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { vaultHome } from '../support/vault-home.ts';

const noSession = whyNoKeyringSession();
if (noSession !== undefined) console.log(`No real keyring in this run: ${noSession}.`);

const password = 'pass';
const canary = 'CANARY-in-the-keyring-test';
/** What the person waits at most when the keyring does not answer. */
const limitMs = 4000;

/** The keyring of a session that ends with the test. */
async function keyringIn(folder: string, unlockWith: string | undefined): Promise<Keyring> {
  const session = await startKeyringSession(folder, unlockWith);
  onTestFinished(() => session.stop());
  return systemKeyring(session.environment, 'linux');
}

async function timed<Result>(task: Promise<Result>): Promise<Result> {
  const startedAtMs = performance.now();
  try {
    return await task;
  } finally {
    expect(performance.now() - startedAtMs).toBeLessThan(limitMs);
  }
}

/** A session bus that takes connections and never says a word. */
async function silentBus(): Promise<Readonly<Record<string, string>>> {
  const path = join(await temporaryFolder(), 'bus');
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { PATH: process.env['PATH'] ?? '', DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` };
}

async function bytesBelow(folder: string): Promise<Buffer> {
  const names = await readdir(folder, { recursive: true });
  const paths = names.map((name) => join(folder, name));
  const isFile = await Promise.all(paths.map(async (path) => (await stat(path)).isFile()));
  return Buffer.concat(await Promise.all(paths.filter((_, index) => isFile[index]).map((path) => readFile(path))));
}

describe.skipIf(noSession !== undefined)('a real keyring', () => {
  describeVault('sealed, real keyring', async () => {
    const keyring = await keyringIn(await temporaryFolder(), password);
    const { vault } = await (await vaultHome()).open({ kind: 'keyring', keyring });
    return vault;
  });

  it('holds the key of the vault across restarts of the companion and of the session', async () => {
    const folder = await temporaryFolder();
    const home = await vaultHome();
    const first = await startKeyringSession(folder, password);
    for (const value of ['one', canary]) {
      const keyring = systemKeyring(first.environment, 'linux');
      const { vault } = await home.open({ kind: 'keyring', keyring });
      expect(vault.description).toMatchObject({ kind: 'keyring', note: null });
      await vault.set('session/1', new Secret(value));
    }
    await first.stop();
    const { vault } = await home.open({ keyring: await keyringIn(folder, password) });
    expect((await vault.get('session/1'))?.reveal()).toBe(canary);
    expect((await readdir(home.paths.home)).sort()).toEqual(['locks', 'vault.json']);
  });

  it('leaves neither the secret nor its key nor the probe in any file', async () => {
    const folder = await temporaryFolder();
    const home = await vaultHome();
    const keyring = await keyringIn(folder, password);
    const { vault } = await home.open({ keyring });
    await vault.set('session/1', new Secret(canary));
    const key = (await keyring.read(`vault:${home.paths.homeId}`))?.reveal() ?? '';
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect(await keyring.read('probe')).toBeUndefined();
    keyring.close();
    const files = Buffer.concat([await bytesBelow(folder), await bytesBelow(home.paths.home)]);
    expect(files.length).toBeGreaterThan(300);
    for (const needle of [
      canary,
      Buffer.from(canary).toString('base64').slice(0, -4),
      key,
      Buffer.from(key, 'base64'),
    ]) {
      expect(files.includes(needle)).toBe(false);
    }
  });

  it('holds the new key alone once the vault was sealed with one', async () => {
    const home = await vaultHome();
    const keyring = await keyringIn(await temporaryFolder(), password);
    const { vault } = await home.open({ keyring });
    await vault.set('session/1', new Secret(canary));
    const config = { vault: { kind: 'auto' }, auth: { encryption: {} } } as const;
    await changeVaultKey({ config, paths: home.paths, logger: home.log.logger, keyring });
    expect((await vault.get('session/1'))?.reveal()).toBe(canary);
    const usual = `vault:${home.paths.homeId}`;
    expect([await keyring.read(usual), (await keyring.read(`${usual}:next`)) !== undefined]).toEqual([undefined, true]);
    await changeVaultKey({ config, paths: home.paths, logger: home.log.logger, keyring });
    expect([await keyring.read(`${usual}:next`), (await keyring.read(usual)) !== undefined]).toEqual([undefined, true]);
    keyring.close();
  });

  it('that is locked keeps an existing vault locked, and unharmed', async () => {
    const folder = await temporaryFolder();
    const home = await vaultHome();
    const unlocked = await startKeyringSession(folder, password);
    const made = await home.open({ keyring: systemKeyring(unlocked.environment, 'linux') });
    await made.vault.set('session/1', new Secret(canary));
    await unlocked.stop();
    const before = await readFile(home.paths.vault);
    const locked = await keyringIn(folder, undefined);
    await expect(timed(home.open({ keyring: locked }))).rejects.toMatchObject({
      code: 'VAULT_LOCKED',
      message: expect.stringMatching(/which cannot be used now: it is locked\.$/),
    });
    expect(await readFile(home.paths.vault)).toEqual(before);
    expect((await readdir(home.paths.home)).sort()).toEqual(['locks', 'vault.json']);
    const { vault } = await home.open({ keyring: await keyringIn(folder, password) });
    expect((await vault.get('session/1'))?.reveal()).toBe(canary);
  });

  it('that is locked gives a new vault a key file, and the reason', async () => {
    const home = await vaultHome();
    const { vault } = await timed(home.open({ keyring: await keyringIn(await temporaryFolder(), undefined) }));
    expect(vault.description).toMatchObject({
      kind: 'key-file',
      note: 'the system keyring cannot be used: it holds no collection, or a locked one',
    });
  });

  it('of somebody else does not open the vault', async () => {
    const home = await vaultHome();
    await home.open({ keyring: await keyringIn(await temporaryFolder(), password) });
    const other = await keyringIn(await temporaryFolder(), password);
    await expect(home.open({ keyring: other })).rejects.toMatchObject({
      code: 'VAULT_UNREADABLE',
      message: expect.stringMatching(/key in the system keyring .*, and that key is missing/),
    });
  });
});

describe.skipIf(process.platform !== 'linux')('no keyring', () => {
  it('is asked when there is no session bus', async () => {
    const home = await vaultHome();
    const keyring = systemKeyring({ PATH: '/nowhere', XDG_RUNTIME_DIR: '/nowhere' }, 'linux');
    const { vault } = await timed(home.open({ keyring }));
    expect(vault.description).toMatchObject({
      kind: 'key-file',
      note: 'the system keyring cannot be used: there is no session bus',
    });
  });

  it('locks a vault whose key is in one', async () => {
    const home = await vaultHome();
    await home.open();
    await expect(timed(home.open({ keyring: systemKeyring({}, 'linux') }))).rejects.toMatchObject({
      code: 'VAULT_LOCKED',
      message: expect.stringContaining('there is no session bus'),
    });
  });

  it('answers on a bus that is there but dead', async () => {
    const address = `unix:path=${join(await temporaryFolder(), 'gone')}`;
    await expect(timed(systemKeyring({ DBUS_SESSION_BUS_ADDRESS: address }, 'linux').probe())).rejects.toThrow(
      KeyringUnavailable,
    );
  });

  it('that never answers is given up after three seconds', async () => {
    const home = await vaultHome();
    const { vault } = await timed(home.open({ keyring: systemKeyring(await silentBus(), 'linux') }));
    expect(vault.description).toMatchObject({
      kind: 'key-file',
      note: 'the system keyring cannot be used: it does not answer',
    });
  });

  it('that never answers does not keep the process from its work, nor from its end', async () => {
    const { child, mark } = await processOnSilentBus();
    let output = '';
    child.stdout.on('data', (bytes) => (output += String(bytes)));
    const [code] = await once(child, 'close');
    expect([code, output]).toEqual([0, 'starting\nkey-file\n']);
    expect(await processesWith(mark)).toEqual([]);
  });

  it('that never answers leaves no helper behind when the companion is killed meanwhile', async () => {
    const { child, mark } = await processOnSilentBus();
    await vi.waitFor(async () => expect(await processesWith(mark)).toHaveLength(2), { timeout: 2500, interval: 20 });
    child.kill('SIGKILL');
    await vi.waitFor(async () => expect(await processesWith(mark)).toEqual([]), { timeout: 5000, interval: 50 });
  });
});

/** A companion that opens its vault on a bus that never answers, prints the kind of the vault, and ends. */
async function processOnSilentBus(): Promise<{ child: ChildProcessByStdio<null, Readable, null>; mark: string }> {
  const { paths } = await vaultHome();
  const script = `
    const { openVault } = await import(${source('companion/vault/open-vault.ts')});
    const { pathsOf } = await import(${source('companion/config/paths.ts')});
    const { createLogger } = await import(${source('companion/base/log.ts')});
    console.log('starting');
    const { vault } = await openVault({
      config: { vault: { kind: 'auto' }, auth: { encryption: {} } },
      paths: pathsOf(${JSON.stringify(paths.home)}),
      logger: createLogger({ level: 'silent', destination: process.stderr }),
    });
    console.log(vault.description.kind);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...(await silentBus()), MARK: paths.homeId },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, mark: `MARK=${paths.homeId}` };
}

/** A source file as the text of a module specifier, for a script that runs in another process. */
function source(file: string): string {
  return JSON.stringify(new URL(`../../${file}`, import.meta.url).href);
}

/** The processes of this computer that have `entry` in their environment. */
async function processesWith(entry: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(ids.map((id) => readFile(`/proc/${id}/environ`, 'utf8').catch(() => '')));
  return ids.filter((_, index) => environments[index]?.split('\0').includes(entry));
}
