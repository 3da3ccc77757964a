/** What no honest provider would answer: it costs the client an error, and the companion nothing. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { eventually, openApiHouse, say } from '../api/house.ts';
import type { ApiHouse } from '../api/house.ts';
import { answerOf, openHostile } from './hostile.ts';

const impatient = { timeouts: { first_byte: '1s', idle: '1s' } };
const ok = 'content-length: 2\r\n\r\nok';

function openHouse(url: string, more: object = {}): Promise<ApiHouse> {
  return openApiHouse({ upstreams: { anthropic: url }, config: impatient, ...more });
}

async function expectIdle(house: ApiHouse): Promise<void> {
  await eventually('nothing runs any more', () => house.app.service.status().activity.length === 0);
}

test.each([
  ['a status below 100', `HTTP/1.1 099 X\r\n${ok}`],
  ['an upgrade that nobody asked for', 'HTTP/1.1 101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'],
  ['a control character in a value', `HTTP/1.1 200 X\r\nx-bad: a\u0001b\r\n${ok}`],
  ['a bare carriage return', `HTTP/1.1 200 X\r\nx-bad: a\rx-evil: 1\r\n${ok}`],
  ['a bare line feed', `HTTP/1.1 200 X\r\nx-bad: a\nx-evil: 1\r\n${ok}`],
  ['a folded header', `HTTP/1.1 200 X\r\nx-bad: a\r\n x-evil: 1\r\n${ok}`],
  ['two lengths', `HTTP/1.1 200 X\r\ncontent-length: 3\r\n${ok}`],
  ['a length and chunks', 'HTTP/1.1 200 X\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a header of 70 KB', `HTTP/1.1 200 X\r\nx-long: ${'a'.repeat(70_000)}\r\n${ok}`],
  ['100,000 headers', `HTTP/1.1 200 X\r\n${'a: b\r\n'.repeat(100_000)}${ok}`],
])('%s becomes an error of ours', async (_name, bytes) => {
  const provider = await openHostile((socket) => socket.write(Buffer.from(bytes, 'latin1')));
  const house = await openHouse(provider.url);
  const answer = await house.askClaude(say('hi'));
  expect(answer.status).toBe(502);
  expect(answer.headers['x-evil']).toBeUndefined();
  expect(answer.json.type).toBe('error');
  await expectIdle(house);
});

test('endless 1xx answers end with the time-out for the first byte', async () => {
  const provider = await openHostile((socket) => {
    const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  const house = await openHouse(provider.url);
  const answer = await house.askClaude(say('hi'));
  expect(answer.headers['x-companion-error']).toBe('FIRST_BYTE_TIMEOUT');
});

test('an endless chunk extension ends with the time-out for silence', async () => {
  const provider = await openHostile((socket) => {
    socket.write('HTTP/1.1 200 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2;x=');
    const timer = setInterval(() => socket.write('y'.repeat(1000)), 20);
    socket.on('close', () => clearInterval(timer));
  });
  const house = await openHouse(provider.url);
  expect((await house.askClaude(say('hi'))).isCut).toBe(true);
  await expectIdle(house);
});

test.each([400, 500])('a refusal (%i) without an end is broken off after 4 MB', async (status) => {
  let isClosed = false;
  const provider = await openHostile((socket) => {
    socket.write(`HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\n\r\n`);
    const more = () => {
      while (!socket.destroyed && socket.write(' '.repeat(65_536)));
    };
    socket.on('drain', more).on('close', () => (isClosed = true));
    more();
  });
  const house = await openHouse(provider.url);
  const answer = await house.askClaude(say('hi'));
  expect(answer.headers['x-companion-error']).toBe('UPSTREAM_UNREADABLE');
  await eventually('the connection is closed', () => isClosed);
  await expectIdle(house);
});

test('a bomb in a refusal is not unpacked, and one that is translated is refused', async () => {
  const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024, ' '));
  for (const [status, path] of [
    [400, '/v1/messages'],
    [400, '/v1/chat/completions'],
    [200, '/v1/chat/completions'],
  ] as const) {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const provider = await openHostile((socket) => socket.write(answerOf(status, headers, bomb)));
    const house = await openHouse(provider.url);
    const answer = await house.ask({ path, body: say('hi') });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.bytes.length).toBeLessThan(1024 * 1024);
    await expectIdle(house);
  }
});

test('thousands of encodings on top of each other are refused', async () => {
  const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'br,'.repeat(10_000) };
  const provider = await openHostile((socket) => socket.write(answerOf(200, headers, 'data: {}\n\n')));
  const house = await openHouse(provider.url);
  const before = process.memoryUsage().rss;
  const answer = await house.ask({ path: '/v1/chat/completions', body: say('hi') });
  expect(answer.headers['x-companion-error']).toBe('UPSTREAM_UNREADABLE');
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test('a storm of carriage returns passes through', async () => {
  const storm = `data: x\n${'\r'.repeat(300_000)}\n\n${'\r'.repeat(300_000)}`;
  for (const compress of [(body: Buffer) => body, (body: Buffer) => gzipSync(body)]) {
    const body = compress(Buffer.from(storm));
    const isPlain = body.length === storm.length;
    const headers = { 'content-type': 'text/event-stream', ...(isPlain ? {} : { 'content-encoding': 'gzip' }) };
    const provider = await openHostile((socket) => socket.write(answerOf(200, headers, body)));
    const house = await openHouse(provider.url);
    const answer = await house.askClaude(say('hi', { stream: true }));
    expect(answer.bytes.equals(body)).toBe(true);
    await expectIdle(house);
  }
});

test('types that every object has are only words', async () => {
  for (const type of ['constructor', '__proto__', 'toString']) {
    const frame = `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"no"}}\n\n`;
    const headers = { 'content-type': 'text/event-stream', 'anthropic-ratelimit-unified-5h-status': type };
    const provider = await openHostile((socket) => socket.write(answerOf(200, headers, frame)));
    const house = await openHouse(provider.url);
    const relayed = await house.askClaude(say('hi', { stream: true }));
    expect(relayed.text).toBe(frame);
    const row = await house.explain(relayed.headers['x-companion-exchange']);
    expect([row.outcome, row.remedy]).toEqual([type, null]);
    const translated = await house.ask({ path: '/v1/chat/completions', body: say('hi', { stream: true }) });
    expect(translated.headers['x-companion-error']).toBe('UPSTREAM_ERROR');
    expect(house.log.text()).not.toContain('TypeError');
  }
});

test('the type of an error is kept as a word, however long it is', async () => {
  const frame = `event: error\ndata: {"type":"error","error":{"type":"${'x'.repeat(100_000)}","message":"no"}}\n\n`;
  const provider = await openHostile((socket) =>
    socket.write(answerOf(200, { 'content-type': 'text/event-stream' }, frame)),
  );
  const house = await openHouse(provider.url);
  const answer = await house.askClaude(say('hi', { stream: true }));
  expect((await house.explain(answer.headers['x-companion-exchange'])).outcome).toBe('error');
});

describe('headers of a provider', () => {
  test('that speak to browsers, or in our name, stay behind', async () => {
    const provider = await openHostile((socket) =>
      socket.write(
        answerOf(
          200,
          {
            'set-cookie': 'a=b',
            'access-control-allow-origin': '*',
            'access-control-expose-headers': 'x',
            'clear-site-data': '"*"',
            'x-companion-route': 'made up',
            'x-companion-error': 'INTERNAL',
            'x-kept': 'yes',
          },
          '{}',
        ),
      ),
    );
    const house = await openHouse(provider.url);
    const { headers } = await house.askClaude(say('hi'));
    const names = Object.keys(headers).filter((name) => /^(set-|access-|clear-|x-)/.test(name));
    expect(names.toSorted()).toEqual(['x-companion-exchange', 'x-companion-route', 'x-kept']);
    expect(headers['x-companion-route']).toMatch(/^api; provider=anthropic/);
  });

  test('a redirect is passed on, and nobody follows it with a key', async () => {
    const elsewhere = await openHostile((socket) => socket.write(answerOf(200, {}, '{}')));
    const provider = await openHostile((socket) =>
      socket.write(answerOf(307, { location: `${elsewhere.url}/v1/messages` }, '')),
    );
    const house = await openHouse(provider.url);
    const relayed = await house.askClaude(say('hi'));
    expect([relayed.status, relayed.headers['location']]).toEqual([307, `${elsewhere.url}/v1/messages`]);
    const translated = await house.ask({ path: '/v1/chat/completions', body: say('hi') });
    expect(translated.status).toBe(502);
    expect(elsewhere.requests).toEqual([]);
  });
});
