/** Changing settings from the computer itself: what `/v0/management/config` does, and what it may not do from afar. */
import type { FastifyInstance } from 'fastify';
import { CompanionError } from '../../base/error.ts';
import type { LiveConfig } from '../../config/live-config.ts';
import { changeBody, changeSetting, keyQuery } from '../manage/config-routes.ts';

export function addConfigRoute(app: FastifyInstance, live: LiveConfig | undefined): void {
  if (live === undefined) return;
  app.put('/control/config', (request) => {
    const body = changeBody.safeParse(request.body);
    if (!body.success)
      throw new CompanionError('INVALID_REQUEST', 'A setting needs a key and a value, and no more than that.');
    return changeSetting(live, body.data, 'local');
  });
  app.delete('/control/config', (request) => changeSetting(live, keyQuery.parse(request.query), 'local'));
}
