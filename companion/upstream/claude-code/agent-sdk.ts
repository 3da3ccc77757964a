/**
 * The Claude Agent SDK as far as it is used here. It is no dependency that gets installed: its licence forbids to bundle it,
 * and with it npm would fetch a Claude Code of 200 MB that nobody runs. docs/claude-code.md says how to add it.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChildProcess } from 'node:child_process';
import { CompanionError } from '../../base/error.ts';
import type { ClaudeCodeThinking } from '../../wire/claude-code/compose.ts';

export interface AgentSdk {
  query(order: { readonly prompt: AsyncIterable<unknown>; readonly options: AgentSdkOptions }): AgentSdkQuery;
}

export interface AgentSdkQuery extends AsyncIterable<unknown> {
  /** Ends its process. */
  close?(): void;
}

/** What Claude Code is to be started with; `cwd` is the spawner's. */
export interface SpawnOrder {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface AgentSdkOptions {
  readonly pathToClaudeCodeExecutable: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly model: string;
  readonly systemPrompt: string;
  readonly thinking: ClaudeCodeThinking;
  readonly effort?: string;
  readonly maxTurns: number;
  readonly tools: readonly string[];
  readonly settingSources: readonly string[];
  readonly strictMcpConfig: boolean;
  readonly persistSession: boolean;
  readonly includePartialMessages: boolean;
  /** No `@path` in a prompt is read from the disk, and no slash command runs. */
  readonly verbatimPrompts: boolean;
  readonly spawnClaudeCodeProcess: (order: SpawnOrder) => ChildProcess;
}

const packageName = '@anthropic-ai/claude-agent-sdk';

/** The one from beside this program, else the one in `<homeFolder>/agent-sdk`. Rejects with `CLAUDE_CODE_MISSING`. */
export async function loadAgentSdk(homeFolder: string): Promise<AgentSdk> {
  const folder = join(homeFolder, 'agent-sdk');
  const added = pathToFileURL(join(folder, 'node_modules', packageName, 'sdk.mjs')).href;
  const sdk = (await importIfThere(packageName)) ?? (await importIfThere(added));
  if (sdk !== undefined) return sdk;
  const command = `npm install --prefix "${folder}" --omit=optional --omit=peer ${packageName}`;
  throw new CompanionError(
    'CLAUDE_CODE_MISSING',
    'The Claude Agent SDK, which speaks with Claude Code, is not installed.',
    {
      remedy: `Add it (5 MB): \`${command}\`.`,
    },
  );
}

/** The specifier is a variable, so that no bundler takes the package along. */
async function importIfThere(specifier: string): Promise<AgentSdk | undefined> {
  try {
    return (await import(specifier)) as AgentSdk;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw new CompanionError('CLAUDE_CODE_FAILED', 'The Claude Agent SDK cannot be loaded.', {
      cause,
      remedy: 'Install it again, or update it.',
    });
  }
}
