/** `GET /api/keys/stats`: how much each API key was used, and how well, in the words of an API that scripts may know. */
import { z } from 'zod';
import type { KeyStats } from '../control/key-control.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

const time = z.iso.datetime().nullable();

const answer = z.object({
  total_keys: z.number(),
  healthy_keys: z.number(),
  keys: z.array(
    z.object({
      key: z.string().nullable().describe('`...3f9a2c41`, the end of the key; null for a provider that wants none'),
      request_count: z.number(),
      error_count: z.number(),
      last_used: time,
      last_error: z.string().nullable().describe('Code of the newest failure'),
      is_healthy: z.boolean().describe('Judged by recent failures in a row, and it recovers by itself'),
    }),
  ),
});

export function keyStatsRoute(stats: () => KeyStats): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/keys/stats',
    access: 'admin',
    tag: 'Credentials',
    summary: 'How much each API key was used, and how well',
    answer,
    handle: () => {
      const { total_keys, healthy_keys, keys } = stats();
      return { total_keys, healthy_keys, keys: [...keys] };
    },
  });
}
