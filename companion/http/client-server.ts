/** The server that clients call: guarded, keyed, one front for each dialect. Listens on loopback unless told otherwise. */
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CompanionError, toCompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { RenderedError } from '../wire/codec.ts';
import type { AdminKeyCheck } from './admin-key.ts';
import type { Admission, ClientKeyCheck } from './client-key.ts';
import { checkCaller, checkHost } from './guard.ts';
import type { LoginTickets } from './device/login-tickets.ts';
import { laterPaths, mountLater, onceOpened } from './open-later.ts';
import { admit, decoratePermit } from './permit.ts';
import { readBody } from './read-body.ts';
import { renderNeutralError } from './render-error.ts';
import { withoutNames } from './without-names.ts';
import { withoutSchemas } from './without-schemas.ts';

export const maxBodyBytes = 32 * 1024 * 1024;
/** Of the routes that are opened later, some of which are public: nothing that is said there is long. */
const maxLaterBodyBytes = 1024 * 1024;

/** What a route says about itself; the hooks below act on it. */
export interface RouteConfig {
  /**
   * `client`: wants a client key. `owner`: the companion's own, or the admin key. `admin`: the admin key. `public`: shows
   * nothing that needs one.
   */
  readonly access: 'client' | 'owner' | 'admin' | 'public';
  /** Whoever was let in to the page of a login by code may call it without the admin key. */
  readonly isForLoginPage?: true;
  /** How this route's errors look to whoever asks. */
  readonly renderError?: (error: CompanionError, nowMs: number, request: FastifyRequest) => RenderedError;
}

export interface ClientServerOptions {
  readonly keyCheck: ClientKeyCheck;
  readonly adminKeyCheck: AdminKeyCheck;
  /** Of the pages of logins by code; without it nobody is let in to them. */
  readonly loginTickets?: Pick<LoginTickets, 'isOpen'>;
  readonly allowedHosts: () => ReadonlySet<string>;
  /** What a client with a key of its own is not told in errors. */
  readonly accountNames?: () => readonly string[];
  /** Adds what is opened with the first request for it, behind the same checks. */
  readonly addLater?: (app: FastifyInstance) => Promise<void>;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** For so long a client may send nothing in the middle of a body; five minutes unless given. */
  readonly silentBodyMs?: number;
}

/** As OpenAPI writes it: `GET /v1/models/{id}`, and `{path}` for whatever follows. */
export interface ServedRoute {
  readonly method: string;
  readonly path: string;
}

export interface ClientServer {
  readonly app: FastifyInstance;
  readonly server: Server;
  /** Every route that it has, without those for `HEAD`; opens what waits for its first request. */
  routes(): Promise<readonly ServedRoute[]>;
  /** Takes no more requests, lets answers that are on their way be written to their end, then closes every connection. */
  close(): Promise<void>;
}

const lastBytesMs = 3_000;
const silentBodyMs = 300_000;

const serverOptions: ServerOptions = {
  keepAliveTimeout: 75_000,
  // An upload takes as long as the provider takes for it; `watchBody` ends those that have died.
  requestTimeout: 0,
  // Java's own client offers HTTP/2 with every request, and means it as HTTP/1.1 where nobody takes it up.
  shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() !== 'h2c',
};

/** Not by `import`, which reads every export at once: one of them loads Node's own copy of undici, which nobody needs. */
const { createServer } = process.getBuiltinModule('node:http');

export function createClientServer(options: ClientServerOptions): ClientServer {
  let server: Server | undefined;
  const { app, routes } = createRouter(options, maxBodyBytes, (handler) => {
    server = createServer(serverOptions, guarded(handler, options));
    return server;
  });
  if (server === undefined) throw new CompanionError('INTERNAL', 'The HTTP server was not created.');
  const later = addLater(app, options);
  const isQuiet = watchAnswers(server);
  return {
    app,
    server,
    routes: async () => [...routes().filter(({ path }) => !isLater(path)), ...(await later.routes())],
    close: async () => {
      await closeServer(app, isQuiet);
      await later.close();
    },
  };
}

interface Router {
  readonly app: FastifyInstance;
  readonly routes: () => readonly ServedRoute[];
}

/** Without a factory of its own it never listens: another app hands requests over to it. */
function createRouter(
  options: ClientServerOptions,
  bodyLimit: number,
  serverFactory?: (handler: (request: IncomingMessage, response: ServerResponse) => void) => Server,
): Router {
  const app = fastify({
    ...withoutSchemas,
    bodyLimit,
    logger: false,
    exposeHeadRoutes: true,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (_error, _request, reply: FastifyReply) => {
      const error = new CompanionError('INVALID_REQUEST', 'The path of the request cannot be read.');
      const rendered = renderNeutralError(error, options.nowMs());
      void reply.code(rendered.status).headers(rendered.headers).send(rendered.body);
    },
    ...(serverFactory && { serverFactory }),
  });
  const routes = watchRoutes(app);
  addJsonParser(app, bodyLimit);
  addKeyCheck(app, options);
  addErrorHandlers(app, options);
  return { app, routes };
}

function addLater(app: FastifyInstance, options: ClientServerOptions) {
  const { addLater: add } = options;
  let inner: Router | undefined;
  const open = onceOpened(async () => {
    inner = createRouter(options, maxLaterBodyBytes);
    await add?.(inner.app);
    return inner.app;
  });
  if (add !== undefined) mountLater(app, open);
  return {
    routes: async (): Promise<readonly ServedRoute[]> => {
      if (add !== undefined) await open();
      return inner?.routes() ?? [];
    },
    close: async () => void (await inner?.app.close()),
  };
}

