/** Providers that repeat the key that they were given, in every place where an answer has room for it. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createCanary, findLeaks } from '../../support/canary.ts';
import { openApiHouse, say } from '../api/house.ts';
import type { ApiHouse } from '../api/house.ts';
import type { RawAnswer } from '../api/raw-client.ts';
import { answerOf, openHostile } from './hostile.ts';

/** Nothing in it looks like a key: only who knows it can find it. */
const canary = createCanary('our key');
const json = { 'content-type': 'application/json' };

function openHouse(wire: 'anthropic' | 'openai', baseUrl: string): Promise<ApiHouse> {
  const block = { id: 'echo', name: 'Echo', base_url: baseUrl, wire, keys: [canary.value], models: ['m'] };
  return openApiHouse({ anthropic: [], config: { providers: [block] } });
}

function refusalWith(key: string): string {
  return JSON.stringify({
    type: 'error',
    error: { type: key, code: key, param: key, message: `Incorrect API key provided: ${key}.` },
    request_id: key,
  });
}

async function leaksOf(house: ApiHouse, answer: RawAnswer) {
  const control = await Promise.all(
    ['/control/exchanges', '/control/keys', '/control/keys/stats', '/control/status', '/control/usage'].map((path) =>
      house.control<unknown>(path),
    ),
  );
  const quota = await house.ask({ path: '/v0/quota' });
  expect(quota.status).toBe(200);
  const texts = {
    body: answer.text,
    headers: JSON.stringify(answer.rawHeaders),
    log: house.log.text(),
    control: JSON.stringify(control),
    quota: quota.text,
  };
  return findLeaks([canary], { texts });
}

const statuses = [400, 401, 402, 403, 404, 413, 429, 500, 503, 529];

describe.each(['anthropic', 'openai'] as const)('a provider of %s wire that repeats our key', (wire) => {
  test.each(statuses)('with %i: neither relayed nor translated', async (status) => {
    let seen = '';
    const provider = await openHostile((socket, request) => {
      seen += request;
      const headers = { ...json, 'x-echo': canary.value, 'request-id': canary.value, 'x-request-id': canary.value };
      socket.write(answerOf(status, headers, refusalWith(canary.value)));
    });
    const house = await openHouse(wire, provider.url);
    for (const path of ['/v1/messages', '/v1/chat/completions']) {
      const answer = await house.ask({ path, body: say('hi', { model: 'm' }) });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(await leaksOf(house, answer)).toEqual([]);
    }
    expect(seen).toContain(canary.value);
  });
});

test('in a compressed refusal it is found too, and what replaces it has its own length', async () => {
  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const) {
    const provider = await openHostile((socket) =>
      socket.write(
        answerOf(404, { ...json, 'content-encoding': encoding }, compress(Buffer.from(refusalWith(canary.value)))),
      ),
    );
    const house = await openHouse('anthropic', provider.url);
    const answer = await house.askClaude(say('hi', { model: 'm' }));
    expect(answer.json.error.message).toBe('Incorrect API key provided: ***.');
    expect(answer.headers['content-length']).toBe(String(answer.bytes.length));
  }
});

test('a refusal that does not hold it stays byte for byte as it came', async () => {
  const body = gzipSync(Buffer.from('{"error":{"type":"not_found_error","message":"no\\u0020such"}}'));
  const provider = await openHostile((socket) =>
    socket.write(answerOf(404, { ...json, 'content-encoding': 'gzip' }, body)),
  );
  const house = await openHouse('anthropic', provider.url);
  const answer = await house.askClaude(say('hi', { model: 'm' }));
  expect(answer.headers['content-encoding']).toBe('gzip');
  expect(answer.bytes.equals(body)).toBe(true);
});

test('in the headers of a good answer and in an error inside a translated stream', async () => {
  const provider = await openHostile((socket) => {
    const frames = `data: {"error":{"message":"the key ${canary.value} is out","type":"${canary.value}"}}\n\n`;
    socket.write(answerOf(200, { 'content-type': 'text/event-stream', 'x-echo': canary.value }, frames));
  });
  const house = await openHouse('openai', provider.url);
  const relayed = await house.ask({ path: '/v1/chat/completions', body: say('hi', { model: 'm' }) });
  expect(relayed.headers['x-echo']).toBe('***');
  const translated = await house.askClaude(say('hi', { model: 'm', stream: true }));
  expect(translated.status).toBeGreaterThanOrEqual(400);
  expect(await leaksOf(house, translated)).toEqual([]);
  expect(house.log.text()).not.toContain(canary.value);
});
