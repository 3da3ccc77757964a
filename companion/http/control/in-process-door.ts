/** The management routes for a paired browser: the same as over HTTP, without a key, and nothing besides. */
import type { FastifyInstance } from 'fastify';
import { CompanionError } from '../../base/error.ts';
import type { HttpMethod } from '../manage/route.ts';

/** No control route, and nothing that a client calls. */
const managed = /^\/(?:v0\/management|api)\/[\w./~%@:+?&=,-]+$/;

/**
 * What is asked must be what it reads as: the server resolves `%2e%2e` like `..`, and would leave these folders with it.
 */
function isManaged(path: string): boolean {
  if (!managed.test(path)) return false;
  const { pathname, search } = new URL(path, 'http://companion');
  return pathname + search === path && !pathname.includes('..');
}

/** `body` is JSON text, or empty. Resolves to what the route answered, refusals included. Errors: `ROUTE_NOT_FOUND`. */
export async function askManagement(
  control: FastifyInstance,
  { method, path }: { readonly method: HttpMethod; readonly path: string },
  body: string,
): Promise<{ readonly status: number; readonly body: string }> {
  if (!isManaged(path)) {
    throw new CompanionError('ROUTE_NOT_FOUND', `There is nothing at ${method} ${path.split('?', 1)[0] ?? ''}.`);
  }
  const json = { payload: body, headers: { 'content-type': 'application/json' } };
  const answer = await control.inject({ method, url: path, ...(body === '' ? {} : json) });
  return { status: answer.statusCode, body: answer.body };
}
