import type { ListedLogins } from '../http/control/login-routes.ts';
import type { Conversation } from './control-client.ts';
import { usualLogin, wantedLogin } from './login-words.ts';

/** The route of the login that is meant, as a person says it; of the usual one when nobody is named. */
export async function chooseLogin(talk: Pick<Conversation, 'ask'>, who: string | undefined): Promise<string> {
  const { logins } = await talk.ask<ListedLogins>('GET', '/control/logins');
  return loginRoute(who === undefined ? usualLogin(logins) : wantedLogin(who, logins));
}

export function loginRoute(wanted: string): string {
  return `/control/logins/${encodeURIComponent(wanted)}`;
}
