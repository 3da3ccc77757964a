/** A folder is heard of whatever becomes of the files in it, and only of those that are wanted. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { watchFolder } from '../../../companion/base/watch-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function watching(folder: string, checkMs = 60_000) {
  let changes = 0;
  const isWanted = (name: string) => name.endsWith('.json');
  const stop = watchFolder(folder, isWanted, () => (changes += 1), { settleMs: 20, checkMs });
  onTestFinished(stop);
  const hears = async (change: () => Promise<unknown>) => {
    const before = changes;
    await change();
    await expect.poll(() => changes, { timeout: 5000 }).toBeGreaterThan(before);
    await pause(60);
  };
  return { hears, stop, count: () => changes };
}

test('is heard of when a file comes, is written to, replaced and deleted; not of other files', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'a.json');
  const watched = watching(folder);
  await watched.hears(() => writeFile(path, 'one'));
  await watched.hears(() => writeFile(path, 'another'));
  await watched.hears(async () => {
    await writeFile(`${path}.new`, 'third');
    await rename(`${path}.new`, path);
  });
  await watched.hears(() => rm(path));
  const before = watched.count();
  await writeFile(join(folder, 'notes.txt'), 'x');
  await pause(100);
  expect(watched.count()).toBe(before);
  watched.stop();
  await writeFile(path, 'again');
  await pause(100);
  expect(watched.count()).toBe(before);
});

test('may come later, go and come back', async () => {
  const folder = join(await temporaryFolder(), 'auths');
  const watched = watching(folder);
  const make = async (text: string) => {
    await mkdir(folder);
    await writeFile(join(folder, 'a.json'), text);
  };
  await watched.hears(() => make('one'));
  await watched.hears(() => writeFile(join(folder, 'a.json'), 'two'));
  await watched.hears(() => rm(folder, { recursive: true }));
  await watched.hears(() => make('three'));
  await watched.hears(() => writeFile(join(folder, 'b.json'), 'four'));
});

test('is looked at now and then where nothing is reported', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'deep'));
  const watched = watching(join(folder, 'deep'), 30);
  await watched.hears(() => writeFile(join(folder, 'deep', 'a.json'), 'one'));
});
