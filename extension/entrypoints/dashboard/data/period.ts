/** The periods that a person may look at, and how finely each is cut. Pure. */
import type { TextKey } from '../../../text.ts';

export const periods = ['1h', '24h', '7d', '30d', 'all'] as const;
export type Period = (typeof periods)[number];

export const DEFAULT_PERIOD: Period = '24h';

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

interface PeriodFacts {
  /** `null`: everything there is. */
  readonly lengthSeconds: number | null;
  /** `null`: the companion chooses. */
  readonly stepSeconds: number | null;
  readonly word: TextKey;
}

const facts: Readonly<Record<Period, PeriodFacts>> = {
  '1h': { lengthSeconds: HOUR_S, stepSeconds: MINUTE_S, word: 'periodHour' },
  '24h': { lengthSeconds: DAY_S, stepSeconds: HOUR_S / 2, word: 'periodDay' },
  '7d': { lengthSeconds: 7 * DAY_S, stepSeconds: 4 * HOUR_S, word: 'periodWeek' },
  '30d': { lengthSeconds: 30 * DAY_S, stepSeconds: DAY_S, word: 'periodMonth' },
  all: { lengthSeconds: null, stepSeconds: null, word: 'periodAll' },
};

export function periodFacts(period: Period): PeriodFacts {
  return facts[period];
}

export function isPeriod(word: string): word is Period {
  return periods.includes(word as Period);
}

/** Begins at a border of a step, so that the first bar is as whole as the others. */
export function periodQuery(period: Period, nowMs: number): Record<string, string> {
  const { lengthSeconds, stepSeconds } = facts[period];
  if (lengthSeconds === null || stepSeconds === null) return {};
  const sinceSeconds = Math.ceil((nowMs / 1_000 - lengthSeconds) / stepSeconds) * stepSeconds;
  return { since: new Date(sinceSeconds * 1_000).toISOString() };
}
