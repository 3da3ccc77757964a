import { readTokenCount } from '../../../../shared/token-count.ts';

/** What stands in a field for a limit: `null` for an empty one, `undefined` for what is no number. */
export function readTokens(typed: string): number | null | undefined {
  return typed.trim() === '' ? null : readTokenCount(typed);
}
