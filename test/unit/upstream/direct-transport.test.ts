/** The direct way, against a bare server: what is sent, what comes back, and by what name each failure goes. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { createDispatcher } from '../../../companion/upstream/dispatcher.ts';
import { createDirectTransport } from '../../../companion/upstream/direct-transport.ts';
import type { DirectTransportOptions } from '../../../companion/upstream/direct-transport.ts';
import type { Transport, TransportReply, TransportRequest } from '../../../companion/upstream/transport.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

const request: TransportRequest = {
  method: 'GET',
  path: '/api/bootstrap?x=1',
  headers: { accept: 'application/json' },
  body: undefined,
  client: 'test',
};
const never = new AbortController().signal;
const shortTimeouts = { connectMs: 300, firstByteMs: 300, idleMs: 300 };

function transportTo(baseUrl: string, cookies: Partial<DirectTransportOptions['cookies']> = {}): Transport {
  const dispatcher = createDispatcher(shortTimeouts);
  onTestFinished(() => dispatcher.destroy());
  return createDirectTransport({
    baseUrl,
    dispatcher,
    userAgent: 'ccproxy-companion/test',
    cookies: { header: () => Promise.resolve('sessionKey=a'), rotate: () => Promise.resolve(), ...cookies },
  });
}

async function openSite(handle: Handle): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function read(reply: TransportReply): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('sends what it was given, who it is, and the cookies of the session; nothing else', async () => {
  let seen: IncomingMessage | undefined;
  const url = await openSite((incoming, response) => {
    seen = incoming;
    response.writeHead(200, { 'x-a': ['1', '2'], 'set-cookie': ['a=1', 'b=2'] }).end('hello');
  });
  const rotated: unknown[] = [];
  const transport = transportTo(url, { rotate: (lines, header) => Promise.resolve(void rotated.push(lines, header)) });
  const reply = await transport.send(request, never);
  expect(await read(reply)).toBe('hello');
  expect(seen?.url).toBe('/api/bootstrap?x=1');
  expect(seen?.headers).toEqual({
    accept: 'application/json',
    'accept-encoding': 'identity',
    connection: 'keep-alive',
    cookie: 'sessionKey=a',
    host: new URL(url).host,
    'user-agent': 'ccproxy-companion/test',
  });
  expect(reply.headers['x-a']).toBe('1, 2');
  expect(reply.headers).not.toHaveProperty('set-cookie');
  expect(rotated).toEqual([['a=1', 'b=2'], 'sessionKey=a']);
});

test.each([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['identity', (text: string) => Buffer.from(text)],
  ['GZIP', gzipSync],
] as const)('undoes the content-encoding %s', async (encoding, compress) => {
  const url = await openSite((_request, response) =>
    response.writeHead(200, { 'content-encoding': encoding }).end(compress('häh? '.repeat(1_000))),
  );
  expect(await read(await transportTo(url).send(request, never))).toBe('häh? '.repeat(1_000));
});

test('compressed bytes that are damaged are a broken stream', async () => {
  const url = await openSite((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(Buffer.from('no gzip at all')),
  );
  const reply = await transportTo(url).send(request, never);
  await expect(read(reply)).rejects.toMatchObject({ code: 'STREAM_BROKEN' });
});

describe('a refusal', () => {
  /** Accepts only the session that is current, and says which ones it was asked with. */
  async function openStrictSite(accepted: string) {
    const seen: (string | undefined)[] = [];
    const url = await openSite((incoming, response) => {
      seen.push(incoming.headers.cookie);
      response.writeHead(incoming.headers.cookie === accepted ? 200 : 403).end('said');
    });
    return { url, seen };
  }

  test('of a session that rotated meanwhile is asked again with the new one', async () => {
    const { url, seen } = await openStrictSite('sessionKey=b');
    const headers = ['sessionKey=a', 'sessionKey=b', 'sessionKey=b'];
    const transport = transportTo(url, { header: () => Promise.resolve(headers.shift() ?? '') });
    const reply = await transport.send({ ...request, method: 'POST', body: new Uint8Array([1]) }, never);
    expect([reply.status, await read(reply)]).toEqual([200, 'said']);
    expect(seen).toEqual(['sessionKey=a', 'sessionKey=b']);
  });

  test('is waited for a little when the rotation is still on its way', async () => {
    const { url, seen } = await openStrictSite('sessionKey=b');
    let current = 'sessionKey=a';
    setTimeout(() => (current = 'sessionKey=b'), 50);
    const reply = await transportTo(url, { header: () => Promise.resolve(current) }).send(request, never);
    expect([reply.status, seen.length]).toEqual([200, 2]);
  });

  test('of the session that we still hold stands, and is asked once', async () => {
    const { url, seen } = await openStrictSite('sessionKey=b');
    const reply = await transportTo(url).send(request, never);
    expect([reply.status, await read(reply), seen.length]).toEqual([403, 'said', 1]);
  });

  test('of a session that was removed meanwhile stands', async () => {
    const { url } = await openStrictSite('sessionKey=b');
    let asked = 0;
    const header = () => {
      asked += 1;
      return asked === 1 ? Promise.resolve('sessionKey=a') : Promise.reject(new Error('removed'));
    };
    expect((await transportTo(url, { header }).send(request, never)).status).toBe(403);
  });
});

