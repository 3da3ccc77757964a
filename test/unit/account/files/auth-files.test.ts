/** A folder of credential files: taken over once, followed as they change, left alone until they are to go. */
import { writeFileSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { builtInProviders } from '../../../../shared/api-provider.ts';
import { Secret } from '../../../../shared/redact.ts';
import { ApiKeyService } from '../../../../companion/account/api-keys.ts';
import type { ConfiguredKey } from '../../../../companion/config/api-access.ts';
import { authFileNotices } from '../../../../companion/account/files/auth-file-notices.ts';
import { AuthFiles } from '../../../../companion/account/files/auth-files.ts';
import { CompanionError } from '../../../../companion/base/error.ts';
import { memoryLogger } from '../../../../companion/base/log.ts';
import { MemoryVault } from '../../../../companion/vault/memory-vault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

function inEnvironment(secret: string): ConfiguredKey {
  const source = 'environment CCPROXY_CLAUDE_API_KEYS';
  return {
    providerId: 'anthropic',
    secret: new Secret(secret),
    name: undefined,
    priority: undefined,
    source,
    origin: 'environment',
  };
}

async function open() {
  const folder = join(await temporaryFolder(), 'auths');
  const vault = new MemoryVault();
  const settings = new Map<string, string>();
  const log = memoryLogger();
  const replaced: string[] = [];
  let isFull = false;
  let onRead = (): void => undefined;
  const store = {
    setting: (name: string) => {
      onRead();
      return settings.get(name);
    },
    saveSetting: (name: string, value: string) => {
      if (isFull) throw new CompanionError('STORE_UNAVAILABLE', 'The disk is full: the disk is full.');
      settings.set(name, value);
    },
  };
  const start = async (configured: readonly ConfiguredKey[] = []) => {
    let nowMs = 1;
    const { logger } = log;
    const keys = await ApiKeyService.open({
      vault,
      providers: builtInProviders,
      configured,
      logger,
      nowMs: () => nowMs++,
    });
    const files = new AuthFiles({
      folder,
      keys,
      providers: builtInProviders,
      store,
      logger,
      onChange: () => undefined,
      onReplaced: (from, to) => replaced.push(`${from} ${to}`),
    });
    onTestFinished(() => files.close());
    return { keys, files, told: () => keys.list().map(({ secret, priority }) => [secret?.reveal(), priority]) };
  };
  await mkdir(folder);
  const write = (name: string, content: unknown, mode = 0o600) =>
    writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content), { mode });
  return {
    folder,
    log,
    settings,
    replaced,
    start,
    write,
    break: () => void (isFull = true),
    mend: () => void (isFull = false),
    onRead: (then: () => void) => void (onRead = then),
  };
}

