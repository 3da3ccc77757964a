/** The account that a client asked for by name: whose credentials those are, and the refusal when it is nobody's. */
import type { RoutedCredential } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import type { SessionRecord } from '../store/store.ts';
import { quote } from './describe.ts';

export const ACCOUNT_HEADER = 'x-companion-account';

const longestName = 300;
const mostNamed = 10;

/** Reads the header; `undefined` when the client leaves the choice to us. Throws `INVALID_REQUEST`. */
export function parseAccount(header: string | undefined): string | undefined {
  const wanted = textOf(header ?? '').trim();
  if (wanted === '') return undefined;
  if (wanted.length <= longestName) return wanted;
  throw refuseAccount(`the name has more than ${longestName} characters`);
}

/** Node reads headers as Latin-1; names beyond it come as UTF-8. */
function textOf(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8');
  return text.includes('\uFFFD') ? header : text;
}

export function isKeyOf({ id, name }: Pick<RoutedCredential, 'id' | 'name'>, wanted: string): boolean {
  return id === wanted || isSame(name, wanted);
}

export function isSessionOf({ id, name, email }: SessionRecord, wanted: string): boolean {
  return id === wanted || isSame(name, wanted) || (email !== null && isSame(email, wanted));
}

/** Throws `NOT_FOUND`, with the names that there are. */
export function checkAccount(
  wanted: string,
  keys: readonly RoutedCredential[],
  sessions: readonly SessionRecord[],
): void {
  if (keys.some((key) => isKeyOf(key, wanted)) || sessions.some((session) => isSessionOf(session, wanted))) return;
  const names = [...new Set([...keys, ...sessions].map(({ name }) => name))];
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  const known =
    names.length === 0 ? 'There is none at all.' : `There are: ${names.slice(0, mostNamed).join(', ')}${more}.`;
  throw new CompanionError('NOT_FOUND', `${ACCOUNT_HEADER}: no account is called ${quote(wanted)}. ${known}`, {
    details: { field: ACCOUNT_HEADER },
    remedy: 'Send one of these names, an e-mail address or an id; without the header the companion chooses.',
  });
}

export function refuseAccount(why: string): CompanionError {
  return new CompanionError('INVALID_REQUEST', `${ACCOUNT_HEADER}: ${why}.`, {
    details: { field: ACCOUNT_HEADER },
    remedy: 'Leave the header out.',
  });
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
