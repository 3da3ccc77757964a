import type { CompanionError } from '../../base/error.ts';
import type { Clock } from '../../base/clock.ts';

const shortestMs = 1000;
const longestMs = 5 * 60_000;
/** What a provider that counts asks for is believed between these. */
const shortestLimitMs = 5000;

/** When a renewal that failed for now may be tried again. Measured on the clock that never jumps. */
export class BackOff {
  readonly #clock: Clock;
  readonly #random: () => number;
  #failures = 0;
  #untilMonotonicMs = 0;
  #isLimit = false;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** 1 s, 2 s, 4 s ... 5 minutes, unevenly; after `RATE_LIMITED` as long as the provider said, 5 s to 5 minutes. */
  fail(error: CompanionError): void {
    this.#failures += 1;
    this.#isLimit = error.code === 'RATE_LIMITED';
    const { retryAtMs } = error.details;
    const doubledMs = shortestMs * 2 ** Math.min(this.#failures - 1, 20);
    const unevenMs = Math.min(doubledMs, longestMs) * (0.75 + this.#random() * 0.5);
    const askedMs = this.#isLimit && retryAtMs !== undefined ? retryAtMs - this.#clock.nowMs() : unevenMs;
    const leastMs = this.#isLimit ? shortestLimitMs : shortestMs;
    this.#untilMonotonicMs = this.#clock.monotonicMs() + Math.min(Math.max(askedMs, leastMs), longestMs);
  }

  succeed(): void {
    this.#failures = 0;
    this.#untilMonotonicMs = 0;
    this.#isLimit = false;
  }

  /** Milliseconds until the next try; 0 when it may be now. */
  get waitMs(): number {
    return Math.max(0, this.#untilMonotonicMs - this.#clock.monotonicMs());
  }

  /** The same for a person who asks for it: only what the provider itself forbade holds them up. */
  get limitMs(): number {
    return this.#isLimit ? this.waitMs : 0;
  }
}
