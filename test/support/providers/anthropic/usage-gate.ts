/** The usage endpoint is miserly: who asks again too soon is locked out for long. */
const intervalMs = 5 * 60_000;
const penaltySeconds = 2895;

export class UsageGate {
  readonly #closedUntilMs = new Map<string, number>();

  /** Seconds to wait; `null` when the person may see. */
  enter(person: string, nowMs = Date.now()): number | null {
    const closedUntilMs = this.#closedUntilMs.get(person) ?? 0;
    if (nowMs >= closedUntilMs) {
      this.#closedUntilMs.set(person, nowMs + intervalMs);
      return null;
    }
    const untilMs = Math.max(closedUntilMs, nowMs + penaltySeconds * 1000);
    this.#closedUntilMs.set(person, untilMs);
    return Math.ceil((untilMs - nowMs) / 1000);
  }

  /** As if the time had passed. */
  open(): void {
    this.#closedUntilMs.clear();
  }
}
