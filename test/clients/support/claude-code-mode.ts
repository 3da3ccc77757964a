/** Claude Code mode with nothing between: the real Agent SDK and the real Claude Code, and a stand-in of the API. */
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../companion/base/clock.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import type { MemoryLogger } from '../../../companion/base/log.ts';
import type { AgentSdk } from '../../../companion/upstream/claude-code/agent-sdk.ts';
import { ClaudeCodeUpstream } from '../../../companion/upstream/claude-code/claude-code.ts';
import type { ClaudeCodeOptions } from '../../../companion/upstream/claude-code/claude-code.ts';
import type { UpstreamRequest } from '../../../companion/upstream/upstream.ts';
import type { QuotaWindow } from '../../../shared/quota.ts';
import type { HubRequest } from '../../../companion/wire/hub/request.ts';
import type { HubEvent } from '../../../companion/wire/hub/event.ts';
import { startAnthropicApi } from '../../support/providers/anthropic/api.ts';
import type { AnthropicApi, AnthropicApiOptions } from '../../support/providers/anthropic/api.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { claudeCodeBinary } from './claude-code.ts';
import { startDeadProxy } from './dead-proxy.ts';
import { installedFile } from './installed.ts';

export interface ModeHouse {
  readonly api: AnthropicApi;
  readonly upstream: ClaudeCodeUpstream;
  /** The user's home folder. */
  readonly userHome: string;
  /** The companion's. */
  readonly homeFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: MemoryLogger;
  readonly quotas: readonly QuotaWindow[];
  /** Hosts other than this computer that Claude Code tried to reach, in vain. */
  readonly wanted: readonly string[];
}

export interface ModeHouseOptions {
  readonly api?: AnthropicApiOptions;
  /** Beside what the house sets; `undefined` takes something away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly upstream?: Partial<ClaudeCodeOptions>;
}

export function loadInstalledSdk(): Promise<AgentSdk> {
  const file = installedFile('libraries', '@anthropic-ai/claude-agent-sdk/sdk.mjs');
  return import(pathToFileURL(file).href) as Promise<AgentSdk>;
}

/** Gone when the test ends, every process too. */
export async function openModeHouse(options: ModeHouseOptions = {}): Promise<ModeHouse> {
  const [api, proxy, userHome, homeFolder] = await Promise.all([
    startAnthropicApi(options.api),
    startDeadProxy(),
    temporaryFolder(),
    temporaryFolder(),
  ]);
  const environment = environmentOf({
    PATH: process.env['PATH'],
    HOME: userHome,
    TMPDIR: userHome,
    LANG: 'C.UTF-8',
    ANTHROPIC_API_KEY: api.key,
    ...proxy.environment,
    ...options.environment,
  });
  const log = memoryLogger();
  const quotas: QuotaWindow[] = [];
  const upstream = new ClaudeCodeUpstream({
    path: claudeCodeBinary(),
    baseUrl: api.url,
    ownUrls: () => [],
    clientApp: 'ccproxy-companion/0.0.0-test',
    warm: 0,
    homeFolder,
    userHome,
    environment,
    logger: log.logger,
    clock: systemClock,
    timeouts: { startMs: 60_000, firstByteMs: 60_000, idleMs: 60_000 },
    onQuota: (window) => void quotas.push(window),
    loadSdk: loadInstalledSdk,
    ...options.upstream,
  });
  onTestFinished(async () => {
    await upstream.close();
    await Promise.all([api.close(), proxy.close()]);
    if (api.failures.length > 0) throw new Error(`the stand-in failed:\n${api.failures.join('\n')}`);
  });
  return { api, upstream, userHome, homeFolder, environment, log, quotas, wanted: proxy.wanted };
}

function environmentOf(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export function modeRequest(hub: Partial<HubRequest>, model = 'claude-sonnet-4-5'): UpstreamRequest<undefined> {
  const whole: HubRequest = { model, max_tokens: 500, messages: [{ role: 'user', content: 'Hello.' }], ...hub };
  return { hub: whole, model, credential: undefined, client: 'a test' };
}

export interface ModeAnswer {
  readonly events: readonly HubEvent[];
  readonly text: string;
  readonly stopReason: string | null | undefined;
}

/** Sends the request and reads the answer to its end. */
export async function ask(
  house: Pick<ModeHouse, 'upstream'>,
  hub: Partial<HubRequest>,
  model?: string,
): Promise<ModeAnswer> {
  const reply = await house.upstream.send(modeRequest(hub, model), new AbortController().signal);
  const events: HubEvent[] = [];
  for await (const event of reply.events) events.push(event);
  return { events, text: textOf(events), stopReason: stopReasonOf(events) };
}

export function textOf(events: readonly HubEvent[]): string {
  const pieces = events.map((event) =>
    event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
  );
  return pieces.join('');
}

function stopReasonOf(events: readonly HubEvent[]): string | null | undefined {
  return events.map((event) => (event.type === 'message_delta' ? event.delta.stop_reason : undefined)).find(Boolean);
}
