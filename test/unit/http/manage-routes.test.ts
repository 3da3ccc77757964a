/** How routes that are data are served, and to whom. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { memoryLogger } from '../../../companion/base/log.ts';
import { AdminKeyCheck } from '../../../companion/http/admin-key.ts';
import { createClientServer } from '../../../companion/http/client-server.ts';
import { addRoutes } from '../../../companion/http/manage/add-routes.ts';
import { defineRoute } from '../../../companion/http/manage/route.ts';
import type { Route } from '../../../companion/http/manage/route.ts';
import { FailureLimit, SecretCheck } from '../../../companion/http/secret-check.ts';
import { Secret } from '../../../shared/redact.ts';
import { ownKeyCheck } from '../../support/client-keys.ts';

const key = 'ccpa_an-invented-admin-key';
const nowMs = () => Date.UTC(2026, 10, 22);

function serve(...routes: readonly Route[]) {
  const log = memoryLogger();
  const { app } = createClientServer({
    keyCheck: ownKeyCheck(new Secret('ccpk_invented'), nowMs),
    adminKeyCheck: new AdminKeyCheck(new Secret(key), nowMs),
    allowedHosts: () => new Set(),
    logger: log.logger,
    nowMs,
  });
  addRoutes(app, routes, 'network');
  const ask = async (method: 'GET' | 'PUT', url: string, body?: string, headers: Record<string, string> = {}) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const reply = await app.inject({
      method,
      url,
      headers: { 'x-admin-key': key, ...type, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: reply.statusCode, headers: reply.headers, body: reply.json<unknown>(), text: reply.body };
  };
  return { ask, log };
}

const common = { access: 'admin', tag: 'State', summary: 'A test' } as const;
const echo = defineRoute({
  ...common,
  method: 'PUT',
  path: '/v0/management/echo/{name}',
  params: z.object({ name: z.string().min(2) }),
  query: z.object({ count: z.coerce.number().int().max(5).default(1) }),
  body: z.strictObject({ token: z.string().max(10), inner: z.object({ list: z.array(z.number()) }).optional() }),
  status: 201,
  answer: z.object({ name: z.string(), count: z.number(), token: z.string() }),
  handle: ({ params, query, body }) => ({ ...params, ...query, ...body, hidden: 'not in the schema' }),
});

describe('a route', () => {
  it('gets what its schemas made of the input, and its answer is no more than its schema names', async () => {
    const { ask } = serve(echo);
    const { status, headers, body } = await ask('PUT', '/v0/management/echo/%C3%A4%2Fb?count=3', '{"token":"t"}');
    expect([status, headers['cache-control']]).toEqual([201, 'no-store']);
    expect(body).toEqual({ name: 'ä/b', count: 3, token: 't' });
  });

  it.each([
    ['/v0/management/echo/a', '{"token":"t"}', /In the path, `name`/],
    ['/v0/management/echo/ab?count=x', '{"token":"t"}', /In the query, `count`/],
    ['/v0/management/echo/ab?count=1&count=2', '{"token":"t"}', /In the query, `count`/],
    ['/v0/management/echo/ab', '{"token":5}', /In the body, `token`: must be a string/],
    ['/v0/management/echo/ab', '{"token":"t","inner":{"list":["canary"]}}', /In the body, `inner\.list\.0`/],
    ['/v0/management/echo/ab', '{"token":"t","canary":1}', /a field that is not known; it may have token, inner/],
    ['/v0/management/echo/ab', '{"token":"canary-canary"}', /In the body, `token`/],
    ['/v0/management/echo/ab', '{}', /In the body, `token`: it is missing; it must be a string/],
    ['/v0/management/echo/ab', '["canary"]', /In the body: must be a JSON object/],
    ['/v0/management/echo/ab', '{"canary', /not valid JSON/],
    ['/v0/management/echo/ab', '', /In the body: there is none; it must be a JSON object/],
    ['/v0/management/echo/ab', undefined, /In the body/],
  ])('says where the input is wrong (%s %s), and never repeats it', async (url, sent, message) => {
    const { ask } = serve(echo);
    const { status, body, text } = await ask('PUT', url, sent);
    expect([status, body]).toMatchObject([
      400,
      { error: { code: 'INVALID_REQUEST', message: expect.stringMatching(message) } },
    ]);
    expect(text).not.toContain('canary');
  });

  it('whose answer is not what it promised fails, rather than tell what it should not', async () => {
    const broken = defineRoute({
      ...common,
      method: 'GET',
      path: '/v0/management/broken',
      answer: z.object({ at: z.iso.datetime() }),
      handle: () => ({ at: 'canary of something else' }),
    });
    const { ask, log } = serve(broken);
    const { status, text } = await ask('GET', '/v0/management/broken');
    expect([status, text]).toEqual([500, expect.not.stringContaining('canary')]);
    expect(log.text()).toContain('/v0/management/broken');
  });

  it('takes JSON alone, and no body that would fill the memory', async () => {
    const { ask } = serve(echo);
    const url = '/v0/management/echo/ab';
    expect((await ask('PUT', url, 'token=t', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(
      415,
    );
    expect((await ask('PUT', url, '{"token":"t"}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await ask('PUT', url, ' '.repeat(33 * 1024 * 1024))).status).toBe(413);
  });
});

describe('the admin key', () => {
  const check = () => new AdminKeyCheck(new Secret(key), nowMs);

  it('is taken from its own header, else as a bearer token, whatever stands around it', () => {
    expect(check().check({ 'x-admin-key': ` ${key} ` })).toBeUndefined();
    expect(check().check({ authorization: `Bearer ${key}` })).toBeUndefined();
    expect(check().check({ authorization: `bearer  ${key} ` })).toBeUndefined();
    expect(check().check({ 'x-admin-key': '', authorization: `Bearer ${key}` })).toBeUndefined();
  });

  it.each([
    [{}, 'ADMIN_KEY_MISSING'],
    [{ 'x-api-key': key }, 'ADMIN_KEY_MISSING'],
    [{ authorization: `Basic ${key}` }, 'ADMIN_KEY_MISSING'],
    [{ 'x-admin-key': '   ' }, 'ADMIN_KEY_MISSING'],
    [{ 'x-admin-key': `${key}x` }, 'ADMIN_KEY_INVALID'],
    [{ 'x-admin-key': key.slice(0, -1) }, 'ADMIN_KEY_INVALID'],
    [{ 'x-admin-key': key.toUpperCase() }, 'ADMIN_KEY_INVALID'],
    [{ 'x-admin-key': 'wrong', authorization: `Bearer ${key}` }, 'ADMIN_KEY_INVALID'],
  ])('is refused in %j: %s', (headers, code) => {
    expect(check().check(headers)?.code).toBe(code);
  });

  it('that is wrong thirty times in a minute is told to wait, and the right one never is', () => {
    let atMs = 0;
    const guarded = new AdminKeyCheck(new Secret(key), () => atMs);
    const guess = () => guarded.check({ 'x-admin-key': 'guess' })?.code;
    const codes = Array.from({ length: 31 }, guess);
    expect(codes.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => 'ADMIN_KEY_INVALID'));
    expect(codes[30]).toBe('TOO_MANY_FAILED_KEYS');
    expect(guarded.check({ 'x-admin-key': key })).toBeUndefined();
    expect(guess()).toBe('TOO_MANY_FAILED_KEYS');
    atMs = 61_000;
    expect(guess()).toBe('ADMIN_KEY_INVALID');
  });
});

describe('comparing secrets', () => {
  it.each([
    ['short', 'short', true],
    ['short', 'short\0', false],
    ['', '', true],
    ['é', 'e\u0301', false],
    ['x'.repeat(254), 'x'.repeat(254), true],
    ['x'.repeat(255), 'x'.repeat(255), true],
    ['x'.repeat(5_000), 'x'.repeat(5_000), true],
    ['x'.repeat(5_000), `${'x'.repeat(4_999)}y`, false],
    ['x'.repeat(254), 'x'.repeat(255), false],
  ])('%j and %j: %s', (secret, presented, expected) => {
    expect(new SecretCheck(new Secret(secret)).matches(presented)).toBe(expected);
  });

  it('keeps no more failures in mind than it needs', () => {
    const limit = new FailureLimit(() => 0);
    for (let guess = 0; guess < 30; guess += 1) expect(limit.note()).toBeUndefined();
    expect(limit.note()).toBe(60_000);
  });
});
