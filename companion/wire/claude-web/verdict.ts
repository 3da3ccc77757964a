/** What several ways to claude.ai mean together, each of which may carry a copy of the session of its own. */
import { errorFacts } from '../../../shared/error-code.ts';
import { CompanionError } from '../../base/error.ts';

export interface FailedWay {
  readonly kind: 'browser' | 'direct';
  readonly error: CompanionError;
}

/**
 * The one error for all the ways that were tried; `undefined` for none. The browser's session and the vault's copy may
 * differ, so `SESSION_EXPIRED` is the answer only where no copy is left that may still be good: a copy that could not be
 * asked about is one, a copy that does not exist is none.
 */
export function judgeWays(failed: readonly FailedWay[]): CompanionError | undefined {
  const dead = failed.find(({ error }) => error.code === 'SESSION_EXPIRED');
  if (dead === undefined) return failed.at(-1)?.error;
  const undecided = failed.findLast(
    ({ error }) => error.code !== 'SESSION_EXPIRED' && error.code !== 'SESSION_REQUIRED',
  );
  if (undecided === undefined) return dead.error;
  const { code, message, details } = undecided.error;
  const copy = dead.kind === 'browser' ? 'that the browser has' : 'that the companion keeps';
  return new CompanionError(code, `${message} (The session ${copy} has ended.)`, {
    details,
    cause: undecided.error,
    remedy: errorFacts('SESSION_EXPIRED').remedy,
  });
}