describe('the keys of a file', () => {
  test('CPP-1: are taken over, encrypted, and the file stays and is offered for removal', async () => {
    const { start, write, folder } = await open();
    await write('claude.json', { type: 'api_key', token: 'sk-ant-1', priority: 1 });
    await write('openai.json', [{ token: 'sk-2' }, { token: 'sk-3', priority: 3, name: 'work' }]);
    const { files, told, keys } = await start();
    const statuses = await files.scan();
    expect(told()).toEqual([
      ['sk-ant-1', 1],
      ['sk-2', 100],
      ['sk-3', 3],
    ]);
    expect(keys.entries().every(({ places }) => places.includes('vault'))).toBe(true);
    expect(await readdir(folder)).toEqual(['claude.json', 'openai.json']);
    expect(statuses.map(({ isNeedless }) => isNeedless)).toEqual([true, true]);
    const [offer = ''] = authFileNotices(statuses);
    expect(offer).toContain('`companion auth import-files --remove` deletes the plain files');
    expect(await files.remove()).toEqual(['claude.json', 'openai.json'].map((name) => join(folder, name)));
    expect(await readdir(folder)).toEqual([]);
    expect(told()).toHaveLength(3);
    expect(authFileNotices(files.statuses())).toEqual([]);
  });

  test('are not taken over again once they were removed, from a file that is as it was; nor is that file deleted', async () => {
    const { start, write, folder } = await open();
    await write('claude.json', { token: 'sk-ant-1' });
    const { files, keys, told } = await start();
    await files.scan();
    await keys.remove(keys.list()[0]?.id ?? '');
    const [status] = await files.scan();
    expect(told()).toEqual([]);
    expect(status).toMatchObject({ keys: [{ isKept: false }], isNeedless: false });
    expect(await files.remove()).toEqual([]);
    const later = await start();
    await later.files.scan();
    expect(later.told()).toEqual([]);
    expect(await readdir(folder)).toEqual(['claude.json']);
    await write('claude.json', { token: 'sk-ant-2' });
    await later.files.scan();
    expect(later.told()).toEqual([['sk-ant-2', 100]]);
  });

  test('take the place of those that the file had before, with name and rank as the person has them', async () => {
    const { start, write, replaced } = await open();
    await write('claude.json', { token: 'sk-ant-1', priority: 1 });
    await write('openai.json', [{ token: 'sk-a' }, { token: 'sk-b' }]);
    const { files, keys, told } = await start();
    await files.scan();
    const [old] = keys.list();
    await keys.update(old?.id ?? '', { name: 'mine' });
    await write('claude.json', { token: 'sk-ant-2', priority: 2 });
    await write('openai.json', [{ token: 'sk-b' }, { token: 'sk-c' }, { token: 'sk-d' }]);
    await files.scan();
    expect(told()).toEqual(
      expect.arrayContaining([
        ['sk-ant-2', 2],
        ['sk-b', 100],
        ['sk-c', 100],
        ['sk-d', 100],
      ]),
    );
    expect(told()).toHaveLength(4);
    expect(keys.list()[0]?.name).toBe('mine');
    expect(replaced).toContain(`${old?.id} ${keys.list()[0]?.id}`);
    expect(replaced).toHaveLength(2);
  });

  test('follow a rank that changes; a key that is gone from the file stays', async () => {
    const { start, write, folder } = await open();
    await write('claude.json', { token: 'sk-ant-1', priority: 1 });
    const { files, told } = await start();
    await files.scan();
    await write('claude.json', { token: 'sk-ant-1', priority: 9 });
    await files.scan();
    expect(told()).toEqual([['sk-ant-1', 9]]);
    await rm(join(folder, 'claude.json'));
    expect(await files.scan()).toEqual([]);
    expect(told()).toEqual([['sk-ant-1', 9]]);
  });

  test('are taken over once, whatever the disk or a crash does between the vault and what is remembered', async () => {
    const scene = await open();
    await scene.write('claude.json', { token: 'sk-ant-1' });
    const { files, told } = await scene.start();
    scene.break();
    const [status] = await files.scan();
    expect(status).toMatchObject({
      isNeedless: false,
      problems: [{ message: expect.stringContaining('disk is full') }],
    });
    expect(told()).toHaveLength(1);
    scene.mend();
    const later = await scene.start();
    expect(await later.files.scan()).toMatchObject([{ isNeedless: true, problems: [] }]);
    expect(later.told()).toEqual([['sk-ant-1', 100]]);
    await later.keys.remove(later.keys.list()[0]?.id ?? '');
    await later.files.scan();
    expect(later.told()).toEqual([]);
  });

  test('that are there already are left as they are', async () => {
    const { start, write } = await open();
    const { files, keys } = await start();
    await keys.add({ providerId: 'anthropic', secret: new Secret('sk-ant-1'), name: 'work', priority: 5 });
    await write('claude.json', { token: 'sk-ant-1', priority: 1 });
    const [status] = await files.scan();
    expect(status).toMatchObject({ keys: [{ name: 'work', isKept: true }], isNeedless: true });
    expect(keys.list()).toMatchObject([{ name: 'work', priority: 5 }]);
  });
});