test('follows no redirect', async () => {
  let requests = 0;
  const url = await openSite((_request, response) => {
    requests += 1;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  const reply = await transportTo(url).send(request, never);
  expect([reply.status, reply.headers['location'], requests]).toEqual([302, '/elsewhere', 1]);
  expect(await read(reply)).toBe('');
});

describe('each failure has its name', () => {
  const failures: readonly (readonly [string, string, (socket: Socket) => void])[] = [
    [
      'a reset before the head',
      'UPSTREAM_UNREACHABLE',
      (socket) => void socket.once('data', () => socket.resetAndDestroy()),
    ],
    ['an end before the head', 'UPSTREAM_UNREACHABLE', (socket) => void socket.once('data', () => socket.end())],
    ['silence before the head', 'FIRST_BYTE_TIMEOUT', () => undefined],
    ['what is not HTTP', 'UPSTREAM_UNREACHABLE', (socket) => void socket.once('data', () => socket.end('SSH-2.0\r\n'))],
  ];

  test.each(failures)('%s is %s', async (_name, code, serve) => {
    const url = await openSocketServer(serve);
    await expect(transportTo(url).send(request, never)).rejects.toMatchObject({ code });
  });

  const head = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegin';
  const cuts: readonly (readonly [string, string, (socket: Socket) => void])[] = [
    ['a reset in the body', 'STREAM_BROKEN', (socket) => setTimeout(() => socket.resetAndDestroy(), 50)],
    ['an early end of the body', 'STREAM_BROKEN', (socket) => setTimeout(() => socket.end(), 50)],
    ['silence in the body', 'IDLE_TIMEOUT', () => undefined],
  ];

  test.each(cuts)('%s is %s, after what came before it', async (_name, code, cut) => {
    const url = await openSocketServer(
      (socket) => void socket.once('data', () => socket.write(head, () => cut(socket))),
    );
    const reply = await transportTo(url).send(request, never);
    let text = '';
    const readAll = async () => {
      for await (const chunk of reply.body) text += Buffer.from(chunk).toString();
    };
    await expect(readAll()).rejects.toMatchObject({ code });
    expect(text).toBe('begin');
  });

  test('nobody there is UPSTREAM_UNREACHABLE, with the system error code', async () => {
    const error = await transportTo('http://127.0.0.1:1')
      .send(request, never)
      .catch((thrown: CompanionError) => thrown);
    expect(error).toMatchObject({ code: 'UPSTREAM_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') });
  });

  test('a handshake that never ends is CONNECT_TIMEOUT', async () => {
    const url = await openSocketServer(() => undefined);
    const error = transportTo(url.replace('http:', 'https:')).send(request, never);
    await expect(error).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' });
  });
});

describe('a client that is gone', () => {
  test('before the head ends the request at once', async () => {
    let closed = false;
    const url = await openSocketServer((socket) => socket.resume().on('close', () => (closed = true)));
    const gone = new AbortController();
    const sent = transportTo(url).send(request, gone.signal);
    setTimeout(() => gone.abort(new CompanionError('CLIENT_GONE', 'The client hung up.')), 50);
    await expect(sent).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    await expect.poll(() => closed).toBe(true);
  });

  test('in the body passes on why', async () => {
    const url = await openSite((_request, response) => void response.writeHead(200).write('a'));
    const gone = new AbortController();
    const reply = await transportTo(url).send(request, gone.signal);
    setTimeout(() => gone.abort(new CompanionError('SHUTTING_DOWN', 'The companion is shutting down.')), 50);
    await expect(read(reply)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  test('while a rotated session is stored does no harm to the process', async () => {
    const url = await openSite((_request, response) =>
      response.writeHead(200, { 'set-cookie': 'sessionKey=b' }).write('a'),
    );
    const gone = new AbortController();
    let isStored = false;
    const rotate = async () => {
      gone.abort(new CompanionError('CLIENT_GONE', 'The client hung up.'));
      await new Promise((resolve) => setTimeout(resolve, 100));
      isStored = true;
    };
    const reply = await transportTo(url, { rotate }).send(request, gone.signal);
    expect(isStored).toBe(true);
    await expect(read(reply)).rejects.toMatchObject({ code: 'CLIENT_GONE' });
  });

  test.each([
    ['plain', {}, Buffer.from('a')],
    ['compressed', { 'content-encoding': 'gzip' }, gzipSync('a'.repeat(100_000)).subarray(0, -8)],
  ])('by leaving a %s body closes the connection, and nothing else', async (_name, headers, bytes) => {
    let closed = false;
    const url = await openSite((_request, response) => {
      response.on('close', () => (closed = true));
      response.writeHead(200, headers).write(bytes);
    });
    const reply = await transportTo(url).send(request, never);
    for await (const chunk of reply.body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => closed).toBe(true);
  });
});

test('a reset while a rotated session is stored does no harm to the process', async () => {
  const head = 'HTTP/1.1 200 OK\r\nset-cookie: sessionKey=b\r\ncontent-length: 100\r\n\r\nbegin';
  const url = await openSocketServer(
    (socket) =>
      void socket.once('data', () => socket.write(head, () => setTimeout(() => socket.resetAndDestroy(), 20))),
  );
  const rotate = () => new Promise<void>((resolve) => setTimeout(resolve, 200));
  const reply = await transportTo(url, { rotate }).send(request, never);
  await expect(read(reply)).rejects.toMatchObject({ code: 'STREAM_BROKEN' });
});

test('a reader that is slow is no idle site', async () => {
  const size = 8_000_000;
  const url = await openSite((_request, response) => response.end(Buffer.alloc(size)));
  const reply = await transportTo(url).send(request, never);
  let received = 0;
  for await (const chunk of reply.body) {
    if (received === 0) await new Promise((resolve) => setTimeout(resolve, 1_500));
    received += chunk.length;
  }
  expect(received).toBe(size);
});

async function openSocketServer(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
