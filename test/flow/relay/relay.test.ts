/** The byte path: what the provider said is what the client gets, and what was cut is never taken for whole. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { onRequest, openSocketServer } from '../../support/socket-server.ts';
import { openRelay } from './house.ts';

const start =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":1}}}\n\n';
const delta =
  'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"hi"}}\n\n';
const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const asChunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

interface Answer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** The connection was cut before the body ended. */
  readonly isCut: boolean;
}

function ask(url: string, body: Buffer = Buffer.from('{}'), headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method: 'POST', headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      const done = (isCut: boolean) =>
        resolve({
          status: response.statusCode ?? 0,
          rawHeaders: response.rawHeaders,
          body: Buffer.concat(chunks),
          isCut,
        });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done(false));
      response.on('error', () => done(true));
    });
    sent.on('error', reject).end(body);
  });
}

async function openProvider(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
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

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('bodies and streams are byte-identical in both directions, 1,000 of 1,000, hostile ones included', async () => {
  const encodings = [
    ['identity', (bytes: Buffer) => bytes],
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['gzip', (bytes: Buffer) => bytes],
    ['unheard-of', (bytes: Buffer) => bytes],
  ] as const;
  const types = ['application/json', 'application/octet-stream', 'text/plain', 'image/png'];
  let expected: Buffer = Buffer.alloc(0);
  let received = '';
  let round = 0;
  const provider = await openProvider(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received = digest(Buffer.concat(chunks));
    const [encoding, compress] = encodings[round % encodings.length] ?? encodings[0];
    expected = compress(hostileBytes(round));
    const isLong = round % 3 === 0 ? { 'content-length': expected.length } : {};
    response.writeHead(200, { 'content-type': types[round % types.length], 'content-encoding': encoding, ...isLong });
    for (let at = 0; at < expected.length;) {
      const size = 1 + ((round * 7919 + at) % 5_000);
      response.write(expected.subarray(at, at + size));
      at += size;
      if (round % 10 === 0) await new Promise(setImmediate);
    }
    response.end();
  });
  const { url, outcomes } = await openRelay(provider);
  for (; round < 1_000; round += 1) {
    const body = randomBytes((round * 131) % 3_000);
    const answer = await ask(`${url}/v1/x`, body);
    expect({ round, isCut: answer.isCut, body: digest(answer.body) }).toEqual({
      round,
      isCut: false,
      body: digest(expected),
    });
    expect(received).toBe(digest(body));
  }
  expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
});

/** Random bytes, and what a parser might stumble over. */
function hostileBytes(round: number): Buffer {
  const pieces = [
    '\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    '0\r\n\r\n',
    'data: {"type":"message_start"',
    '\0',
    '\u2028',
    '{"'.repeat(50),
  ];
  const piece = Buffer.from(pieces[round % pieces.length] ?? '');
  return Buffer.concat([randomBytes((round * 37) % 4_000), piece, randomBytes(round % 50), piece]);
}

test('headers cross as they should, and ours are added', async () => {
  let seen: readonly string[] = [];
  const provider = await openProvider((request, response) => {
    seen = request.rawHeaders;
    response.writeHead(529, [
      'Request-Id',
      'req_1',
      'Set-Cookie',
      'a=1',
      'x-a',
      '1',
      'X-A',
      '2',
      'retry-after',
      '3',
      'alt-svc',
      'h3',
    ]);
    response.end('busy');
  });
  const { url } = await openRelay(provider);
  const answer = await ask(url, Buffer.from('{}'), {
    'x-api-key': 'client',
    'anthropic-beta': 'x',
    cookie: 'c',
    te: 'trailers',
    'user-agent': 'me',
  });
  expect(seen).toEqual([
    'host',
    new URL(provider).host,
    'connection',
    'keep-alive',
    'anthropic-beta',
    'x',
    'user-agent',
    'me',
    'x-api-key',
    'sk-provider',
    'content-length',
    '2',
  ]);
  expect([answer.status, answer.body.toString()]).toEqual([529, 'busy']);
  const names = answer.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  expect(names).toEqual([
    'request-id',
    'x-a',
    'x-a',
    'retry-after',
    'date',
    'x-companion-exchange',
    'connection',
    'transfer-encoding',
  ]);
});

