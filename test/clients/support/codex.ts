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
export function runCodex(prompt: string, gateway: Gateway, options: CodexOptions): Promise<CodexRun> {
  const settings = configuration(options.model, [
    `base_url = "${gateway.url}/v1"`,
    'wire_api = "responses"',
    'env_key = "COMPANION_KEY"',
  ]);
  return exec(prompt, settings, { COMPANION_KEY: gateway.key }, options);
}

/** The servers behind a ChatGPT login. */
export interface ChatGptServers {
  /** What stands before `/codex/responses`. */
  readonly backendUrl: string;
  readonly tokenUrl: string;
}

/** The same with the login of `<home>/.codex/auth.json`, which Codex renews at `tokenUrl` when it has to. */
export function runCodexWithLogin(prompt: string, servers: ChatGptServers, options: CodexOptions): Promise<CodexRun> {
  const { backendUrl, tokenUrl } = servers;
  const settings = configuration(options.model, [
    `base_url = "${backendUrl}/codex"`,
    'wire_api = "responses"',
    'requires_openai_auth = true',
    'supports_websockets = false',
  ]);
  const environment = { CODEX_REFRESH_TOKEN_URL_OVERRIDE: tokenUrl };
  return exec(prompt, `chatgpt_base_url = "${backendUrl}"\n${settings}`, environment, options);
}

async function exec(
  prompt: string,
  settings: string,
  environment: Readonly<Record<string, string>>,
  { home, args = [] }: CodexOptions,
): Promise<CodexRun> {
  const codexHome = join(home, '.codex');
  await mkdir(codexHome, { recursive: true });
  await writeFile(join(codexHome, 'config.toml'), settings);
  const run = await runClient({
    command: [process.execPath, launcher, 'exec', '--json', ...flags, ...args, '--', prompt],
    home,
    environment: { CODEX_HOME: codexHome, ...environment },
  });
  return { ...run, items: finishedItems(run.stdout) };
}

/** Its sandbox needs kernel features that a container may lack; the commands are those of the test. */
const flags = ['--skip-git-repo-check', '--ephemeral', '--dangerously-bypass-approvals-and-sandbox'];

/** The last tables stop what it would otherwise ask of the Internet at each start. */
function configuration(model: string, provider: readonly string[]): string {
  return `
model = "${model}"
model_provider = "companion"
check_for_update_on_startup = false

[model_providers.companion]
name = "CCProxy Companion"
${provider.join('\n')}

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
