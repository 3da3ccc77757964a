/** One place where a login may be found, whose it is, and what may be done with it. */
import type { LoginOwner, LoginProviderId } from '../../../shared/credential.ts';
import type { TokenStorage } from './token-storage.ts';

export interface LoginSource {
  readonly provider: LoginProviderId;
  readonly owner: LoginOwner;
  readonly storage: TokenStorage;
  /**
   * The companion may trade its refresh token for a new one (and writes that back). Never for Claude Code's: its refresh
   * token works once, and Claude Code would be signed out; its login is only read again.
   */
  readonly mayRefresh: boolean;
  /** What is got with it is kept in memory: nothing is ever written there, and no new login goes there. */
  readonly isReadOnly?: true;
  /** What the person does about a token that expired and may not be renewed here; the trouble's remedy. */
  readonly renewRemedy?: string;
  /** The person turned it on here: found and shown, but not used, while it is `false`. */
  isEnabled(): boolean;
  /** Calls `onChange` soon after another program changed it. Returns how to stop. */
  watch(onChange: () => void): () => void;
}
