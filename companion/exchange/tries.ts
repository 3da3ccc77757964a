/** Tries of candidates: each with the credential that it needs, and what its end teaches about that credential. */
import type { LeasedCredential, OAuthToken, RoutedCredential } from '../../shared/credential.ts';
import type { Logins } from '../account/login/login-service-contract.ts';
import { CompanionError, toCompanionError } from '../base/error.ts';
import type { ApiCandidate, Candidate, ClaudeCodeCandidate, WebCandidate } from '../router/plan.ts';
import { sessionProvider } from '../router/look-at-sessions.ts';
import type { KeyPool } from '../router/pool.ts';
import type { RunningExchange } from './activity.ts';
import { askClaudeCode, askWeb, relay, translate } from './attempt.ts';
import type { AttemptContext, AttemptServices, Begun, WebAttempt } from './attempt.ts';
import type { Conversation } from './conversation.ts';
import type { ExchangeRequest } from './exchange.ts';

export interface TryServices extends AttemptServices {
  readonly pool: KeyPool;
  readonly logins: Pick<Logins, 'lease' | 'replace' | 'refuse' | 'statuses'>;
}

/** What a try needs of the exchange that it is for. */
export interface TriedRun {
  readonly exchange: RunningExchange;
  readonly context: AttemptContext;
  readonly conversation: Conversation | undefined;
}

export interface Failed {
  readonly kind: 'failed';
  readonly error: CompanionError;
  /** The same session may be reached another way. */
  readonly hasOtherWay: boolean;
  /** `false`: there was nothing to ask with, so that nobody noticed the try. */
  readonly hasAsked: boolean;
}

export class Tries {
  readonly #services: TryServices;

  constructor(services: TryServices) {
    this.#services = services;
  }

  /** Never rejects. */
  try(run: TriedRun, candidate: Candidate): Promise<Begun | Failed> {
    switch (candidate.kind) {
      case 'web':
        return this.#tryWeb(run, candidate);
      case 'claude-code':
        return this.#tryClaudeCode(run, candidate);
      case 'api':
        return this.#tryApi(run, candidate);
    }
  }

  /** The answer that had begun is over. `status` is the provider's own. */
  noteEnd(candidate: Candidate, error: CompanionError | undefined, status = 200): void {
    const { sessions, pool } = this.#services;
    if (candidate.kind === 'claude-code') return;
    if (candidate.kind === 'web') {
      const { session, model } = candidate;
      if (error === undefined) {
        sessions.noteSuccess(session);
        pool.noteSuccess(session.id, model);
      } else {
        sessions.noteFailure(session, error);
        pool.noteSessionFailure(session.id, model, error);
      }
    } else if (candidate.key.origin !== 'client') {
      if (error === undefined && status < 400) pool.noteSuccess(candidate.key.id, candidate.model);
      else if (error !== undefined) pool.noteFailure(candidate.key.id, candidate.model, error);
    }
  }

  async #tryApi(run: TriedRun, candidate: ApiCandidate): Promise<Begun | Failed> {
    const { pool } = this.#services;
    const { key, model } = candidate;
    const isOurs = key.origin !== 'client';
    const leased = await this.#lease(run, key);
    if (leased.kind === 'failed') return leased;
    if (isOurs) pool.noteLease(key, run.conversation?.key);
    try {
      const begun = await (leased.kind === 'oauth-token'
        ? this.#askWithToken(run, candidate, leased)
        : this.#ask(run, candidate, leased));
      // Where its status says no more than that the request is wrong, the pool has not noticed.
      if (begun.kind === 'relay' && begun.refusal?.code === 'QUOTA_EXHAUSTED')
        pool.noteFailure(key.id, model, begun.refusal);
      return begun;
    } catch (cause) {
      const error = reasonOf(cause, run.exchange.signal);
      if (isOurs) pool.noteFailure(key.id, model, error);
      return { kind: 'failed', error, hasOtherWay: false, hasAsked: true };
    }
  }

