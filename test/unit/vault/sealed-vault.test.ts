import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { tryFileLock } from '../../../companion/base/file-lock.ts';
import { Secret } from '../../../shared/redact.ts';
import { fullDisk } from '../../support/full-disk.ts';
import { vaultHome } from '../../support/vault-home.ts';

const settings = { kind: 'file' } as const;

/** A source file as the text of a module specifier, for a script that runs in another process. */
function source(file: string): string {
  return JSON.stringify(new URL(`../../../${file}`, import.meta.url).href);
}

describe('sealed vault', () => {
  it('finds every name again after a restart, odd ones included', async () => {
    const { open } = await vaultHome();
    const names = ['', '__proto__', 'constructor', 'session/ü 1'];
    const { vault } = await open(settings);
    for (const name of names) await vault.set(name, new Secret(`value of ${name}`));
    const again = (await open(settings)).vault;
    expect(await again.list('')).toEqual(names);
    for (const name of names) expect((await again.get(name))?.reveal()).toBe(`value of ${name}`);
  });

  it('writes neither names nor secrets in clear, in none of its files', async () => {
    const { paths, open } = await vaultHome();
    const { vault } = await open(settings);
    await vault.set('session/CANARY-NAME', new Secret('CANARY-VALUE'));
    const files = await Promise.all(
      ['vault.json', 'vault.key'].map((name) => readFile(join(paths.home, name), 'utf8')),
    );
    expect((await readdir(paths.home)).sort()).toEqual(['locks', 'vault.json', 'vault.key']);
    for (const encoding of ['utf8', 'base64', 'hex'] as const) {
      const needle = Buffer.from('CANARY').toString(encoding).slice(0, 7);
      for (const text of files) expect(text).not.toContain(needle);
    }
  });

  it('never uses a nonce twice', async () => {
    const { paths, open } = await vaultHome();
    const { vault } = await open(settings);
    const nonces = new Set<string>();
    for (let n = 0; n < 50; n += 1) {
      await vault.set('a', new Secret('same'));
      nonces.add(JSON.parse(await readFile(paths.vault, 'utf8')).nonce);
    }
    expect(nonces.size).toBe(50);
  });

  it('sees what another process wrote, and keeps it when it writes itself', async () => {
    const { open } = await vaultHome();
    const [one, two] = [(await open(settings)).vault, (await open(settings)).vault];
    await one.set('a', new Secret('1'));
    await two.set('b', new Secret('2'));
    await one.set('c', new Secret('3'));
    expect(await two.list('')).toEqual(['a', 'b', 'c']);
    expect(await one.list('')).toEqual(['a', 'b', 'c']);
  });

  it('keeps what two processes write at once, when both begin with no vault at all', { timeout: 60_000 }, async () => {
    const { paths, open } = await vaultHome();
    const exits = ['left', 'right'].map(async (side) => {
      const script = `${openingScript(paths.home)}
        for (let n = 0; n < 30; n += 1) await vault.set('${side}/' + n, new Secret('${side} ' + n));
        for (let n = 0; n < 10; n += 1) await vault.delete('${side}/' + n);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
      const [code] = await once(child, 'exit');
      return code;
    });
    expect(await Promise.all(exits)).toEqual([0, 0]);
    const { vault } = await open(settings);
    for (const side of ['left', 'right']) {
      expect(await vault.list(`${side}/`)).toHaveLength(20);
      expect((await vault.get(`${side}/29`))?.reveal()).toBe(`${side} 29`);
    }
  });

  it('is read while another process that hangs holds its lock', async () => {
    const { paths, open } = await vaultHome();
    const { vault } = await open(settings);
    await vault.set('a', new Secret('1'));
    const lock = tryFileLock(join(paths.locks, 'vault.lock'));
    const writing = vault.set('b', new Secret('2'));
    try {
      const read = await Promise.race([vault.get('a'), pause(2000)]);
      expect(read?.reveal()).toBe('1');
    } finally {
      lock?.release();
    }
    await writing;
    expect(await vault.list('')).toEqual(['a', 'b']);
  });

  it('neither serves nor brings back secrets when its file was deleted or overwritten', async () => {
    const { paths, open } = await vaultHome();
    const { vault } = await open(settings);
    await vault.set('a', new Secret('1'));
    const spoilers = [() => rm(paths.vault), () => writeFile(paths.vault, 'something else')];
    for (const spoil of spoilers) {
      await spoil();
      await expect(vault.get('a')).rejects.toMatchObject({ code: 'VAULT_UNREADABLE' });
      await expect(vault.set('b', new Secret('2'))).rejects.toMatchObject({ code: 'VAULT_UNREADABLE' });
    }
    expect(await readFile(paths.vault, 'utf8')).toBe('something else');
  });

  it('reads on once its file is back', async () => {
    const { paths, open } = await vaultHome();
    const { vault } = await open(settings);
    await vault.set('a', new Secret('1'));
    await copyFile(paths.vault, `${paths.vault}.bak`);
    await rm(paths.vault);
    await expect(vault.get('a')).rejects.toMatchObject({ code: 'VAULT_UNREADABLE' });
    await copyFile(`${paths.vault}.bak`, paths.vault);
    expect((await vault.get('a'))?.reveal()).toBe('1');
  });

  it('keeps the old state, in memory too, when the disk is full', async ({ skip }) => {
    const disk = await fullDisk(64 * 1024);
    if (disk.folder === undefined) return skip(disk.reason);
    const { paths, open } = await vaultHome(disk.folder);
    const { vault } = await open(settings);
    await vault.set('a', new Secret('old'));
    const tooMuch = new Secret('x'.repeat(100_000));
    await expect(vault.set('a', tooMuch)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await vault.get('a'))?.reveal()).toBe('old');
    await vault.set('b', new Secret('fits'));
    expect(await (await open(settings)).vault.list('')).toEqual(['a', 'b']);
    expect((await readdir(paths.home)).sort()).toEqual(['locks', 'vault.json', 'vault.key']);
  });

  it(
    'holds the old or the new secrets, whole, when the process is killed at any moment',
    { timeout: 90_000 },
    async () => {
      const { paths, open } = await vaultHome();
      const script = `${openingScript(paths.home)}
      for (let n = 0; ; n += 1) {
        await vault.set('a', new Secret(n + ':' + 'x'.repeat(5000 + n % 7)));
        process.stdout.write(n + '\\n');
      }`;
      await open(settings);
      for (let round = 0; round < 20; round += 1) {
        const lastTold = await runAndKill(script, Math.random() * 40);
        const { vault, quarantinedTo } = await open(settings);
        expect(quarantinedTo).toBeNull();
        const [number, padding] = (await vault.get('a'))?.reveal().split(':') ?? [];
        expect(Number(number)).toBeGreaterThanOrEqual(lastTold);
        expect(padding).toBe('x'.repeat(5000 + (Number(number) % 7)));
      }
      expect((await readdir(paths.home)).sort()).toEqual(['locks', 'vault.json', 'vault.key']);
    },
  );
});

/** The start of a script that opens the vault of a home, as `vault`. */
function openingScript(home: string): string {
  return `
    const { createLogger } = await import(${source('companion/base/log.ts')});
    const { pathsOf } = await import(${source('companion/config/paths.ts')});
    const { openVault } = await import(${source('companion/vault/open-vault.ts')});
    const { Secret } = await import(${source('shared/redact.ts')});
    const { vault } = await openVault({
      config: { vault: { kind: 'file' }, auth: { encryption: {} } },
      paths: pathsOf(${JSON.stringify(home)}),
      logger: createLogger({ level: 'silent', destination: process.stderr }),
    });`;
}

/** Kills the script some time after its first line, and returns the last number that it told. */
async function runAndKill(script: string, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (bytes) => (output += String(bytes)));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await pause(afterMs);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  return Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1));
}
