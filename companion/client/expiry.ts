/** Until when a key is to be valid, as a person or a program says it. */
import { CompanionError } from '../base/error.ts';

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const duration = /^(?:\d{1,9}(?:\.\d{1,9})?[smhdw])+$/;
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
/** Later than any that can be written in four digits makes no sense, and is no date any more a little further on. */
const lastMs = Date.UTC(9999, 11, 31);

export const defaultExpiry = '720h';
export const expiryWords =
  'a time such as 720h, 30d, 90m, 2w or 1h30m, a moment such as 2027-01-31T12:00:00Z, or never';

/** Unix milliseconds, in whole seconds as JWTs have them; `null` for `never`. Errors: `INVALID_REQUEST`. */
export function parseExpiry(text: string, nowMs: number): number | null {
  const wanted = text.trim();
  if (wanted.toLowerCase() === 'never') return null;
  const atMs = momentOf(wanted, nowMs);
  if (atMs === undefined || Number.isNaN(atMs)) throw refuse('it is no time that anybody knows');
  if (atMs > lastMs) throw refuse('it lies after the year 9999: say never');
  const wholeMs = Math.floor(atMs / 1000) * 1000;
  if (wholeMs <= nowMs) throw refuse('it has passed already');
  return wholeMs;
}

function momentOf(text: string, nowMs: number): number | undefined {
  if (duration.test(text)) return nowMs + durationMs(text);
  return rfc3339.test(text) ? Date.parse(text.replace(' ', 'T')) : undefined;
}

function durationMs(text: string): number {
  const parts = text.matchAll(/([\d.]+)([smhdw])/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * unitsMs[unit as keyof typeof unitsMs], 0);
}

function refuse(problem: string): CompanionError {
  return new CompanionError('INVALID_REQUEST', `\`expires_in\` cannot be used: ${problem}.`, {
    details: { field: 'expires_in' },
    remedy: `Say ${expiryWords}.`,
  });
}
