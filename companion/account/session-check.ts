/** Asking claude.ai about sessions: whose they are, whether they live, what they may use and what is left of it. */
import type { SessionCookie } from '../../shared/credential.ts';
import { CompanionError, toCompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { SerialQueue } from '../base/serial.ts';
import type { SessionRecord } from '../store/store.ts';
import type { SiteAccount } from '../wire/claude-web/account.ts';
import { judgeWays } from '../wire/claude-web/verdict.ts';
import type { FailedWay } from '../wire/claude-web/verdict.ts';
import { wayFailures } from './failure.ts';
import type { SessionNotes } from './session-notes.ts';
import { organisationTrouble, wantsOtherOrganisation } from './session-organisation.ts';
import { findSuccessor, isBesideEarlier } from './session-place.ts';
import { isIdentified, mayServe, mergeRecord } from './session-record.ts';
import type { MergeFacts } from './session-record.ts';
import type { SessionShelf } from './session-shelf.ts';
import type { ConnectSite, SessionTarget } from './site.ts';

export interface SessionCheckOptions {
  readonly shelf: SessionShelf;
  readonly notes: SessionNotes;
  readonly connect: ConnectSite;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly isOff: (sessionId: string) => boolean;
  readonly configuredOrganisation: string | null;
  readonly onChange: () => void;
  readonly onExpired: (session: SessionRecord) => void;
}

export type Identified =
  | { readonly account: SiteAccount; readonly error?: never }
  | { readonly account?: never; readonly error: CompanionError };

/** For each way. The extension gives up on an answer to its push after a while, and there may be two ways to try. */
const pushCheckTimeoutMs = 7_000;
const checkTimeoutMs = 20_000;
/** How long a request does not wait again for a newer session that could not be checked. */
const successorPauseMs = 30_000;
/** The usage endpoint is itself harshly limited: never ask more often than this. */
const usageMaxAgeMs = 5 * 60_000;
const modelsMaxAgeMs = 60 * 60_000;

export class SessionCheck {
  readonly #options: SessionCheckOptions;
  readonly #queue: SerialQueue;
  readonly #usageAskedAtMs = new Map<string, number>();
  readonly #successorTriedAtMs = new Map<string, number>();
  readonly #warnedOf = new Set<string>();

  /** `queue` is the one of all that changes sessions. */
  constructor(options: SessionCheckOptions, queue: SerialQueue) {
    this.#options = options;
    this.#queue = queue;
  }

  /** Asks about cookies that were pushed, which are those of the browser: what one way says of them holds for both. */
  identifyPush(target: SessionTarget, preferred: string | null): Promise<Identified> {
    return this.#identify(target, preferred, pushCheckTimeoutMs, (error) => wayFailures.has(error.code));
  }

  async #identify(
    target: SessionTarget,
    preferred: string | null,
    withinMs: number,
    mayTryNext: (error: CompanionError) => boolean,
  ): Promise<Identified> {
    const { connect, configuredOrganisation, logger } = this.#options;
    const organisations = [configuredOrganisation, preferred].filter((id) => id !== null);
    const failed: FailedWay[] = [];
    for (const connection of connect(target)) {
      try {
        return { account: await withTimeLimit(withinMs, (signal) => connection.identify(organisations, signal)) };
      } catch (cause) {
        const error = toCompanionError(cause);
        logger.info({ code: error.code, transport: connection.kind }, 'session check failed');
        if (!mayTryNext(error)) return { error };
        failed.push({ kind: connection.kind, error });
      }
    }
    return {
      error: judgeWays(failed) ?? new CompanionError('SEAT_OFFLINE', 'The session cannot be checked right now.'),
    };
  }

  /**
   * The session, ready to serve: one that could not be checked when it was pushed is checked now, or this rejects. Where
   * such a one waits to take the place of an earlier session, it is checked too, and the earlier one serves if it fails.
   */
  async prepare(session: SessionRecord): Promise<SessionRecord> {
    const successor = findSuccessor(session, this.#options.shelf.list());
    if (successor === undefined && this.#isReady(session)) return session;
    return this.#queue.run('sessions', async () => {
      if (successor !== undefined) await this.#trySuccessor(successor.id);
      const current = this.#options.shelf.current(session.id);
      // Another request that waited for the same may have been faster.
      return this.#isReady(current) ? current : this.#refresh(current);
    });
  }

  #isReady(session: SessionRecord): boolean {
    return isIdentified(session) && !wantsOtherOrganisation(session, this.#options.configuredOrganisation);
  }

  async #trySuccessor(id: string): Promise<void> {
    const successor = this.#options.shelf.list().find((session) => session.id === id && session.state === 'unchecked');
    const nowMs = this.#options.nowMs();
    if (successor === undefined || nowMs - (this.#successorTriedAtMs.get(id) ?? 0) < successorPauseMs) return;
    this.#successorTriedAtMs.set(id, nowMs);
    await this.#refresh(successor, pushCheckTimeoutMs).catch(() => undefined);
  }

  /**
   * Asks the site again who this is and what it may use. Resolves to another session's record when the account turns out
   * to be one that is already known. Rejects with the reason when the site cannot tell.
   */
  refreshAccount(id: string): Promise<SessionRecord> {
    return this.#queue.run('sessions', () => this.#refresh(this.#options.shelf.current(id)));
  }

  async #refresh(session: SessionRecord, withinMs = checkTimeoutMs): Promise<SessionRecord> {
    const { shelf, onChange } = this.#options;
    const preferred = await this.#preferredOrganisation(session);
    const outcome = await this.#identify(shelf.targetOf(session), preferred, withinMs, mayOtherCopyDoBetter);
    if (outcome.account === undefined) {
      await this.#noteRefusal(session, outcome.error);
      throw outcome.error;
    }
    const current = shelf.current(session.id);
    const next = mergeRecord(current, current, outcome.account, this.mergeFacts());
    if (next.id === current.id) await shelf.settle(next);
    else await shelf.moveInto(next, current);
    this.warnOfOrganisation(next);
    onChange();
    return next;
  }

  async #noteRefusal(session: SessionRecord, error: CompanionError): Promise<void> {
    const { shelf, notes, onChange } = this.#options;
    const isNeedless = error.code === 'SESSION_EXPIRED' && isBesideEarlier(session, shelf.list());
    notes.failure(session, error);
    if (!isNeedless) return;
    await shelf.forget(session.id);
    onChange();
  }

  mergeFacts(): MergeFacts {
    const { shelf, nowMs, configuredOrganisation } = this.#options;
    return { all: shelf.list(), nowMs: nowMs(), configuredOrganisation };
  }

  /** Says once in the log that the configured organisation is not to be had; the status says it as long as it is so. */
  warnOfOrganisation(session: SessionRecord): void {
    const trouble = organisationTrouble(session, this.#options.configuredOrganisation);
    if (trouble === null || this.#warnedOf.has(session.id)) return;
    this.#warnedOf.add(session.id);
    this.#options.logger.warn({ session: session.id, code: trouble.code }, trouble.message);
  }

  /** The organisation of a record that was never checked may be that of the account that was there before. */
  async #preferredOrganisation(session: SessionRecord): Promise<string | null> {
    if (isIdentified(session) || session.isOrganisationPinned) return session.organisationId;
    const cookies = (await this.#options.shelf.cookiesOf(session.id)) ?? [];
    return lastActiveOrganisation(cookies) ?? session.organisationId;
  }

  /** A failure is logged and changes nothing but what the site said about the session. */
  refreshQuietly(id: string, { withUsage }: { readonly withUsage?: boolean } = {}): void {
    if (withUsage === true) this.#usageAskedAtMs.delete(id);
    this.refreshAccount(id).then(
      (session) => void this.refreshUsage(session.id),
      (cause: unknown) =>
        this.#options.logger.info({ code: toCompanionError(cause).code }, 'account facts not available'),
    );
  }

  /**
   * A browser is there again: sessions in it that wait for a check, or whose copy in the vault died while it was away, are
   * asked about through it. Where the vault has no good copy, the browser is asked for its own.
   */
  async recheckSeat(seatId: string): Promise<void> {
    const { shelf, connect, onExpired, logger } = this.#options;
    for (const session of shelf.list().filter((one) => one.seatId === seatId)) {
      if (session.state !== 'unchecked' && session.state !== 'expired') continue;
      const hasCookies = session.restsIn === 'browser' || (await shelf.cookiesOf(session.id)) !== undefined;
      const mayAsk = connect(shelf.targetOf(session)).some((connection) => connection.kind === 'browser');
      const isAlive = mayAsk && (await this.#isAlive(session.id));
      if (!hasCookies || (isAlive && session.state === 'expired' && session.restsIn === 'vault')) onExpired(session);
      logger.debug({ session: session.id, isAlive }, 'session checked as its browser came back');
    }
  }

  #isAlive(id: string): Promise<boolean> {
    return this.refreshAccount(id).then(
      () => true,
      () => false,
    );
  }

  /** Asks the site for the usage windows, at most every five minutes; a failure is logged and changes nothing. */
  async refreshUsage(id: string): Promise<void> {
    const { shelf, notes, nowMs, logger } = this.#options;
    try {
      const session = shelf.list().find((one) => one.id === id);
      const isFresh = nowMs() - (this.#usageAskedAtMs.get(id) ?? 0) < usageMaxAgeMs;
      if (session?.state !== 'active' || session.organisationId === null || isFresh) return;
      const organisation = session.organisationId;
      const [connection] = shelf.connectionsOf(session);
      if (connection === undefined) return;
      this.#usageAskedAtMs.set(id, nowMs());
      notes.quotas(id, await withTimeLimit(checkTimeoutMs, (signal) => connection.usage(organisation, signal)));
    } catch (cause) {
      logger.info({ code: toCompanionError(cause).code }, 'usage windows not available');
    }
  }

  /**
   * The models of every session that may serve, without repeats; lists older than an hour are renewed behind the scenes.
   * Rejects only when no session can tell its models.
   */
  async models(): Promise<SessionRecord['models']> {
    const { shelf, isOff } = this.#options;
    const serving = shelf.list().filter((session) => mayServe(session) && !isOff(session.id));
    const outcomes = await Promise.allSettled(serving.map((session) => this.#withModels(session)));
    const known = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (known.length === 0 && failed !== undefined) throw failed.reason;
    const models = known.flatMap((session) => session.models);
    return [...new Map(models.map((model) => [model.id, model])).values()];
  }

  async #withModels(session: SessionRecord): Promise<SessionRecord> {
    if (session.modelsAtMs === null) return this.refreshAccount(session.id);
    if (this.#options.nowMs() - session.modelsAtMs > modelsMaxAgeMs) this.refreshQuietly(session.id);
    return session;
  }
}

/** The browser and the vault may hold different sessions of the account: one may be dead while the other lives. */
function mayOtherCopyDoBetter(error: CompanionError): boolean {
  return error.code === 'SESSION_EXPIRED' || wayFailures.has(error.code);
}

export function lastActiveOrganisation(cookies: readonly SessionCookie[]): string | null {
  return cookies.find((cookie) => cookie.name === 'lastActiveOrg')?.value ?? null;
}

/** The time-out names itself, so that it counts as a failure of the way, whatever the way makes of it. */
async function withTimeLimit<Result>(
  withinMs: number,
  task: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const error = new CompanionError('FIRST_BYTE_TIMEOUT', 'claude.ai did not answer in time.');
  const timer = setTimeout(() => limit.abort(error), withinMs);
  return task(limit.signal).finally(() => clearTimeout(timer));
}
