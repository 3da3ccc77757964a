/**
 * What the `companion` command asks of the companion. Reached through the control socket alone, a file that only its
 * owner can open, so there is no key to keep; the same routes are called in process when no companion runs.
 */
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Secret } from '../../../shared/redact.ts';
import type { ClientSettings, CompanionStatus, SeatStatus, SessionStatus } from '../../../shared/status.ts';
import { CompanionError, toCompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { renderNeutralError } from '../render-error.ts';
import { withoutSchemas } from '../without-schemas.ts';
import type { KeyControl } from './key-control.ts';
import type { LoginControl } from './login-control.ts';
import { addLoginRoutes } from './login-routes.ts';

export interface IssuedPairing {
  readonly token: string;
  readonly link: string;
  readonly expiresAtMs: number;
}

/** A browser that was unpaired, and the names of the sessions that came from it. */
export interface UnpairedSeat extends SeatStatus {
  readonly forgottenSessions: readonly string[];
  /** Another browser shares them. */
  readonly keptSessions: readonly string[];
}

/** The services behind the routes, composed by the app. */
export interface ControlService {
  status(): CompanionStatus;
  clientSettings(): ClientSettings;
  /** Never in an answer but that of the route that is there for it. */
  adminKey(): Secret;
  issuePairing(): Promise<IssuedPairing>;
  seats(): readonly SeatStatus[];
  /** By id or name. Throws `NOT_FOUND`. */
  unpair(seat: string): Promise<UnpairedSeat>;
  sessions(): readonly SessionStatus[];
  removeSession(session: string): Promise<SessionStatus>;
  useSession(session: string, organisation: string | undefined): SessionStatus;
  readonly keys: KeyControl;
  readonly logins: LoginControl;
  stop(): void;
}

const useBody = z.object({ organisation: z.string().min(1).max(200).optional() });
const providerBody = z.object({ provider: z.string().max(2000) });
const testBody = z.object({ key: z.string().max(2000).optional() });

/** With how errors are told, and no routes yet. */
export function createControlApp(logger: Logger, nowMs: () => number): FastifyInstance {
  const app = fastify({ ...withoutSchemas, logger: false, forceCloseConnections: true });
  app.setErrorHandler((thrown, _request, reply) => {
    const error =
      thrown instanceof z.ZodError
        ? new CompanionError('INVALID_REQUEST', z.prettifyError(thrown))
        : toCompanionError(thrown);
    if (error.code === 'INTERNAL') logger.error({ err: thrown }, 'control request failed');
    return reply
      .code(error.status)
      .send({ ...(renderNeutralError(error, nowMs()).body as object), companion: describe(error) });
  });
  // A command that is newer than the companion that runs is told so in a way that it can read.
  app.setNotFoundHandler(() => {
    throw new CompanionError('ROUTE_NOT_FOUND', 'The companion that runs does not know this command; restart it.');
  });
  return app;
}

export function createControlServer(service: ControlService, logger: Logger, nowMs: () => number): FastifyInstance {
  const app = createControlApp(logger, nowMs);
  app.get('/control/status', () => service.status());
  app.get('/control/env', () => service.clientSettings());
  app.get('/control/admin-key', () => ({ admin_key: service.adminKey().reveal() }));
  app.post('/control/pairings', () => service.issuePairing());
  app.get('/control/seats', () => ({ seats: service.seats() }));
  app.delete<{ Params: { seat: string } }>('/control/seats/:seat', (request) => service.unpair(request.params.seat));
  app.get('/control/sessions', () => ({ sessions: service.sessions() }));
  app.delete<{ Params: { session: string } }>('/control/sessions/:session', (request) =>
    service.removeSession(request.params.session),
  );
  app.post<{ Params: { session: string } }>('/control/sessions/:session/use', (request) =>
    service.useSession(request.params.session, useBody.parse(request.body ?? {}).organisation),
  );
  addKeyRoutes(app, service);
  addLoginRoutes(app, service.logins);
  app.post('/control/stop', async (_request, reply) => {
    await reply.code(202).send({ stopping: true });
    service.stop();
    return reply;
  });
  return app;
}

function addKeyRoutes(app: FastifyInstance, service: ControlService): void {
  app.get('/control/keys', () => ({ keys: service.keys.list() }));
  app.get('/control/keys/stats', () => service.keys.stats());
  app.post('/control/keys', (request) => service.keys.add(request.body));
  app.post('/control/keys/provider', (request) => service.keys.provider(providerBody.parse(request.body).provider));
  app.post('/control/keys/test', (request) =>
    service.keys.test(testBody.parse(request.body ?? {}).key).then((results) => ({ results })),
  );
  app.delete<{ Params: { key: string } }>('/control/keys/:key', (request) => service.keys.remove(request.params.key));
}

/** The error as data, so that the command can show it as its own. */
function describe(error: CompanionError) {
  return { code: error.code, message: error.message, remedy: error.remedy };
}
