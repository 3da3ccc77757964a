/** The commands of `companion config`. */
import type { Command } from 'commander';
import type { ConfigCodexOptions } from './command/auth-adopt.ts';
import { defineCommand } from './define-command.ts';
import type { GlobalOptions } from './define-command.ts';

const keyWords = 'such as `server.port`; `companion config show --all` lists all of them';

export function addConfig(program: Command): void {
  const config = program.command('config').description('show, change and check the settings').helpCommand(false);
  addShowing(config);
  addChanging(config);
  addFiles(config);
  defineCommand(config, 'codex', 'serve from a ChatGPT plan, through Codex')
    .option('--enable', 'turn it on')
    .option('--disable', 'turn it off')
    .action(async (options: ConfigCodexOptions) => (await import('./command/auth-adopt.ts')).configureCodex(options));
}

function addShowing(config: Command): void {
  defineCommand(config, 'show', 'show what differs from its default, and why')
    .option('-a, --all', 'every setting, with what it does')
    .action(async (options: GlobalOptions & { all?: true }) =>
      (await import('./command/config-show.ts')).showConfig(options),
    );
  defineCommand(config, 'get', 'print the value of one')
    .argument('<key>', keyWords)
    .action(async (key: string, options: GlobalOptions) =>
      (await import('./command/config-show.ts')).getSetting(key, options),
    );
}

function addChanging(config: Command): void {
  defineCommand(config, 'set', 'set one in config.yaml; a secret is asked for, or piped in')
    .argument('<key>', keyWords)
    .argument('[value]', 'not for secrets, which others could then see')
    .action(async (key: string, value: string | undefined, options: GlobalOptions) =>
      (await import('./command/config-change.ts')).setSetting(key, value, options),
    );
  defineCommand(config, 'unset', 'take one out of config.yaml')
    .argument('<key>', keyWords)
    .action(async (key: string, options: GlobalOptions) =>
      (await import('./command/config-change.ts')).unsetSetting(key, options),
    );
  defineCommand(config, 'reload', 'let the companion that runs read the settings again').action(
    async (options: GlobalOptions) => (await import('./command/config-change.ts')).reloadSettings(options),
  );
}

function addFiles(config: Command): void {
  defineCommand(config, 'path', 'print where config.yaml is, or would be').action(async (options: GlobalOptions) =>
    (await import('./command/config-file.ts')).printPath(options),
  );
  defineCommand(config, 'validate', 'say what is wrong with the settings, line by line')
    .argument('[file]', 'one that is not in use (default: the settings as they are)')
    .action(async (file: string | undefined, options: GlobalOptions) =>
      (await import('./command/config-file.ts')).validateConfig(file, options),
    );
  defineCommand(config, 'schema', 'print the JSON Schema of config.yaml, for editors').action(async () =>
    (await import('./command/config-file.ts')).printSchema(),
  );
}