describe('a stream that does not come whole ends with an error event', () => {
  const cuts: readonly (readonly [string, string, (socket: Socket) => void])[] = [
    ['reset', 'STREAM_BROKEN', (socket) => socket.resetAndDestroy()],
    ['ended too early', 'STREAM_BROKEN', (socket) => socket.end()],
    ['ended properly without its terminal frame', 'STREAM_BROKEN', (socket) => void socket.write('0\r\n\r\n')],
  ];

  test.each(cuts)('when it is %s', async (_name, code, cut) => {
    for (const [sent, separator] of [
      [start + delta, ''],
      [`${start}event: x\n`, '\n'],
      [`${start}data: {"a`, '\n\n'],
      [`${start}data: 1\r\n\r\n`, ''],
    ] as const) {
      const { url } = await openSocketServer((socket) =>
        onRequest(socket, () => socket.write(streamHead + asChunk(sent), () => setTimeout(() => cut(socket), 10))),
      );
      const relay = await openRelay(url);
      const answer = await ask(relay.url);
      expect(answer.isCut).toBe(false);
      expect(answer.body.toString()).toBe(
        `${sent}${separator}event: error\ndata: {"type":"error","code":"${code}"}\n\n`,
      );
      expect(relay.outcomes[0]?.error?.code).toBe(code);
    }
  });

  test.each(cuts)('but not after its terminal frame, when it is %s', async (_name, _code, cut) => {
    const whole = start + delta + stop;
    const { url } = await openSocketServer((socket) =>
      onRequest(socket, () => socket.write(streamHead + asChunk(whole), () => setTimeout(() => cut(socket), 10))),
    );
    const relay = await openRelay(url);
    const answer = await ask(relay.url);
    expect([answer.body.toString(), answer.isCut]).toEqual([whole, false]);
    expect(relay.outcomes[0]).toMatchObject({ error: undefined, facts: { hasEnded: true } });
  });

  test('0 false successes in 1,000, cut at any byte', async () => {
    const whole = Buffer.from(start + delta.repeat(5) + stop);
    let at = 0;
    const { url } = await openSocketServer((socket) =>
      onRequest(socket, () => {
        socket.write(streamHead + asChunk(whole.toString('latin1', 0, at)));
        if (at % 2 === 0) socket.end();
        else socket.end('0\r\n\r\n');
      }),
    );
    const relay = await openRelay(url);
    let falseSuccesses = 0;
    for (let round = 0; round < 1_000; round += 1) {
      at = start.length + (round % (whole.length - stop.length - start.length + 20));
      const text = (await ask(relay.url)).body.toString();
      if (!text.endsWith('event: error\ndata: {"type":"error","code":"STREAM_BROKEN"}\n\n')) falseSuccesses += 1;
    }
    expect(falseSuccesses).toBe(0);
  });
});

describe('any other body that does not come whole closes the connection', () => {
  test.each([
    ['JSON with a length', 'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"a"'],
    ['JSON in chunks', 'content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{"a"\r\n'],
    [
      'a compressed stream',
      'content-type: text/event-stream\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n',
    ],
    ['a stream with a length', `content-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n${start}`],
  ])('%s', async (_name, rest) => {
    const { url } = await openSocketServer((socket) =>
      onRequest(socket, () =>
        socket.write(`HTTP/1.1 200 OK\r\n${rest}`, () => setTimeout(() => socket.resetAndDestroy(), 10)),
      ),
    );
    const relay = await openRelay(url);
    const answer = await ask(relay.url);
    expect(answer.isCut).toBe(true);
    expect(relay.outcomes[0]?.error?.code).toBe('STREAM_BROKEN');
    expect(answer.body.toString()).not.toContain('event: error');
  });
});

test('the head reaches the client before the first event does', async () => {
  const { url } = await openSocketServer((socket) =>
    onRequest(socket, () => {
      socket.write(streamHead);
      setTimeout(() => socket.write(`${asChunk(start + stop)}0\r\n\r\n`), 300);
    }),
  );
  const relay = await openRelay(url);
  const askedAtMs = performance.now();
  const headAtMs = await new Promise<number>((resolve, reject) => {
    httpRequest(relay.url, { method: 'POST', agent: false }, (response) => {
      resolve(performance.now());
      response.resume();
    })
      .on('error', reject)
      .end('{}');
  });
  expect(headAtMs - askedAtMs).toBeLessThan(250);
});

test.each([
  ['before the first byte', ''],
  ['after the first byte', streamHead + asChunk(start)],
])('a client that leaves %s closes the connection to the provider, 200 times of 200', async (_name, bytes) => {
  const closed: Promise<number>[] = [];
  const { url } = await openSocketServer((socket) => {
    closed.push(new Promise((resolve) => socket.on('close', () => resolve(performance.now()))));
    socket.on('data', () => socket.write(bytes));
  });
  const relay = await openRelay(url);
  const delays: number[] = [];
  for (let round = 0; round < 200; round += 1) {
    const client = connect(relay.port, '127.0.0.1');
    client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
    if (bytes === '') await expect.poll(() => closed.length, { interval: 1 }).toBe(round + 1);
    else await new Promise((resolve) => client.once('data', resolve));
    const leftAtMs = performance.now();
    client.destroy();
    delays.push(((await closed[round]) ?? Infinity) - leftAtMs);
  }
  delays.sort((a, b) => a - b);
  expect(delays).toHaveLength(200);
  // All of them, but for moments in which this machine had other things to do.
  expect(delays[190]).toBeLessThan(20);
});

test('a slow reader costs less than 2 MB, and holds the provider back', async () => {
  let sent = 0;
  const total = 64 << 20;
  const { url } = await openSocketServer((socket) =>
    onRequest(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n');
      const line = Buffer.from(delta.repeat(500));
      let sentHere = 0;
      const more = () => {
        while (sentHere < total && !socket.destroyed) {
          sentHere += line.length;
          sent += line.length;
          if (!socket.write(line)) return;
        }
      };
      socket.on('drain', more);
      more();
    }),
  );
  const relay = await openRelay(url);
  const clients = Array.from({ length: 8 }, () => {
    const client = connect(relay.port, '127.0.0.1');
    client.pause().write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
    onTestFinished(() => void client.destroy());
    return client;
  });
  const before = memoryInUse();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  // Both ends of every connection live in this process. What is garbage is given back a little later.
  await expect.poll(() => (memoryInUse() - before) / clients.length).toBeLessThan(2 << 20);
  // What the sockets of the system hold is outside of this process: some MB for each of the four ends.
  expect(sent / clients.length).toBeLessThan(16 << 20);
});

/** Without what was only not collected yet. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
