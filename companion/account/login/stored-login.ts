/** What is kept of one OAuth login: the tokens, and whose they are. */
import type { LoginProviderId } from '../../../shared/credential.ts';
import type { Secret } from '../../../shared/redact.ts';

/** Whose login it is, as the provider's profile (Anthropic) or id token (OpenAI) tells; every part may be unknown. */
export interface LoginAccount {
  /** Anthropic: the account's uuid. OpenAI: `chatgpt_account_id`. */
  readonly id: string | null;
  readonly email: string | null;
  readonly displayName: string | null;
  readonly organisationId: string | null;
  readonly organisation: string | null;
  /** Anthropic `pro`, `max`, `team`, `enterprise`, `free`; OpenAI `plus`, `pro`, ...: in the provider's own words. */
  readonly subscriptionType: string | null;
  /** `default_claude_max_20x`; OpenAI has none. */
  readonly rateLimitTier: string | null;
}

export interface StoredLogin {
  readonly provider: LoginProviderId;
  readonly accessToken: Secret;
  /** `null`: it cannot be renewed (a long-lived token, or one of which only the access token was given). */
  readonly refreshToken: Secret | null;
  /** OpenAI only. */
  readonly idToken: Secret | null;
  /** Unix milliseconds; `null` when nothing tells. */
  readonly expiresAtMs: number | null;
  readonly refreshExpiresAtMs: number | null;
  readonly scopes: readonly string[];
  /** `null` until the profile was fetched. */
  readonly account: LoginAccount | null;
  readonly refreshedAtMs: number | null;
}
