import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openLogFile } from '../../../companion/base/log-file.ts';
import { fullDisk } from '../../support/full-disk.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const source = '../../../companion/base/log-file.ts';

const line = (number: number): string => `{"number":${number},"padding":"${'x'.repeat(60)}"}\n`;

async function numbersIn(path: string): Promise<number[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return lines.map((text) => JSON.parse(text).number);
}

describe('openLogFile', () => {
  it('appends to what is there', async () => {
    const path = join(await temporaryFolder(), 'companion.log');
    await writeFile(path, line(1));
    const file = openLogFile(path);
    file.write(line(2));
    file.close();
    expect(await numbersIn(path)).toEqual([1, 2]);
  });

  it('gives the file to its owner alone, whatever the umask and the mode before', async () => {
    const folder = await temporaryFolder();
    const before = process.umask(0);
    try {
      const fresh = openLogFile(join(folder, 'fresh.log'));
      fresh.write(line(1));
      fresh.close();
      await writeFile(join(folder, 'loose.log'), '');
      await chmod(join(folder, 'loose.log'), 0o644);
      const loose = openLogFile(join(folder, 'loose.log'));
      loose.write(line(1));
      loose.close();
    } finally {
      process.umask(before);
    }
    for (const name of ['fresh.log', 'loose.log']) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
  });

  it('keeps four files at most, each within the limit, with the newest lines in order', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'companion.log');
    const file = openLogFile(path, 500);
    for (let number = 0; number < 100; number += 1) file.write(line(number));
    file.close();
    const names = (await readdir(folder)).sort();
    expect(names).toEqual(['companion.log', 'companion.log.1', 'companion.log.2', 'companion.log.3']);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
    const numbers = await Promise.all([...names].reverse().map((name) => numbersIn(join(folder, name))));
    const kept = numbers.flat();
    expect(kept).toEqual(kept.map((_, index) => 100 - kept.length + index));
    expect(file.droppedLines).toBe(0);
  });

  it('moves a file that is full already away at start', async () => {
    const path = join(await temporaryFolder(), 'companion.log');
    await writeFile(path, line(1).repeat(10));
    const file = openLogFile(path, 500);
    file.write(line(2));
    file.close();
    expect(await numbersIn(path)).toEqual([2]);
    expect(await numbersIn(`${path}.1`)).toHaveLength(10);
  });

  it('takes one line that is longer than the limit', async () => {
    const path = join(await temporaryFolder(), 'companion.log');
    const file = openLogFile(path, 50);
    file.write(line(1));
    file.write(line(2));
    file.close();
    expect([await numbersIn(`${path}.1`), await numbersIn(path)]).toEqual([[1], [2]]);
  });

  it('counts lines that it cannot write, and says so once it can write again', async () => {
    const folder = join(await temporaryFolder(), 'logs');
    const path = join(folder, 'companion.log');
    const file = openLogFile(path);
    file.write(line(1));
    file.write(line(2));
    expect(file.droppedLines).toBe(2);
    await mkdir(folder);
    file.write(line(3));
    file.write(line(4));
    file.close();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((text) => JSON.parse(text))).toMatchObject([{ droppedLines: 2 }, { number: 3 }, { number: 4 }]);
    expect(file.droppedLines).toBe(2);
  });

  it('drops lines on a full disk without a throw, and leaves no half line', async ({ skip }) => {
    const disk = await fullDisk(64 * 1024);
    if (disk.folder === undefined) return skip(disk.reason);
    const path = join(disk.folder, 'companion.log');
    const file = openLogFile(path);
    for (let number = 0; number < 2000; number += 1) file.write(line(number));
    expect(file.droppedLines).toBeGreaterThan(500);
    const kept = await numbersIn(path);
    expect(kept).toEqual(kept.map((_, index) => index));
    file.close();
  });

  it('writes what is not urgent together a moment later, and at once with what is urgent', async () => {
    const path = join(await temporaryFolder(), 'companion.log');
    const file = openLogFile(path);
    file.write(line(1), false);
    file.write(line(2), false);
    expect(existsSync(path)).toBe(false);
    await expect.poll(() => existsSync(path) && numbersIn(path)).toEqual([1, 2]);
    file.write(line(3), false);
    file.write(line(4), true);
    expect(await numbersIn(path)).toEqual([1, 2, 3, 4]);
    file.close();
  });

  it('does not wait for more than a few lines, and closes with none left', async () => {
    const path = join(await temporaryFolder(), 'companion.log');
    const file = openLogFile(path);
    for (let number = 0; number < 1_000; number += 1) file.write(line(number), false);
    expect((await numbersIn(path)).length).toBeGreaterThan(100);
    file.close();
    expect(await numbersIn(path)).toHaveLength(1_000);
  });

  /** A process that writes 50 lines, waits for `waitMs`, writes one more, and ends as `end` says. */
  function runWriter(path: string, waitMs: number, end: string): void {
    const program = `
      import { openLogFile } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, source)).href)};
      const file = openLogFile(${JSON.stringify(path)});
      for (let number = 0; number < 50; number += 1) file.write(JSON.stringify({ number }) + '\\n', false);
      await new Promise((resolve) => setTimeout(resolve, ${waitMs}));
      file.write(JSON.stringify({ number: 50 }) + '\\n', false);
      ${end}`;
    spawnSync(process.execPath, ['--input-type=module', '--eval', program]);
  }

  it('loses no line when the process stops or crashes', async () => {
    const folder = await temporaryFolder();
    const ends = {
      returned: '',
      exited: 'process.exit(1)',
      crashed: 'throw new Error()',
      rejected: 'void Promise.reject()',
    };
    for (const [name, end] of Object.entries(ends)) {
      runWriter(join(folder, name), 0, end);
      expect(await numbersIn(join(folder, name)), name).toHaveLength(51);
    }
  });

  it('loses the last fraction of a second at most when the process is killed', async () => {
    const path = join(await temporaryFolder(), 'companion.log');
    runWriter(path, 400, "process.kill(process.pid, 'SIGKILL')");
    expect(await numbersIn(path)).toHaveLength(50);
  });
});
