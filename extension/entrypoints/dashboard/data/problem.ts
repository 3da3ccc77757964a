/** What stood in the way of a question or a change, in words. */
import { text } from '../../../text.ts';
import { cleanLabel } from '../../../ui/label.ts';
import type { Problem } from './questions.ts';

export interface ProblemWords {
  readonly title: string;
  /** The companion's own words and its remedy; empty when there are none. */
  readonly details: string;
}

export function problemWords({ code, message, remedy }: Problem): ProblemWords {
  const told = [message, remedy ?? ''].map((part) => cleanLabel(part, 600)).filter((part) => part !== '');
  return { title: titleOf(code), details: told.join(' ') };
}

function titleOf(code: string): string {
  switch (code) {
    case 'offline':
    case 'NOT_RUNNING':
    case 'SHUTTING_DOWN':
      return text('problemOffline');
    case 'timeout':
      return text('problemTimeout');
    case 'ROUTE_NOT_FOUND':
    case 'unknown-frame':
      return text('problemOldCompanion');
    case 'VAULT_LOCKED':
    case 'VAULT_UNREADABLE':
      return text('problemVault');
    case 'STORE_UNAVAILABLE':
      return text('problemStore');
    case 'INVALID_REQUEST':
    case 'CONFIG_INVALID':
      return text('problemRefused');
    default:
      return text('problemFault');
  }
}