function isLater(path: string): boolean {
  return laterPaths.some((one) => path === one.replace('*', '{path}'));
}

function watchRoutes(app: FastifyInstance): () => readonly ServedRoute[] {
  const routes: ServedRoute[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const path = url.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}');
    for (const one of [method].flat()) if (one !== 'HEAD') routes.push({ method: one, path });
  });
  return () => routes;
}

/** Resolves, when asked, as soon as no answer is on its way, after `lastBytesMs` at most. */
function watchAnswers(server: Server): () => Promise<void> {
  const answers = new Set<ServerResponse>();
  let onQuiet: (() => void) | undefined;
  server.on('request', (_request, response: ServerResponse) => {
    answers.add(response);
    response.once('close', () => {
      answers.delete(response);
      if (answers.size === 0) onQuiet?.();
    });
  });
  return () =>
    new Promise((resolve) => {
      if (answers.size === 0) return resolve();
      const timer = setTimeout(resolve, lastBytesMs);
      onQuiet = () => {
        clearTimeout(timer);
        resolve();
      };
    });
}

/** Node waits for ever for a connection that was opened and never used, as browsers do to be quick. */
async function closeServer(app: FastifyInstance, isQuiet: () => Promise<void>): Promise<void> {
  const closed = app.close();
  await isQuiet();
  app.server.closeAllConnections();
  await closed;
}

/** Host and caller are checked before routing, so that no route, not even "not found", answers to a web page. */
function guarded(handler: (request: IncomingMessage, response: ServerResponse) => void, options: ClientServerOptions) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const refusal = checkHost(request, options.allowedHosts()) ?? checkCaller(request);
    watchBody(request, options.silentBodyMs ?? silentBodyMs);
    if (refusal === undefined) return handler(request, response);
    options.logger.warn({ code: refusal.code }, 'request refused');
    const rendered = renderNeutralError(refusal, options.nowMs());
    response.writeHead(rendered.status, {
      ...rendered.headers,
      'content-type': 'application/json',
      connection: 'close',
    });
    response.end(JSON.stringify(rendered.body));
  };
}

/** Closes the connection of a client that falls silent before its body is complete. */
function watchBody(request: IncomingMessage, silentMs: number): void {
  const { headers } = request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
  request.setTimeout(silentMs, () => {
    if (!request.complete) request.socket.destroy();
  });
}

/**
 * JSON only, unless a route says otherwise: a form or plain text is what a web page could send without asking. It stays
 * bytes: an upstream of the client's own dialect gets them as they came.
 */
function addJsonParser(app: FastifyInstance, maxBytes: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (_request, payload, done) => readBody(payload, maxBytes, done));
}

function addKeyCheck(app: FastifyInstance, options: ClientServerOptions): void {
  decoratePermit(app);
  app.addHook('onRequest', (request, reply, done) => {
    const admission = admissionOf(request, options);
    // Most requests by far, so that nothing else is made for them.
    if (admission === null) done();
    else if (admission instanceof Promise) void admission.then((one) => enter(one, request, reply, done));
    else enter(admission, request, reply, done);
  });
}

function enter(
  admission: Admission,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (refusal?: CompanionError) => void,
): void {
  if (admission instanceof CompanionError) return done(admission);
  if (admission !== null) admit(admission, request, reply);
  done();
}

function admissionOf(
  request: FastifyRequest,
  { keyCheck, adminKeyCheck, loginTickets }: ClientServerOptions,
): Admission | Promise<Admission> {
  const { headers, params } = request;
  const config = configOf(request);
  switch (config?.access) {
    case 'client':
      return keyCheck.check(headers);
    case 'owner':
      return headers['x-admin-key'] === undefined ? keyCheck.checkOwn(headers) : (adminKeyCheck.check(headers) ?? null);
    case 'admin':
      if (config.isForLoginPage === true && loginTickets?.isOpen(params, headers) === true) return null;
      return adminKeyCheck.check(headers) ?? null;
    default:
      return null;
  }
}

function addErrorHandlers(app: FastifyInstance, options: ClientServerOptions): void {
  app.setErrorHandler((thrown, request, reply) => {
    const whole = fromFastify(thrown);
    const isLimited = request.permit !== null && request.permit.keyId !== null;
    const error = isLimited ? withoutNames(whole, options.accountNames?.() ?? []) : whole;
    if (error.code === 'INTERNAL')
      options.logger.error({ err: thrown, route: request.routeOptions.url }, 'request failed');
    const render = configOf(request)?.renderError ?? renderNeutralError;
    const rendered = render(error, options.nowMs(), request);
    return reply.code(rendered.status).headers(rendered.headers).send(rendered.body);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const error = new CompanionError('ROUTE_NOT_FOUND', `There is nothing at ${request.method} ${path.slice(0, 200)}.`);
    const rendered = renderNeutralError(error, options.nowMs());
    return reply.code(rendered.status).headers(rendered.headers).send(rendered.body);
  });
}

function configOf(request: FastifyRequest): RouteConfig | undefined {
  const config: unknown = request.routeOptions.config;
  return config !== null && typeof config === 'object' && 'access' in config ? (config as RouteConfig) : undefined;
}

/** Fastify's own refusals, in our words. */
function fromFastify(thrown: unknown): CompanionError {
  switch ((thrown as { readonly code?: unknown }).code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new CompanionError('CONTENT_TYPE_REFUSED', 'The body must be JSON.');
    default:
      return toCompanionError(thrown);
  }
}
