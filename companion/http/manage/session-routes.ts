/** `/api/session`: the claude.ai sessions, those that browsers share and those that were handed over. */
import { z } from 'zod';
import { Secret } from '../../../shared/redact.ts';
import { sessionDisclosureText } from '../../../shared/session-disclosure.ts';
import { sessionStateSchema } from '../../../shared/status.ts';
import { parseExpiry } from '../../client/expiry.ts';
import { untilOf } from '../control/auth-entry.ts';
import type { DeskSession, SessionDesk } from '../control/session-desk.ts';
import { toRfc3339OrNull } from '../time.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

const time = z.iso.datetime().nullable();

const session = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  organization_id: z.string().nullable(),
  organization: z.string().nullable(),
  plan: z.string().nullable(),
  state: sessionStateSchema.describe('`unchecked`: kept, and checked with claude.ai before it serves'),
  is_active: z.boolean().describe('`false`: you turned it off'),
  is_default: z.boolean().describe('It serves first, unless a client or the strategy asks for another'),
  rests_in: z.enum(['vault', 'browser']),
  synced_at: z.iso.datetime(),
  expires_at: time,
  until: time.describe('Until when it is passed over, such as for a window that is full'),
  until_reason: z.string().nullable(),
  limits: z.array(
    z.object({
      window: z.string(),
      model: z.string().optional(),
      used_fraction: z.number().nullable(),
      status: z.string(),
      resets_at: time,
      observed_at: z.iso.datetime(),
    }),
  ),
  trouble: z.object({ code: z.string(), message: z.string(), remedy: z.string().nullable() }).nullable(),
});

const newSession = z.object({
  name: z.string().min(1).max(200).optional().describe('What to call it; the e-mail address unless given'),
  session_key: z.string().min(1).max(10_000).describe('Value of claude.ai’s cookie `sessionKey`: `sk-ant-sid01-...`'),
  organization_id: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,100}$/, { error: 'this is no id of an organisation' })
    .optional(),
  expires_in: z.string().max(100).optional().describe('How long the cookie is good: `720h`, `30d` or a moment'),
});

const params = z.object({ id: z.string().min(1).max(5000).describe('Its id, name or e-mail address') });
const tag = 'Sessions';
const access = 'admin';

export interface SessionRouteOptions {
  readonly desk: SessionDesk;
  readonly nowMs: () => number;
}

export function sessionRoutes(options: SessionRouteOptions): readonly Route[] {
  const { desk } = options;
  return [
    addRoute(options),
    defineRoute({
      method: 'GET',
      path: '/api/session/list',
      access,
      tag,
      summary: 'Every claude.ai session, without its secret',
      answer: z.object({ sessions: z.array(session) }),
      handle: () => ({ sessions: desk.list().map(asAnswer) }),
    }),
    removeRoute(desk),
    turnRoute(desk, 'deactivate'),
    turnRoute(desk, 'activate'),
  ];
}

function addRoute({ desk, nowMs }: SessionRouteOptions): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/session/add',
    access,
    tag,
    summary: 'Hand over a claude.ai session as the value of its cookie',
    description:
      'It is kept encrypted, and checked with claude.ai. Where claude.ai answers with a browser check it is kept unchecked. ' +
      'Handing it over is the choice to use it; the answer carries what a person is told about that.',
    body: newSession,
    answer: session.extend({ message: z.string(), disclosure: z.string() }),
    status: 201,
    errors: ['ACCOUNT_DISABLED', 'VERIFICATION_REQUIRED'],
    handle: async ({ body: { session_key, name, organization_id: organisationId, expires_in } }) => {
      const validUntilMs = expires_in === undefined ? null : parseExpiry(expires_in, nowMs());
      const added = await desk.add({ sessionKey: new Secret(session_key), name, organisationId, validUntilMs });
      return { ...asAnswer(added), message: messageOf(added), disclosure: sessionDisclosureText() };
    },
  });
}

function removeRoute(desk: SessionDesk): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/api/session/{id}',
    access,
    tag,
    summary: 'Forget a session and its secret; on claude.ai you stay signed in',
    params,
    answer: z.object({ id: z.string(), message: z.string() }),
    errors: ['NOT_FOUND'],
    handle: async ({ params: { id: wanted } }) => {
      const { id, name } = await desk.remove(wanted);
      return { id, message: `The session of ${name} is forgotten, its secret included.` };
    },
  });
}

function turnRoute(desk: SessionDesk, verb: 'activate' | 'deactivate'): Route {
  const isOn = verb === 'activate';
  return defineRoute({
    method: 'POST',
    path: `/api/session/{id}/${verb}`,
    access,
    tag,
    summary: isOn ? 'Let a session serve again' : 'Keep a session, and let it serve nobody',
    params,
    answer: session.extend({ message: z.string() }),
    errors: ['NOT_FOUND'],
    handle: ({ params: { id } }) => {
      const turned = desk.turn(id, isOn);
      return {
        ...asAnswer(turned),
        message: isOn ? `${turned.name} serves again.` : `${turned.name} serves nobody now.`,
      };
    },
  });
}

function messageOf({ name, state }: DeskSession): string {
  if (state === 'active') return `The session of ${name} is kept, and claude.ai confirmed it.`;
  return `The session ${name} is kept. claude.ai could not be asked about it yet, which is done before it serves.`;
}

function asAnswer(one: DeskSession): z.input<typeof session> {
  const { standing, trouble } = one;
  return {
    id: one.id,
    name: one.name,
    email: one.email,
    organization_id: one.organisationId,
    organization: one.organisation,
    plan: one.plan,
    state: one.state,
    is_active: one.isOn,
    is_default: one.isDefault,
    rests_in: one.restsIn,
    synced_at: new Date(one.syncedAtMs).toISOString(),
    expires_at: toRfc3339OrNull(one.validUntilMs),
    until: standing.state === 'ready' ? null : untilOf(standing.untilMs),
    until_reason: standing.state === 'ready' ? null : standing.reason,
    limits: one.quotas.map(({ window, model, usedFraction, status, resetsAtMs, observedAtMs }) => ({
      window,
      ...(model === undefined ? {} : { model }),
      used_fraction: usedFraction,
      status,
      resets_at: toRfc3339OrNull(resetsAtMs),
      observed_at: new Date(observedAtMs).toISOString(),
    })),
    trouble: trouble && { code: trouble.code, message: trouble.message, remedy: one.remedy },
  };
}
