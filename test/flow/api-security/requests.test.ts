/** What a client may try: paths that climb, headers of the connection, names that steer, bodies that never end. */
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memoryLogger } from '../../../companion/base/log.ts';
import { AdminKeyCheck } from '../../../companion/http/admin-key.ts';
import { Secret } from '../../../shared/redact.ts';
import { createClientServer } from '../../../companion/http/client-server.ts';
import { ownKeyCheck } from '../../support/client-keys.ts';
import { sendRaw } from '../../support/raw-http.ts';
import { openApiHouse, say } from '../api/house.ts';
import type { ApiHouse } from '../api/house.ts';
import { answerOf, openHostile } from './hostile.ts';
import type { HostileProvider } from './hostile.ts';

const whole = '{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"m","stop_reason":"end_turn"}';

async function openHouse(): Promise<{ house: ApiHouse; provider: HostileProvider }> {
  const provider = await openHostile((socket) =>
    socket.write(answerOf(200, { 'content-type': 'application/json' }, whole)),
  );
  return { house: await openApiHouse({ upstreams: { anthropic: provider.url } }), provider };
}

function headersFor(house: ApiHouse, ...more: readonly string[]): readonly string[] {
  return [`host: 127.0.0.1:${house.port}`, `x-api-key: ${house.key}`, 'anthropic-version: 2023-06-01', ...more];
}

describe('no path leaves the API of its provider', () => {
  const paths = [
    '/v1/models/../../x',
    '/v1/models/%2e%2e/x',
    '/v1/models/a#/../x',
    '/v1/models/a%2f..%2f..%2fx',
    '/v1/files/..;/x',
    '/v1/files/.%2E;a=b/x',
    '/v1/files/x#y',
    '/v1/files\\..\\x',
    '/v1/files/%5c%2e%2e%5cx',
    '/openai/v1/../x',
    '/v1/v1/models/..',
    '//evil.example/v1/files',
    'http://evil.example/v1/files',
    'evil.example:443',
    '*',
  ];
  test.each(paths)('GET %s', async (path) => {
    const { house, provider } = await openHouse();
    const answer = await sendRaw(house.port, [`GET ${path} HTTP/1.1`, ...headersFor(house, 'connection: close')]);
    expect([400, 404]).toContain(answer.status);
    expect(provider.requests).toEqual([]);
  });

  test('POST /v1/messages with a fragment', async () => {
    const { house, provider } = await openHouse();
    const body = JSON.stringify(say('hi'));
    const headers = headersFor(house, 'content-type: application/json', `content-length: ${body.length}`);
    const answer = await sendRaw(house.port, ['POST /v1/messages#/../x HTTP/1.1', ...headers], body);
    expect([answer.status, provider.requests.length]).toEqual([404, 0]);
  });

  test('dots in a query, long names and encoded line breaks are none of that', async () => {
    const { house, provider } = await openHouse();
    for (const path of ['/v1/files/a?x=../..#', `/v1/files/${'a'.repeat(9_000)}`, '/v1/files/%0d%0ax-evil:%201']) {
      const target = path.replace('#', '');
      const answer = await sendRaw(house.port, [`GET ${target} HTTP/1.1`, ...headersFor(house, 'connection: close')]);
      expect(answer.status).toBe(200);
      expect(provider.requests.at(-1)?.split('\r\n')[0]).toBe(`GET ${target} HTTP/1.1`);
    }
    expect(provider.requests.join('')).not.toMatch(/^x-evil/im);
  });

  test('a path that cannot be decoded is refused in the form of an API', async () => {
    const { house } = await openHouse();
    const answer = await house.ask({ path: '/v1/files/%zz' });
    expect([answer.status, answer.json.error.code]).toEqual([400, 'INVALID_REQUEST']);
  });
});

test('no header of the connection, of ours or with a secret goes out', async () => {
  const { house, provider } = await openHouse();
  const body = JSON.stringify(say('hi'));
  const answer = await sendRaw(
    house.port,
    [
      'POST /v1/messages HTTP/1.1',
      ...headersFor(
        house,
        'Connection: x-api-key, close, X-Hop, content-length',
        'x-hop: 1',
        'keep-alive: timeout=5',
        'te: trailers',
        'trailer: x',
        'proxy-authorization: Basic eDp5',
        'proxy-connection: keep-alive',
        'cookie: a=b',
        'authorization: Bearer other',
        'x-proxy-mode: api',
        'x-companion-anything: 1',
        'expect: 100-continue',
        'content-type: application/json',
        `content-length: ${body.length}`,
      ),
    ],
    body,
  );
  expect(answer.status).toBe(100);
  const [request = ''] = provider.requests;
  expect(request.split('\r\n\r\n')[1]).toBe(body);
  const names = request.split('\r\n\r\n')[0]?.split('\r\n').slice(1);
  const sent = names?.map((line) => line.slice(0, line.indexOf(':')).toLowerCase()).toSorted();
  expect(sent).toEqual([
    'anthropic-version',
    'connection',
    'content-length',
    'content-type',
    'host',
    'user-agent',
    'x-api-key',
  ]);
  expect(request).not.toContain(house.key);
});

test.each([
  ['two lengths', ['content-length: 2', 'content-length: 3'], '{}'],
  ['a length and chunks', ['content-length: 2', 'transfer-encoding: chunked'], '0\r\n\r\n'],
  ['chunks that are none', ['transfer-encoding: xchunked'], '0\r\n\r\n'],
  ['a folded header', ['x-a: b', ' x-evil: 1', 'content-length: 2'], '{}'],
  ['a space before the colon', ['content-length : 2'], '{}'],
])('a request with %s is refused before anybody is asked', async (_name, lines, body) => {
  const { house, provider } = await openHouse();
  const headers = headersFor(house, 'content-type: application/json', ...lines);
  const answer = await sendRaw(house.port, ['POST /v1/messages HTTP/1.1', ...headers], body);
  expect(answer.status).toBe(400);
  expect(provider.requests).toEqual([]);
});

