import type { NamedUsage, UsageReport } from '../../http/control/ledger-routes.ts';
import { addGroups, tokensOf } from '../../store/ledger.ts';
import type { UsageGroup, UsageKey } from '../../store/ledger.ts';
import { ask } from '../control-client.ts';
import { createOutput, formatMoment, groupDigits, paint } from '../print.ts';
import { parseSince } from '../since.ts';
import { clip, describeTerminal, drawBar, printable } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

export interface UsageOptions {
  readonly json?: true;
  readonly by: Exclude<UsageKey, 'client_key'> | 'client-key';
  readonly since?: string;
}

/** Sums over the ledger, as a bar chart. */
export async function usage(options: UsageOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const since = options.since === undefined ? '' : `&sinceMs=${parseSince(options.since, Date.now())}`;
  const report = await ask<UsageReport>('GET', `/control/usage?by=${options.by.replace('-', '_')}${since}`);
  if (output.isJson) return output.json(report);
  for (const line of usageLines(report, describeTerminal())) output.line(line);
}

interface Column {
  readonly title: string;
  readonly cell: (group: UsageGroup) => string;
}

const tokens: Column = { title: 'tokens', cell: (group) => formatCount(tokensOf(group)) };
const input: Column = { title: 'input', cell: (group) => formatCount(group.inputTokens) };
const output: Column = { title: 'output', cell: (group) => formatCount(group.outputTokens) };
const cached: Column = { title: 'cached', cell: (group) => formatShare(cachedShare(group)) };
const exchanges: Column = { title: 'exchanges', cell: (group) => groupDigits(group.exchanges) };
const failed: Column = { title: 'failed', cell: (group) => groupDigits(group.failures) };
/** What a narrow terminal goes without, in this order. */
const dispensable: readonly Column[] = [input, output, cached, failed];

const mostGroups = 30;
const leastBar = 10;
const widestBar = 40;

/** The whole chart, fitted to `terminal`. */
export function usageLines(report: UsageReport, terminal: Terminal): readonly string[] {
  const { total, by, atMs, sinceMs } = report;
  const since = sinceMs === null ? '' : ` since ${formatMoment(sinceMs, atMs)}`;
  if (total === null) return emptyLines(since, report.dropped);
  const from = since === '' ? ` since ${formatMoment(total.firstAtMs, atMs)}, all that is kept` : since;
  return [
    paint.strong(`Usage by ${by.replace('_', ' ')}${from}`),
    '',
    ...chartLines(by === 'day' ? withQuietDays(report.groups) : withOthers(report.groups), total, terminal),
    '',
    ...shareLine(total),
    ...droppedLine(report.dropped),
  ];
}

function emptyLines(since: string, dropped: number): readonly string[] {
  if (since !== '') return [`No exchange${since}.`, ...droppedLine(dropped)];
  return ['No exchange yet. `companion env` prints what clients need to call the companion.', ...droppedLine(dropped)];
}

function chartLines(groups: readonly NamedUsage[], total: UsageGroup, terminal: Terminal): readonly string[] {
  const named = groups.map((group) => ({ group, name: printable(group.name === '' ? '(none)' : group.name) }));
  const nameWidth = Math.min(widestNameIn(terminal), Math.max(5, ...named.map(({ name }) => name.length)));
  const { columns, barWidth } = fitColumns(total, terminal.columns - nameWidth - 4);
  const most = Math.max(...groups.map(tokensOf));
  const line = (name: string, bar: string, cells: readonly string[]) =>
    `  ${name.padEnd(nameWidth)}  ${bar.padEnd(barWidth)}${cells.join('')}`.trimEnd();
  const cellsOf = (group: UsageGroup) => columns.map(({ width, cell }) => cell(group).padStart(width));
  return [
    paint.soft(
      line(
        '',
        '',
        columns.map(({ width, title }) => title.padStart(width)),
      ),
    ),
    ...named.map(({ group, name }) => {
      const bar = drawBar(most === 0 ? 0 : tokensOf(group) / most, barWidth, terminal);
      return line(clip(name, nameWidth, terminal), bar, cellsOf(group));
    }),
    paint.strong(line('total', '', cellsOf(total))),
  ];
}

