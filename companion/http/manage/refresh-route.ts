/** `GET /v0/management/auths/refresh/status`: what the worker that renews logins did last, and when it looks next. */
import { z } from 'zod';
import type { RefreshWorkerStatus } from '../../account/login/login-service-contract.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

const time = z.iso.datetime();

const answer = z.object({
  enabled: z.boolean(),
  last_check: time.nullable(),
  next_check: time.nullable(),
  credentials_checked: z.number(),
  refreshed: z.number(),
  failed: z.number(),
});

export function refreshRoute(status: () => RefreshWorkerStatus): Route {
  return defineRoute({
    method: 'GET',
    path: '/v0/management/auths/refresh/status',
    access: 'admin',
    tag: 'Credentials',
    summary: 'What the worker that renews logins did last, and when it looks next',
    answer,
    handle: () => status(),
  });
}
