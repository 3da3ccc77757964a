import type { LoginOutcome } from './login-desk-contract.ts';

/** Logins that are over: the last few, for whoever asks late. No secret is in an outcome. */
export class FinishedLogins {
  readonly #capacity: number;
  readonly #outcomes = new Map<string, LoginOutcome>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(loginId: string, outcome: LoginOutcome): void {
    this.#outcomes.set(loginId, outcome);
    const [oldest] = this.#outcomes.keys();
    if (this.#outcomes.size > this.#capacity && oldest !== undefined) this.#outcomes.delete(oldest);
  }

  get(loginId: string): LoginOutcome | undefined {
    return this.#outcomes.get(loginId);
  }
}
