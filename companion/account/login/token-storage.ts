/** Where one login rests. Implementations: the vault, a JSON file, an item of the keyring, memory. */
import type { StoredLogin } from './stored-login.ts';

/**
 * Errors of all: `STORE_UNAVAILABLE` (disk), `LOGIN_UNREADABLE` (what is there is no login; it is left as it is),
 * `VAULT_LOCKED`, `VAULT_UNREADABLE`. A write is whole when its promise resolves; a crash before that leaves the old state.
 */
export interface TokenStorage {
  /** For a person: `/home/ada/.codex/auth.json`, `OS keyring (service: Codex Auth, user: cli|0a1b...)`. */
  readonly location: string;
  /** Asks the storage anew each time: another program may have written. */
  load(): Promise<StoredLogin | undefined>;
  /**
   * Compare and swap: writes `next` only while `expected` still stands there (same access and refresh token; `undefined`:
   * nothing stands there). `false` when something else does. What it does not know of a shared file is kept.
   */
  save(next: StoredLogin, expected: StoredLogin | undefined): Promise<boolean>;
  exists(): Promise<boolean>;
  /** `true` if there was something to delete. */
  delete(): Promise<boolean>;
}
