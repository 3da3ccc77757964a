import type { Dirent } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pathsOf } from '../../../companion/config/paths.ts';
import { Secret } from '../../../shared/redact.ts';
import { vaultHome } from '../../support/vault-home.ts';
import type { VaultHome, VaultSettings } from '../../support/vault-home.ts';

const canary = 'CANARY-of-the-vault';

/** A home whose vault holds the canary, made under these settings. */
async function usedHome(settings: VaultSettings = {}): Promise<VaultHome> {
  const home = await vaultHome();
  const { vault } = await home.open(settings);
  await vault.set('session/1', new Secret(canary));
  return home;
}

async function canaryIn(home: VaultHome, settings: VaultSettings = {}): Promise<string | undefined> {
  return (await (await home.open(settings)).vault.get('session/1'))?.reveal();
}

function pathOf(entry: Dirent): string {
  return join(entry.parentPath, entry.name);
}

/** The files that hold something: a lock may come. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.lock')).map(pathOf);
}

/** The refusal, after a check that it changed no file. */
async function refusal(home: VaultHome, settings: VaultSettings = {}): Promise<unknown> {
  const contents = async (): Promise<unknown> =>
    Promise.all((await filesIn(home.paths.home)).map((path) => readFile(path)));
  const before = await contents();
  const thrown = await home.open(settings).then(
    () => 'it opened',
    (error: unknown) => error,
  );
  expect(await contents()).toEqual(before);
  return thrown;
}

