/** Changing settings from the computer itself: what `/v0/management/config` does, and what it may not do from afar. */
import type { FastifyInstance } from 'fastify';
import { CompanionError } from '../../base/error.ts';
import type { LiveConfig } from '../../config/live-config.ts';

/** The schemas are those of the management routes, which wait for their first request. */
const loadRoutes = () => import('../manage/config-routes.ts');

export function addConfigRoute(app: FastifyInstance, live: LiveConfig | undefined): void {
  if (live === undefined) return;
  app.put('/control/config', (request) => change(live, request.body));
  app.delete('/control/config', (request) => unset(live, request.query));
}

async function change(live: LiveConfig, wanted: unknown) {
  const { changeBody, changeSetting } = await loadRoutes();
  const body = changeBody.safeParse(wanted);
  if (!body.success)
    throw new CompanionError('INVALID_REQUEST', 'A setting needs a key and a value, and no more than that.');
  return changeSetting(live, body.data, 'local');
}

async function unset(live: LiveConfig, query: unknown) {
  const { changeSetting, keyQuery } = await loadRoutes();
  return changeSetting(live, keyQuery.parse(query), 'local');
}
