import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tryFileLock, withFileLock } from '../../../companion/base/file-lock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function lockPath(): Promise<string> {
  return join(await temporaryFolder(), 'a.lock');
}

/** Another process that takes the lock and keeps it until it is killed. */
async function holder(path: string): Promise<ReturnType<typeof spawn>> {
  const module = new URL('../../../companion/base/file-lock.ts', import.meta.url).href;
  const script = `
    const { tryFileLock } = await import(${JSON.stringify(module)});
    globalThis.lock = tryFileLock(${JSON.stringify(path)});
    console.log(globalThis.lock === undefined ? 'refused' : 'held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [answer] = await once(child.stdout, 'data');
  expect(String(answer)).toBe('held\n');
  return child;
}

describe('tryFileLock', () => {
  it('gives the lock to one at a time', async () => {
    const path = await lockPath();
    const first = tryFileLock(path);
    expect(first).toBeDefined();
    expect(tryFileLock(path)).toBeUndefined();
    expect(tryFileLock(path)).toBeUndefined();
    first?.release();
    const second = tryFileLock(path);
    expect(second).toBeDefined();
    second?.release();
    second?.release();
  });

  it('refuses while another process holds it, and takes it at once when that one is killed', async () => {
    const path = await lockPath();
    const child = await holder(path);
    expect(tryFileLock(path)).toBeUndefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = tryFileLock(path);
    expect(lock).toBeDefined();
    lock?.release();
  });

  it('keeps its hold on other processes after a refused second try in the same process', async () => {
    const path = await lockPath();
    const lock = tryFileLock(path);
    expect(tryFileLock(path)).toBeUndefined();
    await expect(holder(path)).rejects.toThrow('refused');
    lock?.release();
  });

  it('creates its file for the owner alone', async () => {
    const path = await lockPath();
    const before = process.umask(0);
    try {
      tryFileLock(path)?.release();
    } finally {
      process.umask(before);
    }
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('reports a file that cannot be locked', async () => {
    const path = await lockPath();
    await writeFile(path, 'somebody wrote into the lock file, which is odd');
    expect(() => tryFileLock(path)).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
    expect(() => tryFileLock(join(path, 'x'))).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
  });
});

/** Another process that counts the number in a file up, under the lock, many times. */
async function counter(lock: string, file: string, times: number): Promise<void> {
  const module = new URL('../../../companion/base/file-lock.ts', import.meta.url).href;
  const script = `
    const { withFileLock } = await import(${JSON.stringify(module)});
    const { readFile, writeFile } = await import('node:fs/promises');
    for (let n = 0; n < ${times}; n += 1) {
      await withFileLock(${JSON.stringify(lock)}, undefined, async () => {
        const count = Number(await readFile(${JSON.stringify(file)}, 'utf8'));
        await writeFile(${JSON.stringify(file)}, String(count + 1));
      });
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
}

describe('withFileLock', () => {
  it('lets one after the other through, across processes and in one', { timeout: 60_000 }, async () => {
    const folder = await temporaryFolder();
    const [lock, file] = [join(folder, 'locks', 'a.lock'), join(folder, 'count')];
    await writeFile(file, '0');
    await Promise.all([counter(lock, file, 60), counter(lock, file, 60), counter(lock, file, 60)]);
    expect(await readFile(file, 'utf8')).toBe('180');
    expect((await stat(join(folder, 'locks'))).mode & 0o777).toBe(0o700);
    let inside = 0;
    const entries = await Promise.all(
      Array.from({ length: 20 }, () =>
        withFileLock(lock, undefined, async () => {
          inside += 1;
          const seen = inside;
          await pause(1);
          inside -= 1;
          return seen;
        }),
      ),
    );
    expect(entries).toEqual(Array.from({ length: 20 }, () => 1));
  });

  it('gives the lock back after a task that failed', async () => {
    const path = await lockPath();
    await expect(withFileLock(path, undefined, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withFileLock(path, undefined, async () => 'free')).toBe('free');
  });

  it('stops waiting when it is told to, with the reason that was given', async () => {
    const path = await lockPath();
    const lock = tryFileLock(path);
    const controller = new AbortController();
    const waiting = withFileLock(path, controller.signal, async () => 'never');
    setTimeout(() => controller.abort(new Error('the client left')), 30);
    await expect(waiting).rejects.toThrow('the client left');
    lock?.release();
    expect(await withFileLock(path, undefined, async () => 'free')).toBe('free');
  });

  it('gives up when it is never free, and says what to do', async () => {
    const path = await lockPath();
    const child = await holder(path);
    await expect(withFileLock(path, undefined, async () => 'never', 100)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(path),
      remedy: expect.stringContaining('end that process'),
    });
    child.kill('SIGKILL');
    expect(await withFileLock(path, undefined, async () => 'free')).toBe('free');
  });
});
