/** What is to be expected of a login's token: how long it lasts, whether to renew it, and what forbids that. No I/O. */
import type { Clock } from '../../base/clock.ts';
import type { CompanionError } from '../../base/error.ts';
import { BackOff } from './back-off.ts';
import { endsSoon, isExpired, refreshTextOf } from './login-facts.ts';
import type { StoredLogin } from './stored-login.ts';

/** Between two renewals for the sake of an end that is near. */
const shortestGapMs = 60_000;
/** How often a token is renewed of which nobody knows the end. */
const doubtfulAgeMs = 3_600_000;
/** A token that was refused, with none to replace it, may be tried again: the trouble may have been the provider's. */
const refusedMs = 5 * 60_000;

interface Ended {
  readonly login: StoredLogin;
  readonly cause: CompanionError;
}

interface Refused {
  readonly accessToken: string;
  readonly atMs: number;
  readonly untilMonotonicMs: number;
}

export class LoginOutlook {
  readonly #clock: Clock;
  readonly #leadMs: () => number;
  readonly #backOff: BackOff;
  #lastFailure: CompanionError | undefined;
  #ended: Ended | undefined;
  #refused: Refused | undefined;
  #renewed: { readonly accessToken: string; readonly atMonotonicMs: number } | undefined;

  constructor(clock: Clock, leadMs: () => number, random: () => number) {
    this.#clock = clock;
    this.#leadMs = leadMs;
    this.#backOff = new BackOff(clock, random);
  }

  /** Why the last try failed; `undefined` when it did not. */
  get lastFailure(): CompanionError | undefined {
    return this.#lastFailure;
  }

  /** Milliseconds until it may be tried again. What a person asks for waits only where the provider said so. */
  waitMs(isForced: boolean): number {
    return isForced ? this.#backOff.limitMs : this.#backOff.waitMs;
  }

  /** It no longer serves, by what is known of its end. */
  isOver(login: StoredLogin): boolean {
    return isExpired(login, this.#clock.nowMs()) && !isDoubtful(login);
  }

  /** It serves, but not for `withinMs` longer. */
  endsWithin(login: StoredLogin, withinMs: number): boolean {
    return endsSoon(login, this.#clock.nowMs(), withinMs) && !isDoubtful(login);
  }

  /** It is time to renew it, and nothing that is known forbids to try. */
  isDue(login: StoredLogin): boolean {
    if (this.#backOff.waitMs > 0 || this.endOf(login) !== undefined) return false;
    if (isDoubtful(login)) return Math.abs(this.#clock.nowMs() - (login.refreshedAtMs ?? 0)) >= doubtfulAgeMs;
    return this.endsWithin(login, this.#leadMs()) && (this.isOver(login) || !this.isBrandNew(login));
  }

  /** It was renewed here a moment ago. */
  isBrandNew(login: StoredLogin): boolean {
    if (this.#renewed?.accessToken !== login.accessToken.reveal()) return false;
    return this.#clock.monotonicMs() - this.#renewed.atMonotonicMs < shortestGapMs;
  }

  /** The provider did not accept its token, and there is no other. */
  isRefused(login: StoredLogin): boolean {
    if (this.#refused?.accessToken !== login.accessToken.reveal()) return false;
    return this.#clock.monotonicMs() < this.#refused.untilMonotonicMs;
  }

  refuse(accessToken: string): void {
    const untilMonotonicMs = this.#clock.monotonicMs() + refusedMs;
    this.#refused = { accessToken, atMs: this.#clock.nowMs(), untilMonotonicMs };
  }

  /** When the token that is refused was refused last. */
  get refusedAtMs(): number | undefined {
    return this.#refused?.atMs;
  }

  /** Why the provider will never renew it again; `undefined` when it may. */
  endOf(login: StoredLogin): CompanionError | undefined {
    const isSame = this.#ended !== undefined && refreshTextOf(this.#ended.login) === refreshTextOf(login);
    return isSame ? this.#ended?.cause : undefined;
  }

  noteEnd(login: StoredLogin, cause: CompanionError): void {
    this.#ended = { login, cause };
  }

  noteFailure(error: CompanionError): void {
    this.#lastFailure = error;
    this.#backOff.fail(error);
  }

  noteRenewed(login: StoredLogin): void {
    this.forgive();
    this.#renewed = { accessToken: login.accessToken.reveal(), atMonotonicMs: this.#clock.monotonicMs() };
  }

  /** Other tokens stand there now: what was wrong with those before is of no interest any more. */
  forgive(): void {
    this.#backOff.succeed();
    this.#lastFailure = undefined;
    this.#ended = undefined;
    this.#refused = undefined;
  }
}

/**
 * It had ended when it came, by our clock: one of the clocks is wrong, and the end that it names means nothing. It serves
 * until it is refused, and is renewed by its age.
 */
function isDoubtful({ expiresAtMs, refreshedAtMs }: StoredLogin): boolean {
  return expiresAtMs !== null && refreshedAtMs !== null && expiresAtMs <= refreshedAtMs;
}
