/** One login as this process knows it, and the careful ways to change it where it rests. */
import type { Clock } from '../../base/clock.ts';
import { sleep } from '../../base/clock.ts';
import { toCompanionError } from '../../base/error.ts';
import type { CompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { isSameTokens, refreshTextOf } from './login-facts.ts';
import type { LoginAccount, StoredLogin } from './stored-login.ts';
import type { TokenStorage } from './token-storage.ts';

const writeTries = 3;
const writePauseMs = 100;

interface Unsaved {
  readonly next: StoredLogin;
  readonly expected: StoredLogin;
  readonly error?: CompanionError;
}

/**
 * Every method that writes is only for one that holds the lock of the login. What happens on a kill between any two lines
 * stands in docs/decisions/0013-renewing-logins.md.
 */
export class HeldLogin {
  readonly #storage: TokenStorage;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onChange: () => void;
  #current: StoredLogin | undefined;
  /** Renewed, and not on disk: the only copy of a refresh token there is. */
  #unsaved: Unsaved | undefined;
  /** Counts what was changed here. */
  #changes = 0;

  constructor(storage: TokenStorage, clock: Clock, logger: Logger, onChange: () => void) {
    this.#storage = storage;
    this.#clock = clock;
    this.#logger = logger;
    this.#onChange = onChange;
  }

  /** As it was known last. No I/O. */
  get current(): StoredLogin | undefined {
    return this.#current;
  }

  get hasUnsaved(): boolean {
    return this.#unsaved !== undefined;
  }

  /** Why what was renewed is not on disk; `undefined` when it is. */
  get saveError(): CompanionError | undefined {
    return this.#unsaved?.error;
  }

  /** As it stands in the storage now, unless a newer one could not be written there. Errors: those of the storage. */
  async read(): Promise<StoredLogin | undefined> {
    const stored = this.#withKnownAccount(await this.#load());
    const unsaved = this.#unsaved;
    if (unsaved !== undefined && isSameTokens(stored, unsaved.expected)) return unsaved.next;
    this.#unsaved = undefined;
    this.#set(stored);
    return stored;
  }

  /** Writes what is there once more: a disk that is full must show before the old refresh token is used up, not after. */
  rehearse(login: StoredLogin): Promise<boolean> {
    return this.#storage.save(login, login);
  }

  /**
   * `next` came out of `stored`, whose refresh token may be worth nothing from now on. Resolves to the login that stands
   * afterwards, which is another one if somebody signed in meanwhile, `undefined` if somebody signed out. When it cannot be
   * written it serves from memory, and `settle` tries again.
   */
  async take(next: StoredLogin, stored: StoredLogin): Promise<StoredLogin | undefined> {
    this.#unsaved = { next, expected: stored };
    this.#set(next);
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#write();
      } catch (cause) {
        const error = toCompanionError(cause);
        if (this.#unsaved !== undefined) this.#unsaved = { ...this.#unsaved, error };
        if (tries === writeTries) {
          this.#logger.error({ event: 'credentials_save_failed', error }, 'a renewed login could not be written yet');
          return next;
        }
        await sleep(this.#clock, writePauseMs * tries);
      }
    }
  }

  /** Writes what could not be written before. Errors: those of the storage. */
  async settle(): Promise<void> {
    if (this.#unsaved !== undefined) await this.#write();
  }

  /** A new login in place of whatever stands there. Errors: those of the storage. */
  async put(login: StoredLogin): Promise<void> {
    this.#unsaved = undefined;
    while (!(await this.#storage.save(login, await this.#storage.load())));
    this.#set(login);
  }

  /** Errors: those of the storage; then nothing is forgotten. */
  async forget(): Promise<boolean> {
    const wasThere = await this.#storage.delete();
    this.#unsaved = undefined;
    this.#set(undefined);
    return wasThere;
  }

  /** What is known of the account of `login`, for a storage that may not be written to, or before it is. */
  note(login: StoredLogin, account: LoginAccount): StoredLogin {
    const known = { ...login, account };
    if (isSameTokens(this.#current, login)) this.#set(known);
    return known;
  }

  /** Writes the account of `login`. `false` when it cannot be done, or is no longer the same login. */
  async keepAccount(login: StoredLogin): Promise<boolean> {
    if (this.#unsaved !== undefined && isSameTokens(this.#unsaved.next, login)) {
      this.#unsaved = { ...this.#unsaved, next: login };
      return true;
    }
    return this.#storage.save(login, login).catch((cause: unknown) => {
      this.#logger.warn({ error: toCompanionError(cause) }, 'the profile of a login could not be written');
      return false;
    });
  }

  /** What was read while something was written here may be older than that, and is read again. */
  async #load(): Promise<StoredLogin | undefined> {
    this.#logger.debug({ event: 'credentials_load_start' }, 'reading a login');
    for (;;) {
      const changes = this.#changes;
      const stored = await this.#storage.load();
      if (changes !== this.#changes) continue;
      this.#logger.debug({ event: 'credentials_load_completed', isFound: stored !== undefined }, 'read a login');
      return stored;
    }
  }

  /** The profile that was fetched for a login which another program keeps without one. */
  #withKnownAccount(stored: StoredLogin | undefined): StoredLogin | undefined {
    const known = isSameTokens(stored, this.#current) ? (this.#current?.account ?? null) : null;
    const isKnown = stored === undefined || known === null || (stored.account?.email ?? null) !== null;
    return isKnown ? stored : { ...stored, account: known };
  }

  async #write(): Promise<StoredLogin | undefined> {
    while (this.#unsaved !== undefined) {
      const { next, expected } = this.#unsaved;
      if (await this.#storage.save(next, expected)) {
        this.#unsaved = undefined;
        this.#changes += 1;
        return next;
      }
      const other = await this.#storage.load();
      // Whoever wrote that did not have the refresh token that replaces this one: ours is the one that works.
      const isOld = other !== undefined && refreshTextOf(other) === refreshTextOf(expected);
      this.#unsaved = isOld ? { next, expected: other } : undefined;
      if (!isOld) this.#set(other);
    }
    return this.#current;
  }

  #set(login: StoredLogin | undefined): void {
    this.#changes += 1;
    const before = this.#current;
    this.#current = login;
    const isSame = isSameTokens(before, login) && JSON.stringify(before?.account) === JSON.stringify(login?.account);
    if (!isSame) this.#onChange();
  }
}
