/** The raw transport against servers that misbehave: what arrives, what is tried again, and by what name failures go. */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { createDispatcher } from '../../../companion/upstream/dispatcher.ts';
import type { RawReply, RawRequest, RawSink, RawTransport } from '../../../companion/upstream/raw-transport.ts';
import { createRawTransport } from '../../../companion/upstream/undici-raw.ts';
import { onRequest, openSocketServer } from '../../support/socket-server.ts';

const never = new AbortController().signal;
const timeouts = { connectMs: 300, firstByteMs: 300, idleMs: 300 };
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

function openTransport(): RawTransport {
  const dispatcher = createDispatcher(timeouts);
  onTestFinished(() => dispatcher.destroy());
  return createRawTransport({ dispatcher, timeouts });
}

function post(url: string, body: RawRequest['body'] = Buffer.from('{}')): RawRequest {
  return { method: 'POST', url: `${url}/v1/messages?beta=true`, headers: ['content-type', 'application/json'], body };
}

async function readPoured(reply: RawReply): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await reply.pour({ write: (chunk) => chunks.push(chunk) > 0, onDrain: () => undefined });
  return Buffer.concat(chunks);
}

/** undici lets a connection rest for a turn before it uses it again. */
const rest = () => new Promise((resolve) => setTimeout(resolve, 5));

async function text(reply: RawReply): Promise<string> {
  const body = await readPoured(reply);
  await rest();
  return body.toString();
}

test('carries method, path, headers in order and body, and the answer with every header as it came', async () => {
  let seen = '';
  const { url } = await openSocketServer((socket) => {
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      socket.write(
        'HTTP/1.1 207 Odd\r\nX-A: 1\r\nSet-Cookie: a\r\nx-a: \xe9\r\nContent-Length: 3\r\n\r\nabc',
        'latin1',
      );
    });
  });
  const headers = ['x-b', '2', 'x-a', '1', 'x-b', '3'];
  const reply = await openTransport().send({ ...post(url), headers, body: Buffer.from('body') }, never);
  expect(seen).toBe(
    `POST /v1/messages?beta=true HTTP/1.1\r\nhost: ${new URL(url).host}\r\nconnection: keep-alive\r\n` +
      'x-b: 2\r\nx-a: 1\r\nx-b: 3\r\ncontent-length: 4\r\n\r\nbody',
  );
  expect(reply.status).toBe(207);
  expect(reply.headers).toEqual(['x-a', '1', 'set-cookie', 'a', 'x-a', '\xe9', 'content-length', '3']);
  expect([reply.header('x-a'), reply.header('x-none')]).toEqual(['1, \xe9', undefined]);
  expect(await text(reply)).toBe('abc');
});

test.each([
  ['103 Early Hints', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
  ['100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['several of them', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n'],
])('passes over %s, however it is cut, on every request of a connection', async (_name, early) => {
  const { url, sockets } = await openSocketServer((socket) => {
    onRequest(socket, (_head, count) => writeInPieces(socket, early + ok, count));
  });
  const transport = openTransport();
  for (let round = 0; round < 6; round += 1) {
    const reply = await transport.send(post(url), never);
    expect([reply.status, await text(reply)]).toEqual([200, 'ok']);
  }
  expect(sockets).toHaveLength(1);
});

/** A body that looks like a head stays a body. */
test('takes nothing out of a body', async () => {
  const body = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n';
  const { url } = await openSocketServer((socket) =>
    onRequest(socket, (_head, count) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
      setTimeout(() => writeInPieces(socket, body, count), 5);
    }),
  );
  expect(await text(await openTransport().send(post(url), never))).toBe(body);
});

function writeInPieces(socket: Socket, bytes: string, size: number): void {
  const piece = Math.max(1, 7 * size);
  for (let at = 0, delay = 0; at < bytes.length; at += piece, delay += 1) {
    setTimeout(() => socket.write(bytes.slice(at, at + piece)), delay);
  }
}

