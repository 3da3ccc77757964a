/** `companion auth logout`: forgets a login, its tokens and its profile. */
import { createInterface } from 'node:readline/promises';
import type { LoginStatus } from '../../../shared/status.ts';
import { CompanionError } from '../../base/error.ts';
import type { ListedLogins } from '../../http/control/login-routes.ts';
import { loginRoute } from '../choose-login.ts';
import { openConversation } from '../control-client.ts';
import type { Conversation } from '../control-client.ts';
import { accountOf, kindOf, signInCommand, titleOf, wantedLogin } from '../login-words.ts';
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
    if (options.yes !== true) await makeSure(wanted);
    const removed = await talk.ask<LoginStatus>('DELETE', loginRoute(wanted.route));
    if (output.isJson) return output.json({ removed: removed.id });
    output.line(`Signed out: the ${kindOf(removed)} of ${paint.strong(accountOf(removed))} is forgotten here.`);
    output.line(`Its tokens and profile are gone from ${printable(removed.location)}.`);
    output.line(paint.soft(`\`${signInCommand(removed.provider)}\` signs in to ${titleOf(removed.provider)} again.`));
  } finally {
    await talk.close();
  }
}

interface Leaving {
  readonly route: string;
  /** As the question calls it. */
  readonly name: string;
}

/** Nothing is guessed when there are several: what is gone is gone. */
async function whoLeaves(talk: Conversation, who: string | undefined): Promise<Leaving> {
  const { logins } = await talk.ask<ListedLogins>('GET', '/control/logins');
  if (who !== undefined) {
    const route = wantedLogin(who, logins);
    const found = logins.find(({ id, name, provider }) => [id, name, provider].includes(route));
    return { route, name: found === undefined ? printable(who) : describe(found) };
  }
  const own = logins.filter(({ owner }) => owner !== 'claude-code');
  const [only, another] = own;
  if (only === undefined) throw new CompanionError('LOGIN_REQUIRED', 'Nobody is signed in here.');
  if (another === undefined) return { route: only.id, name: describe(only) };
  throw new CompanionError('INVALID_REQUEST', `There are several logins: ${own.map(describe).join(', ')}.`, {
    remedy: `Name the one that is meant: \`companion auth logout ${printable(only.name)}\`.`,
  });
}

function describe(login: LoginStatus): string {
  return `the ${kindOf(login)} of ${accountOf(login)}`;
}

async function makeSure({ name }: Leaving): Promise<void> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new CompanionError('INVALID_REQUEST', 'Signing out wants a yes, and nobody is here to say it.', {
      remedy: 'Add `--yes`.',
    });
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const gone = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
    const answer = await Promise.race([prompt.question(`Forget ${name}? [y/N] `), gone]);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    prompt.close();
  }
  throw new CompanionError('INVALID_REQUEST', 'Nothing was changed.', { remedy: 'You stay signed in.' });
}
