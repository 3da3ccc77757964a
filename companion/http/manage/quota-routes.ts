/** `/v0/management/auths/{provider}/quota`: how many tokens credentials have used, and how many the person allows them. */
import { z } from 'zod';
import { providerIdOf } from '../../../shared/api-provider.ts';
import type { QuotaWindow } from '../../../shared/quota.ts';
import { CompanionError } from '../../base/error.ts';
import { resetScheduleNames } from '../../config/reset-schedule.ts';
import type { TokenLimits, TokenUse } from '../../exchange/token-limits.ts';
import { describeWindow } from '../quota.ts';
import { told } from '../control/auth-errors.ts';
import { toRfc3339 } from '../time.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

export interface CountedCredential {
  readonly id: string;
  readonly name: string;
  readonly providerId: string;
  readonly kind: 'api-key' | 'oauth-login' | 'web-session';
}

export interface QuotaRouteFacts {
  /** Keys, logins and sessions, those that are turned off included. */
  readonly credentials: () => readonly CountedCredential[];
  readonly limits: Pick<TokenLimits, 'use' | 'setLimit' | 'reset'>;
  /** What the provider told of its own limits. */
  readonly windowsOf: (credentialId: string) => readonly QuotaWindow[];
  readonly nowMs: () => number;
}

const tag = 'Credentials';
const path = '/v0/management/auths/{provider}/quota';
const time = z.iso.datetime();
const tokens = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const figures = {
  limit: tokens.nullable().describe('Tokens in a period; null: as many as it likes'),
  used: tokens.describe('Input, output, and what the prompt cache read and wrote'),
  remaining: tokens.nullable(),
  resets_at: time.nullable().describe('null: never, or not known yet'),
};

const windowSchema = z.object({
  window: z.string(),
  model: z.string().nullable(),
  used_fraction: z.number().nullable(),
  status: z.enum(['allowed', 'warning', 'exceeded']),
  resets_at: z.string().nullable(),
  source: z.string().describe('Where the figure comes from'),
  age_seconds: z.number(),
});

const credentialSchema = z.object({
  id: z.string(),
  name: z.string(),
  provider: z.string(),
  kind: z.enum(['api-key', 'oauth-login', 'web-session']),
  ...figures,
  reset_schedule: z.enum(resetScheduleNames),
  windows: z.array(windowSchema).describe('What the provider itself told of its limits last'),
});

const providerSchema = z.object({
  provider: z.string(),
  ...figures,
  credentials: z.array(credentialSchema),
});

export type QuotaCredential = z.output<typeof credentialSchema>;
export type ProviderQuota = z.output<typeof providerSchema>;

const params = z.object({
  provider: z
    .string()
    .min(1)
    .max(200)
    .describe('Its id or another name: `anthropic`, `claude`, `gemini`, `claude-web`'),
});
const id = z.string().min(1).max(500).describe('Id of one credential; all of the provider without it');
const query = z.object({ id: id.optional() });

export function quotaRoutes(facts: QuotaRouteFacts): readonly Route[] {
  return [listRoute(facts), showRoute(facts), setRoute(facts), resetRoute(facts)];
}

function listRoute(facts: QuotaRouteFacts): Route {
  return defineRoute({
    method: 'GET',
    path: '/v0/management/quota',
    access: 'admin',
    tag,
    summary: 'What every credential has used, and what it has left',
    answer: z.object({ at: time, credentials: z.array(credentialSchema) }),
    handle: () => ({
      at: new Date(facts.nowMs()).toISOString(),
      credentials: facts.credentials().map((credential) => describe(credential, facts)),
    }),
  });
}

function showRoute(facts: QuotaRouteFacts): Route {
  return defineRoute({
    method: 'GET',
    path,
    access: 'admin',
    tag,
    summary: "What a provider's credentials have used, and what they have left",
    description: 'The figures at the top are those of its credentials together.',
    params,
    query,
    answer: providerSchema,
    errors: ['NOT_FOUND'],
    handle: (input) => answer(find(input.params.provider, input.query.id, facts), facts),
  });
}

