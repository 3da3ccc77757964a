/** `companion auth logout`: forgets a login, its tokens and its profile. */
import { signInCommand } from '../../../shared/sign-in.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import { CompanionError } from '../../base/error.ts';
import type { ListedLogins } from '../../http/control/login-routes.ts';
import { loginRoute } from '../choose-login.ts';
import { openConversation } from '../control-client.ts';
import type { Conversation } from '../control-client.ts';
import { accountOf, kindOf, titleOf, wantedLogin } from '../login-words.ts';
import { makeSure } from '../make-sure.ts';
import type { Question } from '../make-sure.ts';
import { createOutput, paint } from '../print.ts';
import { printable } from '../terminal.ts';

interface LogoutOptions {
  readonly json?: true;
  readonly yes?: true;
}

export async function logout(who: string | undefined, options: LogoutOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const talk = await openConversation();
  try {
    const wanted = await whoLeaves(talk, who);
    if (options.yes !== true) await makeSure(questionOf(wanted));
    const removed = await talk.ask<LoginStatus>('DELETE', loginRoute(wanted.id));
    if (output.isJson) return output.json({ removed: removed.id });
    output.line(`Signed out: the ${kindOf(removed)} of ${paint.strong(accountOf(removed))} is forgotten here.`);
    output.line(`Its tokens and profile are gone from ${printable(removed.location)}.`);
    output.line(paint.soft(`\`${signInCommand(removed.provider)}\` signs in to ${titleOf(removed.provider)} again.`));
  } finally {
    await talk.close();
  }
}

/** Nothing is guessed when several could be meant: what is gone is gone. */
async function whoLeaves(talk: Conversation, who: string | undefined): Promise<LoginStatus> {
  const { logins } = await talk.ask<ListedLogins>('GET', '/control/logins');
  const wanted = who === undefined ? undefined : wantedLogin(who, logins);
  const meant = logins.filter((login) => isMeant(login, wanted));
  const [only, another] = meant;
  if (only === undefined) throw nobody(who, logins);
  if (another === undefined) return only;
  throw new CompanionError('INVALID_REQUEST', `Several logins could be meant: ${meant.map(describe).join(', ')}.`, {
    remedy: `Name the one, by its id if need be: \`companion auth logout ${only.id}\`.`,
  });
}

/** That of another program only by its id: it is never gone from here, and the refusal says how to sign out there. */
function isMeant({ id, name, provider, owner }: LoginStatus, wanted: string | undefined): boolean {
  return wanted === id || (owner !== 'claude-code' && [undefined, name, provider].includes(wanted));
}

function nobody(who: string | undefined, logins: readonly LoginStatus[]): CompanionError {
  if (who === undefined || logins.length === 0)
    return new CompanionError('LOGIN_REQUIRED', 'Nobody is signed in here.');
  return new CompanionError('NOT_FOUND', `There is no login called "${printable(who)}".`, {
    remedy: '`companion auth status` shows those that there are.',
  });
}

function describe(login: LoginStatus): string {
  return `the ${kindOf(login)} of ${accountOf(login)}`;
}

function questionOf(wanted: LoginStatus): Question {
  return { deed: 'Signing out', text: `Forget ${describe(wanted)}?`, otherwise: 'You stay signed in.' };
}
