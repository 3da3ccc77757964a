/** The real Claude Code, run once with a prompt. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { runClient } from './client.ts';
import type { ClientRun, Gateway } from './client.ts';
import { installedFile } from './installed.ts';

const packages = installedFile('programs', '@anthropic-ai');
/** The package's own launcher: finds the binary of this platform without an install script. */
const launcher = join(packages, 'claude-code', 'cli-wrapper.cjs');

/** The binary itself, in the one package of a platform that is installed. */
export function claudeCodeBinary(): string {
  const platform = readdirSync(packages).find((name) => name.startsWith('claude-code-')) ?? '';
  return join(packages, platform, process.platform === 'win32' ? 'claude.exe' : 'claude');
}

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
    command: [process.execPath, launcher, '-p', prompt, ...args],
    home: options.home ?? (await temporaryFolder()),
    environment: {
      ...quietClaudeCode,
      ANTHROPIC_BASE_URL: gateway.url,
      ...(options.credential ?? { ANTHROPIC_AUTH_TOKEN: gateway.key }),
    },
  });
}
