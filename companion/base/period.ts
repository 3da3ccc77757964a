/** Days, weeks and months of a place: when the one that holds a moment began, and when the next one does. */

/** How often something is counted anew. */
export type PeriodSchedule = 'never' | 'daily' | 'weekly' | 'monthly';

const dayMs = 86_400_000;
const daysOfWeek = 7;
const monday = 1;

/**
 * The last beginning of a period that is not after `atMs`: the first moment of the day, of the Monday or of the 1st in
 * `timeZone` (IANA), daylight saving included; 0 for `never`. Makes a formatter of dates, which takes a fraction of a
 * millisecond: keep the answer until the next boundary has passed. Throws a `RangeError` for a zone that nobody knows.
 */
export function periodStart(schedule: PeriodSchedule, atMs: number, timeZone: string): number {
  return schedule === 'never' ? 0 : boundariesAround(schedule, atMs, timeZone).startMs;
}

/** The first beginning of a period after `atMs`; `null` for `never`. Otherwise as `periodStart`. */
export function nextPeriodStart(schedule: PeriodSchedule, atMs: number, timeZone: string): number | null {
  return schedule === 'never' ? null : boundariesAround(schedule, atMs, timeZone).nextMs;
}

/** What a clock on the wall shows, written as if it were UTC. */
type WallMs = number;
type WallClock = (atMs: number) => WallMs;
type RealSchedule = Exclude<PeriodSchedule, 'never'>;

/**
 * Where clocks go back over midnight the evening comes twice, and the second time belongs to the day that has begun; a day
 * that a place left out (Samoa, 30 December 2011) begins with the one after it, and is none of its own.
 */
function boundariesAround(schedule: RealSchedule, atMs: number, timeZone: string): { startMs: number; nextMs: number } {
  const wallAt = wallClockOf(timeZone);
  let firstDay = firstDayOf(schedule, wallAt(atMs));
  let startMs = firstMomentOf(firstDay, wallAt);
  for (;;) {
    firstDay = followingFirstDay(schedule, firstDay);
    const nextMs = firstMomentOf(firstDay, wallAt);
    if (nextMs > atMs) return { startMs, nextMs };
    startMs = nextMs;
  }
}

function firstDayOf(schedule: RealSchedule, wallMs: WallMs): WallMs {
  const date = new Date(wallMs);
  const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  if (schedule === 'daily') return day;
  if (schedule === 'monthly') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  return day - ((date.getUTCDay() - monday + daysOfWeek) % daysOfWeek) * dayMs;
}

function followingFirstDay(schedule: RealSchedule, firstDay: WallMs): WallMs {
  const date = new Date(firstDay);
  if (schedule === 'monthly') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  return firstDay + (schedule === 'weekly' ? daysOfWeek : 1) * dayMs;
}

/** The first moment at which the clock shows midnight of that day, or a later time where it never shows it. */
function firstMomentOf(day: WallMs, wallAt: WallClock): number {
  const before = wallAt(day - dayMs) - (day - dayMs);
  const after = wallAt(day + dayMs) - (day + dayMs);
  const [earliest, latest] = [day - Math.max(before, after), day - Math.min(before, after)];
  for (const atMs of [earliest, latest]) if (wallAt(atMs) === day) return atMs;
  return firstAtOrAfter(day, earliest, latest, wallAt);
}

/** Midnight is left out: the moment, found by halving, at which clocks go forward over it. */
function firstAtOrAfter(day: WallMs, earlierMs: number, laterMs: number, wallAt: WallClock): number {
  let [before, after] = [earlierMs, laterMs];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (wallAt(middle) < day) before = middle;
    else after = middle;
  }
  return after;
}

function wallClockOf(timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    const wholeSeconds = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return wholeSeconds + (((atMs % 1000) + 1000) % 1000);
  };
}
