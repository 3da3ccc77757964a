/** A process that holds Claude Code mode open, one request under way and one process ready, until it is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { claudeCodeBinary } from './claude-code.ts';
import type { ModeHouse } from './claude-code-mode.ts';
import { installedFile } from './installed.ts';

export interface ForsakenCompanion {
  /** Of its Claude Code processes. */
  readonly pids: readonly number[];
  /** Without a chance to tidy up. */
  kill(): void;
}

export async function startForsakenCompanion(house: ModeHouse): Promise<ForsakenCompanion> {
  const order = {
    path: claudeCodeBinary(),
    sdk: installedFile('libraries', '@anthropic-ai/claude-agent-sdk/sdk.mjs'),
    baseUrl: house.api.url,
    homeFolder: house.homeFolder,
    userHome: house.userHome,
    environment: house.environment,
  };
  const program = join(import.meta.dirname, 'forsaken-program.ts');
  const child = spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = (): void => void child.kill('SIGKILL');
  onTestFinished(kill);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { pids: JSON.parse(line) as readonly number[], kill };
}
