/** The commands of `companion token`. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { budgetPeriods, clientKeyModes } from '../store/client-keys.ts';
import type { CreateOptions } from './command/token.ts';
import { defineCommand } from './define-command.ts';
import type { GlobalOptions } from './define-command.ts';

export function addToken(program: Command): void {
  const token = program.command('token').description('make, list or revoke keys of single clients').helpCommand(false);
  defineCommand(token, 'create', 'make a key for one client; it is shown once')
    .argument('<name>', 'what to call the client')
    .option('--expires <time>', '720h, 30d, 2w, 2027-01-31T12:00:00Z, or never', '720h')
    .addOption(new Option('--mode <mode>', 'what it may use').choices(clientKeyModes).default('both'))
    .option('--models <names>', 'only these, with commas between; claude-* stands for all that begin so')
    .option('--requests <count>', 'how many requests it may send')
    .option('--tokens <count>', 'how many tokens it may use, such as 500k or 2M')
    .addOption(new Option('--period <period>', 'when these begin anew').choices(budgetPeriods).default('never'))
    .option('--rate <count>', 'how many requests it may send in a minute')
    .addOption(new Option('--shell <shell>', 'for which shell').choices(['sh', 'fish', 'powershell']))
    .action(async (name: string, options: CreateOptions) =>
      (await import('./command/token.ts')).createToken(name, options),
    );
  defineCommand(token, 'list', 'list them, with how much each was used').action(async (options: GlobalOptions) =>
    (await import('./command/token.ts')).listTokens(options),
  );
  defineCommand(token, 'revoke', 'take one back; counts at once')
    .argument('<key>', 'its id, the beginning of it, or its name')
    .action(async (key: string, options: GlobalOptions) =>
      (await import('./command/token.ts')).revokeToken(key, options),
    );
}
