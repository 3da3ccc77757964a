/** Questions of the extension's pages to the management routes, as they travel over the link. */
import { expect, it } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { utf8 } from '../../../shared/link/bytes.ts';
import { API_ANSWER_BYTES } from '../../../shared/link/protocol.ts';
import { answersPing, startLink } from './harness.ts';

const call = { t: 'api.call', id: 'call-1', method: 'GET', path: '/v0/management/status' } as const;

it('is answered with the status and the body of the route', async () => {
  const companion = await startLink({
    handlers: { onApiCall: async (_seat, { path }, body) => ({ status: 201, body: JSON.stringify({ path, body }) }) },
  });
  const browser = await companion.pair();
  await browser.send({ ...call, method: 'POST' }, utf8('{"name":"ä"}'));
  const { frame, body } = await browser.expect('api.answer');
  expect(frame).toEqual({ t: 'api.answer', id: 'call-1', status: 201 });
  expect(JSON.parse(new TextDecoder().decode(body))).toEqual({ path: '/v0/management/status', body: '{"name":"ä"}' });
});

it('tells refusals of a route as its answer, and what it broke on as an error of that call', async () => {
  const companion = await startLink({
    handlers: {
      onApiCall: async (_seat, { path }) => {
        if (path.endsWith('/refused')) return { status: 404, body: '{"error":{"code":"NOT_FOUND"}}' };
        if (path.endsWith('/elsewhere')) throw new CompanionError('ROUTE_NOT_FOUND', 'There is nothing.');
        throw new Error('canary of a stack');
      },
    },
  });
  const browser = await companion.pair();
  await browser.send({ ...call, path: '/api/refused' });
  expect((await browser.expect('api.answer')).frame.status).toBe(404);
  await browser.send({ ...call, id: 'call-2', path: '/api/elsewhere' });
  expect((await browser.expect('error')).frame).toMatchObject({ code: 'ROUTE_NOT_FOUND', ref: 'call-2' });
  await browser.send({ ...call, id: 'call-3', path: '/api/broken' });
  const { frame } = await browser.expect('error');
  expect(frame).toMatchObject({ code: 'INTERNAL', ref: 'call-3' });
  expect(JSON.stringify(frame)).not.toContain('canary');
  expect(await answersPing(browser)).toBe(true);
});

it.each([
  [API_ANSWER_BYTES, 'api.answer'],
  [API_ANSWER_BYTES + 1, 'error'],
] as const)('of %i bytes comes as %s, and the link stays', async (bytes, expected) => {
  const companion = await startLink({
    handlers: { onApiCall: async () => ({ status: 200, body: 'x'.repeat(bytes) }) },
  });
  const browser = await companion.pair();
  await browser.send({ ...call, path: '/v0/management/exchanges?limit=200' });
  const { frame, body } = await browser.expect(expected);
  if (frame.t === 'api.answer') expect(body.length).toBe(bytes);
  else {
    expect(frame).toMatchObject({ code: 'INVALID_REQUEST', ref: 'call-1', retryable: false });
    // What is asked may hold a name; the route alone is told.
    expect(frame.t === 'error' && frame.message).not.toContain('limit');
  }
  expect(await answersPing(browser)).toBe(true);
});

it('holds up nothing else, and answers come as they are ready', async () => {
  const slow = Promise.withResolvers<void>();
  const companion = await startLink({
    handlers: {
      onApiCall: async (_seat, { path }) => {
        if (path.endsWith('/slow')) await slow.promise;
        return { status: 200, body: '{}' };
      },
    },
  });
  const browser = await companion.pair();
  await browser.send({ ...call, id: 'slow', path: '/api/slow' });
  await browser.send({ ...call, id: 'quick', path: '/api/quick' });
  expect((await browser.expect('api.answer')).frame.id).toBe('quick');
  expect(await answersPing(browser)).toBe(true);
  slow.resolve();
  expect((await browser.expect('api.answer')).frame.id).toBe('slow');
});

it('whose browser has left meanwhile does no harm', async () => {
  const slow = Promise.withResolvers<void>();
  const companion = await startLink({
    handlers: {
      onApiCall: async () => {
        await slow.promise;
        return { status: 200, body: '{}' };
      },
    },
  });
  const browser = await companion.pair();
  await browser.send(call);
  browser.socket.terminate();
  await browser.closed;
  slow.resolve();
  const again = await companion.connect({ pair: browser.pair });
  expect(await answersPing(again)).toBe(true);
  expect(companion.log.text()).not.toContain('"level":50');
});
