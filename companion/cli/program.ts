/** The commands, their options and their help. */
import { Command, CommanderError, Option } from 'commander';
import type { Argument } from 'commander';
import { CompanionError } from '../base/error.ts';
import { version } from '../version.ts';
import { addAuth } from './auth-program.ts';
import type { AddSessionOptions } from './command/session-add.ts';
import type { UsageOptions } from './command/usage.ts';
import { addConfig } from './config-program.ts';
import { addVault } from './vault-program.ts';
import { defineCommand } from './define-command.ts';
import { addNotifications } from './notifications-program.ts';
import { addQuota } from './quota-program.ts';
import type { GlobalOptions } from './define-command.ts';
import { addToken } from './token-program.ts';

const firstSteps = `
First steps:
  companion start   then open the link that it prints, to pair your browser
  companion env     then paste what it prints: clients call the companion`;

/** Parses and runs one command line. A line that makes no sense is an `INVALID_REQUEST`, exit code 2. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const program = buildProgram();
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return;
    // Commander has printed the help of a group whose command is missing: that says it all.
    if (thrown.code === 'commander.help') process.exitCode = 2;
    else throw explain(thrown, program, args);
  }
}

function explain(thrown: CommanderError, program: Command, args: readonly string[]): CompanionError {
  // The value of an option that does not exist may be a secret.
  const told = thrown.message.replace(/^error: /, '').replace(/^(unknown option '[^=']+)=[^]*$/, "$1'");
  const [problem = '', hint = ''] = told.split('\n');
  const sentence = `${problem.charAt(0).toUpperCase()}${problem.slice(1).replace(/\.$/, '')}.`;
  const message = [sentence, hint.replace(/^\((.*)\)$/, '$1')].filter((part) => part !== '').join(' ');
  return new CompanionError('INVALID_REQUEST', message, {
    remedy: `\`${[...pathTo(program, args), '--help'].join(' ')}\` shows what can be said.`,
  });
}

/** The words of the command that was meant: `companion session use`. */
function pathTo(parent: Command, args: readonly string[]): readonly string[] {
  const next = parent.commands.find((one) => one.name() === args[0]);
  return next === undefined ? [parent.name()] : [parent.name(), ...pathTo(next, args.slice(1))];
}

function buildProgram(): Command {
  const program = new Command('companion')
    .description('Serves the Anthropic and OpenAI APIs on this computer, from your own accounts.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help <command>', 'show the help of a command')
    .addHelpText('after', firstSteps)
    .configureHelp({ subcommandTerm: termOf })
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  addStart(program);
  addStatus(program);
  addLedger(program);
  addQuota(program);
  addPairing(program);
  addSessions(program);
  addAuth(program);
  addKeys(program);
  addToken(program);
  addConfig(program);
  addVault(program);
  addNotifications(program);
  addOthers(program);
  return program;
}

/** Without commander's `[options]`, which says nothing here: every command has some. */
function termOf(described: Command): string {
  const names = described.registeredArguments.map(termOfArgument);
  return [described.name(), ...names].join(' ');
}

