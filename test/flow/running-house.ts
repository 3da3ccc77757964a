/** The whole companion in this process: what the houses of all flow tests have in common. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { App } from '../../companion/app.ts';

export interface SdkOptions {
  /** In the place of the companion's own, where a path of it is meant. */
  readonly baseURL?: string;
  readonly maxRetries?: number;
  readonly defaultHeaders?: Readonly<Record<string, string>>;
}

export abstract class RunningHouse {
  #app: App | undefined;
  #url = '';

  /** A companion with the settings of this moment, which does not listen yet. */
  protected abstract open(): Promise<App>;

  get app(): App {
    if (this.#app === undefined) throw new Error('the companion does not run');
    return this.#app;
  }

  get url(): string {
    return this.#url;
  }

  get key(): string {
    return this.app.service.clientSettings().ANTHROPIC_API_KEY;
  }

  get adminKey(): string {
    return this.app.service.adminKey().reveal();
  }

  async start(): Promise<void> {
    this.#app = await this.open();
    this.#url = await this.#app.start();
  }

  async stop(): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    await app?.stop();
  }

  anthropic(options: SdkOptions = {}): Anthropic {
    return new Anthropic({ baseURL: this.url, apiKey: this.key, authToken: null, maxRetries: 0, ...options });
  }

  openai(options: SdkOptions = {}): OpenAI {
    return new OpenAI({ baseURL: `${this.url}/v1`, apiKey: this.key, maxRetries: 0, ...options });
  }
}
