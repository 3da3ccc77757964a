/** The life of one login: served while it lasts, renewed once for however many ask, in however many processes. */
import type { Secret } from '../../../shared/redact.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import { CompanionError, toCompanionError } from '../../base/error.ts';
import { withFileLock } from '../../base/file-lock.ts';
import type { Logger } from '../../base/log.ts';
import type { RenewalEndpoint } from '../oauth/token-endpoint.ts';
import { HeldLogin } from './held-login.ts';
import { LoginErrors, loginRequired } from './login-errors.ts';
import type { LoginTrouble } from './login-errors.ts';
import { isSameTokens } from './login-facts.ts';
import { LoginOutlook } from './login-outlook.ts';
import { fetchProfile, isProfileKnown } from './login-profile.ts';
import { LoginStanding } from './login-standing.ts';
import { LoginRenewal } from './login-renewal.ts';
import type { RenewalReason } from './login-renewal.ts';
import type { LoginSource } from './login-source.ts';
import type { StoredLogin } from './stored-login.ts';
import { SingleFlight } from './single-flight.ts';
import type { Wish } from './single-flight.ts';
import { untilAborted, withinAtMost } from './waiting.ts';

export interface ManagerOptions {
  readonly source: LoginSource;
  /** `null`: there is nobody to renew it at. */
  readonly endpoint: RenewalEndpoint | null;
  /** Locked by whoever changes it, in all processes of this home. */
  readonly lockPath: string;
  /** How long before its end a token is renewed. */
  readonly leadMs: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What a message calls the login. */
  readonly name: () => string;
  /** Something that a status shows changed. */
  readonly onChange: () => void;
  /** 0 to 1, for the jitter. */
  readonly random?: () => number;
}

/** What came of a look at whether it is time. */
export type DueOutcome = 'fresh' | 'renewed' | 'failed';

/** A token that lasts longer than this serves at once, and is renewed in the background. */
const hurryMs = 60_000;
/** How long somebody with a token that is still valid waits for another one. */
const patienceMs = 5000;
const closeLimitMs = 5000;
const profileGapMs = 15 * 60_000;
/** Between two tries to write a login that could not be written. */
const settleGapMs = 5000;

export class CredentialManager {
  readonly #options: ManagerOptions;
  readonly #held: HeldLogin;
  readonly #outlook: LoginOutlook;
  readonly #errors: LoginErrors;
  readonly #standing: LoginStanding;
  readonly #flight = new SingleFlight((wish) => this.#renew(wish));
  readonly #background = new Set<Promise<unknown>>();
  #profileAtMonotonicMs = -Infinity;
  #settling: Timer | undefined;
  #location: string | undefined;
  readonly #closing = new AbortController();
  #isClosed = false;

