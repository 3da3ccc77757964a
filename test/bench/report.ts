/** Rows of the result, and how they look in a terminal and in docs/performance.md. */
import { cpus, loadavg, totalmem } from 'node:os';
import { isNoisy } from './measure.ts';
import type { Summary } from './measure.ts';

/** How much is measured. */
export interface Effort {
  /** Of everything that is compared. */
  readonly rounds: number;
  readonly isQuick: boolean;
}

export interface Target {
  readonly words: string;
  readonly isMet: boolean;
}

export interface Figure {
  readonly name: string;
  /** What it costs with the companion, with its unit. */
  readonly value: string;
  /** Against the same thing without the companion. */
  readonly ratio?: Summary;
  /** What it ought to be. */
  readonly target?: Target;
  /** The absolute figures behind it, for people who compare machines. */
  readonly note: string;
}

export function describeMachine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = loadavg()[0]?.toFixed(1);
  return `${cpus().length} x ${first?.model.trim()}, ${memory} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}, load ${load}`;
}

export function formatFigures(figures: readonly Figure[]): string {
  const rows = figures.map(
    ({ name, value, ratio, target, note }) =>
      `| ${name} | ${value} | ${formatRatio(ratio)} | ${formatTarget(target, ratio)} | ${note} |`,
  );
  const head = '| figure | value | ratio (half of the rounds) | target | behind it |';
  return [head, '|---|---|---|---|---|', ...rows].join('\n');
}

export function atMost(limit: number, value: number, unit = ''): Target {
  return { words: `<= ${limit}${unit === '' ? '' : ` ${unit}`}`, isMet: value <= limit };
}

function formatTarget(target: Target | undefined, ratio: Summary | undefined): string {
  if (target === undefined) return '-';
  if (ratio !== undefined && isNoisy(ratio)) return target.words;
  return target.isMet ? `${target.words}: met` : `${target.words}: **missed**`;
}

function formatRatio(ratio: Summary | undefined): string {
  if (ratio === undefined) return '-';
  const [middle, low, high] = [ratio.median, ratio.low, ratio.high].map((value) => value.toFixed(2));
  return `${middle} (${low} to ${high})${isNoisy(ratio) ? ', **too noisy to tell**' : ''}`;
}

export function inMs(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}