function setRoute(facts: QuotaRouteFacts): Route {
  return defineRoute({
    method: 'PUT',
    path,
    access: 'admin',
    tag,
    summary: 'Allow each credential of a provider so many tokens in a period',
    description:
      'Each of them gets the whole limit; with an id that one alone. `null` takes the limit off. What was used in the period ' +
      'counts on: a limit below it is used up at once.',
    params,
    query,
    body: z.object({ limit: tokens.nullable(), id: id.optional() }),
    answer: providerSchema,
    errors: ['NOT_FOUND', 'STORE_UNAVAILABLE'],
    handle: ({ params: { provider }, query: { id: first }, body }) => {
      const wanted = find(provider, body.id ?? first, facts);
      facts.limits.setLimit(idsOf(wanted), body.limit);
      return answer(wanted, facts);
    },
  });
}

function resetRoute(facts: QuotaRouteFacts): Route {
  return defineRoute({
    method: 'POST',
    path: `${path}/reset`,
    access: 'admin',
    tag,
    summary: "Begin the count of a provider's credentials anew, now",
    params,
    query,
    body: z.object({ id: id.optional() }).optional(),
    answer: providerSchema,
    errors: ['NOT_FOUND', 'STORE_UNAVAILABLE'],
    handle: ({ params: { provider }, query: { id: first }, body }) => {
      const wanted = find(provider, body?.id ?? first, facts);
      facts.limits.reset(idsOf(wanted));
      return answer(wanted, facts);
    },
  });
}

interface Wanted {
  readonly provider: string;
  readonly credentials: readonly CountedCredential[];
}

function idsOf({ credentials }: Wanted): readonly string[] {
  return credentials.map((credential) => credential.id);
}

function find(name: string, wantedId: string | undefined, { credentials }: QuotaRouteFacts): Wanted {
  const all = credentials();
  const provider = providerIdOf(name);
  const ofProvider = all.filter(({ providerId }) => providerId === provider);
  if (ofProvider.length === 0) throw noCredentials(name, all);
  if (wantedId === undefined) return { provider, credentials: ofProvider };
  const one = ofProvider.filter((credential) => credential.id === wantedId);
  // An id that is not known may be a key that somebody sent in its place.
  if (one.length === 0) {
    const ids = ofProvider.map((credential) => credential.id).join(', ');
    throw new CompanionError('NOT_FOUND', `No credential of ${provider} has that id. There are: ${ids}.`, {
      remedy: `GET /v0/management/auths/${provider}/quota lists them.`,
    });
  }
  return { provider, credentials: one };
}

function noCredentials(name: string, all: readonly CountedCredential[]): CompanionError {
  const known = [...new Set(all.map(({ providerId }) => providerId))].toSorted();
  const others = known.length === 0 ? 'There are none at all yet.' : `There are some for: ${known.join(', ')}.`;
  return new CompanionError('NOT_FOUND', `No credentials for provider ${told(name)}. ${others}`, {
    remedy: 'Use one of those names, or add a key with `companion keys add`.',
  });
}

function answer({ provider, credentials }: Wanted, facts: QuotaRouteFacts): ProviderQuota {
  const described = credentials.map((credential) => describe(credential, facts));
  const resets = described.map((one) => one.resets_at).filter((at) => at !== null);
  return {
    provider,
    limit: sum(described.map((one) => one.limit)),
    used: sum(described.map((one) => one.used)) ?? 0,
    remaining: sum(described.map((one) => one.remaining)),
    resets_at: resets.toSorted()[0] ?? null,
    credentials: described,
  };
}

/** `null` where one of them is without an end. */
function sum(counts: readonly (number | null)[]): number | null {
  let total = 0;
  for (const count of counts) {
    if (count === null) return null;
    total = Math.min(total + count, Number.MAX_SAFE_INTEGER);
  }
  return total;
}

function describe({ id: credentialId, name, providerId, kind }: CountedCredential, facts: QuotaRouteFacts) {
  const { limit, used, remaining, resetsAtMs, schedule }: TokenUse = facts.limits.use(credentialId);
  const windows = facts.windowsOf(credentialId).map((window) => describeWindow(window, facts.nowMs()));
  return {
    id: credentialId,
    name,
    provider: providerId,
    kind,
    limit,
    used,
    remaining,
    resets_at: resetsAtMs === null ? null : toRfc3339(resetsAtMs),
    reset_schedule: schedule,
    windows,
  } satisfies QuotaCredential;
}
