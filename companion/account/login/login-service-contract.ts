/** All logins together, as the router, the exchange and the control routes see them. */
import type { OAuthLogin, OAuthToken } from '../../../shared/credential.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import type { StoredLogin } from './stored-login.ts';

/** In the words of an API that scripts may know already. Times are RFC 3339. */
export interface RefreshWorkerStatus {
  readonly enabled: boolean;
  readonly last_check: string | null;
  readonly next_check: string | null;
  readonly credentials_checked: number;
  readonly refreshed: number;
  readonly failed: number;
}

/** The files in which another program of this kind may keep a login. */
export interface LoginFiles {
  /** In the order in which they are tried. */
  readonly searched: readonly string[];
  readonly found: readonly string[];
}

/** `path`: the file that it came from, which stays as it is. */
export interface ImportedLogin {
  readonly path: string;
  readonly login: LoginStatus;
}

export interface Logins {
  /**
   * Those that the person lets serve. A dead one is among them, and says when it is leased what to do about it. The same
   * array until something changes. No I/O.
   */
  list(): readonly OAuthLogin[];
  /** Every login that there is, for a person. No I/O. */
  statuses(): readonly LoginStatus[];
  /**
   * The token of the moment: renewed first where it would not last (once for however many ask, in however many processes).
   * A token that is still valid is given although renewing it failed. Errors: `LOGIN_REQUIRED` (gone), `LOGIN_EXPIRED` (for
   * good), `LOGIN_REFRESH_FAILED` (for now), those of the storage.
   */
  lease(login: OAuthLogin, signal: AbortSignal): Promise<OAuthToken>;
  /**
   * The provider did not accept `token`: another one, if there is or can be got one, for one more try; `undefined` when
   * there is none, and then the login is `dead`. Reads the storage again first: another program may have renewed it.
   */
  replace(token: OAuthToken, signal: AbortSignal): Promise<OAuthToken | undefined>;
  /** The provider did not accept what `replace` gave either: the login is `dead` until it has another token. */
  refuse(token: OAuthToken): void;
  /** By id, name (e-mail) or provider; by provider the one made here comes first. Errors: `LOGIN_REQUIRED`, `NOT_FOUND`. */
  find(wanted: string): LoginStatus;
  /** The whole record. One that is turned on is renewed first if it expired. Errors: as `lease`. */
  inspect(id: string, signal: AbortSignal): Promise<StoredLogin>;
  /** The same as it is known, over or not. No I/O. */
  known(id: string): StoredLogin | undefined;
  /** Renews it now, whatever its expiry. Errors: `LOGIN_EXPIRED`, `LOGIN_REFRESH_FAILED`, `NOT_AVAILABLE_IN_MODE` (another program's). */
  refresh(id: string, signal: AbortSignal): Promise<LoginStatus>;
  /** Keeps a new login in its usual place. Errors: `LOGIN_MISMATCH` when another account's rests there and `isForced` is not set. */
  add(login: StoredLogin, isForced: boolean): Promise<LoginStatus>;
  /** Looks for such files now; reads none. */
  importable(): Promise<LoginFiles>;
  /**
   * Takes over the login in the file at `path`, or in the first one of `importable`. Errors: `NOT_FOUND`, which names what
   * was searched; `LOGIN_UNREADABLE`; `INVALID_REQUEST` for Claude Code's own and, unless `isForced`, for one that was
   * taken over before or is no newer than the one of its account that is here.
   */
  importFrom(path: string | undefined, isForced: boolean): Promise<ImportedLogin>;
  /** Forgets it: tokens and profile. Another program's is never deleted: `INVALID_REQUEST` says how to sign out there. */
  remove(id: string): Promise<LoginStatus>;
  worker(): RefreshWorkerStatus;
  /** How often logins are looked at has changed: that counts from now on. */
  applyRhythm(): void;
  close(): Promise<void>;
}
