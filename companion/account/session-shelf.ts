/** The sessions that are kept: records with their secrets, written so that a crash between two writes loses none. */
import type { SessionCookie } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { SessionPlace, SessionRecord, Store } from '../store/store.ts';
import { validityOf } from './cookie-jar.ts';
import type { CookieJar, CookieSource } from './cookie-jar.ts';
import type { SessionNotes } from './session-notes.ts';
import { isAt, makeRoom, withdrawPlaces } from './session-place.ts';
import type { ConnectSite, SessionTarget, SiteConnection } from './site.ts';

export interface SessionShelfOptions {
  readonly store: Store;
  readonly jar: CookieJar;
  readonly connect: ConnectSite;
  readonly notes: SessionNotes;
  readonly logger: Logger;
}

/** What came of taking sessions back. */
export interface Withdrawn {
  readonly forgotten: readonly SessionRecord[];
  /** Another browser shares them. */
  readonly kept: readonly SessionRecord[];
  /** Those of `kept` whose cookies were not that browser's own: they are gone, and it has to push its own. */
  readonly inherited: readonly SessionRecord[];
}

export class SessionShelf {
  readonly #options: SessionShelfOptions;
  /** Ids of sessions that another record took over, for requests that chose them before; until the companion stops. */
  readonly #movedTo = new Map<string, string>();

  constructor(options: SessionShelfOptions) {
    this.#options = options;
  }

  list(): readonly SessionRecord[] {
    return this.#options.store.sessions();
  }

  /** By id, name, e-mail address or unambiguous start of an id. Throws `NOT_FOUND`. */
  find(wanted: string): SessionRecord {
    const sessions = this.list();
    const exact = sessions.find((session) => [session.id, session.name, session.email].includes(wanted));
    const starting = sessions.filter((session) => wanted !== '' && session.id.startsWith(wanted));
    const found = exact ?? (starting.length === 1 ? starting[0] : undefined);
    if (found === undefined) throw new CompanionError('NOT_FOUND', `There is no session called "${wanted}".`);
    return found;
  }

  /** As it is now, also when another record took it over. Throws `SESSION_REQUIRED` when it was removed. */
  current(id: string): SessionRecord {
    const { store } = this.#options;
    const session = store.session(id) ?? store.session(this.#movedTo.get(id) ?? '');
    if (session === undefined) throw new CompanionError('SESSION_REQUIRED', 'The session was removed.');
    return session;
  }

  at(place: SessionPlace): SessionRecord | undefined {
    return this.list().find((session) => isAt(session, place));
  }

  cookiesOf(id: string): Promise<readonly SessionCookie[] | undefined> {
    return this.#options.jar.get(id);
  }

  save(session: SessionRecord): void {
    this.#options.store.saveSession(session);
  }

  /**
   * Keeps a session with its cookies, `null` for one that rests in its browser. The secret goes first: a crash in between
   * leaves an orphan in the vault, never a session that cannot be used.
   */
  async put(session: SessionRecord, cookies: readonly SessionCookie[] | null): Promise<void> {
    if (cookies === null) await this.#options.jar.remove(session.id);
    else await this.#options.jar.put(session.id, cookies);
    await this.settle(session);
  }

  /** Saves the record where it is; what was in that cookie store before makes room first, so that never two are there. */
  async settle(session: SessionRecord): Promise<void> {
    const { changed, lost } = makeRoom(session, this.list());
    for (const other of changed) this.save(other);
    this.save(session);
    for (const other of lost) await this.forget(other.id);
  }

  /** The session of `from` turned out to be one of an account that has a record, `next`: that record takes it over. */
  async moveInto(next: SessionRecord, from: SessionRecord): Promise<void> {
    const { jar } = this.#options;
    const kept = next.restsIn === 'vault' ? ((await jar.get(from.id)) ?? (await jar.get(next.id))) : undefined;
    this.#movedTo.set(from.id, next.id);
    await this.put({ ...next, isDefault: next.isDefault || from.isDefault }, kept ?? null);
    await this.forget(from.id);
  }

  /** Removes the cookies of one that stays known. */
  async signOut(session: SessionRecord): Promise<void> {
    await this.#options.jar.remove(session.id);
    this.#options.store.saveSession({ ...session, state: 'signed-out', trouble: null });
  }

  async forget(id: string): Promise<void> {
    await this.#options.jar.remove(id);
    this.#options.store.deleteSession(id);
  }

  /** Everything that came from these places goes, unless another browser shares it. */
  async withdraw(isTakenBack: (place: SessionPlace) => boolean): Promise<Withdrawn> {
    const forgotten: SessionRecord[] = [];
    const kept: SessionRecord[] = [];
    const inherited: SessionRecord[] = [];
    for (const session of this.list().filter((one) => one.sharedBy.some(isTakenBack))) {
      const rest = withdrawPlaces(session, isTakenBack);
      if (rest === undefined) {
        await this.forget(session.id);
        forgotten.push(session);
        continue;
      }
      if (rest.hasNewOwner) await this.#options.jar.remove(session.id);
      this.#options.store.saveSession(rest.session);
      kept.push(rest.session);
      if (rest.hasNewOwner) inherited.push(rest.session);
    }
    const idsOf = (sessions: readonly SessionRecord[]) => sessions.map(({ id }) => id);
    if (forgotten.length + kept.length > 0) {
      this.#options.logger.info({ forgotten: idsOf(forgotten), kept: idsOf(kept) }, 'sessions were taken back');
    }
    return { forgotten, kept, inherited };
  }

  /** Removes cookies that no session claims: a crash left them behind. */
  async sweep(): Promise<void> {
    const { jar, store, logger } = this.#options;
    for (const id of await jar.ids()) {
      if (store.session(id) !== undefined) continue;
      await jar.remove(id);
      logger.info({ session: id }, 'cookies that belonged to no session were removed');
    }
  }

  targetOf(session: SessionRecord): SessionTarget {
    const { jar, notes } = this.#options;
    const source = (): CookieSource =>
      jar.source(session.id, (cookies) => notes.validity(session, validityOf(cookies)));
    const { seatId, browserStore, restsIn, transport } = session;
    return { seatId, browserStore, restsIn, transport, cookies: restsIn === 'vault' ? source() : null };
  }

  connectionsOf(session: SessionRecord): readonly SiteConnection[] {
    return this.#options.connect(this.targetOf(session));
  }
}
