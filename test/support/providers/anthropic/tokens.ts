/** Access tokens of subscriptions, as the API learns of them from whoever issued them. */
import type { ClaudeAccount } from './account.ts';

export interface IssuedToken {
  readonly account: ClaudeAccount;
  readonly scopes: readonly string[];
  readonly state: 'live' | 'expired' | 'revoked';
}

export interface TokenAuthority {
  /** `undefined` for a token that it never issued. */
  look(accessToken: string): IssuedToken | undefined;
}
