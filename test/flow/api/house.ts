/** The whole companion in this process, with stand-ins of the providers behind it and keys for them in its settings. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { createApp } from '../../../companion/app.ts';
import type { App } from '../../../companion/app.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import type { MemoryLogger } from '../../../companion/base/log.ts';
import { LiveConfig } from '../../../companion/config/live-config.ts';
import type { SettingKey } from '../../../companion/config/schema.ts';
import type { ExplainedExchange } from '../../../companion/http/control/ledger-routes.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import type { FaultProxy } from '../../support/fault-proxy.ts';
import { startAnthropicApi } from '../../support/providers/anthropic/api.ts';
import type { AnthropicApi } from '../../support/providers/anthropic/api.ts';
import { anthropicModels } from '../../support/providers/anthropic/models.ts';
import { startOpenAiApi } from '../../support/providers/openai/api.ts';
import type { OpenAiApi } from '../../support/providers/openai/api.ts';
import type { Flavour } from '../../support/providers/openai/flavour.ts';
import { createTemporaryHome } from '../../support/temporary-home.ts';
import { askRaw } from './raw-client.ts';
import type { RawAnswer, RawQuestion } from './raw-client.ts';
import { RunningHouse } from '../running-house.ts';

export interface ApiHouseOptions {
  /** Names of Anthropic keys, the preferred one first; `[]` for no such provider; one without it. */
  readonly anthropic?: readonly string[];
  /** Servers that speak OpenAI's API, each with the names of its keys; none without it. */
  readonly openai?: Partial<Record<Flavour, readonly string[]>>;
  /** `config.yaml`, beside the keys. */
  readonly config?: object;
  readonly settings?: Readonly<Partial<Record<SettingKey, string | number | boolean>>>;
  /** Base URL in the place of a stand-in's own. */
  readonly upstreams?: Partial<Record<'anthropic' | Flavour, string>>;
  /** Puts a proxy that can break connections before Anthropic's stand-in. */
  readonly hasFaultProxy?: boolean;
}

export const claude = 'claude-sonnet-4-6';

export class ApiHouse extends RunningHouse {
  readonly home: string;
  readonly log: MemoryLogger = memoryLogger();
  readonly anthropicApi: AnthropicApi;
  readonly #openai: ReadonlyMap<Flavour, OpenAiApi>;
  readonly #proxy: FaultProxy | undefined;
  readonly #options: ApiHouseOptions;

