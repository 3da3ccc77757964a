import type { ClientSettings } from '../../../shared/status.ts';
import { readTokenCount } from '../../../shared/token-count.ts';
import { CompanionError } from '../../base/error.ts';
import type { CreatedToken, ListedToken, TokenWish } from '../../http/manage/client-key-routes.ts';
import { ask, openConversation } from '../control-client.ts';
import type { GlobalOptions } from '../define-command.ts';
import { createOutput, formatAgo, formatMoment, groupDigits, paint, table } from '../print.ts';
import { defaultShell, formatSettings } from './env.ts';
import type { Shell } from './env.ts';

export interface CreateOptions extends GlobalOptions {
  readonly expires: string;
  readonly mode: NonNullable<TokenWish['mode']>;
  readonly models?: string;
  readonly requests?: string;
  readonly tokens?: string;
  readonly period: NonNullable<TokenWish['budget_period']>;
  readonly rate?: string;
  readonly shell?: Shell;
}

/** The key goes to standard output, the only time that anybody sees it. */
export async function createToken(name: string, options: CreateOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const { created, settings } = await makeToken(wishOf(name, options));
  if (output.isJson) return output.json({ ...created, settings });
  const until = created.expires_at === null ? 'for ever' : `until ${momentOf(created.expires_at)}`;
  output.line(`The client key ${paint.strong(created.name)} (${created.id}) is valid ${until}.`);
  output.line('It is shown now and never again; in a shell, its settings are:');
  output.line();
  output.line(formatSettings(settings, options.shell ?? defaultShell()));
}

/** Both questions go to the same companion, which would have to open its vault for each of them otherwise. */
async function makeToken(wish: TokenWish): Promise<{ created: CreatedToken; settings: ClientSettings }> {
  const companion = await openConversation();
  try {
    const created = await companion.ask<CreatedToken>('POST', '/api/token/generate', wish);
    const settings = await companion.ask<ClientSettings>('GET', '/control/env');
    const { token } = created;
    return {
      created,
      settings: { ...settings, ANTHROPIC_AUTH_TOKEN: token, ANTHROPIC_API_KEY: token, OPENAI_API_KEY: token },
    };
  } finally {
    await companion.close();
  }
}

function wishOf(name: string, options: CreateOptions): TokenWish {
  const { expires, mode, models, period, requests, tokens, rate } = options;
  return {
    name,
    expires_in: expires,
    mode,
    budget_period: period,
    ...(models !== undefined && { models: models.split(',').map((model) => model.trim()) }),
    ...(requests !== undefined && { request_budget: readCount('--requests', requests) }),
    ...(tokens !== undefined && { token_budget: readCount('--tokens', tokens) }),
    ...(rate !== undefined && { rate_per_minute: readCount('--rate', rate) }),
  };
}

/** As `readTokenCount`, from 1 on. */
function readCount(option: string, text: string): number {
  const count = readTokenCount(text);
  if (count !== undefined && count >= 1) return count;
  throw new CompanionError('INVALID_REQUEST', `${option} must be a whole number from 1 on.`, {
    remedy: 'Say it as 1000, 500k or 2M.',
  });
}

export async function listTokens(options: GlobalOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const answer = await ask<{ tokens: readonly ListedToken[] }>('GET', '/api/token/list');
  if (output.isJson) return output.json(answer);
  if (answer.tokens.length === 0) {
    return output.line('No client has a key of its own. `companion token create <name>` makes one.');
  }
  const header = ['NAME', 'MODE', 'STATE', 'REQUESTS', 'TOKENS', 'LAST USED'];
  const [titles = '', ...lines] = table([header.map(paint.soft), ...answer.tokens.map(rowOf)]).split('\n');
  output.line(titles);
  // Two lines for each: in one, none would fit a terminal of 80 columns.
  answer.tokens.forEach((token, index) => {
    output.line(lines[index]);
    output.line(paint.soft(`    ${token.id}, ${describeLimits(token)}`));
  });
}

function rowOf(token: ListedToken): readonly string[] {
  const { total_requests: requests, total_tokens_used: tokens, budget_period: period } = token;
  return [
    paint.strong(token.name),
    token.mode,
    stateOf(token),
    describeUse(requests, token.request_budget, token.requests_left, period),
    describeUse(tokens, token.token_budget, token.tokens_left, period),
    formatAgo(token.last_used_at === undefined ? null : Date.parse(token.last_used_at), Date.now()),
  ];
}

function stateOf({ is_valid: isValid, revoked_at: revokedAt, expires_at: expiresAt }: ListedToken): string {
  if (revokedAt !== undefined) return paint.bad('revoked');
  if (!isValid) return paint.warn('expired');
  return expiresAt === null ? paint.good('valid') : `${paint.good('until')} ${momentOf(expiresAt)}`;
}

/** `12` of all time, or `12 of 100 daily`. */
function describeUse(total: number, budget: number | null, left: number | null, period: string): string {
  if (budget === null || left === null) return groupDigits(total);
  return `${groupDigits(budget - left)} of ${groupDigits(budget)}${period === 'never' ? '' : ` ${period}`}`;
}

function describeLimits({ models, rate_per_minute: rate }: ListedToken): string {
  const rated = rate === null ? [] : [`${rate} a minute`];
  return [models === null ? 'every model' : models.join(', '), ...rated].join('; ');
}

export async function revokeToken(key: string, options: GlobalOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const answer = await ask<{ readonly message: string }>('POST', '/api/token/revoke', { id: key });
  if (output.isJson) return output.json(answer);
  output.line(answer.message);
}

function momentOf(text: string): string {
  return formatMoment(Date.parse(text), Date.now());
}
