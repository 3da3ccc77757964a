import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { changeVaultKey, describeVault, openVault } from '../../../companion/vault/open-vault.ts';
import type { KeyKind } from '../../../companion/vault/vault-key.ts';
import { Secret } from '../../../shared/redact.ts';
import { FakeKeyring } from '../../support/fake-keyring.ts';
import { fullDisk } from '../../support/full-disk.ts';
import { vaultHome } from '../../support/vault-home.ts';
import type { VaultHome, VaultSettings } from '../../support/vault-home.ts';

const canary = 'CANARY-that-is-never-lost';
const keyOf = (byte: number) => new Secret(new Uint8Array(32).fill(byte));

interface KeySettings {
  readonly kind?: 'auto' | 'keyring' | 'file';
  readonly key?: number;
  readonly previous?: readonly number[];
}

function inputOf(home: VaultHome, { kind = 'auto', key, previous = [] }: KeySettings = {}, keyring = home.keyring) {
  const encryption = { key: key === undefined ? undefined : keyOf(key), previousKeys: previous.map(keyOf) };
  return { config: { vault: { kind }, auth: { encryption } }, paths: home.paths, logger: home.log.logger, keyring };
}

async function usedHome(settings: VaultSettings = {}, folder?: string): Promise<VaultHome> {
  const home = await vaultHome(folder);
  await (await home.open(settings)).vault.set('session/1', new Secret(canary));
  return home;
}

const canaryIn = async (home: VaultHome, settings: KeySettings = {}) =>
  (await (await openVault(inputOf(home, settings))).vault.get('session/1'))?.reveal();

const keyLines = async ({ paths }: VaultHome) => (await readFile(paths.vaultKey, 'utf8')).trim().split('\n');

