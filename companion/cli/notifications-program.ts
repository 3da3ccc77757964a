/** The commands of `companion notifications`. */
import type { Command } from 'commander';
import { defineCommand } from './define-command.ts';
import type { GlobalOptions } from './define-command.ts';

export function addNotifications(program: Command): void {
  const notifications = program
    .command('notifications')
    .description('try how the companion tells of limits and logins')
    .helpCommand(false);
  defineCommand(notifications, 'test', 'send one in every way that is set up').action(async (options: GlobalOptions) =>
    (await import('./command/notifications.ts')).testNotifications(options),
  );
}
