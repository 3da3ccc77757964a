/** What exchanges learn about sessions, written down: that one works, why one failed, how much of a limit is used. */
import type { QuotaWindow } from '../../shared/quota.ts';
import { toCompanionError } from '../base/error.ts';
import type { CompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { SessionRecord, Store } from '../store/store.ts';
import { standingTroubles } from './failure.ts';
import { isSameSync, mayServe } from './session-record.ts';

export interface SessionNotesOptions {
  readonly store: Store;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly onChange: () => void;
  /** The provider has just declared this session dead. */
  readonly onExpired: (session: SessionRecord) => void;
}

/** Nothing here throws: a full disk must not spoil an exchange. */
export class SessionNotes {
  readonly #options: SessionNotesOptions;

  constructor(options: SessionNotesOptions) {
    this.#options = options;
  }

  success(used: SessionRecord): void {
    this.#note(used, (session) =>
      session.state === 'active' && session.trouble === null ? session : { ...session, state: 'active', trouble: null },
    );
  }

  failure(used: SessionRecord, error: CompanionError): void {
    const trouble = this.troubleOf(error);
    if (trouble === null) return;
    const isDead = error.code === 'SESSION_EXPIRED';
    const isNews = this.#note(used, (session) => ({ ...session, state: isDead ? 'expired' : session.state, trouble }));
    if (isDead && isNews) this.#options.onExpired(used);
  }

  /** The site has given the session another cookie, or another end. */
  validity(used: SessionRecord, validUntilMs: number | null): void {
    this.#note(used, (session) => (session.validUntilMs === validUntilMs ? session : { ...session, validUntilMs }));
  }

  quotas(id: string, windows: readonly QuotaWindow[]): void {
    this.#tolerate('limit windows could not be kept', () => {
      if (windows.length === 0 || this.#options.store.session(id) === undefined) return;
      this.#options.store.saveQuotas(`session/${id}`, windows);
      this.#options.onChange();
    });
  }

  /** The trouble to show, if it is one that a person must act on. */
  troubleOf(error: CompanionError | undefined): SessionRecord['trouble'] {
    if (error === undefined || !standingTroubles.has(error.code)) return null;
    return { code: error.code, message: error.message.slice(0, 1000), atMs: this.#options.nowMs() };
  }

  /**
   * Changes nothing if the session was synced anew, signed out or found dead in the meantime: what an older exchange
   * learned is history then. `true` if something changed.
   */
  #note(used: SessionRecord, change: (session: SessionRecord) => SessionRecord): boolean {
    let hasChanged = false;
    this.#tolerate('what an exchange learned could not be kept', () => {
      const session = this.#options.store.session(used.id);
      if (session === undefined || !isSameSync(session, used) || !mayServe(session)) return;
      const next = change(session);
      if (next === session) return;
      this.#options.store.saveSession(next);
      hasChanged = true;
      this.#options.onChange();
    });
    return hasChanged;
  }

  #tolerate(what: string, task: () => void): void {
    try {
      task();
    } catch (cause) {
      this.#options.logger.warn({ code: toCompanionError(cause).code }, what);
    }
  }
}
