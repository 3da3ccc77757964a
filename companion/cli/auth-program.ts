/** The commands of `companion auth`. */
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { ImportOptions } from './command/auth-import.ts';
import type { DeviceLoginOptions } from './command/auth-device-login.ts';
import type { LoginOptions } from './command/auth-login.ts';
import { defineCommand } from './define-command.ts';
import type { GlobalOptions } from './define-command.ts';

const whoWords = 'name, id, or: claude, chatgpt, copilot, kiro, claude-code';

export function addAuth(program: Command): void {
  const auth = program
    .command('auth')
    .description('sign in with the plans that you have, look after logins')
    .helpCommand(false);
  addLogin(auth, 'login', 'sign in with a Claude subscription').action(async (options: LoginOptions) =>
    (await import('./command/auth-login.ts')).signIn('anthropic', options),
  );
  addLogin(auth, 'login-openai', 'sign in with a ChatGPT plan, for Codex').action(async (options: LoginOptions) =>
    (await import('./command/auth-login.ts')).signIn('openai', options),
  );
  addDeviceLogin(auth, 'login-copilot', 'sign in with GitHub Copilot, by a code').action(
    async (options: DeviceLoginOptions) =>
      (await import('./command/auth-device-login.ts')).signInByCode('copilot', options),
  );
  addDeviceLogin(auth, 'login-kiro', 'sign in with Kiro (AWS), by a code')
    .option('--start-url <url>', 'of the IAM Identity Center of your organisation; an AWS Builder ID unless given')
    .option('--region <region>', 'of the same; us-east-1 unless given')
    .action(async (options: DeviceLoginOptions) =>
      (await import('./command/auth-device-login.ts')).signInByCode('kiro', options),
    );
  defineCommand(auth, 'status', 'show every login, key and session at a glance').action(
    async (options: GlobalOptions) => (await import('./command/auth-status.ts')).authStatus(options),
  );
  addLooking(auth);
  addChanging(auth);
}

function addLogin(auth: Command, name: string, description: string): Command {
  return defineCommand(auth, name, description)
    .option('-m, --manual', 'paste the answer of the page, or pipe it in')
    .option('--no-browser', 'open no browser, print the address only')
    .option('--force', 'take the place of another account that is signed in');
}

function addDeviceLogin(auth: Command, name: string, description: string): Command {
  return defineCommand(auth, name, description).option('--no-browser', 'open no browser, print the address only');
}

function addLooking(auth: Command): void {
  defineCommand(auth, 'validate', 'ask the provider whether a login works')
    .argument('[who]', whoWords)
    .action(async (who: string | undefined, options: GlobalOptions) =>
      (await import('./command/auth-validate.ts')).validate(who, options),
    );
  defineCommand(auth, 'info', 'show one in detail, renewed first if it expired')
    .argument('[who]', whoWords)
    .action(async (who: string | undefined, options: GlobalOptions) =>
      (await import('./command/auth-info.ts')).info(who, options),
    );
  defineCommand(auth, 'openai-info', 'show the ChatGPT login and its token').action(async (options: GlobalOptions) =>
    (await import('./command/auth-openai-info.ts')).openAiInfo(options),
  );
}

function addChanging(auth: Command): void {
  defineCommand(auth, 'refresh', 'renew one now')
    .argument('[who]', whoWords)
    .option('--all', 'every one that can be renewed here')
    .action(async (who: string | undefined, options: GlobalOptions & { all?: true }) =>
      (await import('./command/auth-refresh.ts')).refresh(who, options),
    );
  defineCommand(auth, 'logout', 'forget one: its tokens and its profile')
    .argument('[who]', whoWords)
    .option('-y, --yes', 'do not ask')
    .action(async (who: string | undefined, options: GlobalOptions & { yes?: true }) =>
      (await import('./command/auth-logout.ts')).logout(who, options),
    );
  defineCommand(auth, 'adopt', "use another program's login here too")
    .addArgument(new Argument('<program>', 'whose login').choices(['claude-code', 'codex', 'gh', 'kiro']))
    .option('--off', 'no longer use it')
    .action(async (owner: 'claude-code' | 'codex' | 'gh' | 'kiro', options: GlobalOptions & { off?: true }) =>
      (await import('./command/auth-adopt.ts')).adopt(owner, options),
    );
  defineCommand(auth, 'import-files', 'take over the API keys in `auths/*.json`')
    .option('--remove', 'delete the plain files whose keys are all kept, encrypted')
    .action(async (options: GlobalOptions & { remove?: true }) =>
      (await import('./command/auth-import-files.ts')).importFiles(options),
    );
  defineCommand(auth, 'import', 'take over the Claude login in the file of another program')
    .argument('[file]', 'its credentials.json; looked for unless given')
    .option('-y, --yes', 'do not ask')
    .option('--force', 'also one that is no newer than the one that is here')
    .action(async (file: string | undefined, options: ImportOptions) =>
      (await import('./command/auth-import.ts')).importLogin(file, options),
    );
}
