/** `companion auth validate`: whether a login works, asked of its provider. */
import type { LoginValidation } from '../../http/control/login-control.ts';
import { openConversation } from '../control-client.ts';
import { accountOf, describeLasting, kindOf } from '../login-words.ts';
import { createOutput, formatDuration, paint, table, wrap } from '../print.ts';
import { printable } from '../terminal.ts';
import { chooseLogin } from '../choose-login.ts';

/** Ends with 1 when it is not valid, for scripts. */
export async function validate(who: string | undefined, options: { readonly json?: true }): Promise<void> {
  const output = createOutput(options.json === true);
  const talk = await openConversation();
  try {
    const route = await chooseLogin(talk, who);
    const found = await talk.ask<LoginValidation>('POST', `${route}/validate`);
    if (!found.isValid) process.exitCode = 1;
    const { login, isValid: valid, isExpired: expired, message, remedy } = found;
    if (output.isJson) return output.json({ valid, expired, message, remedy, path: login.location, login });
    for (const line of validationLines(found, Date.now())) output.line(line);
  } finally {
    await talk.close();
  }
}

export function validationLines(found: LoginValidation, nowMs: number): readonly string[] {
  const { login, isValid, message, remedy } = found;
  const verdict = isValid ? paint.good('valid') : paint.bad('not valid');
  return [
    `${kindOf(login)} of ${paint.strong(accountOf(login))}: ${verdict}`,
    ...(message === null ? [] : wrap(printable(message), 2).map((line) => `  ${paint.warn(line)}`)),
    ...(isValid || remedy === null ? [] : wrap(remedy, 2).map((line) => `  ${line}`)),
    '',
    table([
      ['Subscription', describeSubscription(found)],
      ['Expires', describeExpiry(found, nowMs)],
      ['Scopes', login.scopes.length === 0 ? 'not told' : login.scopes.map(printable).join(' ')],
    ]),
  ];
}

function describeSubscription({ login, isValid }: LoginValidation): string {
  if (login.plan === null) return 'not known';
  if (/^free$/i.test(login.plan)) return 'none (Free)';
  return isValid ? `active, ${printable(login.plan)}` : `${printable(login.plan)}, not confirmed`;
}

function describeExpiry({ login }: LoginValidation, nowMs: number): string {
  const lasting = describeLasting(login, nowMs);
  const leftMs = (login.expiresAtMs ?? 0) - nowMs;
  return leftMs > 0 ? `in ${formatDuration(leftMs)}, ${lasting}` : lasting;
}
