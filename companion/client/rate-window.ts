const minuteMs = 60_000;

/** At most so many in any minute, wherever the minute begins. Holds the time of each one that still counts. */
export class RateWindow {
  readonly #limit: number;
  /** As a ring, once it is full: the oldest stands where the next one goes. */
  readonly #times: number[] = [];
  #next = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Milliseconds until there is room for one more; 0 when there is. `nowMs` comes from a clock that never jumps. */
  waitMs(nowMs: number): number {
    const oldest = this.#times.length < this.#limit ? undefined : this.#times[this.#next];
    return oldest === undefined ? 0 : Math.max(0, oldest + minuteMs - nowMs);
  }

  /** Takes note of one more, for which there must be room. */
  note(nowMs: number): void {
    this.#times[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#limit;
  }
}
