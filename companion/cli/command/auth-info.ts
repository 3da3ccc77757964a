/** `companion auth info`: one login in detail, renewed first if it expired. */
import type { LoginDetails } from '../../http/control/login-control.ts';
import { chooseLogin } from '../choose-login.ts';
import { openConversation } from '../control-client.ts';
import { describeLasting, describeLoginState, kindOf } from '../login-words.ts';
import { createOutput, formatAgo, formatDuration, formatMoment, paint, table } from '../print.ts';
import { printable } from '../terminal.ts';
import { nextSteps } from './auth-status.ts';

export async function info(who: string | undefined, options: { readonly json?: true }): Promise<void> {
  const output = createOutput(options.json === true);
  const talk = await openConversation();
  try {
    const details = await talk.ask<LoginDetails>('POST', `${await chooseLogin(talk, who)}/details`);
    if (output.isJson) return output.json(details);
    for (const line of infoLines(details, Date.now())) output.line(line);
  } finally {
    await talk.close();
  }
}

const valueColumn = 17;

export function infoLines(details: LoginDetails, nowMs: number): readonly string[] {
  const { login } = details;
  const facts: readonly (readonly [string, string | null])[] = [
    ['Email', login.email],
    ['Name', details.displayName],
    ['Organisation', login.organisation],
    ['Plan', describePlan(details)],
  ];
  const steps = nextSteps(login, valueColumn).map((line) => ['', line]);
  return [
    paint.strong(kindOf(login)),
    table([
      ...facts.map(([title, value]) => [title, printable(value ?? 'not known')]),
      ['State', describeLoginState(login.state)],
      ...steps,
      ['Kept in', printable(login.location)],
      ['Access token', details.maskedAccessToken],
      ['', describeLasting(login, nowMs)],
      ['Time left', timeLeft(login.expiresAtMs, nowMs)],
      ['Refresh token', describeRefreshToken(details, nowMs)],
      ['Renewed', formatAgo(login.refreshedAtMs, nowMs)],
      ['Scopes', login.scopes.length === 0 ? 'not told' : login.scopes.map(printable).join(' ')],
      ...(details.accountId === null ? [] : [['Account id', printable(details.accountId)]]),
      ['Id', login.id],
    ]),
  ];
}

/** `Max 20× (max, default_claude_max_20x)`: the provider's own words behind ours. */
function describePlan({ login, subscriptionType, rateLimitTier }: LoginDetails): string | null {
  const isNew = (word: string | null) => word !== null && word.toLowerCase() !== login.plan?.toLowerCase();
  const words = [subscriptionType, rateLimitTier].filter(isNew);
  if (login.plan === null) return subscriptionType;
  return words.length === 0 ? login.plan : `${login.plan} (${words.join(', ')})`;
}

function timeLeft(expiresAtMs: number | null, nowMs: number): string {
  if (expiresAtMs === null) return 'not told';
  return expiresAtMs <= nowMs ? paint.warn('none') : formatDuration(expiresAtMs - nowMs);
}

function describeRefreshToken({ hasRefreshToken, refreshExpiresAtMs }: LoginDetails, nowMs: number): string {
  if (!hasRefreshToken) return 'none';
  return refreshExpiresAtMs === null ? 'there' : `there, until ${formatMoment(refreshExpiresAtMs, nowMs)}`;
}
