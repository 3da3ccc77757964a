/** What a client of the provider's own dialect sends and gets is what was sent, byte for byte, through the whole companion. */
import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { openSocketServer } from '../../support/socket-server.ts';
import { claude, eventually, openApiHouse, say } from './house.ts';
import { openProvider, randomFrom } from './provider.ts';

const encodings = {
  gzip: [gzipSync, gunzipSync],
  br: [brotliCompressSync, brotliDecompressSync],
  zstd: [zstdCompressSync, zstdDecompressSync],
  deflate: [deflateSync, inflateSync],
} as const;
type Encoding = keyof typeof encodings;
const names = Object.keys(encodings) as Encoding[];

function keepAlive(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  onTestFinished(() => agent.destroy());
  return agent;
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64');

interface Case {
  readonly request: Buffer;
  readonly answer: Buffer;
  readonly type: string;
  readonly encoding: Encoding | undefined;
  readonly cuts: readonly number[];
  readonly hasLength: boolean;
}

const pieces = [
  '\r\n\r\n',
  '0\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\n',
  '\0\uFEFF\u2028',
  'data: [DONE]\n\n',
  'event: ping\r\ndata: {}\r\n\r\n',
  'data: {"type":"error","error":{}}\r\r',
  '{"model":"claude-x","stream":true',
  '"'.repeat(40),
  '😀'.repeat(9),
  'x'.repeat(3000),
];

/** Random bytes between pieces that a parser might stumble over. */
function hostileBytes(random: () => number): Buffer {
  const parts: Buffer[] = [];
  for (let count = Math.floor(random() * 6); count >= 0; count -= 1) {
    parts.push(Buffer.from(pieces[Math.floor(random() * pieces.length)] ?? ''));
    parts.push(Buffer.from(Array.from({ length: Math.floor(random() * 400) }, () => Math.floor(random() * 256))));
  }
  return Buffer.concat(parts);
}

function caseOf(number: number): Case {
  const random = randomFrom(number);
  const isStream = number % 2 === 0;
  const end = random() < 0.5 ? '\n' : '\r\n';
  const start = `event: message_start${end}data: {"type":"message_start","message":{"usage":{"input_tokens":1}}}${end}${end}`;
  const stop = `${end}${end}event: message_stop${end}data: {"type":"message_stop"}${end}${end}`;
  const noise = hostileBytes(random);
  const plain = isStream ? Buffer.concat([Buffer.from(start), noise, Buffer.from(stop)]) : noise;
  const encoding = random() < 0.4 ? names[Math.floor(random() * names.length)] : undefined;
  const answer = encoding === undefined ? plain : encodings[encoding][0](plain);
  const said = Buffer.from(`{"messages":[],"x":"${'\\u00e9'.repeat(number % 7)}","model" : "${claude}","y":[1.50]}`);
  return {
    request: random() < 0.5 ? said : hostileBytes(random),
    answer,
    type: isStream ? 'text/event-stream' : (['application/json', 'application/octet-stream'][(number % 4) >> 1] ?? ''),
    encoding,
    cuts: Array.from({ length: Math.floor(random() * 8) }, () => Math.floor(random() * answer.length)).toSorted(
      (one, other) => one - other,
    ),
    hasLength: random() < 0.3,
  };
}

test('1,000 random bodies and streams arrive as they were sent, in both directions', async () => {
  const received = new Map<number, string>();
  const provider = await openProvider(async (request, response, body) => {
    const number = Number(request.headers['x-case']);
    const { answer, type, encoding, cuts, hasLength } = caseOf(number);
    received.set(number, digest(body));
    response.writeHead(200, {
      'content-type': type,
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
      ...(hasLength ? { 'content-length': answer.length } : {}),
    });
    let from = 0;
    for (const cut of cuts) {
      response.write(answer.subarray(from, cut));
      from = cut;
      await new Promise(setImmediate);
    }
    response.end(answer.subarray(from));
  });
  const house = await openApiHouse({ upstreams: { anthropic: provider.url } });
  const agent = keepAlive();
  const wrong: number[] = [];
  const run = async (number: number) => {
    const { request, answer, encoding } = caseOf(number);
    const got = await house.ask({
      path: '/v1/messages',
      agent,
      headers: { 'content-type': 'application/json', 'x-api-key': house.key, 'x-case': String(number) },
      body: request,
    });
    const isSame = digest(got.bytes) === digest(answer) && received.get(number) === digest(request);
    if (!isSame || got.isCut || got.headers['content-encoding'] !== encoding) wrong.push(number);
  };
  for (let from = 0; from < 1000; from += 8) {
    await Promise.all(Array.from({ length: Math.min(8, 1000 - from) }, (_, index) => run(from + index)));
  }
  expect(wrong).toEqual([]);
  expect(received.size).toBe(1000);
}, 60_000);

test.each(names)(
  'an answer in %s passes as it is, whole and streamed, and its tokens are counted',
  async (encoding) => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { faults: { encoding } };
    const undo = encodings[encoding][1];
    for (const stream of [false, true]) {
      const answer = await house.askClaude(say('squeeze', { stream }), { 'accept-encoding': encoding });
      expect(answer.headers['content-encoding']).toBe(encoding);
      expect(answer.bytes).toHaveLength(house.anthropicApi.requests.at(-1)?.bytesSent ?? -1);
      const text = undo(answer.bytes).toString();
      expect(text).toContain(stream ? 'event: message_stop' : 'You said: squeeze');
      const row = await house.explain(answer.headers['x-companion-exchange']);
      expect(row).toMatchObject({ outcome: 'ok', isStream: stream, inputTokens: expect.any(Number) });
      expect(row.outputTokens).toBeGreaterThan(0);
    }
  },
);

test('an alias changes the bytes of the name and no others', async () => {
  const house = await openApiHouse({ config: { models: { aliases: { short: claude } } } });
  const around = [
    '{"a":"model",\r\n "nested":{"model":"short"} , "mod\\u0065l" : ',
    `, "max_tokens":10,\t"messages":[{"role":"user","content":"é\\n"}],"z":1.0e1}`,
  ];
  for (const written of ['"short"', '"s\\u0068ort"']) {
    await house.askClaude(Buffer.from(around.join(written)));
    expect(house.anthropicApi.requests.at(-1)?.body.toString()).toBe(around.join(`"${claude}"`));
  }
});

test('an upload goes on to the provider while the client still sends', async () => {
  const seen: Buffer[] = [];
  const { url } = await openSocketServer((socket) =>
    socket.on('data', (chunk: Buffer) => {
      seen.push(chunk);
      if (Buffer.concat(seen).includes('the end')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    }),
  );
  const house = await openApiHouse({ upstreams: { anthropic: url } });
  const client = connect(house.port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  let answer = '';
  client.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const [first, last] = ['a'.repeat(200_000), 'the end'];
  client.write(
    `POST /v1/files HTTP/1.1\r\nhost: 127.0.0.1:${house.port}\r\nx-api-key: ${house.key}\r\nanthropic-version: 2023-06-01\r\n` +
      `content-type: multipart/form-data; boundary=x\r\ncontent-length: ${first.length + last.length}\r\n\r\n${first}`,
  );
  await eventually('the first half is there', () => Buffer.concat(seen).length > first.length);
  expect(Buffer.concat(seen).toString('latin1').toLowerCase()).toContain(
    `content-length: ${first.length + last.length}`,
  );
  client.write(last);
  await eventually('it is answered', () => answer.endsWith('ok'));
});
