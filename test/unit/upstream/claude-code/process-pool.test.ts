import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memoryLogger } from '../../../../companion/base/log.ts';
import { ProcessPool } from '../../../../companion/upstream/claude-code/process-pool.ts';
import type { ProcessPoolOptions } from '../../../../companion/upstream/claude-code/process-pool.ts';
import type { SpawnOrder } from '../../../../companion/upstream/claude-code/agent-sdk.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Waits for the end of its input, as Claude Code does. */
const patient = "process.stdin.resume(); process.stdin.on('end', () => process.exit(0))";

function order(name: string, script = patient): SpawnOrder {
  return { command: process.execPath, args: ['-e', script, name], env: { PATH: process.env['PATH'] } };
}

async function openPool(options: Partial<ProcessPoolOptions> = {}) {
  const clock = new FakeClock();
  const workFolder = await temporaryFolder();
  const { logger } = memoryLogger();
  const pool = new ProcessPool({ warm: 1, most: 8, idleMs: 60_000, workFolder, clock, logger, ...options });
  onTestFinished(() => pool.close());
  return { pool, clock, workFolder };
}

describe('processes that stand ready', () => {
  test('serve an order like theirs, once', async () => {
    const { pool } = await openPool();
    pool.keepReady(order('a'));
    const [ready] = pool.pids;
    const first = pool.take(order('a'));
    expect(first.child.pid).toBe(ready);
    const second = pool.take(order('a'));
    expect(second.child.pid).not.toBe(ready);
  });

  test('serve no other order: not with other words, nor with another environment', async () => {
    const { pool } = await openPool();
    pool.keepReady(order('a'));
    const [ready] = pool.pids;
    expect(pool.take(order('b')).child.pid).not.toBe(ready);
    expect(pool.take({ ...order('a'), env: { PATH: '/bin' } }).child.pid).not.toBe(ready);
    const { PATH } = order('a').env;
    expect(pool.take({ ...order('a'), env: { PATH } }).child.pid).toBe(ready);
  });

  test('are as many as wished, the oldest giving way', async () => {
    const { pool } = await openPool({ warm: 2 });
    for (const name of ['a', 'a', 'b', 'c']) pool.keepReady(order(name));
    await expect.poll(() => pool.pids.length).toBe(2);
    const before = pool.pids;
    expect(before).toContain(pool.take(order('b')).child.pid);
    expect(before).toContain(pool.take(order('c')).child.pid);
    expect(before).not.toContain(pool.take(order('a')).child.pid);
  });

  test('are none where none is wished', async () => {
    const { pool } = await openPool({ warm: 0 });
    pool.keepReady(order('a'));
    expect(pool.pids).toEqual([]);
  });

  test('end when nobody takes them in time', async () => {
    const { pool, clock, workFolder } = await openPool();
    pool.keepReady(order('a'));
    await clock.advance(59_999);
    expect(pool.pids).toHaveLength(1);
    await clock.advance(1);
    await expect.poll(() => pool.pids).toEqual([]);
    await expect.poll(() => readdir(workFolder)).toEqual([]);
  });

  test('give way to those that are needed, and are not started beyond the limit', async () => {
    const { pool } = await openPool({ warm: 2, most: 3 });
    pool.keepReady(order('a'));
    const first = pool.take(order('b'));
    const ready = pool.pids;
    pool.keepReady(order('c'));
    expect(pool.pids).toHaveLength(3);
    const second = pool.take(order('d'));
    expect(pool.pids).toHaveLength(3);
    expect(pool.pids.filter((pid) => ready.includes(pid))).toEqual([first.child.pid]);
    const third = pool.take(order('e'));
    expect([...pool.pids].sort()).toEqual([first, second, third].map(({ child }) => child.pid).sort());
    pool.keepReady(order('f'));
    expect(pool.pids).toHaveLength(3);
  });

  test('that have died are not handed out', async () => {
    const { pool } = await openPool();
    pool.keepReady(order('a', 'process.exit(1)'));
    const [ready] = pool.pids;
    await expect.poll(() => pool.pids).toEqual([]);
    expect(pool.take(order('a', 'process.exit(1)')).child.pid).not.toBe(ready);
  });
});

describe('a process', () => {
  test('has an empty folder of its own, which goes with it', async () => {
    const { pool, workFolder } = await openPool();
    const show =
      "process.stdout.write(process.cwd()); process.stdin.resume(); process.stdin.on('end', () => process.exit(0))";
    const [one, other] = [pool.take(order('a', show)), pool.take(order('a', show))];
    const folders = await Promise.all(
      [one, other].map(
        ({ child }) =>
          new Promise<string>((resolve) => child.stdout.once('data', (data: Buffer) => resolve(String(data)))),
      ),
    );
    expect(new Set(folders).size).toBe(2);
    for (const folder of folders) expect(await readdir(folder)).toEqual([]);
    await one.end();
    expect(existsSync(folders[0] ?? '')).toBe(false);
    expect(await readdir(workFolder)).toHaveLength(1);
  });

  test('that does not end when asked ends by force', async () => {
    const { pool, clock } = await openPool();
    const stubborn = "process.on('SIGTERM', () => {}); process.stdout.write('up'); setInterval(() => {}, 1000)";
    const process_ = pool.take(order('a', stubborn));
    await new Promise((resolve) => process_.child.stdout.once('data', resolve));
    const gone = process_.end();
    expect(process_.isAlive).toBe(false);
    expect(process_.child.exitCode ?? process_.child.signalCode).toBe(null);
    await clock.advance(1000);
    await gone;
    expect(process_.child.signalCode).toBe('SIGKILL');
  });

  test('that reads nothing is written to in vain, and troubles nobody', async () => {
    const { pool } = await openPool();
    const deaf = pool.take(
      order('a', "require('fs').closeSync(0); process.stdout.write('up'); setTimeout(() => {}, 9000)"),
    );
    await new Promise((resolve) => deaf.child.stdout.once('data', resolve));
    const written = new Promise((resolve) => deaf.child.stdin.write('x'.repeat(1_000_000), resolve));
    expect(await written).toMatchObject({ code: 'EPIPE' });
    expect(deaf.isAlive).toBe(true);
    await deaf.end();
    expect(pool.pids).toEqual([]);
  });

  test('that cannot be started is gone, without a folder', async () => {
    const { pool, workFolder } = await openPool();
    const missing = pool.take({ command: '/nowhere/claude', args: [], env: {} });
    missing.child.on('error', () => undefined);
    await missing.gone;
    expect(missing.isAlive).toBe(false);
    expect(await readdir(workFolder)).toEqual([]);
  });

  test('leaves the end of what it complained of', async () => {
    const { pool } = await openPool();
    const loud = pool.take(order('a', "process.stderr.write('x'.repeat(9000) + 'the end'); process.exitCode = 3"));
    await loud.gone;
    await expect.poll(() => loud.stderrTail).toMatch(/the end$/);
    expect(loud.stderrTail.length).toBeLessThanOrEqual(4000);
  });

  test('of a pool that closes is ended, in use or ready', async () => {
    const { pool } = await openPool();
    const taken = pool.take(order('a'));
    pool.keepReady(order('b'));
    await pool.close();
    expect(taken.isAlive).toBe(false);
    expect(pool.pids).toEqual([]);
    pool.keepReady(order('c'));
    expect(pool.pids).toEqual([]);
  });
});