describe('a connection that is lost before the answer', () => {
  const lose: readonly (readonly [string, (socket: Socket) => void])[] = [
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.destroy()],
    ['ended', (socket) => socket.end()],
  ];

  test.each(lose)('when kept and %s, is replaced once, and the request sent again', async (_name, drop) => {
    const { url, sockets } = await openSocketServer((socket, number) => {
      onRequest(socket, (_head, count) => (number === 1 && count === 2 ? drop(socket) : socket.write(ok)));
    });
    const transport = openTransport();
    expect(await text(await transport.send(post(url), never))).toBe('ok');
    expect(await text(await transport.send(post(url), never))).toBe('ok');
    expect(sockets).toHaveLength(2);
  });

  test.each(lose)('when new and %s, is an error', async (_name, drop) => {
    const { url, sockets } = await openSocketServer((socket) => onRequest(socket, () => drop(socket)));
    const sent = openTransport().send(post(url), never);
    await expect(sent).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1'),
    });
    expect(sockets).toHaveLength(1);
  });

  test.each(lose)('is replaced by a new one, never by another old one, when %s', async (_name, drop) => {
    let requests = 0;
    const { url, sockets } = await openSocketServer((socket, number) => {
      onRequest(socket, (_head, count) => {
        requests += 1;
        if (number <= 5 && count === 2) drop(socket);
        else setTimeout(() => socket.write(ok), 30);
      });
    });
    const transport = openTransport();
    await Promise.all(Array.from({ length: 5 }, () => transport.send(post(url), never).then(text)));
    expect(sockets).toHaveLength(5);
    requests = 0;
    expect(await text(await transport.send(post(url), never))).toBe('ok');
    expect(requests).toBe(2);
    expect(sockets).toHaveLength(6);
  });

  test('is tried twice at most', async () => {
    let requests = 0;
    const { url } = await openSocketServer((socket, number) => {
      onRequest(socket, (_head, count) => {
        requests += 1;
        if (number === 1 && count === 1) socket.write(ok);
        else socket.resetAndDestroy();
      });
    });
    const transport = openTransport();
    await text(await transport.send(post(url), never));
    await expect(transport.send(post(url), never)).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
    expect(requests).toBe(3);
  });

  test.each([
    ['a byte of the answer was received', 'H', undefined],
    ['a 103 was received', 'HTTP/1.1 103 Early\r\n\r\n', undefined],
    [
      'the body cannot be sent again',
      '',
      async function* () {
        yield Buffer.from('{}');
      },
    ],
  ] as const)('is not replaced when %s', async (_name, received, body) => {
    let requests = 0;
    const { url } = await openSocketServer((socket, number) => {
      socket.on('data', (chunk) => {
        if (!chunk.includes('HTTP/1.1')) return;
        requests += 1;
        if (requests === 1) socket.write(ok);
        else if (number === 1) socket.write(received, () => setTimeout(() => socket.resetAndDestroy(), 20));
        else socket.write(ok);
      });
    });
    const transport = openTransport();
    await text(await transport.send(post(url), never));
    await expect(transport.send(post(url, body?.()), never)).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
    expect(requests).toBe(2);
  });
});

