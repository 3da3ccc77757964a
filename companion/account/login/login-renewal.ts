/** One renewal, from the lock to the disk. */
import type { Clock } from '../../base/clock.ts';
import { CompanionError } from '../../base/error.ts';
import { withFileLock } from '../../base/file-lock.ts';
import type { Logger } from '../../base/log.ts';
import type { RenewalEndpoint } from '../oauth/token-endpoint.ts';
import type { HeldLogin } from './held-login.ts';
import { loginRequired, tookTooLong } from './login-errors.ts';
import { refreshTextOf } from './login-facts.ts';
import type { StoredLogin } from './stored-login.ts';

/** `forced`: a person asked for it. `refused`: the provider did not accept the token. */
export type RenewalReason = 'forced' | 'expired_or_expiring_soon' | 'refused';

export interface RenewalOptions {
  readonly held: HeldLogin;
  readonly endpoint: RenewalEndpoint;
  readonly lockPath: string;
  readonly location: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when this process cannot wait any longer. */
  readonly closing: AbortSignal;
}

export interface Renewed {
  readonly login: StoredLogin;
  /** `false`: somebody else had renewed it already. */
  readonly isOurs: boolean;
}

type IsAnswer = (login: StoredLogin) => boolean;

const refreshLimitMs = 30_000;
/** How often another program may write in between before it is given up for now. */
const mostTries = 3;

export class LoginRenewal {
  readonly #options: RenewalOptions;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /**
   * A login that `isAnswer` takes: one that somebody else renewed while the lock was waited for, or a new one, which then
   * is on disk. Errors: `LOGIN_REQUIRED`, `LOGIN_EXPIRED` (this refresh token, which is the one that stands there, is of no
   * use any more), what the endpoint or the storage says; in each case nothing was lost.
   */
  run(reason: RenewalReason, isAnswer: IsAnswer): Promise<Renewed> {
    const { held, lockPath } = this.#options;
    return withFileLock(lockPath, undefined, async () => {
      if (held.hasUnsaved) await held.settle();
      return this.#renew(await this.#read(), reason, isAnswer);
    });
  }

  async #renew(first: StoredLogin, reason: RenewalReason, isAnswer: IsAnswer): Promise<Renewed> {
    const { held, clock, logger, location } = this.#options;
    let stored = first;
    for (let tries = 1; tries <= mostTries; tries += 1) {
      if (isAnswer(stored)) return { login: stored, isOurs: false };
      logger.info({ event: 'token_refresh_start', reason }, 'renewing a login');
      const answer = (await held.rehearse(stored)) ? await this.#ask(stored) : undefined;
      if (answer !== undefined) {
        // Nothing that could wait comes before this: docs/decisions/0013-renewing-logins.md.
        const kept = await held.take({ ...answer, refreshedAtMs: clock.nowMs() }, stored);
        if (kept === undefined) throw loginRequired(stored.provider);
        return { login: kept, isOurs: true };
      }
      stored = await this.#read();
    }
    throw new CompanionError('STORE_UNAVAILABLE', `${location} does not stop changing.`);
  }

  /** `undefined`: another program, which knows nothing of our lock, renewed it in this moment. */
  async #ask(stored: StoredLogin): Promise<StoredLogin | undefined> {
    try {
      return await this.#askWithinLimit(stored);
    } catch (thrown) {
      const isRefusal = thrown instanceof CompanionError && thrown.code === 'LOGIN_EXPIRED';
      if (isRefusal && refreshTextOf(await this.#read()) !== refreshTextOf(stored)) return undefined;
      throw thrown;
    }
  }

  /** A limit of its own: whoever wanted the renewal may leave, and must not take the new token along. */
  async #askWithinLimit(stored: StoredLogin): Promise<StoredLogin> {
    const { clock, endpoint, closing } = this.#options;
    const limit = new AbortController();
    const reason = tookTooLong(stored.provider, refreshLimitMs);
    const timer = clock.setTimer(() => limit.abort(reason), refreshLimitMs);
    try {
      return await endpoint.refresh(stored, AbortSignal.any([limit.signal, closing]));
    } catch (thrown) {
      throw limit.signal.aborted ? reason : thrown;
    } finally {
      timer.cancel();
    }
  }

  async #read(): Promise<StoredLogin> {
    const stored = await this.#options.held.read();
    if (stored !== undefined) return stored;
    throw new CompanionError('LOGIN_REQUIRED', 'The login was removed. Please sign in again.');
  }
}
