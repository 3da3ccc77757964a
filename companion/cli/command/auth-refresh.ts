/** `companion auth refresh`: renews a login now, or all that can be renewed here. */
import type { LoginStatus } from '../../../shared/status.ts';
import { CompanionError, toCompanionError } from '../../base/error.ts';
import type { ListedLogins } from '../../http/control/login-routes.ts';
import { chooseLogin, loginRoute } from '../choose-login.ts';
import { openConversation } from '../control-client.ts';
import type { Conversation } from '../control-client.ts';
import { accountOf, describeLasting, kindOf } from '../login-words.ts';
import { createOutput, paint, wrap } from '../print.ts';

interface RefreshOptions {
  readonly json?: true;
  readonly all?: true;
}

type Renewed =
  | { readonly login: LoginStatus; readonly ok: true }
  | { readonly login: LoginStatus; readonly ok: false; readonly error: CompanionError };

/** With `--all` it ends with 1 when one of them fails. */
export async function refresh(who: string | undefined, options: RefreshOptions): Promise<void> {
  if (options.all === true && who !== undefined)
    throw new CompanionError('INVALID_REQUEST', 'Either one login or --all.', {
      remedy: 'Leave out the name, or `--all`.',
    });
  const output = createOutput(options.json === true);
  const talk = await openConversation();
  try {
    if (options.all === true) return printAll(await refreshAll(talk), output);
    const login = await talk.ask<LoginStatus>('POST', `${await chooseLogin(talk, who)}/refresh`);
    if (output.isJson) return output.json(login);
    output.line(describeRenewed(login));
  } finally {
    await talk.close();
  }
}

/** Those of other programs are not ours to renew. */
async function refreshAll(talk: Conversation): Promise<readonly Renewed[]> {
  const { logins } = await talk.ask<ListedLogins>('GET', '/control/logins');
  const mine = logins.filter(({ isRefreshable, state }) => isRefreshable && state !== 'off');
  return Promise.all(
    mine.map(async (login): Promise<Renewed> => {
      try {
        return { ok: true, login: await talk.ask<LoginStatus>('POST', `${loginRoute(login.id)}/refresh`) };
      } catch (thrown) {
        return { ok: false, login, error: toCompanionError(thrown) };
      }
    }),
  );
}

function printAll(results: readonly Renewed[], output: ReturnType<typeof createOutput>): void {
  if (results.some(({ ok }) => !ok)) process.exitCode = 1;
  if (output.isJson) return output.json({ results: results.map(describeForPrograms) });
  if (results.length === 0)
    output.line('There is no login that could be renewed here. `companion auth status` shows all.');
  for (const result of results) {
    if (result.ok) {
      output.line(describeRenewed(result.login));
      continue;
    }
    output.line(`${paint.bad('Not renewed:')} ${kindOf(result.login)} of ${paint.strong(accountOf(result.login))}`);
    for (const line of wrap(`${result.error.message} ${result.error.remedy}`, 2)) output.line(`  ${line}`);
  }
}

function describeForPrograms(result: Renewed): object {
  if (result.ok) return result;
  const { code, message, remedy } = result.error;
  return { ...result, error: { code, message, remedy } };
}

function describeRenewed(login: LoginStatus): string {
  const who = `${kindOf(login)} of ${paint.strong(accountOf(login))}`;
  return `${paint.good('Renewed:')} ${who}, ${describeLasting(login, Date.now())}`;
}
