/** The description of the API: what the server has, no more and no less, and as the docs show it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { OpenApiDocument, OpenApiOperation } from '../../../companion/http/manage/openapi.ts';
import { apiPage, describeApi, openApiText } from '../../../scripts/docs/api.ts';
import { openManagementHouse } from './house.ts';
import type { ManagementHouse } from './house.ts';

let house: ManagementHouse;
let document: OpenApiDocument;

beforeAll(async () => {
  house = await openManagementHouse();
  document = (await (await fetch(`${house.url}/v0/openapi.json`)).json()) as OpenApiDocument;
});
afterAll(() => house.close());

function operations(): readonly {
  readonly route: string;
  readonly path: string;
  readonly operation: OpenApiOperation;
}[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );
}

const withoutNames = (route: string) => route.replaceAll(/\{\w+\}/g, '{}');

test('describes every route that the server has, and none besides', async () => {
  const described = new Set(operations().map(({ route }) => withoutNames(route)));
  const served = new Set((await house.app.served()).map(({ method, path }) => withoutNames(`${method} ${path}`)));
  const how =
    'a route that is no `Route` is described in companion/http/manage/client-facts.ts; then run `npm run docs`';
  expect(
    [...served].filter((route) => !described.has(route)),
    `not described: ${how}`,
  ).toEqual([]);
  expect(
    [...described].filter((route) => !served.has(route)),
    `not served: ${how}`,
  ).toEqual([]);
});

test.each([
  ['openapi.json', openApiText],
  ['api.md', apiPage],
] as const)('docs/%s is what the routes say now: after a change, run `npm run docs`', async (name, write) => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs', name), 'utf8');
  expect(text === write(document), 'run `npm run docs`, and commit what it changes').toBe(true);
  expect(await describeApi()).toEqual(document);
});

test('shows no secret and nothing of this computer', async () => {
  const text = JSON.stringify(document);
  const settings = house.app.service.clientSettings();
  for (const secret of [house.app.service.adminKey().reveal(), settings.ANTHROPIC_API_KEY, house.home, house.url]) {
    expect(text).not.toContain(secret);
  }
});

test('is valid OpenAPI 3.1', () => {
  expect(documentSchema.safeParse(document).error?.issues ?? []).toEqual([]);
  const ids = operations().map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const reference of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
    expect(resolve(reference[1] ?? ''), reference[1]).toBeTypeOf('object');
  }
  for (const { route, path, operation } of operations()) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const told = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    // Those of a provider have no schema here; `{path}` is told where the path has it.
    expect(told.sort(), route).toEqual(inPath.sort());
  }
});

describe.each(['body', 'answer'] as const)('every example of a %s', (part) => {
  test('is one that its schema takes', () => {
    const examples = operations().flatMap(({ route, operation }) => {
      const media = part === 'body' ? [operation.requestBody] : Object.values(operation.responses);
      return media.flatMap((one) =>
        Object.values((one?.['content'] ?? {}) as Record<string, { schema: object; example?: unknown }>)
          .filter(({ example }) => example !== undefined)
          .map(({ schema, example }) => ({ route, schema, example })),
      );
    });
    expect(examples.length).toBeGreaterThan(1);
    for (const { route, schema, example } of examples) {
      const result = z.fromJSONSchema(inline(schema) as Parameters<typeof z.fromJSONSchema>[0]).safeParse(example);
      expect(result.error?.issues ?? [], route).toEqual([]);
    }
  });
});

function resolve(reference: string): unknown {
  return reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
}

function inline(schema: object): object {
  const { $ref: reference } = schema as { readonly $ref?: string };
  return reference === undefined ? schema : (resolve(reference) as object);
}

/** What the metaschema of OpenAPI 3.1 wants of the parts that are used here. */
const text = z.string().min(1);
const schemaObject = z.union([z.boolean(), z.record(z.string(), z.unknown())]);
const content = z.record(
  z.string().regex(/^[\w*.+-]+\/[\w*.+-]+$/),
  z.strictObject({ schema: schemaObject, example: z.unknown().optional() }),
);
const response = z.strictObject({ description: text, content: content.optional() });
const operation = z.strictObject({
  operationId: z.string().regex(/^\w+$/),
  tags: z.array(text).min(1),
  summary: text.regex(/[^.]$/, 'one line without a full stop'),
  description: text.optional(),
  'x-access': z.enum(['admin', 'client', 'owner', 'public']),
  'x-alias-of': text.optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z
    .array(
      z.strictObject({
        name: text,
        in: z.enum(['path', 'query']),
        required: z.boolean(),
        description: text.optional(),
        schema: schemaObject,
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
  responses: z.record(
    z.string().regex(/^[1-5]\d\d$/),
    z.union([response, z.strictObject({ $ref: text, description: text })]),
  ),
});
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
const documentSchema = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({
    title: text,
    version: text,
    description: text,
    license: z.strictObject({ name: text, identifier: text }),
  }),
  servers: z.array(z.strictObject({ url: z.url(), description: text })),
  tags: z.array(z.strictObject({ name: text })),
  paths: z.record(z.string().regex(/^\/[\w./{}-]*$/), z.partialRecord(z.enum(methods), operation)),
  components: z.strictObject({
    securitySchemes: z.record(
      z.string(),
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('apiKey'), in: z.literal('header'), name: text, description: text }),
        z.strictObject({ type: z.literal('http'), scheme: z.literal('bearer'), description: text }),
      ]),
    ),
    schemas: z.record(z.string().regex(/^[\w.-]+$/), schemaObject),
    responses: z.record(z.string().regex(/^[\w.-]+$/), response),
  }),
});
