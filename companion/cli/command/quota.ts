import { providerIdOf } from '../../../shared/api-provider.ts';
import { readTokenCount } from '../../../shared/token-count.ts';
import { called } from '../../base/called.ts';
import { CompanionError } from '../../base/error.ts';
import type { ProviderQuota, QuotaCredential } from '../../http/manage/quota-routes.ts';
import { ask } from '../control-client.ts';
import { bar, createOutput, formatDuration, formatMoment, groupDigits, paint, table } from '../print.ts';
import type { Output } from '../print.ts';
import { printable } from '../terminal.ts';
import { nameOfWindow, usedOfWindow } from '../window-words.ts';

interface Options {
  readonly json?: true;
}

interface AllQuotas {
  readonly at: string;
  readonly credentials: readonly QuotaCredential[];
}

/** Every credential with its own limit, and what its provider told. */
export async function showQuota(options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const all = await ask<AllQuotas>('GET', '/v0/management/quota');
  if (output.isJson) return output.json(all);
  if (all.credentials.length === 0) return printNone(output);
  for (const line of quotaLines(all.credentials, Date.parse(all.at))) output.line(line);
}

function printNone(output: Output): void {
  output.line('No key, login or session yet. `companion keys add openai` keeps a key,');
  output.line('and `companion auth login` signs in with a Claude subscription.');
}

/** As they are printed, one block for each credential. */
export function quotaLines(credentials: readonly QuotaCredential[], nowMs: number): readonly string[] {
  const blocks = credentials.map((credential) => {
    const { id, name, provider } = credential;
    const head = `${paint.strong(printable(name))}  ${paint.soft(name === id ? provider : `${provider}, ${id}`)}`;
    const windows = credential.windows.map((window) => windowRow(window, nowMs));
    return `${head}\n${table([ownRow(credential, nowMs), ...windows])}`;
  });
  const hints = credentials.some(({ limit }) => limit !== null)
    ? []
    : ['', '`companion quota set <name> 1M` allows one so many tokens in a period.'];
  return [blocks.join('\n\n'), ...hints];
}

function ownRow(credential: QuotaCredential, nowMs: number): readonly string[] {
  const { limit, used } = credential;
  const resets = describeReset(credential, nowMs);
  if (limit === null) return ['tokens', `${groupDigits(used)} used`, 'no limit', paint.soft(countedSince(credential))];
  const fraction = limit === 0 ? 1 : used / limit;
  const drawn = `${bar(fraction)} used`;
  const shown = fraction >= 1 ? paint.bad(drawn) : fraction >= 0.9 ? paint.warn(drawn) : drawn;
  return ['your limit', shown, resets, paint.soft(`${groupDigits(used)} of ${groupDigits(limit)} tokens`)];
}

function describeReset({ resets_at: at, reset_schedule: schedule }: QuotaCredential, nowMs: number): string {
  if (at !== null) return `resets ${formatMoment(Date.parse(at), nowMs)}`;
  return schedule === 'provider' ? 'resets with its provider' : 'never resets';
}

function countedSince({ reset_schedule: schedule }: QuotaCredential): string {
  switch (schedule) {
    case 'never':
      return 'since the first';
    case 'provider':
      return "in the provider's window";
    case 'daily':
      return 'today';
    case 'weekly':
      return 'this week';
    case 'monthly':
      return 'this month';
  }
}

function windowRow(window: QuotaCredential['windows'][number], nowMs: number): readonly string[] {
  const { used_fraction: fraction, status, resets_at: at } = window;
  const resets = at === null ? '' : `resets ${formatMoment(Date.parse(at), nowMs)}`;
  const source = paint.soft(`${window.source}, ${formatDuration(window.age_seconds * 1000)} ago`);
  return [nameOfWindow(window.window, window.model), usedOfWindow(fraction, status), resets, source];
}

export async function setQuota(wanted: string, tokens: string, options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const limit = parseTokens(tokens);
  const target = await findTarget(wanted);
  const quota = await ask<ProviderQuota>('PUT', routeOf(target, ''), {
    limit,
    ...(target.id !== undefined && { id: target.id }),
  });
  if (output.isJson) return output.json(quota);
  const nowMs = Date.now();
  for (const credential of quota.credentials) {
    const name = paint.strong(printable(credential.name));
    if (limit === null) output.line(`${name} may use as many tokens as it likes.`);
    else {
      const resets = describeReset(credential, nowMs);
      const left = groupDigits(credential.remaining ?? 0);
      output.line(`${name} may use ${groupDigits(limit)} tokens; ${left} are left, and it ${resets}.`);
    }
  }
}

export async function resetQuota(wanted: string, options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const target = await findTarget(wanted);
  const quota = await ask<ProviderQuota>(
    'POST',
    routeOf(target, '/reset'),
    target.id === undefined ? {} : { id: target.id },
  );
  if (output.isJson) return output.json(quota);
  for (const { name } of quota.credentials) output.line(`${paint.strong(printable(name))} is counted from 0 again.`);
}

/** `null` for `off`; else as `readTokenCount` reads it. Errors: `INVALID_REQUEST`. */
export function parseTokens(text: string): number | null {
  if (/^(off|none|unlimited)$/i.test(text.trim())) return null;
  const tokens = readTokenCount(text);
  if (tokens !== undefined) return tokens;
  throw new CompanionError('INVALID_REQUEST', `"${text.slice(0, 100)}" is no number of tokens.`, {
    remedy: 'Write it as 1000000, 500k or 1.5M; `off` takes the limit off.',
  });
}

interface Target {
  readonly provider: string;
  readonly id?: string;
}

function routeOf({ provider }: Target, end: string): string {
  return `/v0/management/auths/${encodeURIComponent(provider)}/quota${end}`;
}

/** A provider, or one credential by its id, its name, or a beginning of its id that no other has. */
async function findTarget(wanted: string): Promise<Target> {
  const { credentials } = await ask<AllQuotas>('GET', '/v0/management/quota');
  const [found, another] = called(wanted, credentials, ({ id, name }) => [id, name]);
  const provider = providerIdOf(wanted);
  const isExact = found !== undefined && [found.id, found.name].includes(wanted);
  if (!isExact && credentials.some((one) => one.provider === provider)) return { provider };
  if (found !== undefined && another === undefined) return { provider: found.provider, id: found.id };
  const problem = found === undefined ? 'No credential and no provider is called' : 'Several credentials are called';
  throw new CompanionError('NOT_FOUND', `${problem} "${wanted.slice(0, 100)}".`, {
    remedy: '`companion quota` lists them, each with its id.',
  });
}
