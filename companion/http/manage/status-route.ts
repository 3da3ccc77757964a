/** `GET /v0/management/status`: how the companion itself is. */
import { z } from 'zod';
import type { CompanionStatus } from '../../../shared/status.ts';
import { toRfc3339 } from '../time.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

export interface StatusRouteOptions {
  readonly status: () => CompanionStatus;
  /** What a person should know about how it opened. */
  readonly notices: () => readonly string[];
  /** What keeps a changed configuration file from being taken over; `null` while nothing does. */
  readonly configProblem: () => string | null;
  readonly ledger: { readonly dropped: number; readonly insight: { countExchanges(): number } };
}

const time = z.iso.datetime();

const answer = z.object({
  version: z.string(),
  url: z.string(),
  at: time,
  started_at: time,
  uptime_seconds: z.number(),
  is_auth_required: z.boolean().describe('Whether clients need the client key'),
  vault: z.object({
    kind: z.string(),
    location: z.string(),
    note: z.string().nullable().describe('Why it is not the keyring'),
  }),
  counts: z.object({
    keys: z.number(),
    healthy_keys: z.number(),
    logins: z.number(),
    sessions: z.number(),
    browsers: z.number(),
    browsers_online: z.number(),
    exchanges: z.number().describe('In the ledger'),
  }),
  activity: z
    .array(
      z.object({
        id: z.string(),
        client: z.string(),
        model: z.string(),
        transport: z.enum(['browser', 'direct']),
        browser: z.string().nullable().describe('Name of the paired browser that carries it'),
        started_at: time,
      }),
    )
    .describe('Exchanges that run right now'),
  dropped: z.number().describe('Exchanges of this run that could not be recorded'),
  notices: z.array(z.string()),
  config_problem: z.string().nullable(),
});

export function statusRoute({ status, notices, configProblem, ledger }: StatusRouteOptions): Route {
  return defineRoute({
    method: 'GET',
    path: '/v0/management/status',
    access: 'admin',
    tag: 'State',
    summary: 'How the companion is: version, vault, counts, what runs, and what a person should know',
    answer,
    handle: () => ({
      ...describe(status(), ledger.insight.countExchanges()),
      dropped: ledger.dropped,
      notices: [...notices()],
      config_problem: configProblem(),
    }),
  });
}

function describe(status: CompanionStatus, exchanges: number) {
  const { version, url, atMs, startedAtMs, vault, seats, sessions, keys = [], logins = [] } = status;
  const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  return {
    version,
    url,
    at: toRfc3339(atMs),
    started_at: toRfc3339(startedAtMs),
    uptime_seconds: Math.max(0, Math.round((atMs - startedAtMs) / 1000)),
    is_auth_required: status.isAuthRequired,
    vault: { kind: vault.kind, location: vault.location, note: vault.note },
    counts: {
      keys: sumOf(keys.map(({ count }) => count)),
      healthy_keys: sumOf(keys.map(({ healthy }) => healthy)),
      logins: logins.length,
      sessions: sessions.length,
      browsers: seats.length,
      browsers_online: seats.filter((seat) => seat.isOnline).length,
      exchanges,
    },
    activity: status.activity.map((running) => ({
      id: running.exchangeId,
      client: running.client,
      model: running.model,
      transport: running.transport,
      browser: seats.find((seat) => seat.id === running.seatId)?.name ?? null,
      started_at: toRfc3339(running.startedAtMs),
    })),
  };
}
