import { z } from 'zod';
import type { Secret } from './redact.ts';

/** One cookie of the user's claude.ai session, as the browser holds it. */
export const sessionCookieSchema = z.object({
  name: z.enum(['sessionKey', 'lastActiveOrg', 'routingHint']),
  value: z.string().min(1).max(4096),
  /** Unix milliseconds; absent for a cookie that ends with the browser session. */
  expiresAtMs: z.number().positive().optional(),
});
export type SessionCookie = z.infer<typeof sessionCookieSchema>;

/** A claude.ai web session: the secret that authorises web mode. Lives in the vault only. */
export const webSessionSchema = z.object({
  kind: z.literal('web-session'),
  cookies: z.array(sessionCookieSchema).min(1).max(8),
});
export type WebSession = z.infer<typeof webSessionSchema>;

/** Where a session rests: in the companion's vault, or in the browser that it came from and nowhere else. */
export const restingPlaceSchema = z.enum(['vault', 'browser']);
export type RestingPlace = z.infer<typeof restingPlaceSchema>;

/** How web-mode bytes travel: `auto` prefers the browser when its seat is online. */
export const transportChoiceSchema = z.enum(['auto', 'browser', 'direct']);
export type TransportChoice = z.infer<typeof transportChoiceSchema>;

/** A key of an API provider. Its id is made from the provider and a digest of the key, so it names without telling. */
export interface ApiKey {
  readonly kind: 'api-key';
  /** `openai-3f9a2c41`; `client` for a credential that a client sent along with its request. */
  readonly id: string;
  readonly providerId: string;
  /** As the person named it; the id unless named. */
  readonly name: string;
  /** `null` for a provider that wants none. */
  readonly secret: Secret | null;
  readonly origin: 'environment' | 'config' | 'vault' | 'client';
  /** Lower numbers are preferred. */
  readonly priority: number;
}

/** Where a login is made: `anthropic` opens the Claude subscription, `openai` the ChatGPT plan (Codex). */
export const loginProviderIdSchema = z.enum(['anthropic', 'openai']);
export type LoginProviderId = z.infer<typeof loginProviderIdSchema>;

/** Whose login it is: made here, or another program's that it stays with, and from which it is only read. */
export const loginOwnerSchema = z.enum(['companion', 'claude-code', 'codex']);
export type LoginOwner = z.infer<typeof loginOwnerSchema>;

/** An OAuth login that may serve. Holds no secret: an exchange leases the access token of the moment. */
export interface OAuthLogin {
  readonly kind: 'oauth-login';
  /** `claude-3f9a2c41`, `chatgpt-3f9a2c41`: made from the account, so that a new login of the same account keeps it. */
  readonly id: string;
  /** Of the API provider that it opens: `anthropic`, `codex`. */
  readonly providerId: string;
  /** The e-mail address, or the id while that is unknown. */
  readonly name: string;
  readonly origin: LoginOwner;
  /** Lower numbers are preferred. */
  readonly priority: number;
}

/** The same with its access token of the moment: for one exchange, never kept. */
export interface OAuthToken extends Omit<OAuthLogin, 'kind'> {
  readonly kind: 'oauth-token';
  readonly secret: Secret;
  /** ChatGPT's account, which its backend wants named; `null` where there is no such thing. */
  readonly accountId: string | null;
}

/** What the router plans with. */
export type RoutedCredential = ApiKey | OAuthLogin;
/** What an upstream is given. */
export type LeasedCredential = ApiKey | OAuthToken;
