/** The claude.ai sessions over HTTP and for the command: handed over, listed, turned off and on, forgotten. */
import { errorFacts, errorTable } from '../../../shared/error-code.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { scrub } from '../../../shared/redact.ts';
import type { SessionStatus } from '../../../shared/status.ts';
import type { CredentialTraits } from '../../account/credential-traits.ts';
import type { HandedSession } from '../../account/session-by-hand.ts';
import type { SessionService } from '../../account/session-service.ts';
import { CompanionError } from '../../base/error.ts';
import type { KeyPool } from '../../router/pool.ts';
import type { Standing } from '../../router/plan.ts';

export interface SessionDeskOptions {
  readonly sessions: SessionService;
  readonly traits: CredentialTraits;
  readonly pool: KeyPool;
  readonly standing: (id: string) => Standing;
  readonly onChange: () => void;
}

/** A session with what is in its way, and what to do about it. */
export interface DeskSession extends SessionStatus {
  readonly isOn: boolean;
  readonly standing: Standing;
  readonly remedy: string | null;
}

export class SessionDesk {
  readonly #options: SessionDeskOptions;

  constructor(options: SessionDeskOptions) {
    this.#options = options;
  }

  /** The one that serves unless a client asks for another comes first. */
  list(): readonly DeskSession[] {
    const { sessions } = this.#options;
    return sessions.list().map((session) => this.#describe(sessions.describe(session)));
  }

  /** See `SessionsByHand.add`. One that is handed over is on, whatever was said before. */
  async add(handed: HandedSession): Promise<DeskSession> {
    const { sessions, pool } = this.#options;
    const session = await sessions.addByHand(handed);
    pool.forget(session.id);
    return this.turn(session.id, true);
  }

  /** By id, name or e-mail address. Errors: `NOT_FOUND`; `INVALID_REQUEST` for what may be a session itself. */
  turn(wanted: string, isOn: boolean): DeskSession {
    const { sessions, traits, onChange } = this.#options;
    const session = this.#find(wanted);
    if (traits.isOff(session.id) === isOn) {
      traits.set(session.id, { isOff: !isOn });
      onChange();
    }
    return this.#describe(sessions.describe(session));
  }

  /** Errors: as `turn`. */
  async remove(wanted: string): Promise<SessionStatus> {
    const { sessions, traits, pool } = this.#options;
    const session = this.#find(wanted);
    const before = sessions.describe(session);
    await sessions.remove(session.id);
    traits.move(session.id, undefined);
    pool.forget(session.id);
    return before;
  }

  #find(wanted: string): ReturnType<SessionService['find']> {
    if (scrub(wanted) === wanted && wanted.length <= 300) return this.#options.sessions.find(wanted);
    const names = this.#options.sessions.list().map(({ id, name }) => `${id} (${name})`);
    const message = `This looks like a secret, which does not belong in an address: addresses end up in logs.`;
    throw new CompanionError('INVALID_REQUEST', message, {
      details: { field: 'id' },
      remedy: `Use an id or a name: ${names.join(', ') || 'there is no session'}.`,
    });
  }

  #describe(session: SessionStatus): DeskSession {
    const { traits, standing } = this.#options;
    const code = session.trouble?.code;
    const isKnown = code !== undefined && Object.hasOwn(errorTable, code);
    const remedy = isKnown ? errorFacts(code as ErrorCode).remedy : null;
    return { ...session, isOn: !traits.isOff(session.id), standing: standing(session.id), remedy };
  }
}
