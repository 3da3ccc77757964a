/** How the terminal looks: aligned, calm, colour only beside a word that says the same. */
import pc from 'picocolors';
import { escapeControls } from '../base/plain-text.ts';

export interface Output {
  readonly isJson: boolean;
  /** One JSON document on standard output. */
  json(document: unknown): void;
  line(text?: string): void;
  /** A line for the person alone: on standard error where standard output is for programs. */
  aside(text?: string): void;
}

export function createOutput(isJson: boolean): Output {
  const line = (text = '') => void process.stdout.write(`${text}\n`);
  return {
    isJson,
    json: (document) =>
      void process.stdout.write(`${escapeControls(JSON.stringify(document, null, process.stdout.isTTY ? 2 : 0))}\n`),
    line,
    aside: isJson ? (text = '') => void process.stderr.write(`${text}\n`) : line,
  };
}

export const paint = {
  strong: pc.bold,
  soft: pc.dim,
  good: pc.green,
  warn: pc.yellow,
  bad: pc.red,
} as const;

/** Columns as wide as their widest cell; the last one runs free. Escape codes do not count as width. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))));
  return rows
    .map(
      (row) =>
        indent +
        row.map((cell, column) => (column === row.length - 1 ? cell : pad(cell, widths[column] ?? 0))).join('  '),
    )
    .join('\n');
}

/** Two or more columns in a frame, under a header. */
export function boxTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  hasUnicode: boolean,
  indent = '  ',
): string {
  const shape = hasUnicode ? roundFrame : plainFrame;
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => widthOf(row[column] ?? title))),
  );
  const rule = ([left, middle, right]: readonly [string, string, string]) =>
    indent + left + widths.map((width) => shape.dash.repeat(width + 2)).join(middle) + right;
  const line = (row: readonly string[]) =>
    indent + shape.bar + row.map((cell, column) => ` ${pad(cell, widths[column] ?? 0)} `).join(shape.bar) + shape.bar;
  return [rule(shape.top), line(header), rule(shape.middle), ...rows.map(line), rule(shape.bottom)].join('\n');
}

const roundFrame = {
  bar: '│',
  dash: '─',
  top: ['╭', '┬', '╮'],
  middle: ['├', '┼', '┤'],
  bottom: ['╰', '┴', '╯'],
} as const;
const plainFrame = {
  bar: '|',
  dash: '-',
  top: ['+', '+', '+'],
  middle: ['+', '+', '+'],
  bottom: ['+', '+', '+'],
} as const;

/** Broken between words so that each line, `indent` included, fits a terminal of 80 columns. A command stays in one piece. */
export function wrap(text: string, indent: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.match(/(?:`[^`]*`|[^\s`])+|`/g) ?? []) {
    const last = lines.at(-1);
    if (last === undefined || indent + last.length + 1 + word.length > 80) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)));
}

function widthOf(cell: string): number {
  // eslint-disable-next-line no-control-regex -- the escape character is what is looked for
  return cell.replace(/\u001b\[[0-9;]*m/g, '').length;
}

/** `42 s`, `5 min`, `3 h 20 min`, `2 d`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} d`;
}

export function formatAgo(atMs: number | null, nowMs: number): string {
  return atMs === null ? 'never' : `${formatDuration(nowMs - atMs)} ago`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A moment in the person's own zone: `14:05` today, else `3 Aug 14:05`. Without `Intl`, whose first use takes 20 ms. */
export function formatMoment(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const time = [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return isToday ? time : `${at.getDate()} ${months[at.getMonth()]} ${time}`;
}

/** `1,234,567` */
export function groupDigits(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** `████████░░  81 %` */
export function bar(fraction: number, width = 10): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${String(Math.round(fraction * 100)).padStart(3)} %`;
}
