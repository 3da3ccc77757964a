/** The real commands and the real companion, with stand-ins of both providers of logins behind them. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openCommand, runCompanion, runForPeople, startCompanion } from '../../support/companion-process.ts';
import type { CommandResult, CompanionOptions, CompanionProcess } from '../../support/companion-process.ts';
import { startChatGptBackend } from '../../support/providers/chatgpt/backend.ts';
import { startClaudeAccounts } from '../../support/providers/oauth/claude-accounts.ts';
import type { ClaudeAccounts } from '../../support/providers/oauth/claude-accounts.ts';
import { startOpenAiAuth } from '../../support/providers/oauth/openai-auth.ts';
import type { OpenAiAuth } from '../../support/providers/oauth/openai-auth.ts';
import { clickConsent } from '../../support/providers/oauth/person.ts';
import { createTemporaryHome } from '../../support/temporary-home.ts';

export interface PromiseHouse {
  readonly home: string;
  readonly claude: ClaudeAccounts;
  readonly openAi: OpenAiAuth;
  readonly authFile: string;
  start(environment?: Readonly<Record<string, string>>, args?: readonly string[]): Promise<CompanionProcess>;
  /** With `--json`; the command's own words are in `json`. */
  run(...words: readonly string[]): Promise<CommandResult>;
  runForPeople(...words: readonly string[]): Promise<CommandResult>;
  /** Without a paired browser: the address is opened, "Allow" is clicked, and the listener gets the answer. */
  signIn(command: 'login' | 'login-openai'): Promise<void>;
}

export async function openPromiseHouse(): Promise<PromiseHouse> {
  const [temporary, claude, openAi] = await Promise.all([
    createTemporaryHome(),
    startClaudeAccounts(),
    startOpenAiAuth(),
  ]);
  const backend = await startChatGptBackend({ auth: openAi });
  const home = temporary.path;
  onTestFinished(async () => {
    await Promise.all([claude.close(), openAi.close(), backend.close()]);
    await temporary.remove();
  });
  const environment = { ...claude.environment, ...openAi.environment, ...backend.environment };
  const options: CompanionOptions = { home, environment };
  return {
    home,
    claude,
    openAi,
    authFile: join(home, '.codex', 'auth.json'),
    start: async (more = {}, args = []) => {
      const companion = await startCompanion({ ...options, environment: { ...environment, ...more }, args });
      onTestFinished(() => companion.kill());
      return companion;
    },
    run: (...words) => runCompanion(words, options),
    runForPeople: (...words) => runForPeople(words, options),
    signIn: async (command) => {
      const login = openCommand(['auth', command, '--no-browser'], options);
      onTestFinished(() => login.kill());
      await login.waitForText('Waiting for you to sign in');
      const address = /^http\S+\/oauth\/authorize\S+$/m.exec(login.stdout)?.[0] ?? '';
      const { redirect } = await clickConsent(address);
      await (await fetch(redirect)).text();
      const exitCode = await login.exited;
      if (exitCode !== 0) throw new Error(`auth ${command} ended with ${exitCode}:\n${login.output}`);
    },
  };
}
