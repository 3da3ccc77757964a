/** The table of settings in docs/configuration.md, from the schema. */
import { defaultOf } from '../../companion/config/describe-value.ts';
import { settings } from '../../companion/config/schema.ts';
import type { Setting } from '../../companion/config/schema.ts';

const header = '| Setting | What it does | Default | Environment | Flag |\n|---|---|---|---|---|\n';

/** The page with its table as the schema has it. */
export function withSettingsTable(page: string): string {
  const start = page.indexOf(header);
  if (start < 0) throw new Error('The page has no table of settings.');
  const end = page.indexOf('\n\n', start);
  return page.slice(0, start) + header + settings.map(rowOf).join('\n') + page.slice(end);
}

function rowOf(setting: Setting): string {
  const names = [...setting.environment, ...(setting.generalEnvironment ?? [])].map(code).join(', ');
  const cells = [
    code(setting.key),
    describe(setting),
    defaultCell(setting),
    names,
    setting.flag ? code(setting.flag) : '',
  ];
  return `| ${cells.join(' | ')} |`;
}

function describe({ description, reloads, staysLocalInDotEnv, neverInDotEnv }: Setting): string {
  const marks = [staysLocalInDotEnv && '¹', neverInDotEnv && '²', reloads && '³'].filter((mark) => mark !== undefined);
  return [description, ...marks].join(' ');
}

function defaultCell({ key }: Setting): string {
  const value = defaultOf(key);
  if (value === null) return '';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(code).join(', ');
  return typeof value === 'object' ? 'none' : code(value);
}

function code(text: unknown): string {
  return `\`${String(text)}\``;
}
