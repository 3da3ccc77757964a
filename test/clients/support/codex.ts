/** The real Codex, run once with a prompt against a model provider of its configuration file. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runClient } from './client.ts';
import type { ClientRun, Gateway } from './client.ts';
import { installedFile } from './installed.ts';

const launcher = installedFile('programs', '@openai/codex/bin/codex.js');

export interface CodexOptions {
  readonly home: string;
  /** As Codex is to name it; what it sends depends on whether it knows the name. */
  readonly model: string;
  readonly args?: readonly string[];
}

export interface CodexRun extends ClientRun {
  /** Its finished steps: messages, commands that it ran, files that it changed. */
  readonly items: readonly CodexItem[];
}

export interface CodexItem {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Runs `codex exec --json ...args <prompt>`, with its key in the environment and the rest in `config.toml`. */
export async function runCodex(prompt: string, gateway: Gateway, options: CodexOptions): Promise<CodexRun> {
  const { home, model, args = [] } = options;
  const codexHome = join(home, '.codex');
  await mkdir(codexHome, { recursive: true });
  await writeFile(join(codexHome, 'config.toml'), configuration(gateway.url, model));
  const run = await runClient({
    command: [process.execPath, launcher, 'exec', '--json', ...flags, ...args, '--', prompt],
    home,
    environment: { CODEX_HOME: codexHome, COMPANION_KEY: gateway.key },
  });
  return { ...run, items: finishedItems(run.stdout) };
}

/** Its sandbox needs kernel features that a container may lack; the commands are those of the test. */
const flags = ['--skip-git-repo-check', '--ephemeral', '--dangerously-bypass-approvals-and-sandbox'];

/** The last tables stop what it would otherwise ask of the Internet at each start. */
function configuration(url: string, model: string): string {
  return `
model = "${model}"
model_provider = "companion"
check_for_update_on_startup = false

[model_providers.companion]
name = "CCProxy Companion"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "COMPANION_KEY"

[analytics]
enabled = false

[features]
plugins = false
apps = false
`;
}

function finishedItems(stdout: string): readonly CodexItem[] {
  return stdout.split('\n').flatMap((line) => {
    const event: { readonly type?: string; readonly item?: CodexItem } = line.startsWith('{') ? JSON.parse(line) : {};
    return event.type === 'item.completed' && event.item !== undefined ? [event.item] : [];
  });
}
