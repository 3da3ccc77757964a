import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { watchFile } from '../../../companion/base/watch-file.ts';
import type { WatchTimings } from '../../../companion/base/watch-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Only the system's own reports count, unless a test says otherwise. */
const reportsOnly = { settleMs: 40, pollMs: 60_000, checkMs: 60_000 };

function watching(path: string, timings: WatchTimings = {}) {
  let changes = 0;
  const stop = watchFile(path, () => (changes += 1), { ...reportsOnly, ...timings });
  onTestFinished(stop);
  return {
    stop,
    count: () => changes,
    /** Does something, and waits until it was heard of. */
    async hears(change: () => Promise<unknown>) {
      const before = changes;
      await change();
      await expect.poll(() => changes, { timeout: 5000 }).toBeGreaterThan(before);
      await pause(120);
    },
    async hearsNothing(change: () => Promise<unknown>) {
      const before = changes;
      await change();
      await pause(250);
      expect(changes).toBe(before);
    },
  };
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

describe('a watched file', () => {
  test('is heard of when it is written, replaced, deleted and made again', async () => {
    const path = join(await temporaryFolder(), 'auth.json');
    await writeFile(path, 'one');
    const file = watching(path);
    await file.hears(() => writeFile(path, 'another'));
    await file.hears(() => replace(path, 'a third'));
    await file.hears(() => replace(path, 'a fourth one'));
    await file.hears(() => rm(path));
    await file.hears(() => writeFile(path, 'back'));
  });

  test('may come into being later, with all its folders', async () => {
    const home = await temporaryFolder();
    const path = join(home, 'a', 'b', 'auth.json');
    const file = watching(path);
    await file.hearsNothing(() => mkdir(join(home, 'a')));
    await file.hears(async () => {
      await mkdir(join(home, 'a', 'b'));
      await writeFile(path, 'one');
    });
    await file.hears(() => replace(path, 'another'));
  });

  test('is followed when its folder is deleted and made again', async () => {
    const folder = join(await temporaryFolder(), 'home');
    const path = join(folder, 'auth.json');
    await mkdir(folder);
    await writeFile(path, 'one');
    const file = watching(path);
    await file.hears(() => rm(folder, { recursive: true }));
    await file.hears(async () => {
      await mkdir(folder);
      await writeFile(path, 'another');
    });
    await file.hears(() => replace(path, 'a third'));
  });

  test('is heard of when it is a link, and what it leads to is replaced', async () => {
    const home = await temporaryFolder();
    const [link, target] = [join(home, 'auth.json'), join(home, 'elsewhere', 'real.json')];
    await mkdir(join(home, 'elsewhere'));
    await writeFile(target, 'one');
    await symlink(target, link);
    const file = watching(link);
    await file.hears(() => replace(target, 'another'));
    await file.hears(async () => {
      await rm(link);
      await writeFile(link, 'a file of its own');
    });
  });

  test('is one change when it is written in many steps', async () => {
    const path = join(await temporaryFolder(), 'auth.json');
    const file = watching(path, { settleMs: 200 });
    await file.hears(async () => {
      for (let step = 0; step < 20; step += 1) await writeFile(path, 'x'.repeat(step));
    });
    await pause(300);
    expect(file.count()).toBe(1);
  });

  test('is not confused with its neighbours', async () => {
    const folder = await temporaryFolder();
    const file = watching(join(folder, 'auth.json'));
    await file.hearsNothing(() => writeFile(join(folder, 'config.toml'), 'one'));
  });

  test('is heard of no more once nobody listens', async () => {
    const path = join(await temporaryFolder(), 'auth.json');
    const file = watching(path);
    await file.hearsNothing(async () => {
      await writeFile(path, 'one');
      file.stop();
    });
    await file.hearsNothing(() => writeFile(path, 'another'));
  });

  test('is looked at now and then where the system has no watches to give', async () => {
    const path = join(await temporaryFolder(), 'auth.json');
    let asked = 0;
    const refuse = (): never => {
      asked += 1;
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    };
    const file = watching(path, { pollMs: 50, watch: refuse });
    await file.hears(() => writeFile(path, 'one'));
    expect(asked).toBeGreaterThan(1);
  });

  test('is looked at now and then where the system never reports', async () => {
    const path = join(await temporaryFolder(), 'auth.json');
    const elsewhere = await temporaryFolder();
    const { watch } = await import('node:fs');
    const misled = ((_folder: string, options: object, listener: () => void) =>
      watch(elsewhere, options, listener)) as unknown as typeof watch;
    const file = watching(path, { checkMs: 50, watch: misled });
    await file.hears(() => writeFile(path, 'one'));
  });
});
