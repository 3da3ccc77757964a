/** Programs that use a client library of others, each run once: `test/clients/libraries` and `test/clients/python`. */
import { join } from 'node:path';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { claudeCodeBinary, quietClaudeCode } from './claude-code.ts';
import { runClient } from './client.ts';
import type { Gateway } from './client.ts';
import { installedFolder } from './installed.ts';

export type NodeProgram = 'agent-sdk' | 'langchain' | 'vercel-ai';
export type PythonProgram = 'anthropic_sdk' | 'openai_sdk';

export interface LibraryOrder {
  readonly model: string;
  /** The API that it is to speak, where it knows several. */
  readonly api?: 'messages' | 'chat' | 'responses';
  /** What only its tool knows. */
  readonly secret: string;
}

export interface LibraryRun {
  /** By step; `{ error }` where one failed. */
  readonly steps: Readonly<Record<string, unknown>>;
  /** Hosts other than this computer that it tried to reach, in vain. */
  readonly wanted: readonly string[];
}

const tests = join(import.meta.dirname, '..');

export async function runNodeProgram(program: NodeProgram, gateway: Gateway, order: LibraryOrder): Promise<LibraryRun> {
  const hooks = join(tests, 'support', 'resolve-libraries.mjs');
  const command = [process.execPath, '--import', hooks, join(tests, 'libraries', `${program}.mjs`)] as const;
  return runLibrary(command, gateway, program === 'agent-sdk' ? { ...order, claudeCode: claudeCodeBinary() } : order);
}

export async function runPythonProgram(
  program: PythonProgram,
  gateway: Gateway,
  order: LibraryOrder,
): Promise<LibraryRun> {
  const inside = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  // -B: no byte code is left in the checkout.
  const command = [join(installedFolder('python'), ...inside), '-B', join(tests, 'python', `${program}.py`)] as const;
  return runLibrary(command, gateway, order);
}

async function runLibrary(
  command: readonly [string, ...string[]],
  gateway: Gateway,
  order: LibraryOrder & { readonly claudeCode?: string },
): Promise<LibraryRun> {
  const run = await runClient({
    command: [...command, JSON.stringify({ ...order, url: gateway.url })],
    home: await temporaryFolder(),
    environment: {
      ...quietClaudeCode,
      ANTHROPIC_BASE_URL: gateway.url,
      ANTHROPIC_API_KEY: gateway.key,
      CLIENT_KEY: gateway.key,
      CLIENT_LIBRARIES: installedFolder('libraries'),
      // Node's own fetch heeds the proxy that leads nowhere only when told so.
      NODE_USE_ENV_PROXY: '1',
    },
  });
  if (run.exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${run.exitCode}:\n${run.stderr}`);
  return { steps: JSON.parse(run.stdout), wanted: run.wanted };
}