  /** What a login lacks is its own to know: the pool would go on to hold against it what is mended meanwhile. */
  async #lease({ exchange: { signal } }: TriedRun, key: RoutedCredential): Promise<LeasedCredential | Failed> {
    if (key.kind === 'api-key') return key;
    try {
      return await this.#services.logins.lease(key, signal);
    } catch (cause) {
      return { kind: 'failed', error: reasonOf(cause, signal), hasOtherWay: false, hasAsked: false };
    }
  }

  #ask({ context }: TriedRun, candidate: ApiCandidate, leased: LeasedCredential): Promise<Begun> {
    return (candidate.isSameWire ? relay : translate)(this.#services, candidate, leased, context);
  }

  /** A token that is refused is replaced once, and the request is sent once more. */
  async #askWithToken(run: TriedRun, candidate: ApiCandidate, token: OAuthToken): Promise<Begun> {
    const { logins } = this.#services;
    const begun = await this.#askUnlessRefused(run, candidate, token);
    if (!(begun instanceof CompanionError)) return begun;
    const next = canBeSentAgain(run.context.request) ? await logins.replace(token, run.exchange.signal) : undefined;
    if (next === undefined) throw this.#loginExpired(token, begun);
    const again = await this.#askUnlessRefused(run, candidate, next);
    if (!(again instanceof CompanionError)) return again;
    logins.refuse(next);
    throw this.#loginExpired(next, again);
  }

  async #askUnlessRefused(run: TriedRun, candidate: ApiCandidate, token: OAuthToken): Promise<Begun | CompanionError> {
    try {
      return await this.#ask(run, candidate, token);
    } catch (thrown) {
      if (isRefusal(thrown)) return thrown;
      throw thrown;
    }
  }

  /** In the provider's words, with what helps this login. */
  #loginExpired({ id }: OAuthToken, refusal: CompanionError): CompanionError {
    const { message, details } = refusal;
    const status = this.#services.logins.statuses().find((one) => one.id === id);
    const remedy = status?.trouble?.remedy ?? refusal.remedy;
    return new CompanionError('LOGIN_EXPIRED', message, { details, remedy, cause: refusal });
  }

  async #tryWeb(run: TriedRun, candidate: WebCandidate): Promise<Begun | Failed> {
    const { sessions, pool } = this.#services;
    const attempt: WebAttempt = { session: candidate.session, hasReply: false };
    pool.noteLease({ id: candidate.session.id, providerId: sessionProvider }, run.conversation?.key);
    try {
      return await askWeb(this.#services, candidate, attempt, run.context, ({ transport }, { seatId }) =>
        run.exchange.describe({ transport, seatId }),
      );
    } catch (cause) {
      const error = reasonOf(cause, run.exchange.signal);
      sessions.noteFailure(attempt.session, error);
      pool.noteSessionFailure(attempt.session.id, candidate.model, error);
      return { kind: 'failed', error, hasOtherWay: attempt.hasReply && error.code === 'SEAT_OFFLINE', hasAsked: true };
    }
  }

  async #tryClaudeCode(run: TriedRun, candidate: ClaudeCodeCandidate): Promise<Begun | Failed> {
    try {
      return await askClaudeCode(this.#services, candidate, run.context);
    } catch (cause) {
      return { kind: 'failed', error: reasonOf(cause, run.exchange.signal), hasOtherWay: false, hasAsked: true };
    }
  }
}

/** A body that streams is gone once it was sent. */
export function canBeSentAgain({ body }: ExchangeRequest): boolean {
  return body === null || Buffer.isBuffer(body);
}

/** Why it ended: an abort names its own reason, whatever error it surfaced as. */
export function reasonOf(cause: unknown, signal: AbortSignal): CompanionError {
  if (!signal.aborted) return toCompanionError(cause);
  return signal.reason instanceof CompanionError
    ? signal.reason
    : new CompanionError('CLIENT_GONE', 'The client hung up.');
}

/** Of the token. What the provider does not allow any login is no such thing: `PROVIDER_REFUSED`. */
function isRefusal(thrown: unknown): thrown is CompanionError {
  if (!(thrown instanceof CompanionError) || thrown.code !== 'KEY_REJECTED') return false;
  const { upstreamStatus } = thrown.details;
  return upstreamStatus === 401 || upstreamStatus === 403;
}
