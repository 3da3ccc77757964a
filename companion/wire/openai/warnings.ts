/** What a request asked for and does not get, for the `x-companion-warnings` header. */
import type { Warning } from '../codec.ts';

/** Notes one loss; the same field twice counts once. */
export type Warn = (field: string, reason: string) => void;

export function createWarnings(): { readonly warn: Warn; readonly list: () => readonly Warning[] } {
  const reasons = new Map<string, string>();
  return {
    warn: (field, reason) => {
      if (!reasons.has(field)) reasons.set(field, reason);
    },
    list: () => [...reasons].map(([field, reason]) => ({ field, reason })),
  };
}

/**
 * Names each top-level field that has no place in the translation. `known` have one; `ignored` are known to have no
 * counterpart, each with the value that asks for nothing.
 */
export function warnOfIgnoredFields(
  request: object,
  known: ReadonlySet<string>,
  ignored: Readonly<Record<string, unknown>>,
  warn: Warn,
): void {
  for (const [field, value] of Object.entries(request)) {
    if (known.has(field) || value === null || value === undefined) continue;
    if (!Object.hasOwn(ignored, field)) warn(field, 'unknown field');
    else if (value !== ignored[field]) warn(field, 'has no counterpart');
  }
}
