import { CompanionError } from '../base/error.ts';

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * `24h`, `7d`, `2w`, a day of the local calendar (`2026-11-01`) or an RFC 3339 time, as Unix milliseconds.
 * Errors: `INVALID_REQUEST`.
 */
export function parseSince(text: string, nowMs: number): number {
  const atMs = agoOf(text, nowMs) ?? dayOf(text) ?? timeOf(text);
  if (atMs === undefined || Number.isNaN(atMs)) throw refuse(`--since does not understand "${text}".`);
  if (atMs > nowMs) throw refuse(`--since ${text} lies in the future.`);
  return Math.max(0, atMs);
}

function agoOf(text: string, nowMs: number): number | undefined {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  return count === undefined ? undefined : nowMs - Number(count) * unitsMs[unit as keyof typeof unitsMs];
}

/** Midnight here; `NaN` for a 31st of February. */
function dayOf(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  const midnight = new Date(year, month - 1, day);
  return midnight.getMonth() === month - 1 && midnight.getDate() === day ? midnight.getTime() : Number.NaN;
}

function timeOf(text: string): number | undefined {
  return /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : undefined;
}

function refuse(problem: string): CompanionError {
  return new CompanionError('INVALID_REQUEST', problem, {
    remedy: 'Say it as 24h, 7d, 2026-11-01 or 2026-11-01T09:00:00Z.',
  });
}