function widestNameIn({ columns }: Terminal): number {
  if (columns < 60) return 12;
  return columns < 110 ? 26 : 40;
}

/** Columns as wide as their widest cell, which is the total's or the title, and what is left of `room` for the bar. */
function fitColumns(total: UsageGroup, room: number) {
  const measure = (column: Column) => ({
    ...column,
    width: 2 + Math.max(column.title.length, column.cell(total).length),
  });
  const all = [tokens, input, output, cached, exchanges, ...(total.failures > 0 ? [failed] : [])];
  for (let without = 0; ; without += 1) {
    const left = all.filter((column) => !dispensable.slice(0, without).includes(column)).map(measure);
    const barWidth = Math.min(widestBar, room - left.reduce((sum, { width }) => sum + width, 0));
    if (barWidth >= leastBar || without === dispensable.length)
      return { columns: left, barWidth: Math.max(0, barWidth) };
  }
}

/** One line for all that would run off the screen. */
function withOthers(groups: readonly NamedUsage[]): readonly NamedUsage[] {
  const [first, ...rest] = groups.slice(mostGroups - 1);
  if (first === undefined || rest.length === 0) return groups;
  const others = rest.reduce<UsageGroup>(addGroups, first);
  return [...groups.slice(0, mostGroups - 1), { ...others, name: `${rest.length + 1} others` }];
}

const longestSpanDays = 400;

/** A chart over time that leaves out the days without an exchange would tell a wrong story. */
function withQuietDays(groups: readonly NamedUsage[]): readonly NamedUsage[] {
  const [first, last] = [groups[0], groups.at(-1)];
  if (first === undefined || last === undefined) return groups;
  const known = new Map(groups.map((group) => [group.key, group]));
  const days: NamedUsage[] = [];
  const day = new Date(first.firstAtMs);
  for (let name = first.key; name <= last.key && days.length < longestSpanDays; name = formatDay(day)) {
    days.push(known.get(name) ?? quietDay(name));
    day.setDate(day.getDate() + 1);
  }
  return days.length < longestSpanDays ? days : groups;
}

function quietDay(name: string): NamedUsage {
  const nothing = { exchanges: 0, failures: 0, inputTokens: 0, outputTokens: 0 };
  return { key: name, name, ...nothing, cacheReadTokens: 0, cacheWriteTokens: 0, firstAtMs: 0, lastAtMs: 0 };
}

function formatDay(day: Date): string {
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

/** Of all that went in; `null` when nothing did. */
function cachedShare(group: UsageGroup): number | null {
  const wentIn = group.inputTokens + group.cacheReadTokens + group.cacheWriteTokens;
  return wentIn === 0 ? null : group.cacheReadTokens / wentIn;
}

function shareLine(total: UsageGroup): readonly string[] {
  const share = cachedShare(total);
  return share === null ? [] : [`${formatShare(share)} of the input came from the providers' prompt caches.`];
}

function droppedLine(dropped: number): readonly string[] {
  if (dropped === 0) return [];
  return [
    paint.warn(
      `Exchanges of this run that could not be recorded: ${groupDigits(dropped)}. \`companion logs\` says why.`,
    ),
  ];
}

function formatShare(share: number | null): string {
  return share === null ? '-' : `${Math.floor(share * 100)} %`;
}

/** `999`, `12.3k`, `4.56M`. */
function formatCount(count: number): string {
  if (count < 1000) return String(count);
  for (const [unit, size] of [
    ['k', 1e3],
    ['M', 1e6],
    ['G', 1e9],
  ] as const) {
    const scaled = count / size;
    if (scaled < 999.5 || unit === 'G') return `${scaled.toFixed(scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0)}${unit}`;
  }
  return String(count);
}
