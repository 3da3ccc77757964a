/** The extension's end of questions to the management routes. */
import { expect, it } from 'vitest';
import { ApiCalls } from '../../extension/api-calls.ts';
import type { ExtensionFrame } from '../../shared/link/frame.ts';
import { utf8 } from '../../shared/link/bytes.ts';
import { ManualClock } from './support/fakes.ts';

type Call = Extract<ExtensionFrame, { t: 'api.call' }>;

function open(hasLink = true) {
  const clock = new ManualClock();
  const sent: { readonly frame: Call; readonly body: string | undefined }[] = [];
  const calls = new ApiCalls({
    clock,
    send: (frame, body) => {
      sent.push({ frame: frame as Call, body: body && new TextDecoder().decode(body) });
      return hasLink;
    },
  });
  const answer = (index: number, status: number, body: string) =>
    calls.take({ t: 'api.answer', id: sent[index]?.frame.id ?? '', status }, utf8(body));
  return { calls, sent, clock, answer };
}

const question = { method: 'GET', path: '/v0/management/usage?by=model' } as const;

it('sends method, path and body, and resolves to the answer of the same id', async () => {
  const { calls, sent, answer } = open();
  const first = calls.ask(question);
  const second = calls.ask({ method: 'PUT', path: '/api/x', body: { name: 'ä' } });
  expect(sent.map(({ frame, body }) => [frame.t, frame.method, frame.path, body])).toEqual([
    ['api.call', 'GET', question.path, undefined],
    ['api.call', 'PUT', '/api/x', '{"name":"ä"}'],
  ]);
  answer(1, 201, '{"id":2}');
  answer(0, 200, '{"groups":[]}');
  expect(await first).toEqual({ ok: true, body: { groups: [] } });
  expect(await second).toEqual({ ok: true, body: { id: 2 } });
});

it.each([
  [
    'the companion tells as data',
    '{"error":{"code":"X","message":"y"},"companion":{"code":"NOT_FOUND","message":"No such key.","remedy":"List them."}}',
    { code: 'NOT_FOUND', message: 'No such key.', remedy: 'List them.' },
  ],
  [
    'only has the neutral form',
    '{"type":"error","error":{"type":"not_found_error","message":"No such key.","param":null,"code":"NOT_FOUND"}}',
    { code: 'NOT_FOUND', message: 'No such key.', remedy: null },
  ],
  ['is no JSON', '<html>', { code: 'INTERNAL', message: '', remedy: null }],
  ['is empty', '', { code: 'INTERNAL', message: '', remedy: null }],
  ['is a list', '[1]', { code: 'INTERNAL', message: '', remedy: null }],
  ['holds other types', '{"error":{"code":5,"message":{}}}', { code: '5', message: '[object Object]', remedy: null }],
])('a refusal that %s is an answer too', async (_what, body, told) => {
  const { calls, answer } = open();
  const asked = calls.ask(question);
  answer(0, 404, body);
  expect(await asked).toEqual({ ok: false, ...told });
});

it('shows no secret that slipped into a message', async () => {
  const { calls, answer } = open();
  const asked = calls.ask(question);
  answer(0, 400, '{"error":{"code":"INVALID_REQUEST","message":"not sk-ant-api03-canaryCanaryCanary0123456789"}}');
  expect(JSON.stringify(await asked)).not.toContain('canaryCanary');
});

it('is offline without a link, at once or once it is lost', async () => {
  expect(await open(false).calls.ask(question)).toMatchObject({ ok: false, code: 'offline' });
  const { calls } = open();
  const asked = [calls.ask(question), calls.ask(question)];
  calls.noteOffline();
  for (const one of asked) expect(await one).toMatchObject({ ok: false, code: 'offline' });
});

it('gives up after a while, and passes over an answer that comes later, or that nobody asked for', async () => {
  const { calls, clock, answer, sent } = open();
  const asked = calls.ask(question);
  await clock.advance(44_000);
  const later = calls.ask(question);
  await clock.advance(2_000);
  expect(await asked).toMatchObject({ ok: false, code: 'timeout' });
  answer(0, 200, '{}');
  calls.take({ t: 'api.answer', id: 'nobody', status: 200 }, utf8('{}'));
  expect(sent).toHaveLength(2);
  answer(1, 200, '{"late":true}');
  expect(await later).toEqual({ ok: true, body: { late: true } });
});

it('takes the error of its own call, and leaves those of others', async () => {
  const { calls, sent } = open();
  const asked = calls.ask(question);
  const error = { t: 'error', code: 'INVALID_REQUEST', message: 'too long', retryable: false } as const;
  expect(calls.noteError({ ...error, ref: 'session.push' })).toBe(false);
  expect(calls.noteError({ ...error, ref: sent[0]?.frame.id })).toBe(true);
  expect(await asked).toEqual({ ok: false, code: 'INVALID_REQUEST', message: 'too long', remedy: null });
  expect(calls.noteError({ ...error, ref: sent[0]?.frame.id })).toBe(false);
});

it('of a companion that is too old to know the question, every one that waits is told so', async () => {
  const { calls } = open();
  const asked = [calls.ask(question), calls.ask(question)];
  expect(
    calls.noteError({ t: 'error', code: 'UNKNOWN_FRAME', message: 'unknown', ref: 'api.call', retryable: false }),
  ).toBe(true);
  for (const one of asked) expect(await one).toMatchObject({ ok: false, code: 'UNKNOWN_FRAME' });
});
