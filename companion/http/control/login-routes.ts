/** What `companion auth` asks. A code or an address that was pasted comes in the body, never in a URL. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { redirectLoginProviderIdSchema } from '../../../shared/credential.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import type { LoginFiles, RefreshWorkerStatus } from '../../account/login/login-service-contract.ts';
import type { LoginOutcome } from '../../account/oauth/login-desk-contract.ts';
import type { CompanionError } from '../../base/error.ts';
import type { LoginControl } from './login-control.ts';

export interface ListedLogins {
  readonly logins: readonly LoginStatus[];
  readonly worker: RefreshWorkerStatus;
  readonly importable: LoginFiles;
}

/** A `LoginOutcome` as it travels; `waiting` while it is not over. */
export type LoginOutcomeAnswer =
  | { readonly state: 'waiting' }
  | { readonly state: 'done'; readonly login: LoginStatus }
  | { readonly state: 'failed'; readonly error: Pick<CompanionError, 'code' | 'message' | 'remedy'> };

const beginBody = z.object({
  provider: redirectLoginProviderIdSchema,
  way: z.enum(['browser', 'loopback', 'manual']).optional(),
  isForced: z.boolean().optional(),
});
const pollQuery = z.object({ waitMs: z.coerce.number().int().min(0).max(60_000).default(0) });
const finishBody = z.object({ pasted: z.string().min(1).max(10_000) });
const importBody = z.object({ path: z.string().min(1).max(4096).optional(), isForced: z.boolean().optional() });
const adoptBody = z.object({ owner: z.enum(['claude-code', 'codex', 'gh', 'kiro']), isOn: z.boolean() });

interface PendingRoute {
  Params: { readonly id: string };
}
interface LoginRoute {
  Params: { readonly login: string };
}

/** Adds `/control/logins` and what is below it. */
export function addLoginRoutes(app: FastifyInstance, logins: LoginControl): void {
  app.get('/control/logins', async (): Promise<ListedLogins> => {
    return { logins: logins.statuses(), worker: logins.worker(), importable: await logins.importable() };
  });
  app.get('/control/logins/worker', () => logins.worker());
  app.post('/control/logins/begin', (request) => {
    const { provider, way, isForced } = beginBody.parse(request.body);
    return logins.begin({
      provider,
      ...(way === undefined ? {} : { way }),
      ...(isForced === undefined ? {} : { isForced }),
    });
  });
  app.post('/control/logins/adopt', (request) => {
    const { owner, isOn } = adoptBody.parse(request.body);
    return logins.adopt(owner, isOn).then((adopted) => ({ logins: adopted }));
  });
  app.post('/control/logins/import', (request) => {
    const { path, isForced = false } = importBody.parse(request.body);
    return logins.importFrom(path, isForced);
  });
  addPendingRoutes(app, logins);
  const wanted = '/control/logins/:login';
  // It may renew the login, so it is no GET.
  app.post<LoginRoute>(`${wanted}/details`, (request) => logins.details(request.params.login));
  app.post<LoginRoute>(`${wanted}/validate`, (request) => logins.validate(request.params.login));
  app.post<LoginRoute>(`${wanted}/refresh`, (request) => logins.refresh(request.params.login));
  app.delete<LoginRoute>(wanted, (request) => logins.remove(request.params.login));
}

function addPendingRoutes(app: FastifyInstance, logins: LoginControl): void {
  const pending = '/control/logins/pending/:id';
  app.get<PendingRoute>(pending, (request) =>
    logins.outcome(request.params.id, pollQuery.parse(request.query).waitMs).then(answer),
  );
  app.post<PendingRoute>(`${pending}/finish`, (request) =>
    logins.finish(request.params.id, finishBody.parse(request.body).pasted).then(answer),
  );
  app.delete<PendingRoute>(pending, (request) => {
    logins.cancel(request.params.id);
    return { cancelled: request.params.id };
  });
}

function answer(outcome: LoginOutcome | undefined): LoginOutcomeAnswer {
  if (outcome === undefined) return { state: 'waiting' };
  if (outcome.state === 'done') return outcome;
  const { code, message, remedy } = outcome.error;
  return { state: 'failed', error: { code, message, remedy } };
}