  constructor(
    home: string,
    options: ApiHouseOptions,
    anthropicApi: AnthropicApi,
    openai: ReadonlyMap<Flavour, OpenAiApi>,
    proxy: FaultProxy | undefined,
  ) {
    super();
    this.home = home;
    this.#options = options;
    this.anthropicApi = anthropicApi;
    this.#openai = openai;
    this.#proxy = proxy;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get proxy(): FaultProxy {
    if (this.#proxy === undefined) throw new Error('there is no proxy in this house');
    return this.#proxy;
  }

  openaiApi(flavour: Flavour = 'openai'): OpenAiApi {
    const api = this.#openai.get(flavour);
    if (api === undefined) throw new Error(`nobody speaks as ${flavour} in this house`);
    return api;
  }

  protected async open(): Promise<App> {
    await writeFile(join(this.home, 'config.yaml'), stringify(this.#config()), { mode: 0o600 });
    const live = new LiveConfig({
      flags: { home: this.home, 'server.port': 0, 'vault.kind': 'file', ...this.#options.settings },
      environment: { CCPROXY_UPSTREAM_CLAUDE_WEB: 'http://127.0.0.1:9' },
      cwd: this.home,
    });
    return createApp({ config: live.config, live, logger: this.log.logger });
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#proxy?.close();
    await Promise.all([this.anthropicApi.close(), ...[...this.#openai.values()].map((api) => api.close())]);
    const failures = [this.anthropicApi, ...this.#openai.values()].flatMap((api) => api.failures);
    if (failures.length > 0) throw new Error(`a stand-in failed:\n${failures.join('\n')}`);
  }

  /** A request without an SDK, with the companion's key unless it brings another. */
  ask(question: RawQuestion): Promise<RawAnswer> {
    const given = question.headers ?? {};
    const hasKey = ['x-api-key', 'authorization', 'x-companion-key'].some((name) => name in given);
    return askRaw(this.url, { ...question, headers: { ...(hasKey ? {} : { 'x-api-key': this.key }), ...given } });
  }

  /** `POST /v1/messages` as its clients send it. */
  askClaude(body: object | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    const version = { 'anthropic-version': '2023-06-01', 'content-type': 'application/json' };
    return this.ask({ path: '/v1/messages', body, headers: { ...version, ...headers } });
  }

  /** What the ledger says of an exchange, as `companion explain` gets it. */
  async explain(id: string | null | undefined): Promise<ExplainedExchange> {
    // The row is written once the last byte has left, which a client may hear of first.
    await eventually('the exchange is in the ledger', async () =>
      (await this.exchanges()).some((row) => row.id === id),
    );
    return this.control(`/control/exchanges/${String(id)}`);
  }

  /** Newest first. */
  async exchanges(): Promise<readonly ExplainedExchange[]> {
    return (await this.control<{ exchanges: ExplainedExchange[] }>('/control/exchanges?limit=1000')).exchanges;
  }

  async control<Value>(url: string): Promise<Value> {
    const reply = await this.app.control.inject({ method: 'GET', url });
    if (reply.statusCode !== 200) throw new Error(`${url}: ${reply.body}`);
    return reply.json();
  }

  /** Sets a key's answers aside: every request with it meets `faults`. */
  failKey(name: string, faults: object): void {
    this.anthropicApi.scenario = { faults: ({ key }) => (key === name ? faults : undefined) };
  }

  /** Names of the keys that Anthropic's stand-in was asked with, in order. */
  get askedWith(): readonly (string | null)[] {
    return this.anthropicApi.requests.filter(({ method }) => method === 'POST').map(({ key }) => key);
  }

  #config(): object {
    const anthropicKeys = this.#options.anthropic ?? ['first'];
    const keys: Record<string, object> = { anthropic: configKeys('anthropic', anthropicKeys) };
    const upstreams: Record<string, string> = { anthropic: this.#proxy?.url ?? this.anthropicApi.url };
    for (const [flavour, api] of this.#openai) {
      if (flavour === 'local') continue;
      keys[flavour] = configKeys(flavour, this.#options.openai?.[flavour] ?? []);
      upstreams[flavour] = api.url;
    }
    const local = this.#openai.get('local');
    const block = { id: 'local', name: 'Local', base_url: local?.url, keyless: true, prefixes: ['llama', 'qwen3:'] };
    return {
      keys,
      upstreams: { ...upstreams, ...this.#options.upstreams },
      ...(local !== undefined && { providers: [block] }),
      ...this.#options.config,
    };
  }
}

/** Looks like the real ones, and says whose it is. */
export function secretOf(provider: string, name: string): string {
  return `${provider === 'anthropic' ? 'sk-ant-api03-' : 'sk-'}${provider}-${name}-0123456789abcdef`;
}

function configKeys(provider: string, names: readonly string[]): object {
  return names.map((name, index) => ({ key: secretOf(provider, name), name, priority: index }));
}

/** A companion that runs; gone when the test ends, which fails if a stand-in failed. */
export async function openApiHouse(options: ApiHouseOptions = {}): Promise<ApiHouse> {
  const home = await createTemporaryHome();
  const known = (provider: string, names: readonly string[]) =>
    names.map((name) => ({ name, secret: secretOf(provider, name) }));
  const anthropicApi = await startAnthropicApi({
    keys: known('anthropic', options.anthropic ?? ['first']),
    models: anthropicModels,
  });
  const openai = new Map<Flavour, OpenAiApi>();
  for (const [flavour, names] of Object.entries(options.openai ?? {}) as [Flavour, readonly string[]][]) {
    openai.set(flavour, await startOpenAiApi({ flavour, keys: known(flavour, names) }));
  }
  const proxy = options.hasFaultProxy === true ? await startFaultProxy({ targetPort: anthropicApi.port }) : undefined;
  const house = new ApiHouse(home.path, options, anthropicApi, openai, proxy);
  onTestFinished(async () => {
    await house.close();
    await home.remove();
  });
  await house.start();
  return house;
}

/** One user message, as both Chat Completions and Messages take it. */
export function say(text: string, more: object = {}) {
  return { model: claude, max_tokens: 1000, messages: [{ role: 'user' as const, content: text }], ...more };
}

/** Waits until `check` gives something, and says what was waited for when it does not. */
export async function eventually<Value>(
  what: string,
  check: () => Value | undefined | false | null | Promise<Value | undefined | false | null>,
  withinMs = 10_000,
): Promise<Value> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false && value !== null) return value;
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
