/** One login by code: how far it is, when the provider is asked next, and how it ended. */
import { randomUUID } from 'node:crypto';
import { disclosureText } from '../../../shared/login-disclosure.ts';
import type { PendingLoginStatus } from '../../../shared/status.ts';
import type { Clock } from '../../base/clock.ts';
import { CompanionError } from '../../base/error.ts';
import type { BeginDeviceLogin, DeviceCode, DeviceProgress } from './device-desk-contract.ts';
import type { LoginOutcome } from './login-desk-contract.ts';

/** RFC 8628 3.5: by so much a provider that says `slow_down` wants to be asked less often. */
const slowerMs = 5000;
/** A provider that cannot be reached is asked after the interval, then half as often each time, down to this. */
const longestPauseMs = 60_000;
/** What a provider asks for, as an interval or because it counts, is believed up to this. */
const longestLimitMs = 5 * 60_000;

/** `keeping`: the tokens are here and are being put away, which nobody can call off any more. */
type Stage = 'waiting' | 'polling' | 'keeping' | 'over';

export class DeviceAttempt {
  readonly id: string = randomUUID();
  readonly wanted: BeginDeviceLogin;
  readonly code: DeviceCode;
  readonly outcome: Promise<LoginOutcome>;
  stage: Stage = 'waiting';
  readonly #clock: Clock;
  readonly #dueMonotonicMs: number;
  readonly #controller = new AbortController();
  readonly #resolve: (outcome: LoginOutcome) => void;
  #intervalMs: number;
  #failures = 0;
  #trouble: CompanionError | null = null;
  #end: LoginOutcome | undefined;
  #endedAtMs = 0;

  constructor(wanted: BeginDeviceLogin, code: DeviceCode, clock: Clock) {
    this.wanted = wanted;
    this.code = code;
    this.#clock = clock;
    this.#intervalMs = Math.min(code.intervalMs, longestLimitMs);
    this.#dueMonotonicMs = clock.monotonicMs() + code.lastsMs;
    const { promise, resolve } = Promise.withResolvers<LoginOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** By the steady clock: a wall clock that jumps ends no login. */
  get isOverdue(): boolean {
    return this.#clock.monotonicMs() >= this.#dueMonotonicMs;
  }

  /** Until the next question. */
  get pauseMs(): number {
    const { retryAtMs } = this.#trouble?.details ?? {};
    const askedMs = retryAtMs === undefined ? 0 : Math.min(retryAtMs - this.#clock.nowMs(), longestLimitMs);
    const doubledMs = Math.min(this.#intervalMs * 2 ** Math.min(this.#failures, 10), longestPauseMs);
    return Math.max(this.#intervalMs, this.#failures === 0 ? 0 : doubledMs, askedMs);
  }

  get progress(): DeviceProgress {
    const { userCode, verificationUri, verificationUriComplete } = this.code;
    return {
      id: this.id,
      provider: this.wanted.provider,
      state: this.#end?.state ?? (this.stage === 'waiting' ? 'waiting' : 'polling'),
      userCode,
      verificationUri,
      verificationUriComplete,
      expiresAtMs: this.#expiresAtMs,
      intervalMs: this.#intervalMs,
      disclosure: disclosureText(this.wanted.provider),
      error: this.#end?.state === 'failed' ? this.#end.error : this.#trouble,
      login: this.#end?.state === 'done' ? this.#end.login : null,
    };
  }

  get status(): PendingLoginStatus {
    const state = this.stage === 'keeping' ? 'exchanging' : 'waiting';
    return { id: this.id, provider: this.wanted.provider, state, expiresAtMs: this.#expiresAtMs };
  }

  /** The provider answered, whatever it was. */
  answered(): void {
    this.#failures = 0;
    this.#trouble = null;
  }

  slowDown(intervalMs: number | null): void {
    this.#intervalMs = Math.min(Math.max(this.#intervalMs + slowerMs, intervalMs ?? 0), longestLimitMs);
  }

  /** The provider could not be asked, or did not know. */
  failedFor(trouble: CompanionError): void {
    this.#failures += 1;
    this.#trouble = trouble;
  }

  /** Stops whatever still runs for it. */
  end(outcome: LoginOutcome): void {
    this.#endedAtMs = this.#clock.nowMs();
    this.#end = outcome;
    this.stage = 'over';
    this.#trouble = null;
    this.#resolve(outcome);
    this.#controller.abort(new CompanionError('LOGIN_CANCELLED', 'The login is over.'));
  }

  /** For people, by their clock as it stands now. */
  get #expiresAtMs(): number {
    if (this.#end !== undefined) return this.#endedAtMs;
    return Math.round(this.#clock.nowMs() + this.#dueMonotonicMs - this.#clock.monotonicMs());
  }
}
