/** `/v0/management/auths`: every key, login and session in one list, without a secret. */
import { z } from 'zod';
import type { AuthBook } from '../control/auth-book.ts';
import { authStates } from '../control/auth-entry.ts';
import type { AuthEntry } from '../control/auth-entry.ts';
import { refreshOutcomes } from '../control/auth-refresh.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

const time = z.iso.datetime().nullable();
const count = z.number().int().min(0);

const quota = z
  .object({
    limit: count.nullable().describe('Tokens that it may use in a period; null: as many as it likes'),
    used: count,
    remaining: count.nullable(),
  })
  .nullable();

const types = ['api_key', 'oauth', 'session'] as const;

export const authSchema = z.object({
  id: z.string(),
  provider: z.string().describe('`anthropic`, `openai`, ..., `codex` for ChatGPT logins, `claude-web` for sessions'),
  type: z.enum(types),
  name: z.string(),
  priority: z.number().describe('Lower numbers are preferred, among those of one provider'),
  quota,
  status: z.enum(authStates),
  status_reason: z.string().nullable(),
  until: time.describe('Until when it is passed over'),
  source: z.string().describe('`vault`, `environment`, `config`, `companion`, `codex`, `claude-code`, `browser`, ...'),
  places: z.array(z.string()).describe('Where it stands'),
  ending: z.string().nullable().describe('The last characters of a key, to tell it from others'),
  expires_at: time,
  last_used_at: time,
  email: z.string().nullable(),
  plan: z.string().nullable(),
});
const listed = z.object({ auths: z.array(authSchema) });

const provider = z.string().min(1).max(200).describe('Its id or another name: `anthropic`, `claude`, `gemini`');
const params = z.object({ provider });
const id = z.string().min(1).max(500).describe('Id of the credential; never the key itself');
const someId = z.object({ id: id.optional() });
const token = z.string().min(1).max(10_000).describe('The key, or the value of the session’s cookie');
const name = z.string().min(1).max(200);
const priority = z.number().int().min(0).max(1000);

const newAuth = z.object({
  provider,
  type: z.enum(types).default('api_key').describe('`oauth` is answered with how to sign in'),
  token: token.optional(),
  name: name.optional(),
  priority: priority.optional(),
  organization_id: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,100}$/)
    .optional()
    .describe('Of a session: the organisation that is to serve'),
});
const change = z.object({
  token: token.optional(),
  name: name.optional(),
  priority: priority.optional(),
  enabled: z.boolean().optional().describe('`false`: it is kept, and not used'),
});

const tag = 'Credentials';
const path = '/v0/management/auths/{provider}';

export function authRoutes(book: AuthBook): readonly Route[] {
  return [
    listRoute(book),
    providerRoute(book),
    addRoute(book),
    changeRoute(book),
    removeRoute(book),
    refreshRoute(book),
  ];
}

function listRoute(book: AuthBook): Route {
  return defineRoute({
    method: 'GET',
    path: '/v0/management/auths',
    access: 'admin',
    tag,
    summary: 'Every key, login and session, and how each stands',
    description: 'Those of other programs that are used here too are among them. No token is ever shown.',
    answer: listed,
    handle: () => ({ auths: book.list().map(asAnswer) }),
  });
}

function providerRoute(book: AuthBook): Route {
  return defineRoute({
    method: 'GET',
    path,
    access: 'admin',
    tag,
    summary: 'The credentials of one provider',
    params,
    answer: listed,
    errors: ['NOT_FOUND'],
    handle: ({ params: { provider: wanted } }) => ({ auths: book.of(wanted).map(asAnswer) }),
  });
}

function addRoute(book: AuthBook): Route {
  return defineRoute({
    method: 'POST',
    path: '/v0/management/auths',
    access: 'admin',
    tag,
    summary: 'Keep an API key or a claude.ai session, encrypted',
    description: 'A provider may have several. What is there already is refused, and named.',
    body: newAuth,
    answer: authSchema,
    status: 201,
    errors: ['NOT_FOUND'],
    handle: async ({ body: { organization_id: organisationId, ...wanted } }) => {
      const { type, token: secret, name: called, priority: rank } = wanted;
      return asAnswer(
        await book.add({
          provider: wanted.provider,
          type,
          token: secret,
          name: called,
          priority: rank,
          organisationId,
        }),
      );
    },
  });
}

function changeRoute(book: AuthBook): Route {
  return defineRoute({
    method: 'PUT',
    path,
    access: 'admin',
    tag,
    summary: 'Give a credential another token, name or priority, or turn it off and on',
    description:
      'Without an id the one that the provider has; with several the answer names their ids. With another token a key has ' +
      'another id. Tokens of logins are not set: sign in anew.',
    params,
    query: someId,
    body: change,
    answer: authSchema,
    errors: ['NOT_FOUND'],
    handle: async ({ params: { provider: wanted }, query, body: { enabled: isOn, ...body } }) =>
      asAnswer(
        await book.change(wanted, query.id, { token: body.token, name: body.name, priority: body.priority, isOn }),
      ),
  });
}

function removeRoute(book: AuthBook): Route {
  return defineRoute({
    method: 'DELETE',
    path,
    access: 'admin',
    tag,
    summary: 'Forget a credential, by its id',
    description:
      'A key in the environment or the configuration is told with its place; the login of another program is never deleted.',
    params,
    query: someId,
    answer: z.object({
      deleted: z.object({ id: z.string(), provider: z.string(), type: z.enum(types), name: z.string() }),
      remains_in: z.array(z.string()).describe('Other places where the same key stands, so that it goes on being used'),
    }),
    errors: ['NOT_FOUND'],
    handle: async ({ params: { provider: wanted }, query }) => {
      const { entry, remainsIn } = await book.remove(wanted, query.id);
      return { deleted: entry, remains_in: [...remainsIn] };
    },
  });
}

function refreshRoute(book: AuthBook): Route {
  return defineRoute({
    method: 'POST',
    path: `${path}/refresh`,
    access: 'admin',
    tag,
    summary: 'Renew the logins of a provider, and ask whether its keys and sessions work',
    params,
    query: someId,
    answer: z.object({
      results: z.array(
        z.object({
          id: z.string(),
          outcome: z.enum(refreshOutcomes),
          message: z.string().nullable(),
          auth: authSchema,
        }),
      ),
    }),
    errors: ['NOT_FOUND'],
    handle: async ({ params: { provider: wanted }, query }, signal) => {
      const results = await book.refresh(wanted, query.id, signal);
      return {
        results: results.map(({ auth, id: ofId, outcome, message }) => ({
          id: ofId,
          outcome,
          message,
          auth: asAnswer(auth),
        })),
      };
    },
  });
}

function asAnswer(entry: AuthEntry) {
  return { ...entry, places: [...entry.places] };
}
