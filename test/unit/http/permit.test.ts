/** What becomes of a permit when its request is over, however early that is. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import type { Permit } from '../../../companion/client/permit.ts';
import { admit, decoratePermit, modeOf } from '../../../companion/http/permit.ts';

function permitOf(changes: Partial<Permit> = {}) {
  let released = 0;
  const nothing = () => undefined;
  const release = () => void (released += 1);
  const permit: Permit = {
    keyId: 'ck_1',
    mode: 'both',
    models: null,
    hasTokenBudget: false,
    begin: nothing,
    end: nothing,
    release,
    ...changes,
  };
  return { permit, released: () => released };
}

/** Lets each request in after `waitMs`, with `permit`, and answers with its mode. */
async function open(permit: Permit, waitMs = 0) {
  let onAdmitted: () => void = () => undefined;
  const admitted = new Promise<void>((resolve) => (onAdmitted = resolve));
  const app = fastify({ serverFactory: (handler) => createServer(handler) });
  decoratePermit(app);
  app.addHook('onRequest', (request, reply, done) => {
    setTimeout(() => {
      admit(permit, request, reply);
      onAdmitted();
      done();
    }, waitMs);
  });
  app.get('/', (request) => ({ mode: modeOf(request) ?? null }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`, admitted };
}

test('it is given back once, when the answer is written', async () => {
  const { permit, released } = permitOf();
  const { url } = await open(permit);
  expect(await (await fetch(url)).json()).toEqual({ mode: null });
  await expect.poll(released).toBe(1);
});

test('it is given back where the client left while its key was looked at', async () => {
  const { permit, released } = permitOf();
  const { url, admitted } = await open(permit, 60);
  await expect(fetch(url, { signal: AbortSignal.timeout(20) })).rejects.toThrow();
  await admitted;
  await expect.poll(released).toBe(1);
});

test.each([
  ['api', undefined, 200, 'api'],
  ['api', 'API', 200, 'api'],
  ['api', 'both', 200, 'api'],
  ['api', 'web', 403, undefined],
  ['claude-code', 'api', 403, undefined],
  ['both', 'web', 200, 'web'],
  ['both', undefined, 200, null],
] as const)('a key for %s that asks for %s gets %i, %s', async (mode, wanted, status, served) => {
  const { url } = await open(permitOf({ mode }).permit);
  const response = await fetch(url, { headers: wanted === undefined ? {} : { 'x-proxy-mode': wanted } });
  expect(response.status).toBe(status);
  expect(((await response.json()) as { mode?: string | null }).mode).toBe(served);
});
