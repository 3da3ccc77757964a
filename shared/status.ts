/** What the companion tells about itself: one shape for the link's `status` frame, `GET /v0/status` and the CLI. */
import { z } from 'zod';
import { loginOwnerSchema, loginProviderIdSchema, restingPlaceSchema, transportChoiceSchema } from './credential.ts';
import { quotaWindowSchema } from './quota.ts';

const label = z.string().max(300);

/**
 * `active`: it works as far as we know. `unchecked`: kept, but claude.ai has not confirmed it yet. `expired`: claude.ai
 * no longer accepts it. `signed-out`: the browser reported that the person signed out.
 */
export const sessionStateSchema = z.enum(['active', 'unchecked', 'expired', 'signed-out']);

export const sessionStatusSchema = z.object({
  id: label,
  /** The name the user sees and may choose by: the e-mail address unless renamed. */
  name: label,
  email: label.nullable(),
  displayName: label.nullable(),
  organisationId: label.nullable(),
  organisation: label.nullable(),
  /** Every organisation of the account; `mayChat` is false for those that only have an API plan. */
  organisations: z.array(z.object({ id: label, name: label, mayChat: z.boolean() })).max(50),
  /** Plan as a person reads it: `Free`, `Pro`, `Max 5×`, `Team`, `Enterprise`; `null` while unknown. */
  plan: label.nullable(),
  restsIn: restingPlaceSchema,
  seatId: label.nullable(),
  state: sessionStateSchema,
  /** `true` for the session that serves unless a client asks for another. */
  isDefault: z.boolean(),
  syncedAtMs: z.number(),
  validUntilMs: z.number().nullable(),
  models: z.array(z.object({ id: label, name: label })).max(200),
  quotas: z.array(quotaWindowSchema).max(40),
  /** The person turned it off: it is kept, and serves nobody. Absent for one that is on. */
  isOff: z.boolean().optional(),
  /** The last trouble that still stands, as an error code of `shared/error-code.ts`, with when it happened. */
  trouble: z.object({ code: label, message: z.string().max(2000), atMs: z.number() }).nullable(),
});
export type SessionStatus = z.infer<typeof sessionStatusSchema>;

/**
 * `usable`: its token is valid, or is renewed when it is needed. `expired`: renewing it failed for now, and is tried
 * again. `dead`: the provider no longer renews it; only signing in again helps. `off`: another program's, which the person
 * did not turn on here.
 */
export const loginStateSchema = z.enum(['usable', 'expired', 'dead', 'off']);

/** A login as the CLI, the popup and the dashboard show it; never a token. */
export const loginStatusSchema = z.object({
  id: label,
  provider: loginProviderIdSchema,
  owner: loginOwnerSchema,
  /** The e-mail address, or the id while that is unknown. */
  name: label,
  email: label.nullable(),
  organisation: label.nullable(),
  /** As a person reads it: `Pro`, `Max 20×`, `Plus`; `null` while unknown. */
  plan: label.nullable(),
  /** `OS keyring (service: ccproxy-companion)`, `/home/ada/.codex/auth.json`. */
  location: z.string().max(1000),
  state: loginStateSchema,
  /** Of the access token; `null` when it does not tell. */
  expiresAtMs: z.number().nullable(),
  /** It can be renewed here without the person. */
  isRefreshable: z.boolean(),
  /** The person turned it off here: it is kept and renewed, and serves nobody. Absent for one that is on. */
  isOff: z.boolean().optional(),
  refreshedAtMs: z.number().nullable(),
  scopes: z.array(label).max(50),
  quotas: z.array(quotaWindowSchema).max(40),
  /** What stands in the way, with what to do about it. */
  trouble: z
    .object({ code: label, message: z.string().max(2000), remedy: z.string().max(1000), atMs: z.number() })
    .nullable(),
});
export type LoginStatus = z.infer<typeof loginStatusSchema>;

/** A login that somebody began and that is not through yet. */
export const pendingLoginSchema = z.object({
  id: label,
  provider: loginProviderIdSchema,
  /** `waiting`: for the person. `exchanging`: the provider's answer is being traded for tokens. */
  state: z.enum(['waiting', 'exchanging']),
  expiresAtMs: z.number(),
});
export type PendingLoginStatus = z.infer<typeof pendingLoginSchema>;

export const seatStatusSchema = z.object({
  id: label,
  name: label,
  browser: label,
  isOnline: z.boolean(),
  pairedAtMs: z.number(),
  lastSeenAtMs: z.number().nullable(),
  /** Short fingerprint that both sides show after pairing, e.g. `4F2A-91C7`. */
  fingerprint: label,
});
export type SeatStatus = z.infer<typeof seatStatusSchema>;

/** An exchange that runs right now. */
export const activitySchema = z.object({
  exchangeId: label,
  /** Name of the client as far as known: `claude-code`, `anthropic-sdk`, `openai-sdk`, ... */
  client: label,
  model: label,
  transport: z.enum(['browser', 'direct']),
  seatId: label.nullable(),
  startedAtMs: z.number(),
});
export type Activity = z.infer<typeof activitySchema>;

export const companionStatusSchema = z.object({
  version: label,
  pid: z.number(),
  url: label,
  startedAtMs: z.number(),
  /** When this status was taken, by the companion's clock. */
  atMs: z.number(),
  vault: z.object({
    kind: z.enum(['keyring', 'key-file', 'configured-key', 'memory']),
    location: label,
    note: label.nullable(),
  }),
  transport: transportChoiceSchema,
  isAuthRequired: z.boolean(),
  /** The API keys of each provider that has some. Absent from a companion that knows none. */
  keys: z
    .array(z.object({ provider: label, count: z.number(), healthy: z.number() }))
    .max(200)
    .optional(),
  sessions: z.array(sessionStatusSchema).max(100),
  /** Absent from a companion that knows none of this, like the next. */
  logins: z.array(loginStatusSchema).max(100).optional(),
  pendingLogins: z.array(pendingLoginSchema).max(20).optional(),
  /** The limits that Claude Code told of when it last answered here. */
  claudeCode: z.object({ quotas: z.array(quotaWindowSchema).max(64) }).optional(),
  /** Why the settings on disk were not taken, and which of them wait for the next start. */
  settings: z.object({ problem: z.string().max(4000).nullable(), pending: z.array(label).max(200) }).optional(),
  /** What a person should know of the files with plain keys that were found: a line each. */
  fileNotices: z.array(z.string().max(4000)).max(50).optional(),
  seats: z.array(seatStatusSchema).max(100),
  activity: z.array(activitySchema).max(100),
});
export type CompanionStatus = z.infer<typeof companionStatusSchema>;

/** What a client program needs to reach the companion; `companion env --json` prints exactly this. */
export const clientSettingsSchema = z.object({
  ANTHROPIC_BASE_URL: label,
  ANTHROPIC_AUTH_TOKEN: label,
  ANTHROPIC_API_KEY: label,
  OPENAI_BASE_URL: label,
  OPENAI_API_KEY: label,
});
export type ClientSettings = z.infer<typeof clientSettingsSchema>;
