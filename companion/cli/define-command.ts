import type { Command } from 'commander';

export interface GlobalOptions {
  readonly json?: true;
}

/** A command that can answer programs too, as every one can. */
export function defineCommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).option('--json', 'print JSON for programs');
}
