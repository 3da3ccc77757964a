/** Where the companion listens, and the names that it answers to. */
import type { Config } from '../config/load.ts';
import { allowedHostsFor } from '../http/guard.ts';
import { urlHost } from '../http/listen.ts';

export class Address {
  readonly #config: Config;
  #port: number;
  #isListening = false;
  #allowedHosts: ReadonlySet<string>;

  constructor(config: Config) {
    this.#config = config;
    this.#port = config.server.port;
    this.#allowedHosts = allowedHostsFor(this.#port, config.server.allowedHosts);
  }

  get port(): number {
    return this.#port;
  }

  /** Somebody may be served, or was: a stop has something to drain. */
  get isListening(): boolean {
    return this.#isListening;
  }

  get url(): string {
    return `http://${urlHost(this.#config.server.host)}:${this.#port}`;
  }

  get allowedHosts(): ReadonlySet<string> {
    return this.#allowedHosts;
  }

  /** Commands are listened for: clients follow. */
  open(): void {
    this.#isListening = true;
  }

  settle(port: number): void {
    this.#port = port;
    this.readNames();
  }

  /** As the settings have them now. */
  readNames(): void {
    this.#allowedHosts = allowedHostsFor(this.#port, this.#config.server.allowedHosts);
  }
}
