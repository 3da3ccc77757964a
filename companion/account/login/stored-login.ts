/** What is kept of one OAuth login: the tokens, and whose they are. */
import type { KiroPlace, LoginProviderId } from '../../../shared/credential.ts';
import type { Secret } from '../../../shared/redact.ts';

/** Whose login it is, as the provider's profile (Anthropic) or id token (OpenAI) tells; every part may be unknown. */
export interface LoginAccount {
  /** Anthropic: the account's uuid. OpenAI: `chatgpt_account_id`. Copilot: the number of the GitHub user. */
  readonly id: string | null;
  readonly email: string | null;
  /** Copilot: the name of the GitHub user. */
  readonly displayName: string | null;
  readonly organisationId: string | null;
  readonly organisation: string | null;
  /** Anthropic `pro`, `max`, `team`, `enterprise`, `free`; OpenAI `plus`, `pro`, ...: in the provider's own words. */
  readonly subscriptionType: string | null;
  /** `default_claude_max_20x`; OpenAI has none. */
  readonly rateLimitTier: string | null;
}

/**
 * What a Copilot login has besides. The GitHub token, which lasts, is its refresh token, and the short Copilot token its
 * access token; where GitHub gives none, the GitHub token serves as both.
 */
export interface CopilotFacts {
  /** The address of the API that the token names; `null` when it names none that may be asked. */
  readonly apiUrl: string | null;
}

/** A client that was registered for logins at AWS. */
export interface RegisteredClient {
  readonly id: string;
  readonly secret: Secret;
  /** Unix milliseconds; `null` when nothing tells. */
  readonly expiresAtMs: number | null;
}

/** What a Kiro login has besides. */
export interface KiroFacts extends KiroPlace {
  /** What renews it; `null` for one that needs none. */
  readonly client: RegisteredClient | null;
  readonly startUrl: string | null;
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
  readonly copilot?: CopilotFacts;
  readonly kiro?: KiroFacts;
}
