/** The whole companion in this process, with a stand-in of claude.ai behind it and browsers beside it. */
import { onTestFinished } from 'vitest';
import { createApp } from '../../../companion/app.ts';
import type { App, AppEvent } from '../../../companion/app.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import type { MemoryLogger } from '../../../companion/base/log.ts';
import { loadConfig } from '../../../companion/config/load.ts';
import type { SettingKey } from '../../../companion/config/schema.ts';
import type { SessionStatus } from '../../../shared/status.ts';
import { createCertificate } from '../../support/browser/certificate.ts';
import { startClaudeSite } from '../../support/claude-site/site.ts';
import type { ClaudeSite, ClaudeSiteOptions } from '../../support/claude-site/site.ts';
import { createTemporaryHome } from '../../support/temporary-home.ts';
import { vaultHome } from '../../support/vault-home.ts';
import { PairedBrowser } from './paired-browser.ts';
import type { BrowserOptions } from './paired-browser.ts';
import { RunningHouse } from '../running-house.ts';

export type Way = 'browser' | 'direct';
export const ways: readonly Way[] = ['browser', 'direct'];
export const model = 'claude-sonnet-5';

export interface HouseOptions extends Pick<ClaudeSiteOptions, 'people' | 'scenario'> {
  readonly settings?: Readonly<Partial<Record<SettingKey, string | number | boolean>>>;
  /** Another origin than the stand-in's, for connections that never come about. */
  readonly upstream?: string;
}

export class House extends RunningHouse {
  readonly site: ClaudeSite;
  readonly home: string;
  readonly log: MemoryLogger;
  readonly events: AppEvent[] = [];
  readonly #settings: NonNullable<HouseOptions['settings']>;
  readonly #upstream: string;
  readonly #browsers: PairedBrowser[] = [];

  constructor(site: ClaudeSite, home: string, options: HouseOptions) {
    super();
    this.site = site;
    this.home = home;
    this.log = memoryLogger();
    this.#settings = options.settings ?? {};
    this.#upstream = options.upstream ?? site.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get sessions(): readonly SessionStatus[] {
    return this.app.service.sessions();
  }

  /** Requests that reached the stand-in, as `POST completion`; the route's name says it all. */
  get routes(): readonly string[] {
    return this.site.requests.map((request) => request.route ?? `? ${request.path}`);
  }

  protected async open(): Promise<App> {
    const { config } = loadConfig({
      flags: { home: this.home, 'server.port': 0, 'vault.kind': 'file', ...this.#settings },
      environment: { CCPROXY_UPSTREAM_CLAUDE_WEB: this.#upstream },
      cwd: this.home,
    });
    return createApp({
      config,
      logger: this.log.logger,
      onEvent: (event) => this.events.push(event),
    });
  }

  /** Stops and starts again on the same home; browsers do not come back by themselves. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Pairs a browser profile that is signed in on the stand-in. */
  async pair(options: BrowserOptions = {}): Promise<PairedBrowser> {
    const { token } = await this.app.service.issuePairing();
    const browser = new PairedBrowser(this.site, options);
    this.#browsers.push(browser);
    await browser.connect({ port: this.port, token });
    return browser;
  }

  /** A request without an SDK, for what SDKs hide: headers, raw bytes, hanging up. */
  post(dialect: Dialect, body: object, signal?: AbortSignal): Promise<Response> {
    return fetch(`${this.url}${pathOf[dialect]}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': this.key },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Names of all secrets in the vault, as a start of the companion would find them. */
  async secretNames(): Promise<readonly string[]> {
    const { vault } = await (await vaultHome(this.home)).open({ kind: 'file' });
    return vault.list('');
  }

  /** A sync asks for the usage windows behind its back: waits until that is over. */
  async settleUsage(): Promise<void> {
    await eventually('the usage windows are known', () => this.sessions.every((one) => one.quotas.length > 0));
  }

  async close(): Promise<void> {
    for (const browser of this.#browsers) await browser.close();
    await this.stop();
    await this.site.close();
  }
}

export type Dialect = 'anthropic' | 'openai';
export const dialects: readonly Dialect[] = ['anthropic', 'openai'];
const pathOf = { anthropic: '/v1/messages', openai: '/v1/chat/completions' } as const;

/** A companion that runs, with nobody paired; gone when the test ends. */
export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const home = await createTemporaryHome();
  const certificate = await createCertificate(['claude.ai']);
  const { people, scenario } = options;
  const site = await startClaudeSite({
    certificate,
    ...(people === undefined ? {} : { people }),
    ...(scenario === undefined ? {} : { scenario }),
  });
  const house = new House(site, home.path, options);
  onTestFinished(async () => {
    await house.close();
    await home.remove();
  });
  await house.start();
  return house;
}

/** The same with one browser whose session was synced, so that requests take one way only. */
export async function openSyncedHouse(
  way: Way,
  options: HouseOptions = {},
): Promise<{ readonly house: House; readonly browser: PairedBrowser }> {
  const house = await openHouse(options);
  const browser = await house.pair();
  await browser.sync({ transport: way });
  await house.settleUsage();
  house.site.reset();
  if (options.scenario !== undefined) house.site.scenario = options.scenario;
  return { house, browser };
}

/** One user message, in either dialect. */
export function ask(text: string, more: object = {}): { model: string; max_tokens: number; messages: [AskMessage] } {
  return { model, max_tokens: 1000, messages: [{ role: 'user', content: text }], ...more };
}
interface AskMessage {
  role: 'user';
  content: string;
}

/** Waits until `check` gives something, and says what was waited for when it does not. */
export async function eventually<Value>(
  what: string,
  check: () => Value | undefined | false | null,
  withinMs = 5_000,
): Promise<Value> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const value = check();
    if (value !== undefined && value !== false && value !== null) return value;
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