describe('a file is still needed', () => {
  test('while a key of it stands in the environment alone', async () => {
    const { start, write, folder } = await open();
    await write('claude.json', { token: 'sk-ant-1' });
    const { files, told } = await start([inEnvironment('sk-ant-1')]);
    expect(await files.scan()).toMatchObject([{ keys: [{ isKept: true }], isNeedless: false }]);
    expect(await files.remove()).toEqual([]);
    expect(await readdir(folder)).toEqual(['claude.json']);
    expect(told()).toHaveLength(1);
  });

  test('where it is a link: the plain file would stay, wherever that is', async () => {
    const { start, folder } = await open();
    const elsewhere = join(await temporaryFolder(), 'mine.json');
    await writeFile(elsewhere, JSON.stringify({ token: 'sk-ant-1' }));
    await symlink(elsewhere, join(folder, 'claude.json'));
    const { files, told } = await start();
    expect(await files.scan()).toMatchObject([{ keys: [{ isKept: true }], isNeedless: false }]);
    expect(await files.remove()).toEqual([]);
    expect([await readdir(folder), told()]).toEqual([['claude.json'], [['sk-ant-1', 100]]]);
  });

  test('when somebody wrote to it after it was looked at', async () => {
    const { start, write, folder, onRead } = await open();
    await write('claude.json', { token: 'sk-ant-1' });
    const { files } = await start();
    await files.scan();
    const path = join(folder, 'claude.json');
    onRead(() => writeFileSync(path, JSON.stringify({ token: 'sk-ant-2' })));
    expect(await files.remove()).toEqual([]);
    onRead(() => undefined);
    expect(await readdir(folder)).toEqual(['claude.json']);
    expect(await files.remove()).toEqual([path]);
  });

  test('until all of its lists were taken over', async () => {
    const { start, write } = await open();
    await write('claude.json', { keys: ['sk-ant-1'], credentials: [{ token: 'sk-ant-2' }] });
    const { files, told } = await start();
    expect(await files.scan()).toMatchObject([{ isNeedless: true }]);
    expect(told().map(([secret]) => secret)).toEqual(['sk-ant-1', 'sk-ant-2']);
  });
});

describe('a file with a problem', () => {
  test('CPP-18: is told with its line, and the others go on; it is never deleted', async () => {
    const { start, write, folder, log } = await open();
    await write('claude.json', '{\n "token": "sk-ant-canary"\n "priority": 1\n}');
    await write('gemini.json', { token: 'AIza1' });
    await write('notes.txt', 'sk-none');
    await write('.hidden.json', { token: 'sk-none' });
    await mkdir(join(folder, 'folder.json'));
    const { files, told } = await start();
    const statuses = await files.scan();
    expect(told()).toEqual([['AIza1', 100]]);
    expect(authFileNotices(statuses)[0]).toBe(`${join(folder, 'claude.json')}:3: it is not valid JSON.`);
    expect(JSON.stringify(log)).not.toContain('canary');
    await files.remove();
    expect((await readdir(folder)).toSorted()).toEqual(['.hidden.json', 'claude.json', 'folder.json', 'notes.txt']);
  });

  test('that others may read is warned of', async () => {
    const { start, write, folder } = await open();
    await write('claude.json', { token: 'sk-ant-1' });
    await chmod(join(folder, 'claude.json'), 0o644);
    const { files } = await start();
    expect(authFileNotices(await files.scan())).toContainEqual(expect.stringContaining('`chmod 600 '));
  });
});

describe('while the companion runs', () => {
  const soon = { settleMs: 20, checkMs: 60_000 };

  test('a file that comes, is replaced or written to is taken over; half a file is not', async () => {
    const { start, write, folder } = await open();
    const { files, told } = await start();
    await files.scan();
    files.watch(soon);
    await write('claude.json', { token: 'sk-ant-1' });
    await expect.poll(told).toEqual([['sk-ant-1', 100]]);
    await writeFile(join(folder, 'claude.json.new'), '{"token":"sk-ant-2"}');
    await rename(join(folder, 'claude.json.new'), join(folder, 'claude.json'));
    await expect.poll(told).toEqual([['sk-ant-2', 100]]);
    await write('claude.json', '{"token":"sk-ant-');
    await expect.poll(() => files.statuses()[0]?.problems.length).toBe(1);
    expect(told()).toEqual([['sk-ant-2', 100]]);
    await write('claude.json', '{"token":"sk-ant-3"}');
    await expect.poll(told).toEqual([['sk-ant-3', 100]]);
    expect(files.statuses()[0]?.problems).toEqual([]);
  });

  test('a folder that comes later is heard of, and nothing after the end', async () => {
    const { start, write, folder } = await open();
    await rm(folder, { recursive: true });
    const { files, told } = await start();
    await files.scan();
    files.watch(soon);
    await mkdir(folder);
    await write('openai.json', { token: 'sk-1' });
    await expect.poll(told, { timeout: 5000 }).toEqual([['sk-1', 100]]);
    await files.close();
    await write('gemini.json', { token: 'AIza1' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told()).toEqual([['sk-1', 100]]);
  });
});
