/** Trading a code, or a refresh token, for tokens: the contract of the providers' login servers. */
import type { Secret } from '../../../shared/redact.ts';
import type { LoginAccount, StoredLogin } from '../login/stored-login.ts';

export interface CodeGrant {
  readonly code: Secret;
  readonly verifier: Secret;
  readonly redirectUri: string;
  readonly state: string;
}

/**
 * Errors of `exchange` and `refresh`: `LOGIN_REFUSED` (in the provider's own words), `UPSTREAM_UNREACHABLE`, `STREAM_BROKEN`
 * and the time-outs, `UPSTREAM_ERROR` (5xx), `UPSTREAM_UNREADABLE` (garbage), `CHALLENGE`, `RATE_LIMITED` with
 * `details.retryAtMs` where it names a time; no token is ever quoted.
 */
export interface RenewalEndpoint {
  /**
   * The next login: what the answer leaves out is kept from `login`. `LOGIN_EXPIRED` when the provider says for good that
   * this refresh token is of no use (`invalid_grant` and its kin), with `details.upstreamType` naming which.
   */
  refresh(login: StoredLogin, signal: AbortSignal): Promise<StoredLogin>;
  /** The profile of the account; `undefined` on any trouble: it never stands in the way. */
  profile(login: StoredLogin, signal: AbortSignal): Promise<LoginAccount | undefined>;
}

/** Of a provider whose logins end with a redirect. */
export interface TokenEndpoint extends RenewalEndpoint {
  /** The login with its account filled in as far as the answer (or the profile, which may fail) tells. */
  exchange(grant: CodeGrant, signal: AbortSignal): Promise<StoredLogin>;
}
