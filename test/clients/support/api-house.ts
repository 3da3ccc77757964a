/** The whole companion in API mode, between a client of others and stand-ins of the providers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { createApp } from '../../../companion/app.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { loadConfig } from '../../../companion/config/load.ts';
import { createCanary, findLeaks } from '../../support/canary.ts';
import type { Leak } from '../../support/canary.ts';
import { startAnthropicApi } from '../../support/providers/anthropic/api.ts';
import type { AnthropicApi } from '../../support/providers/anthropic/api.ts';
import { anthropicModels } from '../../support/providers/anthropic/models.ts';
import type { AnthropicModel } from '../../support/providers/anthropic/models.ts';
import { startOpenAiApi } from '../../support/providers/openai/api.ts';
import type { OpenAiApi } from '../../support/providers/openai/api.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { ClientRun, Gateway } from './client.ts';
import { playAnthropic, playOpenAi } from './player.ts';
import type { ToolCall } from './player.ts';

export interface ApiHouse extends Gateway {
  readonly anthropic: AnthropicApi;
  readonly openai: OpenAiApi;
  /** What reached the providers, as `200 /v1/messages`. A client that tries again after a refusal shows here. */
  readonly exchanges: readonly string[];
  /** Places where a key of the client or of a provider showed up; none in a good run. */
  findLeaks(run?: Pick<ClientRun, 'stdout' | 'stderr'>): Promise<readonly Leak[]>;
}

export interface ApiHouseOptions {
  /** The tool that the models call. */
  readonly tool?: ToolCall;
  /** Names for models, as in `config.yaml`. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** What Claude Code takes when it is not told a model. */
const newestClaude: AnthropicModel = {
  id: 'claude-opus-5-5',
  displayName: 'Claude Opus 5.5',
  createdAt: '2026-10-01T00:00:00Z',
  maxInputTokens: 1_000_000,
  maxTokens: 128_000,
  thinking: ['adaptive'],
  takesEffort: true,
  sampling: 'none',
  takesPrefill: false,
};

/** Gone when the test ends, which fails if a stand-in failed. */
export async function openApiHouse({ tool, aliases = {} }: ApiHouseOptions = {}): Promise<ApiHouse> {
  const canaries = [createCanary('Anthropic key', 'sk-ant-api03-'), createCanary('OpenAI key', 'sk-proj-')] as const;
  const wanted = tool ?? { name: 'none', input: {} };
  const [anthropic, openai, home] = await Promise.all([
    startAnthropicApi({
      models: [newestClaude, ...anthropicModels],
      keys: [{ name: 'only', secret: canaries[0].value }],
      scenario: { answer: playAnthropic(wanted) },
    }),
    startOpenAiApi({
      keys: [{ name: 'only', secret: canaries[1].value }],
      scenario: { answer: playOpenAi(wanted) },
    }),
    temporaryFolder(),
  ]);
  await writeFile(join(home, 'config.yaml'), stringify({ models: { aliases } }));
  const { config } = loadConfig({
    flags: { home, 'server.port': 0, 'vault.kind': 'file' },
    environment: {
      CCPROXY_UPSTREAM_CLAUDE_WEB: 'http://127.0.0.1:9',
      CCPROXY_UPSTREAM_ANTHROPIC: anthropic.url,
      CCPROXY_UPSTREAM_OPENAI: openai.url,
      CCPROXY_CLAUDE_API_KEYS: canaries[0].value,
      CCPROXY_OPENAI_API_KEYS: canaries[1].value,
    },
    cwd: home,
  });
  const log = memoryLogger();
  const app = await createApp({ config, logger: log.logger });
  const url = await app.start();
  onTestFinished(async () => {
    await app.stop();
    await Promise.all([anthropic.close(), openai.close()]);
    const failures = [...anthropic.failures, ...openai.failures];
    if (failures.length > 0) throw new Error(`a stand-in failed:\n${failures.join('\n')}`);
  });
  const key = app.service.clientSettings().ANTHROPIC_API_KEY;
  return {
    url,
    key,
    anthropic,
    openai,
    get exchanges() {
      return [...anthropic.requests, ...openai.requests]
        .filter(({ method }) => method === 'POST')
        .map(({ status, pathname }) => `${status} ${pathname}`);
    },
    findLeaks: (run) =>
      findLeaks([...canaries, { name: 'client key', value: key }], {
        texts: { log: log.text(), ...(run === undefined ? {} : { stdout: run.stdout, stderr: run.stderr }) },
      }),
  };
}
