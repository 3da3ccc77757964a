/** The periods that run now, worked out once for each boundary: finding one takes a good part of a millisecond. */
import { nextPeriodStart, periodStart } from './period.ts';
import type { PeriodSchedule } from './period.ts';

interface Span {
  readonly startMs: number;
  /** `null`: it never ends. */
  readonly nextMs: number | null;
}

/** Owned by whoever counts in periods; keeps one span for each schedule, until a moment outside of it is asked for. */
export class Periods {
  readonly #timeZone: () => string;
  readonly #spans = new Map<PeriodSchedule, Span>();

  /** `timeZone` (IANA) is asked once for each span. */
  constructor(timeZone: () => string = systemTimeZone) {
    this.#timeZone = timeZone;
  }

  /** When the period that holds `atMs` began; 0 for `never`. */
  startOf(schedule: PeriodSchedule, atMs: number): number {
    return this.#spanOf(schedule, atMs).startMs;
  }

  /** When the next period begins after `atMs`; `null` for `never`. */
  nextAfter(schedule: PeriodSchedule, atMs: number): number | null {
    return this.#spanOf(schedule, atMs).nextMs;
  }

  #spanOf(schedule: PeriodSchedule, atMs: number): Span {
    if (schedule === 'never') return endless;
    const known = this.#spans.get(schedule);
    if (known !== undefined && known.startMs <= atMs && atMs < (known.nextMs ?? Infinity)) return known;
    const zone = this.#timeZone();
    const span = {
      startMs: periodStart(schedule, atMs, zone),
      nextMs: nextPeriodStart(schedule, atMs, zone),
    };
    this.#spans.set(schedule, span);
    return span;
  }
}

const endless: Span = { startMs: 0, nextMs: null };

/** Of this computer. Takes 20 ms the first time, so that it is asked only where periods are counted. */
export function systemTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
