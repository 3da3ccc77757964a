/** Credentials that a stand-in knows, each with limits of its own that are really used up. */

export interface KeyLimits {
  readonly requestsPerMinute: number;
  readonly inputTokensPerMinute: number;
  readonly outputTokensPerMinute: number;
}

export interface KeyUse {
  readonly limits: KeyLimits;
  readonly requestsLeft: number;
  readonly inputTokensLeft: number;
  readonly outputTokensLeft: number;
  /** When all of it is there again; epoch. */
  readonly resetsAtMs: number;
}

export const ampleLimits: KeyLimits = {
  requestsPerMinute: 1_000_000,
  inputTokensPerMinute: 2_000_000_000,
  outputTokensPerMinute: 400_000_000,
};

const windowMs = 60_000;

/** One credential's minute. */
export class KeyMeter {
  readonly #limits: KeyLimits;
  #startedAtMs = Date.now();
  #requests = 0;
  #inputTokens = 0;
  #outputTokens = 0;

  constructor(limits: KeyLimits) {
    this.#limits = limits;
  }

  /** Counts a request; `false` when there was none left. */
  takeRequest(): boolean {
    this.#roll();
    const { requestsLeft, inputTokensLeft } = this.use();
    if (requestsLeft === 0 || inputTokensLeft === 0) return false;
    this.#requests += 1;
    return true;
  }

  spend(inputTokens: number, outputTokens: number): void {
    this.#inputTokens += inputTokens;
    this.#outputTokens += outputTokens;
  }

  use(): KeyUse {
    const limits = this.#limits;
    return {
      limits,
      requestsLeft: Math.max(0, limits.requestsPerMinute - this.#requests),
      inputTokensLeft: Math.max(0, limits.inputTokensPerMinute - this.#inputTokens),
      outputTokensLeft: Math.max(0, limits.outputTokensPerMinute - this.#outputTokens),
      resetsAtMs: this.#startedAtMs + windowMs,
    };
  }

  retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((this.use().resetsAtMs - Date.now()) / 1000));
  }

  #roll(): void {
    if (Date.now() < this.#startedAtMs + windowMs) return;
    this.#startedAtMs = Date.now();
    this.#requests = 0;
    this.#inputTokens = 0;
    this.#outputTokens = 0;
  }
}
