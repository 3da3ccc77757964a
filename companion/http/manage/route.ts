/**
 * A route of our own as data: what it takes, what it answers, who may call it. Whoever serves it, describes it (the OpenAPI
 * document, docs/) or tests it reads the same object, so that they cannot differ.
 */
import type { z } from 'zod';
import type { ErrorCode } from '../../../shared/error-code.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * `admin`: wants the admin key. `client`: a client key. `owner`: the companion's own, or the admin key. `public`: shows
 * nothing that needs one.
 */
export type RouteAccess = 'admin' | 'client' | 'owner' | 'public';

/** The parts that a reader looks for together. */
export type RouteTag =
  | 'Client keys'
  | 'Credentials'
  | 'Sessions'
  | 'Logins'
  | 'Ledger'
  | 'Settings'
  | 'State'
  | 'Models'
  | 'Pages';

/** What a person is told about a route, and the schemas that its input and answer are held to. */
export interface RouteFacts {
  readonly method: HttpMethod;
  /** As OpenAPI writes it: `/v0/management/auths/{provider}`. */
  readonly path: string;
  /** Further paths at which it is served likewise. */
  readonly aliases?: readonly string[];
  readonly access: RouteAccess;
  /** The page of a login by code may call it too, once a ticket let it in. */
  readonly isForLoginPage?: true;
  readonly tag: RouteTag;
  /** One line without a full stop. */
  readonly summary: string;
  /** What the line leaves out, in whole sentences. */
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Only what it names is ever sent: a field that slipped in by mistake stays here. */
  readonly answer: z.ZodType;
  /** Of success; 200 unless given. */
  readonly status?: 200 | 201 | 202 | 204;
  /** Another one that comes with the same answer. */
  readonly alsoStatus?: 503;
  /** Of the answer, where it is not JSON. */
  readonly mediaTypes?: readonly string[];
  /** Values that the schemas take, and that help a reader. */
  readonly example?: { readonly body?: unknown; readonly answer?: unknown };
  /** Those that this route has besides what every route of its access may answer. */
  readonly errors?: readonly ErrorCode[];
}

export interface Route extends RouteFacts {
  /** Input that its schemas have passed; resolves to what `answer` takes. Throws a `CompanionError`. */
  readonly handle: (input: RouteInput, signal: AbortSignal) => unknown;
}

/** Each part is `undefined` where the route has no schema for it. */
export interface RouteInput<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** Ties the types of the schemas to those of the handler; a route is otherwise just this object. */
export function defineRoute<
  Answer extends z.ZodType,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  route: Omit<RouteFacts, 'params' | 'query' | 'body' | 'answer'> & {
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    readonly answer: Answer;
    /** `signal` is aborted when nobody waits for the answer any more. */
    readonly handle: (
      input: RouteInput<Output<Params>, Output<Query>, Output<Body>>,
      signal: AbortSignal,
    ) => z.input<Answer> | Promise<z.input<Answer>>;
  },
): Route {
  return route as unknown as Route;
}
