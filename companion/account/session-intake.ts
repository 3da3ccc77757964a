/** What browsers push and take back. Nothing that is good is replaced by what is not proved. */
import type { RestingPlace, SessionCookie, TransportChoice } from '../../shared/credential.ts';
import { CLAUDE_SESSION_COOKIE } from '../../shared/provider.ts';
import { CompanionError } from '../base/error.ts';
import type { SerialQueue } from '../base/serial.ts';
import type { SessionPlace, SessionRecord } from '../store/store.ts';
import { PendingCookies, validityOf } from './cookie-jar.ts';
import { wayFailures } from './failure.ts';
import { lastActiveOrganisation } from './session-check.ts';
import type { Identified, SessionCheck } from './session-check.ts';
import type { SessionNotes } from './session-notes.ts';
import { isBesideEarlier } from './session-place.ts';
import { mergeRecord } from './session-record.ts';
import type { SessionShelf, Withdrawn } from './session-shelf.ts';

/** What a seat pushes: the content of the link's `session.push`. */
export interface SessionPush {
  readonly rev: number;
  readonly store: string;
  readonly restsIn: RestingPlace;
  readonly transport: TransportChoice;
  readonly cookies: readonly SessionCookie[];
  readonly validUntilMs: number | null;
}

export interface SessionIntakeOptions {
  readonly shelf: SessionShelf;
  readonly check: SessionCheck;
  readonly notes: SessionNotes;
  readonly nowMs: () => number;
  readonly onChange: () => void;
  readonly onExpired: (session: SessionRecord) => void;
}

export class SessionIntake {
  readonly #options: SessionIntakeOptions;
  readonly #queue: SerialQueue;

  /** `queue` is the one of all that changes sessions. */
  constructor(options: SessionIntakeOptions, queue: SerialQueue) {
    this.#options = options;
    this.#queue = queue;
  }

  /**
   * Takes over a session that a seat pushed and resolves to its id. The site is asked first, so that a bad session never
   * replaces a good one: then it rejects. One that could not be checked is kept as `unchecked`, beside an earlier session
   * of that store whose cookies are good: that one serves on from the vault until the new one is proved.
   */
  receivePush(seatId: string, push: SessionPush): Promise<string> {
    return this.#queue.run('sessions', () => this.#accept(seatId, push));
  }

  async #accept(seatId: string, push: SessionPush): Promise<string> {
    if (push.restsIn === 'vault' && !push.cookies.some((cookie) => cookie.name === CLAUDE_SESSION_COOKIE)) {
      throw new CompanionError('INVALID_REQUEST', 'The push holds no session.');
    }
    const { shelf, check, notes, onChange } = this.#options;
    const pending = push.restsIn === 'vault' ? new PendingCookies(push.cookies) : null;
    const place = { seatId, browserStore: push.store };
    const known = shelf.at(place);
    const target = { ...place, restsIn: push.restsIn, transport: push.transport, cookies: pending };
    const outcome = await check.identifyPush(target, preferredOrganisation(known, push));
    this.#refuse(outcome, known);
    const session = this.#compose(place, push, pending, known, outcome);
    await shelf.put({ ...session, trouble: notes.troubleOf(outcome.error) }, pending?.cookies ?? null);
    check.warnOfOrganisation(session);
    onChange();
    // A pinned organisation that the push could not know of: models and plan are still those of another.
    const isOther = outcome.account !== undefined && outcome.account.organisationId !== session.organisationId;
    if (isOther) check.refreshQuietly(session.id);
    void check.refreshUsage(session.id);
    return session.id;
  }

  /** Throws what the site said against the session itself. */
  #refuse({ error }: Identified, known: SessionRecord | undefined): void {
    if (error === undefined || wayFailures.has(error.code)) return;
    // What rests in the vault is another copy, which this says nothing about.
    if (known?.restsIn === 'browser') this.#options.notes.failure(known, error);
    throw error;
  }

  #compose(
    place: SessionPlace,
    push: SessionPush,
    pending: PendingCookies | null,
    known: SessionRecord | undefined,
    { account }: Identified,
  ): SessionRecord {
    const isBeside = account === undefined && pending !== null && known !== undefined && this.#servesAlone(known);
    // The check itself may have rotated the session.
    const isAsPushed = pending === null || pending.cookies === push.cookies;
    const validUntilMs = isAsPushed ? push.validUntilMs : validityOf(pending.cookies);
    const origin = { ...push, ...place, validUntilMs, syncedAtMs: this.#options.nowMs() };
    return mergeRecord(origin, isBeside ? undefined : known, account, this.#options.check.mergeFacts());
  }

  /** It was proved, and has a way to the site that does not lead through its browser, which may hold another by now. */
  #servesAlone(session: SessionRecord): boolean {
    if (session.state !== 'active' || session.restsIn !== 'vault' || session.accountId === null) return false;
    return this.#options.shelf.connectionsOf({ ...session, seatId: null, browserStore: null }).length > 0;
  }

  /** The person signed out of the site (the session is dead) or took it back (everything about it is forgotten). */
  receiveClear(seatId: string, browserStore: string, reason: 'signed-out' | 'unsynced'): Promise<void> {
    return this.#queue.run('sessions', async () => {
      if (reason === 'signed-out') await this.#signOut({ seatId, browserStore });
      else await this.#withdraw((place) => place.seatId === seatId && place.browserStore === browserStore);
      this.#options.onChange();
    });
  }

  async #signOut(place: SessionPlace): Promise<void> {
    const { shelf } = this.#options;
    const session = shelf.at(place);
    if (session === undefined) return;
    if (isBesideEarlier(session, shelf.list())) await shelf.forget(session.id);
    else await shelf.signOut(session);
  }

  /** Everything that came from a seat goes with it, whatever account is signed in there now. */
  forgetSeat(seatId: string): Promise<Withdrawn> {
    return this.#queue.run('sessions', async () => {
      const withdrawn = await this.#withdraw((place) => place.seatId === seatId);
      this.#options.onChange();
      return withdrawn;
    });
  }

  async #withdraw(isTakenBack: (place: SessionPlace) => boolean): Promise<Withdrawn> {
    const withdrawn = await this.#options.shelf.withdraw(isTakenBack);
    // Their cookies were those of the browser that left: the one that has them too is asked for its own.
    for (const session of withdrawn.inherited) this.#options.onExpired(session);
    return withdrawn;
  }
}

function preferredOrganisation(known: SessionRecord | undefined, push: SessionPush): string | null {
  return known?.isOrganisationPinned === true ? known.organisationId : lastActiveOrganisation(push.cookies);
}
