/** The whole companion in Claude Code mode: real clients before it, the real Claude Code and a stand-in of the API behind. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { createApp } from '../../../companion/app.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { loadConfig } from '../../../companion/config/load.ts';
import type { ExplainedExchange } from '../../../companion/http/control/ledger-routes.ts';
import { startAnthropicApi } from '../../support/providers/anthropic/api.ts';
import type { AnthropicApi, AnthropicApiOptions } from '../../support/providers/anthropic/api.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { childrenOf } from './alive.ts';
import { claudeCodeBinary } from './claude-code.ts';
import { startDeadProxy } from './dead-proxy.ts';
import type { DeadProxy } from './dead-proxy.ts';
import { installedFolder } from './installed.ts';

export interface ClaudeCodeHouseOptions {
  readonly api?: AnthropicApiOptions;
  readonly mode?: 'on-request' | 'auto' | 'off';
  readonly warm?: number;
  /** Keys of the Anthropic API for the companion itself; none unless given. */
  readonly keys?: string;
  /** Of Claude Code, beside what the house sets; `undefined` takes something away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface ClaudeCodeHouse {
  readonly url: string;
  readonly key: string;
  /** The companion's. */
  readonly home: string;
  readonly api: AnthropicApi;
  readonly anthropic: Anthropic;
  readonly openai: OpenAI;
  /** Hosts other than this computer that Claude Code tried to reach, in vain. */
  readonly wanted: readonly string[];
  /** What the companion remembers of the last exchange. */
  lastExchange(): Promise<ExplainedExchange>;
  /** `GET` of a control route. */
  control<Answer>(route: string): Promise<Answer>;
  /** Of the Claude Code processes; on Linux. */
  pids(): readonly number[];
}

/** A home with the Agent SDK in it, as the command that the companion tells puts it there. */
export async function homeWithSdk(config: object): Promise<string> {
  const home = await temporaryFolder();
  await writeFile(join(home, 'config.yaml'), stringify(config), { mode: 0o600 });
  await symlink(installedFolder('libraries'), join(home, 'agent-sdk'), 'junction');
  return home;
}

/** What Claude Code, or whoever starts it, is to find around it. */
export async function environmentOf(api: AnthropicApi, proxy: DeadProxy): Promise<Record<string, string>> {
  const userHome = join(await temporaryFolder(), 'ada');
  await mkdir(userHome);
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: userHome,
    TMPDIR: userHome,
    LANG: 'C.UTF-8',
    ANTHROPIC_API_KEY: api.key,
    ...proxy.environment,
  };
}

/** Gone when the test ends, every process too. */
export async function openClaudeCodeHouse(options: ClaudeCodeHouseOptions = {}): Promise<ClaudeCodeHouse> {
  const [api, proxy] = await Promise.all([startAnthropicApi(options.api), startDeadProxy()]);
  const { mode = 'on-request', warm = 0, keys } = options;
  const home = await homeWithSdk({ claude_code: { mode, warm, path: claudeCodeBinary() } });
  const { config } = loadConfig({
    flags: { home, 'server.port': 0, 'vault.kind': 'file' },
    environment: {
      CCPROXY_UPSTREAM_CLAUDE_WEB: 'http://127.0.0.1:9',
      CCPROXY_UPSTREAM_ANTHROPIC: api.url,
      ...(keys !== undefined && { CCPROXY_CLAUDE_API_KEYS: keys }),
    },
    cwd: home,
  });
  const environment = { ...(await environmentOf(api, proxy)), ...options.environment };
  const app = await createApp({ config, logger: memoryLogger().logger, environment });
  const before = new Set(process.platform === 'linux' ? childrenOf(process.pid) : []);
  const url = await app.start();
  onTestFinished(async () => {
    await app.stop();
    await Promise.all([api.close(), proxy.close()]);
    if (api.failures.length > 0) throw new Error(`the stand-in failed:\n${api.failures.join('\n')}`);
  });
  const key = app.service.clientSettings().ANTHROPIC_API_KEY;
  const control = async <Answer>(route: string): Promise<Answer> =>
    (await app.control.inject({ method: 'GET', url: route })).json() as Answer;
  return {
    url,
    key,
    home,
    api,
    anthropic: new Anthropic({ baseURL: url, apiKey: key, authToken: null, maxRetries: 0 }),
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 }),
    wanted: proxy.wanted,
    control,
    lastExchange: async () => {
      const { exchanges } = await control<{ exchanges: readonly ExplainedExchange[] }>('/control/exchanges?limit=1');
      const [last] = exchanges;
      if (last === undefined) throw new Error('the ledger is empty');
      return last;
    },
    pids: () => childrenOf(process.pid).filter((pid) => !before.has(pid)),
  };
}
