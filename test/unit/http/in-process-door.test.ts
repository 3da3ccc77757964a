import fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { CompanionError } from '../../../companion/base/error.ts';
import { askManagement } from '../../../companion/http/control/in-process-door.ts';
import { addRoutes } from '../../../companion/http/manage/add-routes.ts';
import { defineRoute } from '../../../companion/http/manage/route.ts';
import { renderNeutralError } from '../../../companion/http/render-error.ts';

function openDoor() {
  const asked: string[] = [];
  const app = fastify();
  onTestFinished(() => app.close());
  app.setErrorHandler((thrown, _request, reply) => {
    const error = thrown as CompanionError;
    return reply.code(error.status).send(renderNeutralError(error, 0).body);
  });
  app.addHook('onRequest', async ({ url }) => void asked.push(url));
  app.get('/control/admin-key', () => ({ admin_key: 'ccpa_canary' }));
  app.get('/v1/models', () => ({ data: [] }));
  const common = { access: 'admin', tag: 'State', summary: 'x' } as const;
  addRoutes(
    app,
    [
      defineRoute({
        ...common,
        method: 'POST',
        path: '/v0/management/things/{id}',
        params: z.object({ id: z.string() }),
        query: z.object({ by: z.string().optional() }),
        body: z.object({ name: z.string() }).optional(),
        answer: z.object({ id: z.string(), by: z.string().optional(), name: z.string().optional() }),
        handle: ({ params, query, body }) => {
          if (params.id === 'none') throw new CompanionError('NOT_FOUND', 'No such thing.');
          return { id: params.id, by: query.by, name: body?.name };
        },
      }),
      defineRoute({
        ...common,
        method: 'GET',
        path: '/api/token/list',
        answer: z.object({ tokens: z.array(z.string()) }),
        handle: () => ({ tokens: [] }),
      }),
    ],
    'trusted',
  );
  return {
    asked,
    ask: (method: 'GET' | 'POST', path: string, body = '') => askManagement(app, { method, path }, body),
  };
}

describe('the door for paired browsers', () => {
  it('leads to the management routes, with path, query and body', async () => {
    const { ask } = openDoor();
    const answer = await ask('POST', '/v0/management/things/a%20b?by=%C3%A4', '{"name":"x"}');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { id: 'a b', by: 'ä', name: 'x' }]);
    expect(await ask('GET', '/api/token/list')).toEqual({ status: 200, body: '{"tokens":[]}' });
  });

  it('passes refusals on as answers', async () => {
    const { ask } = openDoor();
    const missing = await ask('POST', '/v0/management/things/none');
    expect([missing.status, JSON.parse(missing.body)]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
    const wrong = await ask('POST', '/v0/management/things/a', '{"name":1}');
    expect([wrong.status, JSON.parse(wrong.body)]).toMatchObject([400, { error: { code: 'INVALID_REQUEST' } }]);
    expect((await ask('GET', '/v0/management/nothing')).status).toBe(404);
  });

  it.each([
    '/control/admin-key',
    '/v1/models',
    '/v0/quota',
    '/metrics',
    '/v0/management',
    '/v0/management/',
    '/v0/managementx/a',
    '/api',
    '//v0/management/status',
    'http://127.0.0.1/v0/management/status',
    'v0/management/status',
    '/v0/management/../../control/admin-key',
    '/v0/management/..%2f..%2fcontrol/admin-key',
    '/v0/management/%2e%2e/%2e%2e/control/admin-key',
    '/v0/management/%2E%2E/%2e%2E/control/admin-key',
    '/v0/management/.%2e/%2e./control/admin-key',
    '/v0/management/./../../control/admin-key',
    '/api/%2e%2e/control/admin-key',
    '/api/%2e%2e/control/admin-key?x=1',
    String.raw`/api/..\control\admin-key`,
    '/api/token/list\r\nx-injected: 1',
    '/api/token/list#/control',
    '/v0/management/ä',
  ])('does not lead to %j, nor to anything else that the server has', async (path) => {
    const { ask, asked } = openDoor();
    await expect(ask('GET', path)).rejects.toMatchObject({ code: 'ROUTE_NOT_FOUND' });
    expect(asked).toEqual([]);
  });
});
