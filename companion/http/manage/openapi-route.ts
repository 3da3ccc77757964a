/** `GET /v0/openapi.json`: what can be asked here, for programs. */
import { z } from 'zod';
import type { OpenApiDocument } from './openapi.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

/** `others`: all routes but this one. Nothing of the document is made or loaded before somebody asks for it. */
export function openApiRoute(others: readonly Route[], version: string): Route {
  let document: Promise<OpenApiDocument> | undefined;
  const route = defineRoute({
    method: 'GET',
    path: '/v0/openapi.json',
    access: 'public',
    tag: 'State',
    summary: 'This description: OpenAPI 3.1',
    answer: z.looseObject({ openapi: z.string() }),
    handle: () => (document ??= describe()),
  });
  const describe = async (): Promise<OpenApiDocument> => {
    const [{ describeRoutes }, { clientFacts }] = await Promise.all([
      import('./openapi.ts'),
      import('./client-facts.ts'),
    ]);
    return describeRoutes([...clientFacts, ...others, route], version);
  };
  return route;
}
