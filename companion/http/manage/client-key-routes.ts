/** `/api/token/...`: the keys of single clients are made, listed and revoked. */
import { z } from 'zod';
import type { ClientKeys, ClientKeyStatus } from '../../client/client-keys.ts';
import { defaultExpiry, expiryWords } from '../../client/expiry.ts';
import { budgetPeriods, clientKeyModes } from '../../store/client-keys.ts';
import { toRfc3339 } from '../time.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

const time = z.iso.datetime();
const count = z.int().min(0);
const budget = z.int().min(1).nullable();
const mode = z.enum(clientKeyModes);
const period = z.enum(budgetPeriods);
const mostRequestsPerMinute = 10_000;

/** Terminals and logs show names: nothing in one may move the cursor, or turn what follows around. */
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\u2028-\u202e\u2066-\u2069]*$/u, 'control characters are not allowed in it');

/** What `companion token create` and the dashboard send. */
const wish = z.strictObject({
  name,
  expires_in: z.string().max(100).default(defaultExpiry).describe(expiryWords),
  mode: mode.default('both'),
  models: z
    .array(
      z
        .string()
        .trim()
        .min(1)
        .max(200)
        .regex(/^[^*\p{Cc}]*\*?$/u, 'a `*` may only stand at the end'),
    )
    .min(1)
    .max(100)
    .nullable()
    .default(null)
    .describe('the models that it may ask for, a `*` at the end of a name standing for any rest; null for all'),
  request_budget: budget.default(null),
  token_budget: budget.default(null),
  budget_period: period.default('never').describe('when the budgets begin anew'),
  rate_per_minute: z.int().min(1).max(mostRequestsPerMinute).nullable().default(null),
  enable_conversation_logging: z
    .literal(false, 'what clients and models say is never kept, so it cannot be turned on')
    .optional(),
});

const limits = {
  models: z.array(z.string()).nullable(),
  request_budget: budget,
  token_budget: budget,
  budget_period: period,
  rate_per_minute: z.int().nullable(),
};

const created = z.object({
  token: z.string().describe('the key itself, which is shown here and never again'),
  id: z.string(),
  name: z.string(),
  mode,
  expires_at: time.nullable().describe('null: never'),
  ...limits,
});

const listed = z.object({
  id: z.string(),
  name: z.string(),
  mode,
  created_at: time,
  expires_at: time.nullable(),
  revoked_at: time.optional(),
  last_used_at: time.optional(),
  is_valid: z.boolean().describe('neither revoked nor expired'),
  enable_conversation_logging: z.literal(false).describe('always false: what clients and models say is never kept'),
  total_requests: count,
  total_tokens_used: count,
  ...limits,
  requests_left: count.nullable().describe('null where there is no such budget'),
  tokens_left: count.nullable(),
  budget_resets_at: time.nullable(),
});

export type CreatedToken = z.infer<typeof created>;
export type ListedToken = z.infer<typeof listed>;
export type TokenWish = z.input<typeof wish>;

export function clientKeyRoutes(keys: ClientKeys): readonly Route[] {
  return [createRoute(keys), listRoute(keys), revokeRoute(keys)];
}

function createRoute(keys: ClientKeys): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/token/generate',
    access: 'admin',
    tag: 'Client keys',
    summary: 'Make a key for one client',
    description:
      "The key is a JWT and is told once, in the answer. Clients present it as they would the companion's own. A model " +
      'list holds for what an alias makes of a name; budgets are counted with the ledger.',
    body: wish,
    answer: created,
    handle: async ({ body }) => {
      const { token, key } = await keys.create({
        name: body.name,
        expiresIn: body.expires_in,
        mode: body.mode,
        models: body.models,
        requestBudget: body.request_budget,
        tokenBudget: body.token_budget,
        budgetPeriod: body.budget_period,
        ratePerMinute: body.rate_per_minute,
      });
      const { id, name: given, mode: allowed, expiresAtMs } = key;
      return {
        token: token.reveal(),
        id,
        name: given,
        mode: allowed,
        expires_at: timeOf(expiresAtMs),
        ...limitsOf(key),
      };
    },
  });
}

function listRoute(keys: ClientKeys): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/token/list',
    access: 'admin',
    tag: 'Client keys',
    summary: 'The keys of single clients, how much each was used, and what is left of its budgets',
    description: 'Revoked and expired ones are listed too. The keys themselves are kept nowhere and cannot be shown.',
    answer: z.object({ tokens: z.array(listed) }),
    handle: () => ({ tokens: keys.list().map(describe) }),
  });
}

function revokeRoute(keys: ClientKeys): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/token/revoke',
    access: 'admin',
    tag: 'Client keys',
    summary: 'Revoke the key of a client, by its id, its name or the beginning of its id',
    description: 'Counts from the next request on; answers that are on their way go on to their end.',
    body: z.strictObject({ id: z.string().trim().min(1).max(200) }),
    answer: z.object({ message: z.string() }),
    errors: ['NOT_FOUND'],
    handle: ({ body }) => {
      const { id, name: revoked } = keys.revoke(body.id);
      return { message: `The client key "${revoked}" (${id}) is revoked.` };
    },
  });
}

function describe(key: ClientKeyStatus): ListedToken {
  return {
    id: key.id,
    name: key.name,
    mode: key.mode,
    created_at: toRfc3339(key.createdAtMs),
    expires_at: timeOf(key.expiresAtMs),
    ...(key.revokedAtMs !== null && { revoked_at: toRfc3339(key.revokedAtMs) }),
    ...(key.lastUsedAtMs !== null && { last_used_at: toRfc3339(key.lastUsedAtMs) }),
    is_valid: key.isValid,
    enable_conversation_logging: false,
    total_requests: key.totalRequests,
    total_tokens_used: key.totalTokens,
    ...limitsOf(key),
    requests_left: key.requestsLeft,
    tokens_left: key.tokensLeft,
    budget_resets_at: timeOf(key.resetsAtMs),
  };
}

function limitsOf({ models, requestBudget, tokenBudget, budgetPeriod, ratePerMinute }: ClientKeyStatus) {
  return {
    models: models === null ? null : [...models],
    request_budget: requestBudget,
    token_budget: tokenBudget,
    budget_period: budgetPeriod,
    rate_per_minute: ratePerMinute,
  };
}

function timeOf(atMs: number | null): string | null {
  return atMs === null ? null : toRfc3339(atMs);
}