function termOfArgument(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function addStart(program: Command): void {
  defineCommand(program, 'start', 'start the companion; Ctrl+C stops it')
    .option('-p, --port <port>', 'port to listen on; 0 picks a free one (default: 8000)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--no-secrets', 'print neither keys nor pairing tokens: for logs')
    .option('--no-auth', 'serve without a client key; on 127.0.0.1 only')
    .addOption(
      new Option('--transport <choice>', 'how web mode reaches claude.ai').choices(['auto', 'browser', 'direct']),
    )
    .addOption(new Option('--vault <kind>', 'where secrets rest').choices(['auto', 'keyring', 'file']))
    .addOption(
      new Option('--log-level <level>', 'how much is logged').choices(['debug', 'info', 'warn', 'error', 'silent']),
    )
    .action(async (options: Record<string, unknown>) => (await import('./command/start.ts')).start(options));
}

function addStatus(program: Command): void {
  defineCommand(program, 'status', 'show logins, sessions, browsers and what is left').action(
    async (options: GlobalOptions) => (await import('./command/status.ts')).status({ isJson: options.json === true }),
  );
}

function addLedger(program: Command): void {
  defineCommand(program, 'usage', 'show what was used, as a bar chart')
    .addOption(
      new Option('--by <what>', 'one bar for each')
        .choices(['model', 'client', 'client-key', 'credential', 'provider', 'day'])
        .default('model'),
    )
    .option('--since <time>', 'such as 24h, 7d, 2026-11-01 (default: all that is kept)')
    .action(async (options: UsageOptions) => (await import('./command/usage.ts')).usage(options));
  defineCommand(program, 'explain', 'show why a request went where it went, and how')
    .argument('[exchange]', 'its id, from `x-companion-exchange` of an answer (default: the last one)')
    .action(async (exchange: string | undefined, options: GlobalOptions) =>
      (await import('./command/explain.ts')).explain(exchange, options),
    );
}

function addPairing(program: Command): void {
  defineCommand(program, 'pair', 'print a token that pairs one browser').action(async (options: GlobalOptions) =>
    (await import('./command/pair.ts')).pair(options),
  );
  defineCommand(program, 'browsers', 'list the paired browsers').action(async (options: GlobalOptions) =>
    (await import('./command/browsers.ts')).browsers(options),
  );
  defineCommand(program, 'unpair', 'forget a browser and the sessions it shared')
    .argument('<browser>', 'its id or name, as `companion browsers` shows them')
    .action(async (browser: string, options: GlobalOptions) =>
      (await import('./command/browsers.ts')).unpair(browser, options),
    );
}

function addSessions(program: Command): void {
  const session = program
    .command('session')
    .description('list, choose or forget claude.ai sessions')
    .helpCommand(false);
  defineCommand(session, 'list', 'list the sessions that were synced').action(async (options: GlobalOptions) =>
    (await import('./command/session.ts')).listSessions(options),
  );
  defineCommand(session, 'use', 'make one the default, or set its organisation')
    .argument('<session>', 'its name, e-mail address or id')
    .option('--organisation <id>', 'an organisation of that account, by id or name')
    .action(async (name: string, options: GlobalOptions & { organisation?: string }) =>
      (await import('./command/session.ts')).useSession(name, options),
    );
  defineCommand(session, 'add', 'hand one over: the value of its cookie is asked for, or piped in')
    .allowExcessArguments()
    .option('--name <name>', 'what to call it (default: its e-mail address)')
    .option('--organisation <id>', 'an organisation of that account, by id')
    .option('--expires-in <time>', 'how long the cookie is good: 720h, 30d')
    .action(async (options: AddSessionOptions, self: Command) =>
      (await import('./command/session-add.ts')).addSession(self.args, options),
    );
  for (const verb of ['deactivate', 'activate'] as const) {
    defineCommand(session, verb, verb === 'activate' ? 'let one serve again' : 'keep one, and let it serve nobody')
      .argument('<session>', 'its name, e-mail address or id')
      .action(async (name: string, options: GlobalOptions) =>
        (await import('./command/session.ts')).turnSession(name, verb, options),
      );
  }
  defineCommand(session, 'remove', 'forget one, and its secret')
    .argument('<session>', 'its name, e-mail address or id')
    .action(async (name: string, options: GlobalOptions) =>
      (await import('./command/session.ts')).removeSession(name, options),
    );
}

function addKeys(program: Command): void {
  const keys = program.command('keys').description('keep, list, try or forget API keys').helpCommand(false);
  const named = 'its name or id, as `companion keys list` shows them';
  defineCommand(keys, 'list', 'list the keys of all places').action(async (options: GlobalOptions) =>
    (await import('./command/keys.ts')).listKeys(options),
  );
  defineCommand(keys, 'add', 'keep one, encrypted; the key itself is asked for, or piped in')
    .argument('<provider>', 'anthropic, openai, gemini, mistral, groq, deepseek, or yours')
    .allowExcessArguments()
    .option('--name <name>', 'what to call it')
    .option('--priority <number>', 'lower numbers are preferred (default: 100)')
    .action(async (provider: string, options: GlobalOptions & { name?: string; priority?: string }, self: Command) =>
      (await import('./command/keys.ts')).addKey(provider, self.args.slice(1), options),
    );
  defineCommand(keys, 'remove', 'forget one')
    .argument('<key>', named)
    .action(async (key: string, options: GlobalOptions) => (await import('./command/keys.ts')).removeKey(key, options));
  for (const verb of ['off', 'on'] as const) {
    defineCommand(keys, verb, verb === 'on' ? 'let one serve again' : 'keep one, and do not use it')
      .argument('<key>', named)
      .action(async (key: string, options: GlobalOptions) =>
        (await import('./command/keys.ts')).turnKey(key, verb === 'on', options),
      );
  }
  defineCommand(keys, 'test', 'ask its provider whether one works, or all')
    .argument('[key]', named)
    .action(async (key: string | undefined, options: GlobalOptions) =>
      (await import('./command/keys.ts')).testKeys(key, options),
    );
  defineCommand(keys, 'stats', 'show how much each was used, and how well').action(async (options: GlobalOptions) =>
    (await import('./command/keys.ts')).showKeyStats(options),
  );
}

function addOthers(program: Command): void {
  defineCommand(program, 'env', 'print what clients need, ready to paste')
    .addOption(new Option('--shell <shell>', 'for which shell').choices(['sh', 'fish', 'powershell']))
    .action(async (options: GlobalOptions & { shell?: string }) => (await import('./command/env.ts')).env(options));
  defineCommand(program, 'admin-key', 'print the key that manages the companion over HTTP').action(
    async (options: GlobalOptions) => (await import('./command/admin-key.ts')).adminKey(options),
  );
  defineCommand(program, 'logs', 'show what the companion logged')
    .option('-n, --lines <count>', 'how many lines', '50')
    .option('-f, --follow', 'keep showing new lines')
    .action(async (options: GlobalOptions & { lines: string; follow?: true }) =>
      (await import('./command/logs.ts')).logs(options),
    );
  defineCommand(program, 'stop', 'stop the companion; open answers may finish').action(async (options: GlobalOptions) =>
    (await import('./command/stop.ts')).stop(options),
  );
}
