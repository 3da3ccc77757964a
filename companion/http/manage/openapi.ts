/** The OpenAPI 3.1 document, made of the same facts and schemas that the routes are served by. */
import { z } from 'zod';
import { errorFacts } from '../../../shared/error-code.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import type { RouteAccess, RouteFacts } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiDocument extends Json {
  readonly openapi: '3.1.1';
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}

export interface OpenApiOperation extends Json {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly 'x-access': RouteAccess;
  /** The path whose route this is, where it is another one. */
  readonly 'x-alias-of'?: string;
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Json };
  readonly responses: Readonly<Record<string, Json>>;
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Json;
}

/** The same for the same routes; in their order. */
export function describeRoutes(routes: readonly RouteFacts[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  const schemas: Record<string, Json> = { Error: errorSchema };
  for (const route of routes) {
    for (const path of [route.path, ...(route.aliases ?? [])]) {
      (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(route, path, schemas);
    }
  }
  return {
    openapi: '3.1.1',
    info: { title: 'CCProxy Companion', version, description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [
      { url: 'http://127.0.0.1:8000', description: 'The companion on this computer; `companion env` has the port' },
    ],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: { securitySchemes, schemas, responses: { Error: errorResponse } },
  };
}

const description =
  'A local companion that serves the Anthropic and OpenAI APIs from your own accounts. Web pages are refused, and so is ' +
  'every host name that is not its own. Times are RFC 3339, and names snake case, wherever an API is our own.';

const securitySchemes = {
  adminKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Admin-Key',
    description: 'What `companion admin-key` prints, or `CCPROXY_ADMIN_KEY`. Never in an address.',
  },
  adminBearer: { type: 'http', scheme: 'bearer', description: 'The admin key.' },
  clientKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
    description: 'What `companion env` prints, or a key of your own for this client.',
  },
  clientBearer: { type: 'http', scheme: 'bearer', description: 'The client key.' },
  companionKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-companion-key',
    description: "The client key, where the other headers carry the client's own credential for the provider.",
  },
} as const;

const errorSchema = {
  type: 'object',
  description: 'In a shape that the SDKs of both families can read.',
  required: ['type', 'error'],
  properties: {
    type: { const: 'error' },
    error: {
      type: 'object',
      required: ['type', 'message', 'param', 'code'],
      properties: {
        type: { type: 'string' },
        message: { type: 'string', description: 'What is wrong, and what to do next' },
        param: { type: 'null' },
        code: { type: 'string', description: 'A code of docs/errors.md' },
      },
    },
  },
};

const errorResponse = {
  description: 'Refused, or failed',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

const security: Readonly<Record<RouteAccess, readonly Json[]>> = {
  admin: [{ adminKey: [] }, { adminBearer: [] }],
  client: [{ clientKey: [] }, { clientBearer: [] }, { companionKey: [] }],
  owner: [{ clientKey: [] }, { clientBearer: [] }, { companionKey: [] }, { adminKey: [] }],
  public: [],
};

const errorsOfAccess: Readonly<Record<RouteAccess, readonly ErrorCode[]>> = {
  admin: ['ADMIN_KEY_MISSING', 'ADMIN_KEY_INVALID', 'TOO_MANY_FAILED_KEYS'],
  client: ['CLIENT_KEY_MISSING', 'CLIENT_KEY_INVALID', 'TOO_MANY_FAILED_KEYS'],
  owner: ['CLIENT_KEY_MISSING', 'CLIENT_KEY_INVALID', 'TOO_MANY_FAILED_KEYS'],
  public: [],
};

/** What stands under `components`, by name. */
type Schemas = Record<string, Json>;

/** One that several paths share stands under `components` once. */
function bodySchemaOf(route: RouteFacts, body: z.ZodType, schemas: Schemas): Json {
  const name = `${operationIdOf(route, route.path)}_body`;
  const schema = schemaOf(body, 'input', name, schemas);
  if (route.aliases === undefined) return schema;
  schemas[name] = schema;
  return { $ref: `#/components/schemas/${name}` };
}

function operationIdOf({ method }: RouteFacts, path: string): string {
  return `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`.replace(/_$/, '');
}

function operationOf(route: RouteFacts, path: string, schemas: Schemas): OpenApiOperation {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  const answer = answerOf(route, schemas);
  const told = path === route.path ? route.description : `The same as \`${route.path}\`.`;
  return {
    operationId: operationIdOf(route, path),
    tags: [route.tag],
    summary: route.summary,
    ...(told === undefined ? {} : { description: told }),
    'x-access': route.access,
    ...(path === route.path ? {} : { 'x-alias-of': route.path }),
    security: security[route.access],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: requestBodyOf(route, route.body, schemas) }),
    responses: {
      [route.status ?? 200]: answer,
      ...(route.alsoStatus === undefined ? {} : { [route.alsoStatus]: answer }),
      ...errorsOf(route),
    },
  };
}

