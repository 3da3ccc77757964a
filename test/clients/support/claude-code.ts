/** The real Claude Code, run once with a prompt. */
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { runClient } from './client.ts';
import type { ClientRun, Gateway } from './client.ts';
import { installedFile } from './installed.ts';

/** The package's own launcher: finds the binary of this platform without an install script. */
export const claudeCodeLauncher = installedFile('programs', '@anthropic-ai/claude-code/cli-wrapper.cjs');

/** Settings that keep it quiet; what a user sets is `ANTHROPIC_BASE_URL` and a key. */
export const quietClaudeCode = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' };

export interface ClaudeCodeOptions {
  /** A new one without it. */
  readonly home?: string;
  /** Instead of the key as `ANTHROPIC_AUTH_TOKEN`. */
  readonly credential?: Readonly<Record<string, string>>;
}

/** Runs `claude -p <prompt> ...args`. */
export async function runClaudeCode(
  prompt: string,
  args: readonly string[],
  gateway: Gateway,
  options: ClaudeCodeOptions = {},
): Promise<ClientRun> {
  return runClient({
    command: [process.execPath, claudeCodeLauncher, '-p', prompt, ...args],
    home: options.home ?? (await temporaryFolder()),
    environment: {
      ...quietClaudeCode,
      ANTHROPIC_BASE_URL: gateway.url,
      ...(options.credential ?? { ANTHROPIC_AUTH_TOKEN: gateway.key }),
    },
  });
}
