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
