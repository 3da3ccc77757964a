/** How many of our own retries the providers see, so that their outage is not multiplied. */

/** A minute, second by second. */
const slots = 60;
const share = 0.2;
const alwaysAllowed = 10;

export class RetryBudget {
  readonly #monotonicMs: () => number;
  readonly #requests = new Float64Array(slots);
  readonly #retries = new Float64Array(slots);
  #second: number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#second = this.#now();
  }

  noteRequest(): void {
    this.#add(this.#requests);
  }

  /** `true` grants one retry: at most a fifth of the last minute's requests, and ten. */
  take(): boolean {
    const slot = this.#turn();
    const granted = sum(this.#retries);
    // A retry is a request too, and must not earn further ones.
    const earned = share * Math.max(0, sum(this.#requests) - granted) + alwaysAllowed;
    if (granted + 1 > earned) return false;
    this.#retries[slot] = (this.#retries[slot] ?? 0) + 1;
    return true;
  }

  #add(counts: Float64Array): void {
    const slot = this.#turn();
    counts[slot] = (counts[slot] ?? 0) + 1;
  }

  /** The slot of this second; those that went by unused since are emptied. */
  #turn(): number {
    const second = this.#now();
    const first = Math.max(this.#second + 1, second - slots + 1);
    for (let passed = first; passed <= second; passed++) {
      this.#requests[passed % slots] = 0;
      this.#retries[passed % slots] = 0;
    }
    this.#second = second;
    return second % slots;
  }

  #now(): number {
    return Math.floor(this.#monotonicMs() / 1000);
  }
}

function sum(counts: Float64Array): number {
  return counts.reduce((total, count) => total + count, 0);
}
