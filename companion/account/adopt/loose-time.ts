/** Times as programs write them into their files: seconds or milliseconds since 1970, or a date. */

/** In seconds this is the year 5138, in milliseconds 1973. */
const leastMs = 1e11;
/** The latest moment that a `Date` can hold. */
const latestMs = 8.64e15;

/** Unix milliseconds; `null` for what is no time. */
export function readTime(value: unknown): number | null {
  const atMs = typeof value === 'string' ? fromText(value) : fromNumber(value);
  return Number.isFinite(atMs) && Math.abs(atMs) <= latestMs ? atMs : null;
}

/** `atMs` in the form that `previous` has; seconds where that tells nothing. */
export function writeTimeLike(previous: unknown, atMs: number | null): string | number | null {
  if (atMs === null) return null;
  if (typeof previous === 'string' && !isNumeric(previous)) return new Date(atMs).toISOString();
  const isMs = Number(previous) >= leastMs;
  const time = isMs ? atMs : Math.floor(atMs / 1000);
  return typeof previous === 'string' ? String(time) : time;
}

function fromNumber(value: unknown): number {
  if (typeof value !== 'number') return Number.NaN;
  return Math.round(value >= leastMs ? value : value * 1000);
}

function fromText(text: string): number {
  return isNumeric(text) ? fromNumber(Number(text)) : Date.parse(text);
}

function isNumeric(text: string): boolean {
  return /^\s*\d+(\.\d+)?\s*$/.test(text);
}
