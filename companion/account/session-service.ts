/** The claude.ai sessions, for everybody else: listed, chosen, prepared, taken in and taken back. */
import type { QuotaWindow } from '../../shared/quota.ts';
import type { SessionStatus } from '../../shared/status.ts';
import { CompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { SerialQueue } from '../base/serial.ts';
import type { SessionRecord, Store } from '../store/store.ts';
import type { CookieJar } from './cookie-jar.ts';
import { SessionsByHand } from './session-by-hand.ts';
import type { HandedSession } from './session-by-hand.ts';
import { SessionCheck } from './session-check.ts';
import { SessionIntake } from './session-intake.ts';
import type { SessionPush } from './session-intake.ts';
import { SessionNotes } from './session-notes.ts';
import { organisationTrouble, usableConfigured } from './session-organisation.ts';
import { SessionShelf } from './session-shelf.ts';
import type { Withdrawn } from './session-shelf.ts';
import { toSessionStatus } from './session-status.ts';
import type { ConnectSite, SessionTarget } from './site.ts';

export interface SessionServiceOptions {
  readonly store: Store;
  readonly jar: CookieJar;
  readonly connect: ConnectSite;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** The person turned it off: it is kept, and serves nobody. */
  readonly isOff: (sessionId: string) => boolean;
  /** Organisation that the configuration asks for; beats every other choice in accounts that have it. */
  readonly configuredOrganisation: string | null;
  /** Called after every change that a status would show. */
  readonly onChange: () => void;
  /** Called once when there is no good copy of a session: its browser may hold a newer one that was never pushed. */
  readonly onExpired: (session: SessionRecord) => void;
}

export class SessionService {
  readonly #options: SessionServiceOptions;
  readonly #notes: SessionNotes;
  readonly #shelf: SessionShelf;
  readonly #check: SessionCheck;
  readonly #intake: SessionIntake;
  readonly #byHand: SessionsByHand;
  readonly #queue = new SerialQueue();

  constructor(options: SessionServiceOptions) {
    this.#options = options;
    this.#notes = new SessionNotes(options);
    this.#shelf = new SessionShelf({ ...options, notes: this.#notes });
    const rooms = { ...options, notes: this.#notes, shelf: this.#shelf };
    this.#check = new SessionCheck(rooms, this.#queue);
    this.#intake = new SessionIntake({ ...rooms, check: this.#check }, this.#queue);
    this.#byHand = new SessionsByHand({ ...rooms, check: this.#check }, this.#queue);
  }

  list(): readonly SessionRecord[] {
    return this.#shelf.list();
  }

  /** By id, name, e-mail address or unambiguous start of an id. Throws `NOT_FOUND`. */
  find(wanted: string): SessionRecord {
    return this.#shelf.find(wanted);
  }

  /** As everybody is told. */
  describe(session: SessionRecord): SessionStatus {
    const trouble = session.trouble ?? organisationTrouble(session, this.#options.configuredOrganisation);
    return toSessionStatus({ ...session, trouble }, this.quotas(session.id), this.#options.isOff(session.id));
  }

  /** See `SessionIntake.receivePush`. */
  receivePush(seatId: string, push: SessionPush): Promise<string> {
    return this.#intake.receivePush(seatId, push);
  }

  /** See `SessionsByHand.add`. */
  addByHand(handed: HandedSession): Promise<SessionRecord> {
    return this.#byHand.add(handed);
  }

  /** Errors: `INVALID_REQUEST` for a name that cannot be, or that another has. */
  rename(id: string, name: string): Promise<SessionRecord> {
    return this.#byHand.rename(id, name);
  }

  /** Asks claude.ai now whose it is and what it may use. Rejects with what the site says, or what is in the way. */
  check(id: string): Promise<SessionRecord> {
    return this.#check.refreshAccount(id);
  }

  /** The person signed out of the site (the session is dead) or took it back (everything about it is forgotten). */
  receiveClear(seatId: string, browserStore: string, reason: 'signed-out' | 'unsynced'): Promise<void> {
    return this.#intake.receiveClear(seatId, browserStore, reason);
  }

  /** Everything that came from a seat goes with it, unless another seat shares it. */
  forgetSeat(seatId: string): Promise<Withdrawn> {
    return this.#intake.forgetSeat(seatId);
  }

  /** A seat is connected again: see `SessionCheck.recheckSeat`. */
  recheckSeat(seatId: string): Promise<void> {
    return this.#check.recheckSeat(seatId);
  }

  /** Removes secrets that a crash left without a session. */
  sweep(): Promise<void> {
    return this.#queue.run('sessions', () => this.#shelf.sweep());
  }

  remove(id: string): Promise<void> {
    return this.#queue.run('sessions', async () => {
      await this.#shelf.forget(id);
      this.#options.onChange();
    });
  }

  /** Makes a session the default and, if given, pins one of its organisations. Throws `NOT_FOUND`, `ORGANISATION_UNUSABLE`. */
  use(id: string, organisation?: string): SessionRecord {
    const session = this.find(id);
    const chosen = organisation === undefined ? undefined : this.#findOrganisation(session, organisation);
    const next: SessionRecord = {
      ...session,
      isDefault: true,
      ...(chosen === undefined ? {} : { organisationId: chosen.id, isOrganisationPinned: true }),
    };
    this.#shelf.save(next);
    this.#options.onChange();
    // Models, plan and limits are those of the organisation.
    if (next.organisationId !== session.organisationId) this.#check.refreshQuietly(id, { withUsage: true });
    return next;
  }

  #findOrganisation(session: SessionRecord, wanted: string): SessionRecord['organisations'][number] {
    const found = session.organisations.find((one) => one.id === wanted || one.name === wanted);
    if (found === undefined) {
      const names = session.organisations.map((one) => `${one.name} (${one.id})`).join(', ');
      throw new CompanionError('NOT_FOUND', `The account has no organisation "${wanted}"; it has: ${names || 'none'}.`);
    }
    if (!found.mayChat)
      throw new CompanionError('ORGANISATION_UNUSABLE', `The organisation "${found.name}" may not chat.`);
    const decided = usableConfigured(session, this.#options.configuredOrganisation);
    if (decided !== undefined && decided.id !== found.id) {
      const message = `\`web.organisation\` in the configuration has decided for "${decided.name}".`;
      throw new CompanionError('INVALID_REQUEST', message, { remedy: 'Change or remove that setting.' });
    }
    return found;
  }

  /** What an exchange learned of the session as it was then: it works. */
  noteSuccess(used: SessionRecord): void {
    this.#notes.success(used);
  }

  /** What an exchange learned: it failed. Only the provider's own word that the session is dead changes its state. */
  noteFailure(used: SessionRecord, error: CompanionError): void {
    this.#notes.failure(used, error);
  }

  noteQuotas(id: string, windows: readonly QuotaWindow[]): void {
    this.#notes.quotas(id, windows);
  }

  quotas(id: string): readonly QuotaWindow[] {
    return this.#options.store.quotas(`session/${id}`);
  }

  /** Asks the site for the usage windows, at most every five minutes; a failure is logged and changes nothing. */
  refreshUsage(id: string): Promise<void> {
    return this.#check.refreshUsage(id);
  }

  /** The session, ready to serve: one that could not be checked when it was pushed is checked now, or this rejects. */
  prepare(session: SessionRecord): Promise<SessionRecord> {
    return this.#check.prepare(session);
  }

  /** The models of every session that may serve, without repeats. Rejects only when no session can tell its models. */
  models(): Promise<SessionRecord['models']> {
    return this.#check.models();
  }

  targetOf(session: SessionRecord): SessionTarget {
    return this.#shelf.targetOf(session);
  }
}
