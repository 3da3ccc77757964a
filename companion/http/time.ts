/** Moments as our API writes them: RFC 3339, in UTC. */
const lastMs = Date.UTC(9999, 11, 31);

/** The last moment that can be written so is as good as any later one. */
export function toRfc3339(atMs: number): string {
  return new Date(Math.min(atMs, lastMs)).toISOString();
}

/** `null` for what there is none of, and for what is later than can be written: that is as good as never. */
export function toRfc3339OrNull(atMs: number | null | undefined): string | null {
  return atMs === null || atMs === undefined || !(atMs <= lastMs) ? null : new Date(atMs).toISOString();
}
