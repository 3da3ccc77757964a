/** `companion auth openai-info`: the ChatGPT login and what its token says of itself. */
import type { LoginDetails } from '../../http/control/login-control.ts';
import { loginRoute } from '../choose-login.ts';
import { ask } from '../control-client.ts';
import { boxTable, createOutput, paint } from '../print.ts';
import { describeTerminal, printable } from '../terminal.ts';

export async function openAiInfo(options: { readonly json?: true }): Promise<void> {
  const output = createOutput(options.json === true);
  const details = await ask<LoginDetails>('POST', `${loginRoute('openai')}/details`);
  if (output.isJson) return output.json(details);
  // Only a terminal that says so cannot show the frame.
  const hasFrame = process.stdout.isTTY !== true || describeTerminal().hasUnicode;
  for (const line of openAiInfoLines(details, Date.now(), hasFrame)) output.line(line);
}

type Row = readonly [property: string, value: string];

/** Rows of the table whose value is not told say `Unknown`. */
export function openAiInfoLines(details: LoginDetails, nowMs: number, hasUnicode: boolean): readonly string[] {
  const account: readonly Row[] = [
    ['Account ID', known(details.accountId)],
    ['Status', isActive(details, nowMs) ? paint.good('Active') : paint.bad('Inactive')],
    ['Plan Type', known(details.subscriptionType).toUpperCase()],
    ['User ID', known(details.userId)],
  ];
  return [
    paint.strong('OpenAI Credential Information'),
    '',
    '  OpenAI Account',
    ...account.map(
      ([title, value], index) => `  ${branch(index === account.length - 1, hasUnicode)} ${title}: ${value}`,
    ),
    '',
    paint.strong('  Token Details'),
    boxTable(['Property', 'Value'], rowsOf(details, nowMs), hasUnicode),
    '',
    ...meaning(details, nowMs),
  ];
}

function branch(isLast: boolean, hasUnicode: boolean): string {
  if (!hasUnicode) return isLast ? '`--' : '|--';
  return isLast ? '└──' : '├──';
}

function known(value: string | null): string {
  return value === null ? 'Unknown' : printable(value);
}

function rowsOf(details: LoginDetails, nowMs: number): readonly Row[] {
  const { login, jwt, maskedAccessToken, hasRefreshToken } = details;
  const expiresAtMs = expiryOf(details);
  const isExpired = isOver(details, nowMs);
  const audience = jwt === null || jwt.audience.length === 0 ? null : jwt.audience.join(', ');
  return [
    ['Storage Location', printable(login.location)],
    ['Algorithm', known(jwt?.algorithm ?? null)],
    ['Token Type', known(jwt?.type ?? null)],
    ['Key ID', known(jwt?.keyId ?? null)],
    ['Token Expired', isExpired ? paint.bad('Yes') : paint.good('No')],
    ['Expires At', formatUtc(expiresAtMs)],
    ['Time Remaining', isExpired ? paint.bad('Expired') : formatRemaining(expiresAtMs, nowMs)],
    ['Issued At', formatUtc(jwt?.issuedAtMs ?? null)],
    ['Issuer', known(jwt?.issuer ?? null)],
    ['Audience', known(audience)],
    ['JWT ID', known(jwt?.id ?? null)],
    ['Access Token', maskedAccessToken],
    ['Refresh Token', hasRefreshToken ? paint.good('Available') : paint.warn('Not available')],
  ];
}

/** What the token says itself, where it does. */
function expiryOf({ jwt, login }: LoginDetails): number | null {
  return jwt?.expiresAtMs ?? login.expiresAtMs;
}

function isOver(details: LoginDetails, nowMs: number): boolean {
  const expiresAtMs = expiryOf(details);
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

/** `2026-12-01 15:26:00 UTC` */
function formatUtc(atMs: number | null): string {
  return atMs === null ? 'Unknown' : `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `9 days, 3 hours, 26 minutes` */
function formatRemaining(expiresAtMs: number | null, nowMs: number): string {
  if (expiresAtMs === null) return 'Unknown';
  const minutes = Math.floor((expiresAtMs - nowMs) / 60_000);
  const count = (amount: number, unit: string) => `${amount} ${unit}${amount === 1 ? '' : 's'}`;
  const parts = [
    count(Math.floor(minutes / 1440), 'day'),
    count(Math.floor(minutes / 60) % 24, 'hour'),
    count(minutes % 60, 'minute'),
  ];
  return parts.join(', ');
}

/** It serves, or does so once it is renewed. */
function isActive(details: LoginDetails, nowMs: number): boolean {
  return details.login.state !== 'dead' && (details.login.isRefreshable || !isOver(details, nowMs));
}

function meaning(details: LoginDetails, nowMs: number): readonly string[] {
  const { login, hasRefreshToken, subscriptionType } = details;
  const plan = known(subscriptionType).toUpperCase();
  return [
    'What this says:',
    isActive(details, nowMs)
      ? `- ${plan} plan: the ChatGPT subscription serves through this login`
      : `- ${plan} plan: this login no longer opens it; \`companion auth login-openai\` signs in again`,
    isOver(details, nowMs)
      ? '- Token expired: it is renewed when it is needed, if it can be'
      : '- Token valid: the access token is not expired',
    hasRefreshToken
      ? '- Auto-renewal: a refresh token is there, and renews it by itself'
      : '- Auto-renewal: not possible, because there is no refresh token',
    `- Storage: the credentials rest in ${printable(login.location)}`,
    ...(login.state === 'off' ? ['- Use: off; `companion auth adopt codex` lets the companion use it'] : []),
  ];
}