function parametersOf(schema: z.ZodObject | undefined, place: OpenApiParameter['in']): readonly OpenApiParameter[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input', place, {}) as {
    readonly properties?: Readonly<Record<string, Json & { readonly description?: string }>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) =>
    parameterOf(name, place, place === 'path' || required.includes(name), property),
  );
}

function parameterOf(
  name: string,
  place: OpenApiParameter['in'],
  required: boolean,
  { description: told, ...schema }: Json & { readonly description?: string },
): OpenApiParameter {
  return { name, in: place, required, ...(told === undefined ? {} : { description: told }), schema };
}

function requestBodyOf(route: RouteFacts, body: z.ZodType, schemas: Schemas) {
  const example = route.example?.body;
  const media = { schema: bodySchemaOf(route, body, schemas), ...(example === undefined ? {} : { example }) };
  return { required: !body.safeParse(undefined).success, content: { 'application/json': media } };
}

function answerOf(route: RouteFacts, schemas: Schemas): Json {
  const { summary, answer, status, mediaTypes = ['application/json'], example } = route;
  if (status === 204) return { description: summary };
  const media = {
    schema: schemaOf(answer, 'output', `${operationIdOf(route, route.path)}_answer`, schemas),
    ...(example?.answer === undefined ? {} : { example: example.answer }),
  };
  return { description: summary, content: Object.fromEntries(mediaTypes.map((type) => [type, media])) };
}

/** One answer for each status, which names the codes that have it. */
function errorsOf({ access, params, query, body, errors = [] }: RouteFacts): Readonly<Record<string, Json>> {
  const takesInput = params !== undefined || query !== undefined || body !== undefined;
  const codes = new Set<ErrorCode>([
    ...(takesInput ? (['INVALID_REQUEST'] as const) : []),
    ...(body === undefined ? [] : (['BODY_TOO_LARGE', 'CONTENT_TYPE_REFUSED'] as const)),
    ...errorsOfAccess[access],
    'HOST_REFUSED',
    'ORIGIN_REFUSED',
    ...errors,
  ]);
  const byStatus = Map.groupBy(codes, (code) => errorFacts(code).status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      { $ref: '#/components/responses/Error', description: ofStatus.map((code) => `\`${code}\``).join(', ') },
    ]),
  );
}

/** Its own definitions, which a recursive one has, are moved to `schemas`, under names that begin with `name`. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', name: string, schemas: Schemas): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // The format says the same as zod's pattern of 300 characters.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  if (rest.$defs === undefined) return rest;
  const text = JSON.stringify(rest).replaceAll('"#/$defs/', `"#/components/schemas/${name}_`);
  const { $defs: definitions, ...moved } = JSON.parse(text) as Json & { readonly $defs: Schemas };
  for (const [key, definition] of Object.entries(definitions)) schemas[`${name}_${key}`] = definition;
  return moved;
}