describe('a new vault', () => {
  it('takes its key from the keyring when that works', async () => {
    const home = await vaultHome();
    const { vault, quarantinedTo } = await home.open();
    expect(vault.description).toEqual({
      kind: 'keyring',
      location: expect.stringContaining(
        `system keyring, service ccproxy-companion, account vault:${home.paths.homeId}`,
      ),
      note: null,
    });
    expect(quarantinedTo).toBeNull();
    expect([...home.keyring.entries.keys()]).toEqual([`vault:${home.paths.homeId}`]);
    expect((await readdir(home.paths.home)).sort()).toEqual(['locks', 'vault.json']);
    expect([home.keyring.probes, home.keyring.isClosed]).toEqual([1, true]);
  });

  it('takes a key file otherwise, and says why in one line', async () => {
    const home = await vaultHome();
    home.keyring.trouble = 'it is locked';
    const { vault } = await home.open();
    expect(vault.description).toEqual({
      kind: 'key-file',
      location: `${home.paths.vault} (its key: vault.key beside it)`,
      note: 'the system keyring cannot be used: it is locked',
    });
    expect(home.log.lines).toMatchObject([{ level: 'warn', note: vault.description.note }]);
  });

  it('does not even ask the keyring when a file is wanted or a key is configured', async () => {
    for (const settings of [{ kind: 'file' }, { keyByte: 1 }, { kind: 'file', keyByte: 1 }] as const) {
      const home = await vaultHome();
      const { vault } = await home.open(settings);
      expect(vault.description.kind).toBe('keyByte' in settings ? 'configured-key' : 'key-file');
      expect(vault.description.note).toBeNull();
      expect(home.keyring.probes).toBe(0);
    }
  });

  it('fails when the keyring is demanded and cannot be used', async () => {
    const home = await vaultHome();
    home.keyring.trouble = 'there is no session bus';
    expect(await refusal(home, { kind: 'keyring' })).toMatchObject({
      code: 'VAULT_LOCKED',
      message: 'the system keyring cannot be used: there is no session bus.',
    });
  });

  it('refuses settings that exclude each other', async () => {
    const home = await vaultHome();
    expect(await refusal(home, { kind: 'keyring', keyByte: 1 })).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('uses a key again that an earlier start left behind', async () => {
    for (const kind of ['auto', 'file'] as const) {
      const home = await usedHome({ kind });
      const backup = await readFile(home.paths.vault);
      await rm(home.paths.vault);
      expect(await canaryIn(home, { kind })).toBeUndefined();
      await writeFile(home.paths.vault, backup);
      expect(await canaryIn(home, { kind })).toBe(canary);
    }
  });

  it('keeps its files to the owner with umask 000', async () => {
    const home = await vaultHome();
    const before = process.umask(0);
    try {
      await home.open({ kind: 'file' });
    } finally {
      process.umask(before);
    }
    for (const path of [home.paths.vault, home.paths.vaultKey]) expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('sweeps away what a crash left beside it', async () => {
    const home = await vaultHome();
    await writeFile(`${home.paths.home}/.vault.json.0123.tmp`, 'half');
    await writeFile(`${home.paths.home}/.vault.key.0123.tmp`, 'half');
    await home.open({ kind: 'file' });
    expect((await readdir(home.paths.home)).sort()).toEqual(['locks', 'vault.json', 'vault.key']);
  });
});

describe('an existing vault', () => {
  it.each<VaultSettings>([{}, { kind: 'keyring' }, { kind: 'file' }, { keyByte: 1 }, { kind: 'file', keyByte: 1 }])(
    'opens again under the settings it was made with: %j',
    async (settings) => {
      const home = await usedHome(settings);
      expect(await canaryIn(home, settings)).toBe(canary);
    },
  );

  it('stays with its key file when the keyring works later', async () => {
    const home = await vaultHome();
    home.keyring.trouble = 'it is locked';
    await (await home.open()).vault.set('session/1', new Secret(canary));
    home.keyring.trouble = undefined;
    expect(await canaryIn(home)).toBe(canary);
    expect((await home.open()).vault.description.note).toBe('the vault was made with a key file');
  });

  it('is locked, not empty, while its keyring cannot be used, and opens afterwards', async () => {
    const home = await usedHome();
    home.keyring.trouble = 'it is locked';
    expect(await refusal(home)).toMatchObject({
      code: 'VAULT_LOCKED',
      remedy: 'Unlock the system keyring, then start again.',
      message: `${home.paths.vault} was sealed with the key in the system keyring, which cannot be used now: it is locked.`,
    });
    home.keyring.trouble = undefined;
    expect(await canaryIn(home)).toBe(canary);
  });

  it('follows its home to another folder, key in the keyring included', async () => {
    const home = await usedHome();
    const moved = await vaultHome();
    await rename(home.paths.vault, moved.paths.vault);
    expect(pathsOf(moved.paths.home).homeId).not.toBe(home.paths.homeId);
    expect(await canaryIn(moved, { keyring: home.keyring })).toBe(canary);
  });

  it.each<[string, VaultSettings, VaultSettings, (home: VaultHome) => unknown, RegExp]>([
    [
      'its keyring entry is gone',
      {},
      {},
      ({ keyring }) => keyring.entries.clear(),
      /sealed with the key in the system keyring \(account vault:[0-9a-f]{8}\), and that key is missing/,
    ],
    [
      'its keyring entry is another key',
      {},
      {},
      ({ keyring, paths }) => keyring.entries.set(`vault:${paths.homeId}`, Buffer.alloc(32).toString('base64')),
      /keyring .*, and that key is another one/,
    ],
    [
      'its keyring entry is no key',
      {},
      {},
      ({ keyring, paths }) => keyring.entries.set(`vault:${paths.homeId}`, 'CANARY'),
      /in the place of the key in the system keyring .* is no key/,
    ],
    [
      'its key file is gone',
      { kind: 'file' },
      {},
      ({ paths }) => rm(paths.vaultKey),
      /sealed with the key in .*vault\.key, and that key is missing/,
    ],
    [
      'its key file is another one',
      { kind: 'file' },
      {},
      ({ paths }) => writeFile(paths.vaultKey, Buffer.alloc(32).toString('base64')),
      /vault\.key, and that key is another one/,
    ],
    [
      'its key file is no key',
      { kind: 'file' },
      { kind: 'file' },
      ({ paths }) => writeFile(paths.vaultKey, 'CANARY'),
      /in the place of the key in .*vault\.key is no key/,
    ],
    ['its key is not configured', { keyByte: 1 }, {}, () => 0, /auth\.encryption\.key, and that key is missing/],
    [
      'another key is configured',
      { keyByte: 1 },
      { keyByte: 2 },
      () => 0,
      /auth\.encryption\.key, and that key is another/,
    ],
    [
      'a key is configured, but the keyring has its key',
      {},
      { keyByte: 1 },
      () => 0,
      /system keyring, but auth\.encryption\.key asks for another key/,
    ],
    ['a file is wanted, but the keyring has its key', {}, { kind: 'file' }, () => 0, /keyring, but vault\.kind asks/],
    [
      'the keyring is wanted, but a file has its key',
      { kind: 'file' },
      { kind: 'keyring' },
      () => 0,
      /vault\.key, but/,
    ],
    [
      'a bit of it was flipped',
      { kind: 'file' },
      {},
      async ({ paths }) => {
        const file = JSON.parse(await readFile(paths.vault, 'utf8'));
        const sealed = Buffer.from(file.sealed, 'base64');
        sealed[3] = (sealed[3] ?? 0) ^ 1;
        await writeFile(paths.vault, JSON.stringify({ ...file, sealed: sealed.toString('base64') }));
      },
      /The seal of .*vault\.json is broken/,
    ],
    [
      'it comes from a newer version',
      { kind: 'file' },
      {},
      async ({ paths }) => writeFile(paths.vault, JSON.stringify({ version: 2, anything: true })),
      /vault\.json was written by a newer companion/,
    ],
  ])('is unreadable, and left as it is, when %s', async (_what, made, opened, change, message) => {
    const home = await usedHome(made);
    await change(home);
    const thrown = await refusal(home, opened);
    expect(thrown).toMatchObject({ code: 'VAULT_UNREADABLE', message: expect.stringMatching(message), exitCode: 5 });
    expect(String((thrown as Error).stack)).not.toContain('CANARY');
    expect(home.keyring.isClosed).toBe(true);
  });

  it('refuses a label in clear that was exchanged', async () => {
    const home = await usedHome();
    const file = JSON.parse(await readFile(home.paths.vault, 'utf8'));
    home.keyring.entries.set('elsewhere', home.keyring.entries.get(file.key.account) ?? '');
    await writeFile(home.paths.vault, JSON.stringify({ ...file, key: { ...file.key, account: 'elsewhere' } }));
    expect(await refusal(home)).toMatchObject({ code: 'VAULT_UNREADABLE', message: expect.stringContaining('seal') });
  });

  it.each([
    ['empty', ''],
    ['cut off', '{"version":1,'],
    ['an empty object', '{}'],
    ['null', 'null'],
    ['a page of zeros', '\0'.repeat(4096)],
  ])('is set aside, byte by byte, when it is no vault at all: %s', async (_what, garbage) => {
    const home = await usedHome();
    await writeFile(home.paths.vault, garbage);
    const { vault, quarantinedTo } = await home.open();
    expect(quarantinedTo).toMatch(/vault\.json\.corrupt-[\dTZ-]+$/);
    expect(await readFile(quarantinedTo ?? '', 'utf8')).toBe(garbage);
    expect(await vault.list('')).toEqual([]);
    expect(home.log.lines).toMatchObject([{ level: 'error', quarantinedTo }]);
    expect((await home.open()).quarantinedTo).toBeNull();
  });

  it('is not set aside when there is no key for a new one', async () => {
    const home = await usedHome();
    await writeFile(home.paths.vault, 'garbage');
    home.keyring.trouble = 'it is locked';
    expect(await refusal(home, { kind: 'keyring' })).toMatchObject({ code: 'VAULT_LOCKED' });
  });
});
