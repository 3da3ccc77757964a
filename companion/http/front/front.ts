/** What the routes of one dialect have in common: how a request becomes an exchange, and its answer a response. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKey } from '../../../shared/credential.ts';
import { toCompanionError } from '../../base/error.ts';
import type { CompanionError } from '../../base/error.ts';
import type { ExchangeRequest, Served } from '../../exchange/exchange.ts';
import type { ExchangeService } from '../../exchange/serve.ts';
import { ACCOUNT_HEADER, parseAccount } from '../../router/wanted-account.ts';
import type { Dialect } from '../../wire/codec.ts';
import { formatWarnings, WARNINGS_HEADER } from '../../wire/hub/loss.ts';
import { ownCredentialOf } from '../client-key.ts';
import { clientNameOf } from '../client-name.ts';
import type { RouteConfig } from '../client-server.ts';
import { abortWhenGone } from '../client-signal.ts';
import { modeOf } from '../permit.ts';
import { writeRelay } from '../relay-writer.ts';
import { writeEventStream } from '../sse-writer.ts';
import { isStraight, providerTarget, routeNotFound } from './target.ts';

export interface Front {
  readonly dialect: Dialect;
  /** The header in which this dialect's SDK looks for the request's id. */
  readonly requestIdHeader: 'request-id' | 'x-request-id';
}

/** What a route knows about its requests. */
export type RouteNature = Pick<ExchangeRequest, 'isTranslatable' | 'isStateful'> &
  Partial<Pick<ExchangeRequest, 'onlyProvider'>>;

export function routeConfigOf(front: Front): RouteConfig {
  return { access: 'client', renderError: front.dialect.encodeError };
}

/** Serves one request from end to end. Rejects only before anything was sent. */
export async function answer(
  front: Front,
  nature: RouteNature,
  exchanges: ExchangeService,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const served = await exchanges.serve(exchangeRequestOf(front, nature, request), abortWhenGone(reply.raw));
  if (served.kind === 'message') return reply.headers(headersOf(served, front)).send(served.body);
  reply.hijack();
  if (served.kind === 'relay') await sendRelay(front, served, reply);
  else await sendStream(front, served, reply);
  return reply;
}

function exchangeRequestOf(front: Front, nature: RouteNature, request: FastifyRequest): ExchangeRequest {
  const { headers } = request;
  const target = providerTarget(request.raw.url ?? request.url);
  if (!isStraight(target)) throw routeNotFound(request.method, target);
  return {
    onlyProvider: undefined,
    ...nature,
    dialect: front.dialect,
    method: request.method,
    target,
    rawHeaders: request.raw.rawHeaders,
    body: bodyOf(request),
    mode: modeOf(request),
    account: parseAccount([headers[ACCOUNT_HEADER]].flat()[0]),
    client: clientNameOf(headers['user-agent']),
    permit: request.permit,
    ownKey: ownKeyOf(front, request),
  };
}

/** What the server's parsers made of it: the whole body, the request itself where it streams, or nothing. */
function bodyOf({ body }: FastifyRequest): ExchangeRequest['body'] {
  if (body === undefined || body === null) return null;
  return body as Buffer | AsyncIterable<Uint8Array>;
}

function ownKeyOf(front: Front, request: FastifyRequest): ApiKey | undefined {
  const secret = ownCredentialOf(request.headers);
  if (secret === undefined) return undefined;
  const isAnthropic = front.dialect.id === 'anthropic' || secret.reveal().startsWith('sk-ant-');
  return {
    kind: 'api-key',
    id: 'client',
    providerId: isAnthropic ? 'anthropic' : 'openai',
    name: "the client's own",
    secret,
    origin: 'client',
    priority: 0,
  };
}

async function sendRelay(
  front: Front,
  served: Extract<Served, { kind: 'relay' }>,
  { raw: response }: FastifyReply,
): Promise<void> {
  const { reply, observer, hasRetried, finish, exchangeId, route, warnings } = served;
  const extra = ['x-companion-exchange', exchangeId, 'x-companion-route', route];
  const told = formatWarnings(warnings);
  if (told !== undefined) extra.push(WARNINGS_HEADER, told);
  if (hasRetried && reply.status >= 400) extra.push('x-should-retry', 'false');
  const errorText = (error: CompanionError) => front.dialect.encodeStreamError(error);
  try {
    finish(await writeRelay(response, reply, observer, extra, { errorText }));
  } catch (cause) {
    // A head that Node does not write, say: nobody must be left waiting.
    reply.discard();
    response.destroy();
    finish({ facts: undefined, error: toCompanionError(cause), bytes: 0 });
  }
}

async function sendStream(
  front: Front,
  served: Extract<Served, { kind: 'stream' }>,
  { raw: response }: FastifyReply,
): Promise<void> {
  response.writeHead(200, {
    ...headersOf(served, front),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
  await writeEventStream(response, served.text, front.dialect.keepAlive);
}

function headersOf(served: Served, { requestIdHeader }: Front): Record<string, string> {
  const warnings = formatWarnings(served.warnings);
  return {
    [requestIdHeader]: served.exchangeId.replace(/^exc_/, 'req_'),
    'x-companion-exchange': served.exchangeId,
    'x-companion-route': served.route,
    ...(warnings === undefined ? {} : { [WARNINGS_HEADER]: warnings }),
  };
}