describe('each failure has its name', () => {
  test.each<[string, string, (socket: Socket) => void]>([
    ['silence before the head', 'FIRST_BYTE_TIMEOUT', () => undefined],
    ['half a head, then silence', 'FIRST_BYTE_TIMEOUT', (socket) => void socket.write('HTTP/1.1 200 OK\r\nx')],
    [
      'headers above 64 kB',
      'UPSTREAM_UNREADABLE',
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(70_000)}\r\n\r\n`),
    ],
    ['what is not HTTP', 'UPSTREAM_UNREACHABLE', (socket) => void socket.write('SSH-2.0-x\r\n')],
  ])('%s is %s', async (_name, code, answer) => {
    const { url } = await openSocketServer((socket) => void socket.once('data', () => answer(socket)));
    const sent = openTransport().send(post(url), never);
    await expect(sent).rejects.toMatchObject({ code, message: expect.stringContaining(new URL(url).host) });
  });

  test('headers of 60 kB are read', async () => {
    const head = `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(60_000)}\r\ncontent-length: 0\r\n\r\n`;
    const { url } = await openSocketServer((socket) => void socket.once('data', () => socket.write(head)));
    expect((await openTransport().send(post(url), never)).header('x-a')).toHaveLength(60_000);
  });

  test('nobody there is UPSTREAM_UNREACHABLE, with the reason of the system', async () => {
    const sent = openTransport().send(post('http://127.0.0.1:1'), never);
    await expect(sent).rejects.toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
  });

  test('a handshake that never ends is CONNECT_TIMEOUT', async () => {
    const { url } = await openSocketServer(() => undefined);
    const sent = openTransport().send(post(url.replace('http:', 'https:')), never);
    await expect(sent).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' });
  });

  test('a header that cannot be sent is named without its value', async () => {
    const request = { ...post('http://127.0.0.1:1'), headers: ['x-api-key', 'sk-secret\nvalue'] };
    const error = await openTransport()
      .send(request, never)
      .catch((thrown: CompanionError) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('x-api-key') });
    expect((error as CompanionError).message).not.toContain('secret');
  });

  const lengthy = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegin';
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegin\r\n';
  const endless = 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nbegin';
  const lastChunked = 'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegin\r\n';

  test.each<[string, string, string, (socket: Socket) => void]>([
    ['a reset in a body with a length', 'STREAM_BROKEN', lengthy, (socket) => socket.resetAndDestroy()],
    ['a reset in chunks', 'STREAM_BROKEN', chunked, (socket) => socket.resetAndDestroy()],
    ['a reset in the last chunks of a connection', 'STREAM_BROKEN', lastChunked, (socket) => socket.resetAndDestroy()],
    ['a reset in a body without a length', 'STREAM_BROKEN', endless, (socket) => socket.resetAndDestroy()],
    ['an early end of a body with a length', 'STREAM_BROKEN', lengthy, (socket) => socket.end()],
    ['an early end of chunks', 'STREAM_BROKEN', chunked, (socket) => socket.end()],
    ['an early end of the last chunks', 'STREAM_BROKEN', lastChunked, (socket) => socket.end()],
    ['silence in the body', 'IDLE_TIMEOUT', chunked, () => undefined],
  ])('%s is %s, after what came before it', async (_name, code, bytes, cut) => {
    const { url } = await openSocketServer(
      (socket) => void socket.once('data', () => socket.write(bytes, () => setTimeout(() => cut(socket), 30))),
    );
    const reply = await openTransport().send(post(url), never);
    let received = '';
    const sink: RawSink = { write: (chunk) => (received += chunk.toString()) !== '', onDrain: () => undefined };
    await expect(reply.pour(sink)).rejects.toMatchObject({ code });
    expect(received).toBe('begin');
  });

  test('an end where nothing says how long the body is, is its end', async () => {
    const { url } = await openSocketServer((socket) => void socket.once('data', () => socket.end(endless)));
    expect(await text(await openTransport().send(post(url), never))).toBe('begin');
  });
});

describe('an abort', () => {
  test('before the request sends nothing', async () => {
    const { url, sockets } = await openSocketServer(() => undefined);
    const gone = AbortSignal.abort(new CompanionError('CLIENT_GONE', 'The client hung up.'));
    await expect(openTransport().send(post(url), gone)).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    expect(sockets).toHaveLength(0);
  });

  /** 200 of 200, at random moments, within 20 ms: with little else running on this machine, about 2. */
  test.each([
    ['before the first byte', ''],
    ['after the first byte', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegin\r\n'],
  ])('%s closes the connection to the provider at once, 200 times of 200', async (_name, bytes) => {
    const closed: Promise<number>[] = [];
    const { url } = await openSocketServer((socket) => {
      closed.push(new Promise((resolve) => socket.on('close', () => resolve(performance.now()))));
      socket.on('data', () => socket.write(bytes));
    });
    const transport = openTransport();
    const delays: number[] = [];
    for (let round = 0; round < 200; round += 1) {
      const gone = new AbortController();
      const sent = transport.send(post(url), gone.signal).then((reply) => readPoured(reply));
      await new Promise((resolve) => setTimeout(resolve, 2 + (round % 5)));
      const abortedAtMs = performance.now();
      gone.abort(new CompanionError('CLIENT_GONE', 'The client hung up.'));
      await expect(sent).rejects.toMatchObject({ code: 'CLIENT_GONE' });
      await expect.poll(() => closed.length).toBe(round + 1);
      delays.push(((await closed[round]) ?? Infinity) - abortedAtMs);
    }
    delays.sort((a, b) => a - b);
    expect(delays).toHaveLength(200);
    expect(delays[180]).toBeLessThan(20);
  });

  test('after the whole answer was received still reaches a client that has not taken it', async () => {
    const body = 'a'.repeat(100_000);
    const { url } = await openSocketServer((socket) =>
      onRequest(socket, () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
        for (let at = 0; at < body.length; at += 10_000)
          setTimeout(() => socket.write(body.slice(at, at + 10_000)), at / 2_000);
      }),
    );
    const gone = new AbortController();
    const reply = await openTransport().send(post(url), gone.signal);
    const poured = reply.pour({ write: () => false, onDrain: () => undefined });
    setTimeout(() => gone.abort(new CompanionError('CLIENT_GONE', 'The client hung up.')), 150);
    await expect(poured).rejects.toMatchObject({ code: 'CLIENT_GONE' });
  });

  test('passes on its own reason', async () => {
    const { url } = await openSocketServer(
      (socket) => void socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\na')),
    );
    const stop = new AbortController();
    const reply = await openTransport().send(post(url), stop.signal);
    setTimeout(() => stop.abort(new CompanionError('SHUTTING_DOWN', 'The companion is shutting down.')), 10);
    await expect(text(reply)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});

describe('read and chunks undo', () => {
  const plain = 'häh? '.repeat(5_000);
  test.each<[string, Buffer]>([
    ['gzip', gzipSync(plain)],
    ['deflate', deflateSync(plain)],
    ['br', brotliCompressSync(plain)],
    ['zstd', zstdCompressSync(plain)],
    ['identity', Buffer.from(plain)],
    ['gzip, BR', brotliCompressSync(gzipSync(plain))],
    ['deflate, identity, zstd', zstdCompressSync(deflateSync(plain))],
  ])('%s', async (encoding, bytes) => {
    const url = await openHttpServer({ 'content-encoding': encoding }, bytes);
    const transport = openTransport();
    expect((await (await transport.send(post(url), never)).read(1_000_000)).toString()).toBe(plain);
    const parts: Uint8Array[] = [];
    for await (const part of (await transport.send(post(url), never)).chunks()) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe(plain);
    expect(await readPoured(await transport.send(post(url), never))).toEqual(bytes);
  });

  test('no more than is allowed, however small it was on the way', async () => {
    const url = await openHttpServer({ 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(10_000_000)));
    const reply = await openTransport().send(post(url), never);
    await expect(reply.read(1_000_000)).rejects.toMatchObject({ code: 'UPSTREAM_UNREADABLE' });
  });

  test('nothing that is damaged', async () => {
    const url = await openHttpServer({ 'content-encoding': 'gzip' }, Buffer.from('no gzip at all'));
    const reply = await openTransport().send(post(url), never);
    await expect(reply.read(1_000_000)).rejects.toMatchObject({ code: 'STREAM_BROKEN' });
  });
});

describe('a body that is left', () => {
  test('while it is read closes the connection', async () => {
    const { url, sockets } = await openSocketServer(
      (socket) => void socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\na')),
    );
    const reply = await openTransport().send(post(url), never);
    for await (const chunk of reply.chunks()) {
      expect(Buffer.from(chunk).toString()).toBe('a');
      break;
    }
    await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  });

  test('unread keeps the connection when it is short', async () => {
    const { url, sockets } = await openSocketServer((socket) => onRequest(socket, () => socket.write(ok)));
    const transport = openTransport();
    for (let round = 0; round < 3; round += 1) {
      (await transport.send(post(url), never)).discard();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(sockets).toHaveLength(1);
  });

  test('unread closes the connection when it is long', async () => {
    const url = await openHttpServer({}, Buffer.alloc(1_000_000));
    const transport = openTransport();
    (await transport.send(post(url), never)).discard();
    expect(await readPoured(await transport.send(post(url), never))).toHaveLength(1_000_000);
  });
});

test('a slow reader holds the provider back, and is no silence of the provider', async () => {
  let sent = 0;
  const { url } = await openSocketServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const more = () => {
        while (sent < 64_000_000 && socket.write(Buffer.alloc(65_536))) sent += 65_536;
        if (sent >= 64_000_000) socket.end();
      };
      socket.on('drain', more);
      more();
    });
  });
  const reply = await openTransport().send(post(url), never);
  let received = 0;
  let resume: (() => void) | undefined;
  const poured = reply.pour({
    write: (chunk) => {
      received += chunk.length;
      return received > 200_000;
    },
    onDrain: (proceed) => (resume = proceed),
  });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(received).toBeLessThan(200_000);
  expect(sent).toBeLessThan(16_000_000);
  const isHeld = () => received <= 200_000;
  while (isHeld()) {
    resume?.();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await poured;
  expect(received).toBeGreaterThanOrEqual(sent);
});

async function openHttpServer(headers: Record<string, string>, body: Buffer): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(200, headers).end(body));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
