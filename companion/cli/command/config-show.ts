/** `companion config show` and `get`: what holds in the companion that runs, or would if it were started here. */
import type { SettingsAnswer } from '../../http/manage/config-routes.ts';
import type { GlobalOptions } from '../define-command.ts';
import { askIfRunning } from '../control-client.ts';
import { createOutput, paint, table, wrap } from '../print.ts';
import type { Output } from '../print.ts';
import { printable } from '../terminal.ts';

type ShownSetting = SettingsAnswer['settings'][number];

export async function showConfig(options: GlobalOptions & { readonly all?: true }): Promise<void> {
  const output = createOutput(options.json === true);
  const answer = await readAnswer();
  const shown = answer.settings.filter((one) => options.all === true || one.origin !== 'default' || one.is_pending);
  if (output.isJson) return output.json({ ...answer, settings: shown });
  if (answer.problem !== null) printProblem(output, answer.problem);
  if (options.all === true) printEverything(output, shown);
  else printDifferences(output, shown, answer.file);
}

export async function getSetting(key: string, options: GlobalOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const { settingCalled } = await import('../../config/setting-text.ts');
  const wanted = settingCalled(key);
  const found = (await readAnswer()).settings.find((one) => one.key === wanted.key);
  if (found === undefined) return;
  if (output.isJson) output.json(found);
  else output.line(textOf(found.value));
}

async function readAnswer(): Promise<SettingsAnswer> {
  const running = await askIfRunning<SettingsAnswer>('GET', '/v0/management/config');
  if (running !== undefined) return running;
  const { LiveConfig } = await import('../../config/live-config.ts');
  const { showSettings } = await import('../../http/manage/config-routes.ts');
  return showSettings(new LiveConfig({ environment: process.env, cwd: process.cwd() }));
}

function printProblem(output: Output, problem: string): void {
  output.line(paint.warn('The settings on disk are wrong; those from before go on:'));
  output.line(`${printable(problem)}\n`);
}

function printDifferences(output: Output, settings: readonly ShownSetting[], file: string): void {
  if (settings.length === 0) {
    output.line('Every setting is at its default: `companion config show --all` lists them.');
    return output.line(paint.soft(`They would stand in ${file}`));
  }
  output.line(
    table(
      settings.map((one) => [
        one.key,
        textOf(one.value),
        paint.soft(`${one.source}${one.is_pending ? pendingMark : ''}`),
      ]),
      '',
    ),
  );
}

const pendingMark = ' (another value waits for a restart)';

function printEverything(output: Output, settings: readonly ShownSetting[]): void {
  for (const one of settings) {
    const value = textOf(one.value);
    output.line(`${paint.strong(one.key)}${value === '' ? '' : `  ${value}`}  ${paint.soft(one.source)}`);
    const told = one.reloads ? one.description : `${one.description} (changes after a restart)`;
    for (const line of wrap(told, 2)) output.line(paint.soft(`  ${line}`));
    if (one.is_pending) output.line(`  ${paint.warn('another value waits for a restart')}`);
  }
}

function isKey(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'key' in item;
}

/** Lists in one line, groups as JSON: ready to be copied into `config set`. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  const isPlainList = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  if (isPlainList) return printable(value.join(','));
  if (Array.isArray(value) && value.every(isKey)) return value.length === 1 ? '1 key' : `${value.length} keys`;
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value as string));
}
