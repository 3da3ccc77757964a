import { describe, expect, it } from 'vitest';
import type { DueOutcome } from '../../../../companion/account/login/credential-manager.ts';
import { RefreshWorker } from '../../../../companion/account/login/refresh-worker.ts';
import type { Clock } from '../../../../companion/base/clock.ts';
import { memoryLogger } from '../../../../companion/base/log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { hour, minute, second } from './managed.ts';

interface Scene {
  readonly clock: FakeClock;
  readonly worker: RefreshWorker;
  readonly checks: { count: number };
  /** Moves the wall clock alone, as sleep and people do. */
  jump(byMs: number): void;
}

interface Wanted {
  readonly isEnabled?: boolean;
  readonly random?: number;
  readonly check?: () => Promise<readonly DueOutcome[]>;
}

function scene({ isEnabled = true, random = 0.5, check = async () => ['fresh'] }: Wanted = {}): Scene {
  const clock = new FakeClock();
  let offsetMs = 0;
  const jumping: Clock = {
    nowMs: () => clock.nowMs() + offsetMs,
    monotonicMs: () => clock.monotonicMs(),
    setTimer: (task, delayMs) => clock.setTimer(task, delayMs),
  };
  const checks = { count: 0 };
  const worker = new RefreshWorker({
    rhythm: { enabled: isEnabled, checkInterval: 5 * minute },
    check: () => {
      checks.count += 1;
      return check();
    },
    clock: jumping,
    logger: memoryLogger().logger,
    random: () => random,
  });
  worker.start();
  return { clock, worker, checks, jump: (byMs) => void (offsetMs += byMs) };
}

describe('the refresh worker', () => {
  it('looks soon after the start, and then at its interval', async () => {
    const { clock, checks } = scene();
    await clock.advance(3 * second);
    expect(checks.count).toBe(1);
    await clock.advance(hour);
    expect(checks.count).toBe(13);
  });

  it.each([
    [0, 270],
    [1, 330],
  ])('looks a little earlier or later each time (%s)', async (random, seconds) => {
    const { clock, checks } = scene({ random });
    await clock.advance(4 * second);
    expect(checks.count).toBe(1);
    await clock.advance((seconds - 5) * second);
    expect(checks.count).toBe(1);
    await clock.advance(6 * second);
    expect(checks.count).toBe(2);
  });

  it('looks at once after the computer slept, during which timers stand still', async () => {
    const { clock, checks, jump } = scene();
    await clock.advance(10 * second);
    jump(8 * hour);
    await clock.advance(15 * second);
    expect(checks.count).toBe(2);
  });

  it('is not held up by a clock that was set back', async () => {
    const { clock, checks, jump } = scene();
    await clock.advance(10 * second);
    jump(-24 * hour);
    await clock.advance(5 * minute);
    expect(checks.count).toBe(2);
  });

  it('goes on after a look that failed, and tells what came of the others', async () => {
    let round = 0;
    const check = async (): Promise<readonly DueOutcome[]> => {
      round += 1;
      if (round === 1) throw new Error('boom');
      return ['fresh', 'renewed', 'failed', 'fresh'];
    };
    const { clock, worker } = scene({ check });
    expect(worker.status()).toEqual({
      enabled: true,
      last_check: null,
      next_check: '2026-01-02T03:04:08.000Z',
      credentials_checked: 0,
      refreshed: 0,
      failed: 0,
    });
    await clock.advance(3 * second);
    await clock.advance(5 * minute);
    expect(worker.status()).toEqual({
      enabled: true,
      last_check: '2026-01-02T03:09:08.000Z',
      next_check: '2026-01-02T03:14:08.000Z',
      credentials_checked: 4,
      refreshed: 1,
      failed: 1,
    });
  });

  it('stops when it is told to, and waits for a look that is under way', async () => {
    let finish: (() => void) | undefined;
    const check = () => new Promise<readonly DueOutcome[]>((resolve) => (finish = () => resolve(['renewed'])));
    const { clock, worker, checks } = scene({ check });
    await clock.advance(3 * second);
    let isStopped = false;
    const stopping = worker.stop().then(() => (isStopped = true));
    await clock.advance(second);
    expect(isStopped).toBe(false);
    finish?.();
    await stopping;
    await clock.advance(hour);
    expect([checks.count, clock.pendingTimers, worker.status().refreshed]).toEqual([1, 0, 1]);
  });

  it('does nothing while it is off', async () => {
    const { clock, worker, checks } = scene({ isEnabled: false });
    await clock.advance(hour);
    expect([checks.count, clock.pendingTimers]).toEqual([0, 0]);
    expect(worker.status()).toMatchObject({ enabled: false, last_check: null, next_check: null });
  });
});
