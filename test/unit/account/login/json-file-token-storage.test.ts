import { writeFileSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JsonFileTokenStorage } from '../../../../companion/account/login/json-file-token-storage.ts';
import { recordCodec, writeLoginRecord } from '../../../../companion/account/login/login-record.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import { fullDisk } from '../../../support/full-disk.ts';
import { accessOf, makeLogin } from '../../../support/logins.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const codec = recordCodec('anthropic');

async function inFolder(): Promise<{ folder: string; path: string; storage: JsonFileTokenStorage }> {
  const folder = await temporaryFolder();
  const path = join(folder, 'credentials.json');
  return { folder, path, storage: new JsonFileTokenStorage(path, codec) };
}

describe('PY-6: a login in a JSON file', () => {
  it('is written for the owner alone, indented, in a folder that is made for it', async () => {
    const { folder } = await inFolder();
    const path = join(folder, 'a', 'b', 'auth.json');
    const before = process.umask(0);
    try {
      await new JsonFileTokenStorage(path, codec).save(makeLogin(), undefined);
    } finally {
      process.umask(before);
    }
    const modes = await Promise.all(
      [path, join(folder, 'a'), join(folder, 'a', 'b')].map(async (at) => (await stat(at)).mode & 0o777),
    );
    expect(modes).toEqual([0o600, 0o700, 0o700]);
    expect(await readFile(path, 'utf8')).toContain('\n  "claudeAiOauth": {\n    "accessToken": "CANARY-access-0"');
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['auth.json']);
  });

  it('is made private again where it was open to others', async () => {
    const { path, storage } = await inFolder();
    await writeFile(path, writeLoginRecord(makeLogin()));
    await chmod(path, 0o644);
    await storage.save(makeLogin({ access: 'new' }), makeLogin());
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('tells its path as its place', async () => {
    const { path, storage } = await inFolder();
    expect(storage.location).toBe(path);
  });

  it('is left as it is when it cannot be read, and never quoted', async () => {
    const { path, storage } = await inFolder();
    await writeFile(path, '{"claudeAiOauth": CANARY');
    const attempts = [() => storage.load(), () => storage.save(makeLogin(), undefined)];
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'LOGIN_UNREADABLE',
        message: `${path} holds no login that can be read.`,
      });
    }
    expect(await readFile(path, 'utf8')).toBe('{"claudeAiOauth": CANARY');
    expect(await storage.exists()).toBe(true);
  });

  it('is waited for while another program is in the middle of writing it', async () => {
    const { path, storage } = await inFolder();
    const text = writeLoginRecord(makeLogin());
    await writeFile(path, text.slice(0, 40));
    const loading = storage.load();
    setTimeout(() => void writeFile(path, text), 20);
    expect(accessOf(await loading)).toBe('CANARY-access-0');
  });

  it('that is a folder is trouble with the disk, and no login', async () => {
    const { path, storage } = await inFolder();
    await mkdir(path);
    await expect(storage.load()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await storage.exists()).toBe(false);
  });

  it('stays where a symbolic link leads', async () => {
    const { folder, path, storage } = await inFolder();
    await mkdir(join(folder, 'dotfiles'));
    const target = join(folder, 'dotfiles', 'real.json');
    await writeFile(target, writeLoginRecord(makeLogin()));
    await symlink(target, path);
    expect(await storage.save(makeLogin({ access: 'new' }), makeLogin())).toBe(true);
    expect(await readlink(path)).toBe(target);
    expect(await readFile(target, 'utf8')).toContain('"new"');
  });

  it('is left to another program that writes it in the moment before we do', async () => {
    const { folder, path } = await inFolder();
    await writeFile(path, writeLoginRecord(makeLogin()));
    const theirs = writeLoginRecord(makeLogin({ access: 'theirs', refresh: 'theirs' }));
    const racing = {
      ...codec,
      merge: (previous: string | undefined, next: StoredLogin) => {
        writeFileSync(path, theirs);
        return codec.merge(previous, next);
      },
    };
    const storage = new JsonFileTokenStorage(path, racing);
    expect(await storage.save(makeLogin({ access: 'ours' }), makeLogin())).toBe(false);
    expect(await readFile(path, 'utf8')).toBe(theirs);
    expect(await readdir(folder)).toEqual(['credentials.json']);
  });

  it('stays its owner’s when root renews it', async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('only root may give files away');
    const { path, storage } = await inFolder();
    await writeFile(path, writeLoginRecord(makeLogin()));
    await chown(path, 1234, 1235);
    expect(await storage.save(makeLogin({ access: 'new' }), makeLogin())).toBe(true);
    expect(await stat(path)).toMatchObject({ uid: 1234, gid: 1235 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('takes away what a kill in the midst of a write left beside it', async () => {
    const { folder, path, storage } = await inFolder();
    const leave = () => writeFile(join(folder, '.credentials.json.0123456789ab.tmp'), 'CANARY');
    await leave();
    await storage.save(makeLogin(), undefined);
    expect(await readdir(folder)).toEqual(['credentials.json']);
    await leave();
    await new JsonFileTokenStorage(path, codec).delete();
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('keeps what it does not know of, also when the login is deleted', async () => {
    const { path, storage } = await inFolder();
    await writeFile(path, '{"mcpOAuth":{"server":1}}');
    expect(await storage.load()).toBeUndefined();
    await storage.save(makeLogin(), undefined);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ mcpOAuth: { server: 1 } });
    expect(await storage.delete()).toBe(true);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ mcpOAuth: { server: 1 } });
  });

  it('is whole, and leaves no temporary file, when the disk is full', async ({ skip }) => {
    const disk = await fullDisk(64 * 1024);
    if (disk.folder === undefined) return skip(disk.reason);
    const storage = new JsonFileTokenStorage(join(disk.folder, 'auth.json'), codec);
    await storage.save(makeLogin(), undefined);
    const tooMuch = makeLogin({ scopes: ['x'.repeat(100_000)] });
    await expect(storage.save(tooMuch, makeLogin())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(accessOf(await storage.load())).toBe('CANARY-access-0');
    expect(await readdir(disk.folder)).toEqual(['auth.json']);
  });
});
