import type { ClientSettings } from '../../../shared/status.ts';
import { ask } from '../control-client.ts';
import { createOutput } from '../print.ts';

export type Shell = 'sh' | 'fish' | 'powershell';

export async function env(options: { readonly json?: true; readonly shell?: string }): Promise<void> {
  const output = createOutput(options.json === true);
  const settings = await ask<ClientSettings>('GET', '/control/env');
  if (output.isJson) return output.json(settings);
  output.line(formatSettings(settings, (options.shell as Shell | undefined) ?? defaultShell()));
}

/** Statements that set the variables in a shell: `eval "$(companion env)"` works. */
export function formatSettings(settings: ClientSettings, shell: Shell): string {
  return Object.entries(settings)
    .map(([name, value]) => statement(shell, name, value))
    .join('\n');
}

function statement(shell: Shell, name: string, value: string): string {
  switch (shell) {
    case 'sh':
      return `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`;
    case 'fish':
      return `set -gx ${name} '${value.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
    case 'powershell':
      return `$env:${name} = '${value.replaceAll("'", "''")}'`;
  }
}

export function defaultShell(): Shell {
  if (process.platform === 'win32') return 'powershell';
  return process.env['SHELL']?.endsWith('/fish') === true ? 'fish' : 'sh';
}