describe('the name of a model', () => {
  const names = ['__proto__', 'constructor', 'a\u0000b', '\ud800', 'x\r\ny: z', '\u001b]0;pwn\u0007', '\u009b31m', '/'];
  test.each(names)('%j is a name like any other, and steers nothing', async (model) => {
    const { house } = await openHouse();
    for (const path of ['/v1/messages', '/v1/chat/completions']) {
      const answer = await house.ask({ path, body: say('hi', { model }) });
      expect(answer.status).toBe(200);
      expect(answer.headers['x-companion-route']).toMatch(/^[ -~]+$/);
      expect((await house.explain(answer.headers['x-companion-exchange'])).status).toBe(200);
    }
    expect(house.log.text()).not.toMatch(/[^\n -~]/);
  });

  test('is refused when nobody could mean it, and the ledger keeps its beginning', async () => {
    const { house, provider } = await openHouse();
    const answer = await house.askClaude(say('hi', { model: 'm'.repeat(1_000_000) }));
    expect([answer.status, provider.requests.length]).toEqual([400, 0]);
    const [row] = await house.exchanges();
    expect(row?.model).toBe('m'.repeat(200));
    expect((await house.askClaude(say('hi', { model: 'm'.repeat(1_000) }))).status).toBe(200);
  });
});

test.each([
  ['POST', '/v1/messages', 'text/plain'],
  ['POST', '/v1/files', 'multipart/form-data; boundary=x'],
  ['POST', '/v1/messages/batches', 'application/json'],
  ['POST', '/v1/embeddings', 'application/x-www-form-urlencoded'],
  ['GET', '/v1/models', undefined],
  ['GET', '/v0/quota', undefined],
  ['OPTIONS', '/v1/messages', undefined],
])('%s %s from a web page (%s) meets the guard, with any key', async (method, path, type) => {
  const { house, provider } = await openHouse();
  for (const sign of [{ origin: 'https://evil.example' }, { origin: house.url }, { 'sec-fetch-site': 'cross-site' }]) {
    const headers = { ...sign, 'x-api-key': house.key, ...(type === undefined ? {} : { 'content-type': type }) };
    const answer = await house.ask({ method, path, headers: headers as Record<string, string> });
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
  expect(provider.requests).toEqual([]);
});

test('without a key no route answers, whatever the type of the body', async () => {
  const { house, provider } = await openHouse();
  for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
    for (const path of ['/v1/messages', '/v1/files', '/v1/messages/batches', '/v1/anything', '/v0/quota']) {
      const answer = await house.ask({
        method: path === '/v0/quota' ? 'GET' : 'POST',
        path,
        headers: { 'x-companion-key': 'no', 'content-type': type },
      });
      expect([path, answer.status]).toEqual([path, 401]);
    }
  }
  expect(provider.requests).toEqual([]);
});

test('an offer of HTTP/2 is answered in HTTP/1.1, an HTTP/1.0 client until the connection closes', async () => {
  const { house } = await openHouse();
  const body = JSON.stringify(say('hi'));
  const common = headersFor(house, 'content-type: application/json', `content-length: ${body.length}`);
  const offer = ['connection: Upgrade, HTTP2-Settings', 'upgrade: h2c', 'http2-settings: AAMAAABkAAQCAAAAAAIAAAAA'];
  const modern = await sendRaw(house.port, ['POST /v1/messages HTTP/1.1', ...common, ...offer], body);
  expect([modern.status, modern.body]).toEqual([200, whole]);
  const old = await sendRaw(house.port, ['POST /v1/messages HTTP/1.0', ...common], body);
  expect([old.status, old.body]).toEqual([200, whole]);
});

describe('a body that comes slowly', () => {
  async function openServer() {
    const server = createClientServer({
      keyCheck: ownKeyCheck(null, Date.now),
      adminKeyCheck: new AdminKeyCheck(new Secret('ccpa_invented'), Date.now),
      allowedHosts: () => new Set(['companion']),
      logger: memoryLogger().logger,
      nowMs: Date.now,
      silentBodyMs: 300,
    });
    server.app.post('/echo', (request, reply) => reply.send({ length: (request.body as Buffer).length }));
    await server.app.listen({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => server.close());
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    let received = '';
    let isClosed = false;
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    socket.on('close', () => (isClosed = true));
    const head = 'POST /echo HTTP/1.1\r\nhost: companion\r\ncontent-type: application/json\r\n';
    socket.write(`${head}content-length: 12\r\n\r\n`);
    return {
      server: server.server,
      write: (text: string) => socket.write(text),
      received: () => received,
      isClosed: () => isClosed,
    };
  }

  test('may take as long as it likes, while bytes come', async () => {
    const client = await openServer();
    expect(client.server.requestTimeout).toBe(0);
    for (let sent = 0; sent < 12; sent++) {
      await sleep(100);
      client.write('x');
    }
    await expect.poll(client.received).toContain('{"length":12}');
    // The connection is kept: silence between requests is no silence in a body.
    await sleep(500);
    expect(client.isClosed()).toBe(false);
  });

  test('that falls silent is closed', async () => {
    const client = await openServer();
    client.write('xx');
    await expect.poll(client.isClosed, { timeout: 3_000 }).toBe(true);
    expect(client.received()).toBe('');
  });
});
