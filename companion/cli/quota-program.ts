/** The commands of `companion quota`. */
import type { Command } from 'commander';
import { defineCommand } from './define-command.ts';
import type { GlobalOptions } from './define-command.ts';

const who = 'name or id of a key, login or session, or a provider such as claude';

export function addQuota(program: Command): void {
  const quota = defineCommand(program, 'quota', 'show what is left, and set limits of your own')
    .helpCommand(false)
    .action(async (options: GlobalOptions) => (await import('./command/quota.ts')).showQuota(options));
  defineCommand(quota, 'set', 'allow so many tokens in a period')
    .argument('<who>', who)
    .argument('<tokens>', 'such as 1000000, 500k or 1.5M; off for no limit')
    .action(async (wanted: string, tokens: string, _options: GlobalOptions, self: Command) =>
      (await import('./command/quota.ts')).setQuota(wanted, tokens, self.optsWithGlobals()),
    );
  defineCommand(quota, 'reset', 'begin to count anew, now')
    .argument('<who>', who)
    .action(async (wanted: string, _options: GlobalOptions, self: Command) =>
      (await import('./command/quota.ts')).resetQuota(wanted, self.optsWithGlobals()),
    );
}
