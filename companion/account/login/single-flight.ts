import type { RenewalReason } from './login-renewal.ts';
import type { StoredLogin } from './stored-login.ts';

/** What somebody wants of a renewal. */
export interface Wish {
  readonly reason: RenewalReason;
  /** The access token that was refused, where that is the reason. */
  readonly refused?: string;
}

/** One renewal at a time, for however many ask. */
export class SingleFlight {
  readonly #run: (wish: Wish) => Promise<StoredLogin>;
  #flight: { readonly wish: Wish; readonly result: Promise<StoredLogin> } | undefined;

  constructor(run: (wish: Wish) => Promise<StoredLogin>) {
    this.#run = run;
  }

  /** Who wants the same joins in; who wants something else comes next. Nobody's leaving ends it. */
  async join(wish: Wish): Promise<StoredLogin> {
    for (;;) {
      const flight = this.#flight;
      if (flight === undefined) return this.#start(wish);
      const isSame = flight.wish.reason === wish.reason && flight.wish.refused === wish.refused;
      if (isSame || wish.reason === 'expired_or_expiring_soon') return flight.result;
      await flight.result.catch(() => undefined);
    }
  }

  /** Resolves when nothing is under way, whatever came of it. */
  async settled(): Promise<void> {
    while (this.#flight !== undefined) await this.#flight.result.catch(() => undefined);
  }

  #start(wish: Wish): Promise<StoredLogin> {
    const result = this.#run(wish).finally(() => {
      this.#flight = undefined;
    });
    // Whoever asked for it may have left.
    result.catch(() => undefined);
    this.#flight = { wish, result };
    return result;
  }
}