  constructor(options: ManagerOptions) {
    const { source, clock, leadMs, logger, onChange, random = Math.random } = options;
    this.#options = options;
    const outlook = new LoginOutlook(clock, leadMs, random);
    const errors = new LoginErrors(source.provider, options.name, source.renewRemedy);
    const hasEndpoint = options.endpoint !== null;
    this.#outlook = outlook;
    this.#errors = errors;
    this.#standing = new LoginStanding({ source, hasEndpoint, outlook, errors, clock, onChange });
    this.#held = new HeldLogin(source.storage, clock, logger, () => {
      // What was wrong with the tokens before is not wrong with these.
      this.#standing.clear();
      onChange();
    });
  }

  get source(): LoginSource {
    return this.#options.source;
  }

  /** Where it rests, as of the last time it was read: it may be another place of the same program by then. */
  get location(): string {
    this.#location ??= this.source.storage.location;
    return this.#location;
  }

  /** As it is known without asking anybody. */
  get current(): StoredLogin | undefined {
    return this.#held.current;
  }

  get state(): LoginStatus['state'] {
    return this.#standing.state(this.current);
  }

  /** It can be renewed here without the person, as far as is known. */
  get isRefreshable(): boolean {
    return this.#standing.isRefreshable(this.current);
  }

  /** What stands in the way, or soon will. */
  get trouble(): LoginTrouble | null {
    return this.#standing.trouble(this.current);
  }

  /**
   * Reads the storage. Trouble with it is logged once and becomes the login's, unless nobody turned the login on; what was
   * known stays. Never throws.
   */
  async reload(): Promise<void> {
    this.#location = undefined;
    try {
      await this.#held.read();
      if (!this.#held.hasUnsaved) this.#standing.clearStorageTrouble();
    } catch (cause) {
      const error = toCompanionError(cause);
      const isNews = this.source.isEnabled() && this.#standing.note(error);
      const facts = { event: 'credentials_load_failed', error };
      this.#options.logger[isNews ? 'warn' : 'debug'](facts, 'a login could not be read');
    }
  }

  /**
   * A login that serves now; at once, and without I/O, while it lasts. Leaving (`signal`) ends the wait, not the renewal.
   * Errors: as `Logins.lease`.
   */
  async valid(signal: AbortSignal): Promise<StoredLogin> {
    const login = this.current;
    if (login === undefined || this.#outlook.isOver(login) || this.#outlook.isRefused(login)) {
      return untilAborted(this.#flight.join({ reason: 'expired_or_expiring_soon' }), signal);
    }
    if (!this.#standing.isDue(login)) return login;
    const renewal = this.#flight.join({ reason: 'expired_or_expiring_soon' });
    if (!this.#outlook.endsWithin(login, hurryMs)) {
      renewal.catch(() => undefined);
      return login;
    }
    const orThis = renewal.catch((thrown: unknown) => {
      if (this.current === undefined) throw thrown;
      return login;
    });
    return untilAborted(withinAtMost(this.#options.clock, patienceMs, orThis, login), signal);
  }

  /** Renews it whatever its expiry. Errors: as `Logins.refresh`. */
  refresh(signal: AbortSignal): Promise<StoredLogin> {
    return untilAborted(this.#flight.join({ reason: 'forced' }), signal);
  }

  /** A login with another access token than `refused`; `undefined` when there is none. Errors: `LOGIN_REFRESH_FAILED`. */
  async replace(refused: Secret, signal: AbortSignal): Promise<StoredLogin | undefined> {
    const accessToken = refused.reveal();
    const login = this.current;
    if (login !== undefined && login.accessToken.reveal() !== accessToken && !this.#outlook.isOver(login)) return login;
    try {
      return await untilAborted(this.#flight.join({ reason: 'refused', refused: accessToken }), signal);
    } catch (thrown) {
      const isForGood = thrown instanceof CompanionError && /^LOGIN_(EXPIRED|REQUIRED)$/.test(thrown.code);
      if (!isForGood) throw thrown;
      this.refuse(refused);
      return undefined;
    }
  }

  /** All that could be done about it was done. */
  refuse(accessToken: Secret): void {
    this.#outlook.refuse(accessToken.reveal());
    this.#options.onChange();
  }

  /** For the worker: reads it again, and renews it if its end is near. Never throws. */
  async renewIfDue(): Promise<DueOutcome> {
    await this.reload();
    const login = this.current;
    if (login === undefined || !this.source.isEnabled()) return 'fresh';
    if (!this.#standing.isDue(login)) {
      this.learnProfile();
      return 'fresh';
    }
    try {
      const next = await this.#flight.join({ reason: 'expired_or_expiring_soon' });
      return isSameTokens(next, login) ? 'fresh' : 'renewed';
    } catch {
      return 'failed';
    }
  }

  /** Keeps a new login in place of the one that is there. Errors: those of the storage. */
  async take(login: StoredLogin): Promise<void> {
    await this.#inLock(() => this.#held.put(login));
    this.#outlook.forgive();
    this.#standing.clear();
  }

  /** Deletes tokens and profile. `false` if there was nothing. Errors: those of the storage; then nothing is forgotten. */
  forget(): Promise<boolean> {
    return this.#inLock(() => this.#held.forget());
  }

  /** Asks whose login it is, and on which plan, and keeps that. Never throws. */
  async completeProfile(): Promise<void> {
    const { clock, endpoint, logger, source } = this.#options;
    const login = this.current;
    if (login === undefined || endpoint === null) return;
    this.#profileAtMonotonicMs = clock.monotonicMs();
    const account = await fetchProfile({ login, endpoint, logger, clock });
    if (account === undefined) return;
    const known = this.#held.note(login, account);
    if (source.mayRefresh) await this.#inLock(() => this.#held.keepAccount(known)).catch(() => false);
  }

  /** The same in the background, seldom, and only while somebody may want to know. */
  learnProfile(): void {
    const login = this.current;
    if (login === undefined || isProfileKnown(login) || !this.source.isEnabled() || this.#outlook.isOver(login)) return;
    const agoMs = this.#options.clock.monotonicMs() - this.#profileAtMonotonicMs;
    if (agoMs >= profileGapMs) this.#runInBackground(this.completeProfile());
  }

  /** Waits a while for a renewal under way: its token may be the only one that works from now on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#settling?.cancel();
    const work = this.#flight.settled().then(() => Promise.allSettled(this.#background));
    await withinAtMost(this.#options.clock, closeLimitMs, work, []);
    this.#closing.abort(new CompanionError('SHUTTING_DOWN', 'The companion stopped before the provider answered.'));
    if (this.#held.hasUnsaved) await this.#inLock(() => this.#held.settle()).catch(() => undefined);
  }

  async #renew(wish: Wish): Promise<StoredLogin> {
    const isAnswer = (login: StoredLogin): boolean => this.#isAnswer(login, wish);
    const known = await this.#held.read();
    if (known === undefined) throw loginRequired(this.source.provider);
    if (isAnswer(known)) return known;
    this.#refuseHopeless(known, wish.reason);
    try {
      const { login, isOurs } = await this.#renewal().run(wish.reason, isAnswer);
      if (isOurs) this.#noteRenewed(login);
      return login;
    } catch (thrown) {
      throw this.#failed(toCompanionError(thrown));
    }
  }

  #renewal(): LoginRenewal {
    const { endpoint, source, ...options } = this.#options;
    if (endpoint === null) throw this.#errors.cannotBeRenewed();
    return new LoginRenewal({
      ...options,
      held: this.#held,
      endpoint,
      location: source.storage.location,
      closing: this.#closing.signal,
    });
  }

  /** Nothing is left to do: somebody else did it, or it was not needed. */
  #isAnswer(login: StoredLogin, { reason, refused }: Wish): boolean {
    switch (reason) {
      case 'forced':
        return false;
      case 'refused':
        return login.accessToken.reveal() !== refused && !this.#outlook.isOver(login);
      case 'expired_or_expiring_soon':
        return !this.#outlook.isOver(login) && !this.#outlook.isRefused(login) && !this.#standing.isDue(login);
    }
  }

  /** Throws why there is no use in trying. */
  #refuseHopeless(login: StoredLogin, reason: RenewalReason): void {
    const isRefused = reason === 'refused' || this.#outlook.isRefused(login);
    if (!this.#standing.mayRenew(login)) throw isRefused ? this.#errors.notAccepted() : this.#errors.cannotBeRenewed();
    const isForced = reason === 'forced';
    const end = this.#outlook.endOf(login);
    if (end !== undefined && !isForced) throw this.#errors.noLongerRenewed(end);
    // Another new one would not be accepted either.
    if (isRefused && !isForced && this.#outlook.isBrandNew(login)) throw this.#errors.notAccepted();
    if (this.#outlook.waitMs(isForced) > 0) throw this.#notRenewedYet(this.#outlook.waitMs(isForced));
  }

  #noteRenewed(login: StoredLogin): void {
    this.#outlook.noteRenewed(login);
    this.#standing.clear();
    this.#options.logger.info({ event: 'token_refresh_completed' }, 'renewed a login');
    this.#settleLater();
    this.#runInBackground(this.completeProfile());
  }

  /** What a try that failed means, in one of the codes that callers know. */
  #failed(error: CompanionError): CompanionError {
    const { logger } = this.#options;
    logger.warn({ event: 'token_refresh_failed', error }, 'a login could not be renewed');
    const login = this.current;
    if (login === undefined) return error;
    const failure = this.#explain(error, login);
    this.#standing.note(failure);
    if (!this.#outlook.isOver(login)) {
      logger.warn({ event: 'token_refresh_fallback' }, 'the token that is there serves on until it ends');
    }
    return failure;
  }

  #explain(error: CompanionError, login: StoredLogin): CompanionError {
    switch (error.code) {
      case 'LOGIN_EXPIRED':
        this.#outlook.noteEnd(login, error);
        return this.#errors.noLongerRenewed(error);
      case 'LOGIN_REQUIRED':
      case 'LOGIN_UNREADABLE':
        return error;
      default:
        this.#outlook.noteFailure(error);
        return this.#notRenewedYet(this.#outlook.waitMs(false));
    }
  }

  /** Tries again and again to write what could not be written: it may be the only copy of the token that works. */
  #settleLater(): void {
    const { saveError } = this.#held;
    if (saveError === undefined || this.#isClosed) return;
    this.#standing.note(saveError);
    this.#settling = this.#options.clock.setTimer(() => {
      const settling = this.#inLock(() => this.#held.settle()).then(
        () => this.#standing.clear(),
        () => this.#settleLater(),
      );
      this.#runInBackground(settling);
    }, settleGapMs);
  }

  #runInBackground(work: Promise<unknown>): void {
    this.#background.add(work);
    void work.finally(() => this.#background.delete(work));
  }

  #inLock<Result>(task: () => Promise<Result>): Promise<Result> {
    return withFileLock(this.#options.lockPath, undefined, task);
  }

  #notRenewedYet(waitMs: number): CompanionError {
    return this.#errors.notRenewedYet(this.#outlook.lastFailure, this.#options.clock.nowMs(), waitMs);
  }
}
