/** What a client may do, as the routes of the server see it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CompanionError } from '../base/error.ts';
import type { Permit } from '../client/permit.ts';
import { parseMode } from '../router/mode.ts';
import type { Mode } from '../router/mode.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the key that the request came with; `null` where nothing limits it. */
    permit: Permit | null;
  }
}

/** Once for a server, before its routes. */
export function decoratePermit(app: FastifyInstance): void {
  app.decorateRequest('permit', null);
}

/** Lets a request in; what was reserved for it is given back when it is over and nothing came of it. */
export function admit(permit: Permit, request: FastifyRequest, { raw: response }: FastifyReply): void {
  request.permit = permit;
  if (permit.keyId === null) return;
  // The client may have left while its key was looked at.
  if (response.closed) permit.release();
  else response.once('close', () => permit.release());
}

/** What the client asks for in `x-proxy-mode`, or what its key decides. Errors: `INVALID_REQUEST`, `CLIENT_NOT_ALLOWED`. */
export function modeOf({ headers, permit }: FastifyRequest): Mode | undefined {
  const wanted = parseMode([headers['x-proxy-mode']].flat()[0]);
  const allowed = permit?.mode ?? 'both';
  if (allowed === 'both') return wanted;
  if (wanted === undefined || wanted === allowed) return allowed;
  const who = permit?.keyId === null ? 'this companion serves' : 'it is for';
  const message = `This token does not have permission for this mode (${wanted}); ${who} ${allowed} only.`;
  throw new CompanionError('CLIENT_NOT_ALLOWED', message, { details: { field: 'x-proxy-mode' } });
}
