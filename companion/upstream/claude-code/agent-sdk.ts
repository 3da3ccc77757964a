/**
 * The Claude Agent SDK as far as it is used here. It is no dependency that gets installed: its licence forbids to bundle it,
 * and with it npm would fetch a Claude Code of 200 MB that nobody runs. `npm start` adds it to a checkout, apart from the
 * packages; docs/claude-code.md says how else it is added.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChildProcess } from 'node:child_process';
import { CompanionError } from '../../base/error.ts';
import { asObject } from '../../wire/hub/fields.ts';
import type { ClaudeCodeThinking } from '../../wire/claude-code/compose.ts';
import { isOlder } from './version-order.ts';

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

export interface FoundAgentSdk {
  /** Absolute. */
  readonly file: string;
  readonly version: string;
}

const packageName = '@anthropic-ai/claude-agent-sdk';
/** Older ones say nothing of `verbatimPrompts` to Claude Code, which then reads files that a prompt names with `@`. */
const oldest = [0, 3, 284] as const;

/**
 * The first of: beside this program or above it, as npm installs; where `scripts/install.mjs` puts it in a checkout; in
 * `<homeFolder>/agent-sdk`. One that is too old is passed over. `from` is a folder of this program.
 * Rejects with `CLAUDE_CODE_MISSING`, or `CLAUDE_CODE_FAILED` where all that there are are too old.
 */
export async function findAgentSdk(homeFolder: string, from = import.meta.dirname): Promise<FoundAgentSdk> {
  const above = foldersAbove(from);
  const added = join(homeFolder, 'agent-sdk');
  const places = [...above, ...above.map((folder) => join(folder, 'node_modules', '.agent-sdk')), added];
  let tooOld: FoundAgentSdk | undefined;
  for (const place of places) {
    const found = await lookIn(join(place, 'node_modules', packageName));
    if (found !== undefined && !isOlder(found.version, oldest)) return found;
    tooOld ??= found;
  }
  const remedy = `Add it (5 MB): \`npm install --prefix "${added}" --omit=optional --omit=peer ${packageName}@0.3\`.`;
  if (tooOld === undefined) {
    const message = 'The Claude Agent SDK, which speaks with Claude Code, is not installed.';
    throw new CompanionError('CLAUDE_CODE_MISSING', message, { remedy });
  }
  const message = `The Claude Agent SDK ${tooOld.version} in ${dirname(tooOld.file)} is older than ${oldest.join('.')}.`;
  throw new CompanionError('CLAUDE_CODE_FAILED', message, { remedy });
}

/** Errors as `findAgentSdk`, and `CLAUDE_CODE_FAILED` when it is damaged. */
export async function loadAgentSdk(homeFolder: string, from?: string): Promise<AgentSdk> {
  const { file } = await findAgentSdk(homeFolder, from);
  try {
    // No literal, so that no bundler takes the package along.
    return (await import(pathToFileURL(file).href)) as AgentSdk;
  } catch (cause) {
    const message = `The Claude Agent SDK in ${dirname(file)} cannot be loaded.`;
    throw new CompanionError('CLAUDE_CODE_FAILED', message, { cause, remedy: 'Remove that folder, and add it again.' });
  }
}

function foldersAbove(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...foldersAbove(parent)];
}

async function lookIn(folder: string): Promise<FoundAgentSdk | undefined> {
  try {
    const { version } = asObject(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
    return typeof version === 'string' ? { file: join(folder, 'sdk.mjs'), version } : undefined;
  } catch {
    return undefined;
  }
}
