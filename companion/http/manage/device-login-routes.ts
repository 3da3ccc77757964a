/** Logins by code over HTTP: the calls of the page at `/v0/oauth/...`, and the link to it. */
import { z } from 'zod';
import { deviceLoginProviderIdSchema } from '../../../shared/credential.ts';
import type { DeviceLoginProviderId } from '../../../shared/credential.ts';
import type { DeviceDeskService, DeviceProgress } from '../../account/oauth/device-desk-contract.ts';
import { CompanionError } from '../../base/error.ts';
import type { Issued, LoginTickets } from '../device/login-tickets.ts';
import { toRfc3339 } from '../time.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

const time = z.iso.datetime();
const provider = deviceLoginProviderIdSchema;
const ofProvider = z.strictObject({ provider });
const ofAttempt = z.strictObject({ provider, id: z.uuid() });
/** A host of AWS is made of it. */
const region = z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'it must be the name of an AWS region, such as us-east-1');
const startUrl = z.url({ protocol: /^https$/, error: 'it must be an address that begins with https://' }).max(500);

const attempt = z.object({
  id: z.string(),
  provider,
  state: z.enum(['waiting', 'polling', 'done', 'failed']),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string().nullable(),
  expires_at: time,
  interval_seconds: z.number(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
  login: z.object({ id: z.string(), name: z.string(), plan: z.string().nullable(), location: z.string() }).nullable(),
});

/** A login by code as it travels. */
export type DeviceAttemptAnswer = z.infer<typeof attempt>;

const session = z.object({
  session: z.string(),
  expires_at: time,
  disclosure: z.array(z.string()),
  attempt: attempt.nullable(),
});

export interface DeviceLoginRoutesOptions {
  readonly desk: () => DeviceDeskService;
  readonly tickets: LoginTickets;
  /** What a person is told before; the first is the title. */
  readonly disclosure: (provider: DeviceLoginProviderId) => readonly string[];
  /** The address of the companion; `undefined` while it listens to nobody. */
  readonly url: () => string | undefined;
}

/** A page that was let in calls the last four of them. */
export function deviceLoginRoutes(options: DeviceLoginRoutesOptions): readonly Route[] {
  return [linkRoute(options), ...entryRoutes(options), beginRoute(options), ...attemptRoutes(options)];
}

function linkRoute({ tickets, url }: DeviceLoginRoutesOptions): Route {
  return defineRoute({
    method: 'POST',
    path: '/v0/management/logins/device',
    access: 'admin',
    tag: 'Logins',
    summary: 'A link to the page of a login by code',
    description:
      'The part behind the # is a ticket that works once: a browser sends it to nobody by itself, so that it reaches no log.',
    body: ofProvider,
    answer: z.object({ url: z.string(), expires_at: time }),
    errors: ['NOT_RUNNING'],
    handle: ({ body }) => {
      const address = url();
      if (address === undefined) throw new CompanionError('NOT_RUNNING', 'The page is there while the companion runs.');
      const { secret, untilMs } = tickets.issue(body.provider);
      return { url: `${address}/v0/oauth/${body.provider}#${secret.reveal()}`, expires_at: toRfc3339(untilMs) };
    },
  });
}

function entryRoutes(options: DeviceLoginRoutesOptions): readonly Route[] {
  const { tickets } = options;
  const enter = (id: DeviceLoginProviderId, { secret, untilMs }: Issued) => ({
    session: secret.reveal(),
    expires_at: toRfc3339(untilMs),
    disclosure: [...options.disclosure(id)],
    attempt: toAnswer(options.desk().current(id)),
  });
  return [
    defineRoute({
      method: 'POST',
      path: '/v0/oauth/{provider}/redeem',
      access: 'public',
      tag: 'Logins',
      summary: 'Trades the ticket of a link for what lets its page in',
      params: ofProvider,
      body: z.strictObject({ ticket: z.string().min(1).max(200) }),
      answer: session,
      errors: ['ADMIN_KEY_INVALID', 'TOO_MANY_FAILED_KEYS'],
      handle: ({ params, body }) => enter(params.provider, tickets.redeem(params.provider, body.ticket)),
    }),
    defineRoute({
      method: 'POST',
      path: '/v0/oauth/{provider}/session',
      access: 'admin',
      tag: 'Logins',
      summary: 'Lets the page of a login in without a link',
      params: ofProvider,
      answer: session,
      handle: ({ params }) => enter(params.provider, tickets.openSession(params.provider)),
    }),
  ];
}

function beginRoute({ desk }: DeviceLoginRoutesOptions): Route {
  return defineRoute({
    method: 'POST',
    path: '/v0/oauth/{provider}/begin',
    access: 'admin',
    isForLoginPage: true,
    tag: 'Logins',
    summary: 'Begins a login by code',
    description:
      'Takes the place of one that waits. The companion asks the provider in the background what became of it, and keeps the login.',
    params: ofProvider,
    body: z.strictObject({ start_url: startUrl.optional(), region: region.optional() }).optional(),
    answer: attempt,
    errors: ['LOGIN_UNCONFIGURED', 'LOGIN_REFUSED', 'UPSTREAM_UNREACHABLE', 'UPSTREAM_UNREADABLE', 'INVALID_REQUEST'],
    handle: async ({ params, body }) => {
      const { start_url, region: named } = body ?? {};
      const where = { ...(start_url && { startUrl: start_url }), ...(named && { region: named }) };
      return toAnswer(await desk().begin({ provider: params.provider, options: where }));
    },
  });
}

function attemptRoutes({ desk }: DeviceLoginRoutesOptions): readonly Route[] {
  const find = (id: string, wanted: DeviceLoginProviderId): DeviceProgress => {
    const progress = desk().progress(id);
    if (progress.provider === wanted) return progress;
    throw new CompanionError('NOT_FOUND', 'There is no login under way with this id.');
  };
  return [
    defineRoute({
      method: 'GET',
      path: '/v0/oauth/{provider}/attempts/{id}',
      access: 'admin',
      isForLoginPage: true,
      tag: 'Logins',
      summary: 'How far a login by code is',
      params: ofAttempt,
      answer: attempt,
      errors: ['NOT_FOUND'],
      handle: ({ params }) => toAnswer(find(params.id, params.provider)),
    }),
    defineRoute({
      method: 'POST',
      path: '/v0/oauth/{provider}/attempts/{id}/cancel',
      access: 'admin',
      isForLoginPage: true,
      tag: 'Logins',
      summary: 'Gives a login by code up',
      params: ofAttempt,
      answer: attempt,
      errors: ['NOT_FOUND'],
      handle: ({ params }) => {
        desk().cancel(find(params.id, params.provider).id);
        return toAnswer(find(params.id, params.provider));
      },
    }),
  ];
}

function toAnswer(progress: DeviceProgress): DeviceAttemptAnswer;
function toAnswer(progress: DeviceProgress | undefined): DeviceAttemptAnswer | null;
function toAnswer(progress: DeviceProgress | undefined): DeviceAttemptAnswer | null {
  if (progress === undefined) return null;
  const { error, login } = progress;
  return {
    id: progress.id,
    provider: progress.provider,
    state: progress.state,
    user_code: progress.userCode,
    verification_uri: progress.verificationUri,
    verification_uri_complete: progress.verificationUriComplete,
    expires_at: toRfc3339(progress.expiresAtMs),
    interval_seconds: progress.intervalMs / 1000,
    error: error && { code: error.code, message: error.message, remedy: error.remedy },
    login: login && { id: login.id, name: login.name, plan: login.plan, location: login.location },
  };
}