describe('a new key for the vault', () => {
  it('CPP-19: takes the place of the one before, in the key file', async () => {
    const home = await usedHome({ kind: 'file' });
    const before = await keyLines(home);
    const { keyId, isForgotten } = await changeVaultKey(inputOf(home));
    const after = await keyLines(home);
    expect([before.length, after.length, isForgotten]).toEqual([1, 1, true]);
    expect(after).not.toEqual(before);
    expect(await canaryIn(home)).toBe(canary);
    expect((await describeVault(inputOf(home))).keyId).toBe(keyId);
  });

  it('takes the place of the one before, in the keyring, time after time', async () => {
    const home = await usedHome();
    const seen = new Set(home.keyring.entries.values());
    for (let n = 0; n < 3; n += 1) {
      await changeVaultKey(inputOf(home));
      expect(home.keyring.entries.size).toBe(1);
      for (const value of home.keyring.entries.values()) seen.add(value);
      expect(await canaryIn(home)).toBe(canary);
    }
    expect(seen.size).toBe(4);
  });

  it.each<[KeyKind, VaultSettings, KeySettings]>([
    ['keyring', { kind: 'file' }, {}],
    ['key-file', {}, {}],
    ['configured-key', {}, { key: 7 }],
    ['configured-key', { kind: 'file' }, { key: 7 }],
  ])('may go to another place, and the one before goes: %s', async (kind, made, settings) => {
    const home = await usedHome(made);
    expect(await changeVaultKey(inputOf(home, settings), kind)).toMatchObject({ kind, secrets: 1, isForgotten: true });
    expect(await canaryIn(home, settings)).toBe(canary);
    expect(home.keyring.entries.size).toBe(kind === 'keyring' ? 1 : 0);
    const keyFile = await readFile(home.paths.vaultKey).catch(() => undefined);
    expect(keyFile !== undefined).toBe(kind === 'key-file');
  });

  it('CPP-19: is taken over at the start when the one before is named beside it', async () => {
    const home = await usedHome({ keyByte: 1 });
    await expect(canaryIn(home, { key: 2 })).rejects.toThrow('that key is another one');
    expect(await canaryIn(home, { key: 2, previous: [9, 1] })).toBe(canary);
    expect(await canaryIn(home, { key: 2 })).toBe(canary);
    await expect(canaryIn(home, { key: 1 })).rejects.toThrow('that key is another one');
  });

  it('of the settings is not made here, and the person is told how', async () => {
    const home = await usedHome({ keyByte: 1 });
    await expect(changeVaultKey(inputOf(home, { key: 1 }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      remedy: expect.stringContaining('auth.encryption.previous_keys'),
    });
  });

  it('is used by whoever had the vault open, for reading and for writing', async () => {
    const home = await usedHome({ kind: 'file' });
    const { vault } = await home.open();
    await changeVaultKey(inputOf(home));
    expect((await vault.get('session/1'))?.reveal()).toBe(canary);
    await changeVaultKey(inputOf(home), 'keyring');
    await vault.set('session/2', new Secret('more'));
    expect(vault.description.kind).toBe('keyring');
    expect(await (await home.open()).vault.list('')).toEqual(['session/1', 'session/2']);
  });

  it('loses nothing of what others write at the same time', async () => {
    const home = await usedHome({ kind: 'file' });
    const { vault } = await home.open();
    const writes = Array.from({ length: 20 }, (_, n) => vault.set(`n/${n}`, new Secret(String(n))));
    const changes = Array.from({ length: 5 }, () => changeVaultKey(inputOf(home)));
    await Promise.all([...writes, ...changes]);
    expect(await (await home.open()).vault.list('n/')).toHaveLength(20);
    expect(await keyLines(home)).toHaveLength(1);
  });
});

/** Counts what it does, and does nothing any more from some step on, as a keyring that goes away. */
class FailingKeyring extends FakeKeyring {
  readonly #stepsLeft: { count: number };

  constructor(entries: ReadonlyMap<string, string>, stepsLeft: number) {
    super();
    for (const [account, secret] of entries) this.entries.set(account, secret);
    this.#stepsLeft = { count: stepsLeft };
  }

  #step(): void {
    if (this.#stepsLeft.count-- <= 0) this.trouble = 'it went away';
  }

  override read(account: string): Promise<Secret | undefined> {
    this.#step();
    return super.read(account);
  }

  override write(account: string, secret: Secret): Promise<void> {
    this.#step();
    return super.write(account, secret);
  }

  override delete(account: string): Promise<boolean> {
    this.#step();
    return super.delete(account);
  }
}

describe('when it is interrupted', () => {
  it.each([0, 1, 2])('a keyring that goes away after %i steps leaves a vault that opens', async (steps) => {
    const home = await usedHome();
    const failing = new FailingKeyring(home.keyring.entries, steps);
    const outcome = await changeVaultKey(inputOf(home, {}, failing)).then(
      ({ isForgotten }) => (isForgotten ? 'done' : 'not forgotten'),
      (error: { code: string }) => error.code,
    );
    expect(outcome).toBe(['VAULT_UNREADABLE', 'VAULT_LOCKED', 'not forgotten'][steps]);
    failing.trouble = undefined;
    const open = await openVault(inputOf(home, {}, Object.assign(new FakeKeyring(), { entries: failing.entries })));
    expect((await open.vault.get('session/1'))?.reveal()).toBe(canary);
  });

  it(
    'a kill before any change to the disk leaves a vault that opens, and no second key',
    { timeout: 60_000 },
    async () => {
      const outcomes: string[] = [];
      for (let step = 1; outcomes.at(-1) !== 'done'; step += 1) {
        const home = await usedHome({ kind: 'file' });
        outcomes.push(await changeUntilKilled(home, step));
        expect(await canaryIn(home), `step ${step}`).toBe(canary);
        expect(await keyLines(home)).toHaveLength(1);
        if (step > 60) throw new Error('it never ends');
      }
      expect(outcomes.length).toBeGreaterThan(8);
      expect(outcomes.slice(0, -1).every((outcome) => outcome === 'killed')).toBe(true);
    },
  );

  it('a full disk leaves the vault and its key as they were', async (context) => {
    const disk = await fullDisk(64 * 1024);
    if (disk.folder === undefined) return context.skip(disk.reason);
    const home = await usedHome({ kind: 'file' }, disk.folder);
    const filler = `${disk.folder}/filler`;
    for (let size = 60 * 1024; size > 0; size -= 1024) {
      if (
        await writeFile(filler, Buffer.alloc(size)).then(
          () => true,
          () => false,
        )
      )
        break;
    }
    const before = await readFile(home.paths.vault, 'utf8');
    const outcome = await changeVaultKey(inputOf(home)).then(
      () => 'done',
      (error: { code: string }) => error.code,
    );
    expect(outcome).toBe('STORE_UNAVAILABLE');
    expect(await readFile(home.paths.vault, 'utf8')).toBe(before);
    await writeFile(filler, '');
    expect(await canaryIn(home)).toBe(canary);
  });
});

/** A process that gives the vault a new key in a file, and is killed before its n-th change to the disk. */
async function changeUntilKilled({ paths }: VaultHome, step: number): Promise<'killed' | 'done'> {
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    let left = ${step};
    for (const name of ['open', 'rename', 'unlink', 'writeFile', 'mkdir']) {
      const real = fs.promises[name];
      fs.promises[name] = (...args) => {
        left -= 1;
        if (left === 0) process.kill(process.pid, 'SIGKILL');
        return real(...args);
      };
    }
    syncBuiltinESMExports();
    const { changeVaultKey } = await import(${source('companion/vault/open-vault.ts')});
    const { pathsOf } = await import(${source('companion/config/paths.ts')});
    await changeVaultKey({
      config: { vault: { kind: 'auto' }, auth: { encryption: {} } },
      paths: pathsOf(${JSON.stringify(paths.home)}),
      logger: { error() {}, warn() {} },
    }, 'key-file');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal === 'SIGKILL') return 'killed';
  expect(code).toBe(0);
  return 'done';
}

function source(file: string): string {
  return JSON.stringify(new URL(`../../../${file}`, import.meta.url).href);
}
