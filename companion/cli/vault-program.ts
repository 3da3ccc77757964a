/** The commands of `companion vault`. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { defineCommand } from './define-command.ts';
import type { GlobalOptions } from './define-command.ts';
import type { MoveOptions } from './command/vault.ts';

export function addVault(program: Command): void {
  const vault = program.command('vault').description('look after the key of what is kept encrypted').helpCommand(false);
  defineCommand(vault, 'info', 'show where the vault is, and its key').action(async (options: GlobalOptions) =>
    (await import('./command/vault.ts')).showVault(options),
  );
  defineCommand(vault, 'rotate', 'seal it with a new key; the one before goes').action(async (options: GlobalOptions) =>
    (await import('./command/vault.ts')).rotateVault(options),
  );
  defineCommand(vault, 'move', 'seal it with a new key in another place')
    .addOption(
      new Option('--to <place>', 'where the key rests from then on')
        .choices(['keyring', 'file', 'configured'])
        .makeOptionMandatory(),
    )
    .action(async (options: MoveOptions) => (await import('./command/vault.ts')).moveVault(options));
}
