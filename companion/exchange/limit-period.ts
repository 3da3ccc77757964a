/** When the count of a credential began, and when it begins anew. */
import type { QuotaWindow } from '../../shared/quota.ts';
import type { Periods } from '../base/periods.ts';
import type { ResetSchedule } from '../config/reset-schedule.ts';

export interface LimitPeriod {
  readonly beganMs: number;
  /** `null`: never, or nobody knows yet. */
  readonly endsMs: number | null;
  /** Until then there is no use in asking again. */
  readonly isSureUntilMs: number;
}

export interface PeriodFacts {
  readonly schedule: ResetSchedule;
  readonly periods: Pick<Periods, 'startOf' | 'nextAfter'>;
  /** When what is counted now began; `null` where nothing is counted yet. */
  readonly beganMs: number | null;
  /** What the provider told of its own limits. */
  readonly windows: () => readonly QuotaWindow[];
}

const hourMs = 3_600_000;
/** Providers tell of their windows with any answer. */
const lookEveryMs = 30_000;

export function periodAt(nowMs: number, { schedule, periods, beganMs, windows }: PeriodFacts): LimitPeriod {
  if (schedule === 'provider') return periodOfProvider(nowMs, beganMs ?? nowMs, windows());
  if (schedule === 'never') return { beganMs: beganMs ?? nowMs, endsMs: null, isSureUntilMs: Infinity };
  const endsMs = periods.nextAfter(schedule, nowMs);
  return {
    beganMs: Math.max(periods.startOf(schedule, nowMs), beganMs ?? 0),
    endsMs,
    isSureUntilMs: endsMs ?? Infinity,
  };
}

function periodOfProvider(nowMs: number, beganMs: number, windows: readonly QuotaWindow[]): LimitPeriod {
  const longest = windows
    .filter((window) => window.resetsAtMs !== null)
    .toSorted((one, other) => lengthOf(other) - lengthOf(one))[0];
  const resetsAtMs = longest?.resetsAtMs ?? null;
  const isSureUntilMs = nowMs + lookEveryMs;
  if (resetsAtMs === null) return { beganMs, endsMs: null, isSureUntilMs };
  if (resetsAtMs > nowMs) return { beganMs, endsMs: resetsAtMs, isSureUntilMs: Math.min(isSureUntilMs, resetsAtMs) };
  return { beganMs: Math.max(beganMs, resetsAtMs), endsMs: null, isSureUntilMs };
}

/** By its name; one whose name tells nothing is as long as it had to go when it was seen. */
function lengthOf({ window, resetsAtMs, observedAtMs }: QuotaWindow): number {
  if (/month/.test(window)) return 30 * 24 * hourMs;
  if (/week|seven_day/.test(window)) return 7 * 24 * hourMs;
  if (/five_hour/.test(window)) return 5 * hourMs;
  return (resetsAtMs ?? observedAtMs) - observedAtMs;
}
