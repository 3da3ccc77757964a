/** Moments that are waited for, on two clocks: it is over when either says so. */
import type { Clock } from '../base/clock.ts';

export type TwoClocks = Pick<Clock, 'nowMs' | 'monotonicMs'>;

/**
 * The wall clock may jump back, so it alone could hold a key for a day; the monotonic one stands still while the computer
 * sleeps, so it alone could hold one for the night.
 */
export interface Deadline {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export function deadlineIn(clock: TwoClocks, durationMs: number): Deadline {
  return { wallMs: clock.nowMs() + durationMs, monotonicMs: clock.monotonicMs() + durationMs };
}

/** Milliseconds; not above zero when it is over. */
export function restOf(clock: TwoClocks, deadline: Deadline): number {
  return Math.min(deadline.wallMs - clock.nowMs(), deadline.monotonicMs - clock.monotonicMs());
}
