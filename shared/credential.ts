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

/** Logins that end with a redirect: `anthropic` opens the Claude subscription, `openai` the ChatGPT plan (Codex). */
export const redirectLoginProviderIdSchema = z.enum(['anthropic', 'openai']);
export type RedirectLoginProviderId = z.infer<typeof redirectLoginProviderIdSchema>;

/** Logins by a code that the person types at the provider (RFC 8628), on a page that the companion serves, or in a terminal. */
export const deviceLoginProviderIdSchema = z.enum(['copilot', 'kiro']);
export type DeviceLoginProviderId = z.infer<typeof deviceLoginProviderIdSchema>;

/** Where a login is made. */
export const loginProviderIdSchema = z.enum([
  ...redirectLoginProviderIdSchema.options,
  ...deviceLoginProviderIdSchema.options,
]);
export type LoginProviderId = z.infer<typeof loginProviderIdSchema>;

/**
 * Whose login it is: made here, or another program's that it stays with, and from which it is only read. `gh` is GitHub's
 * command line, `environment` a token that a variable or the configuration holds.
 */
export const loginOwnerSchema = z.enum(['companion', 'claude-code', 'codex', 'gh', 'kiro', 'environment']);
export type LoginOwner = z.infer<typeof loginOwnerSchema>;

/** An OAuth login that may serve. Holds no secret: an exchange leases the access token of the moment. */
export interface OAuthLogin {
  readonly kind: 'oauth-login';
  /** `claude-3f9a2c41`, `chatgpt-3f9a2c41`, `copilot-3f9a2c41`: made from the account, so that a new login of the same account keeps it. */
  readonly id: string;
  /** Of the API provider that it opens: `anthropic`, `codex`, `copilot`, `kiro`. */
  readonly providerId: string;
  /** The e-mail address or the user name, or the id while that is unknown. */
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
  /** Copilot: the address that its token names for the API; `null` where the configured one holds. */
  readonly apiUrl?: string | null;
  /** Kiro: where it is asked, and as what. */
  readonly kiro?: KiroPlace;
}

/** The AWS region of a Kiro login, and the profile of its organisation where it has one. */
export interface KiroPlace {
  readonly region: string;
  readonly profileArn: string | null;
}

/** What the router plans with. */
export type RoutedCredential = ApiKey | OAuthLogin;
/** What an upstream is given. */
export type LeasedCredential = ApiKey | OAuthToken;
