import type { ExplainedExchange } from '../../http/control/ledger-routes.ts';
import type { LedgerAttempt } from '../../store/ledger.ts';
import { ask } from '../control-client.ts';
import { createOutput, formatAgo, formatDuration, formatMoment, groupDigits, paint, table, wrap } from '../print.ts';
import { printable } from '../terminal.ts';

interface Options {
  readonly json?: true;
}

/** What became of one exchange, and why; of the last one without an `id`. */
export async function explain(id: string | undefined, options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const row = id === undefined || id === 'last' ? await lastExchange() : await exchangeOf(id);
  if (output.isJson) return output.json(row ?? null);
  if (row === undefined) return output.line('No exchange yet. `companion env` prints what clients need.');
  for (const line of explanationLines(row, Date.now())) output.line(line);
}

async function lastExchange(): Promise<ExplainedExchange | undefined> {
  const { exchanges } = await ask<{ exchanges: readonly ExplainedExchange[] }>('GET', '/control/exchanges?limit=1');
  return exchanges[0];
}

function exchangeOf(id: string): Promise<ExplainedExchange> {
  return ask<ExplainedExchange>('GET', `/control/exchanges/${encodeURIComponent(id)}`);
}

/** The whole explanation, within 80 columns where names allow it. */
export function explanationLines(row: ExplainedExchange, nowMs: number): readonly string[] {
  return [
    `${paint.strong(row.id)}  ${formatMoment(row.atMs, nowMs)}, ${formatAgo(row.atMs, nowMs)}`,
    '',
    table(factsOf(row)),
    ...section(
      'Considered',
      row.explanation.considered.map(({ who, verdict, reason }) => [who, verdict, reason]),
    ),
    ...section('Attempts', row.explanation.attempts.map(describeAttempt)),
    ...section(
      'Not carried over',
      row.warnings.map((warning) => [warning]),
    ),
  ];
}

function factsOf(row: ExplainedExchange): readonly (readonly string[])[] {
  return [
    ...fact(
      'Asked',
      `${row.client} asked for ${row.model ?? 'no model in particular'}${row.isStream ? ', as a stream' : ''}`,
    ),
    ...fact('', `at ${row.route} (${row.dialect})`),
    ...fact('', row.clientKey === null ? '' : `with the client key ${row.clientKey}`),
    ...fact('Routed', row.explanation.plan),
    ...fact('Served', servedBy(row)),
    ...fact('Tokens', describeTokens(row)),
    ...fact('Took', describeTimes(row)),
    ...outcomeOf(row),
  ];
}

const factIndent = 11;

/** Broken into lines below each other; none when there is nothing to say. */
function fact(label: string, text: string): readonly (readonly string[])[] {
  if (text === '') return [];
  return wrap(printable(text), factIndent).map((line, index) => [index === 0 ? label : '', line]);
}

function servedBy(row: ExplainedExchange): string {
  if (!row.explanation.attempts.some(({ outcome }) => outcome === 'served')) return 'nobody';
  const how = row.isTranslated ? 'translated' : 'same wire, bytes untouched';
  return `${row.servedModel ?? 'no model'} by ${row.provider ?? 'nobody'}, ${how}`;
}

function describeTokens(row: ExplainedExchange): string {
  if (row.inputTokens === null && row.outputTokens === null) return '';
  const [input, read, written] = [row.inputTokens ?? 0, row.cacheReadTokens ?? 0, row.cacheWriteTokens ?? 0];
  const share = Math.floor((100 * read) / Math.max(1, input + read + written));
  const cache =
    read + written === 0 ? '' : `; cache: ${groupDigits(read)} read (${share} %), ${groupDigits(written)} written`;
  return `${groupDigits(input)} in, ${groupDigits(row.outputTokens ?? 0)} out${cache}`;
}

function describeTimes(row: ExplainedExchange): string {
  const first = row.firstByteMs === null ? '' : `, first byte after ${formatWait(row.firstByteMs)}`;
  return `${formatWait(row.durationMs)}${first}`;
}

function outcomeOf(row: ExplainedExchange): readonly (readonly string[])[] {
  const words = `${printable(row.outcome)}, HTTP ${row.status}`;
  if (row.outcome === 'ok') return [['Outcome', paint.good(words)]];
  return [['Outcome', paint.bad(words)], ...fact('', row.remedy ?? '')];
}

function describeAttempt({ who, status, outcome, durationMs }: LedgerAttempt): readonly string[] {
  return [who, status === null ? 'no answer' : String(status), outcome, formatWait(durationMs)];
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : ['', paint.strong(title), table(rows.map((cells) => cells.map(printable)))];
}

/** `410 ms`, `3.2 s`, `42 s`. */
function formatWait(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(ms);
}
