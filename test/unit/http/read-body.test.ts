import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readBody } from '../../../companion/http/read-body.ts';

const most = 1024 * 1024;

/** What becomes of a request that is written as `pieces`, with a moment between them; the client leaves at their end. */
async function read(pieces: readonly (string | Buffer)[], isLeft = false): Promise<string | Buffer> {
  const outcome = Promise.withResolvers<string | Buffer>();
  const server = createServer((request) => {
    readBody(request, most, (error, body) => outcome.resolve(error?.code ?? body ?? 'nothing'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (isLeft) socket.destroy();
  return outcome.promise;
}

const head = (length: number) => `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`;
const chunkedHead = 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n';
const chunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
const thirds = [bytes.subarray(0, 7), bytes.subarray(7, 200_000), bytes.subarray(200_000)];

describe('the body of a request', () => {
  it('is whole, in one piece or in many, announced or chunked', async () => {
    expect(await read([head(5) + 'hello'])).toEqual(Buffer.from('hello'));
    expect(await read([head(bytes.length), ...thirds])).toEqual(bytes);
    expect(await read([chunkedHead, ...thirds.map(chunk), '0\r\n\r\n'])).toEqual(bytes);
  });

  it('may be empty', async () => {
    expect(await read([head(0)])).toHaveLength(0);
    expect(await read([chunkedHead, '0\r\n\r\n'])).toHaveLength(0);
  });

  it('is refused when it is too large, before it comes where that was announced', async () => {
    expect(await read([head(most + 1)])).toBe('BODY_TOO_LARGE');
    const half = Buffer.alloc(most / 2);
    expect(await read([chunkedHead, chunk(half), chunk(half), chunk(Buffer.alloc(1))])).toBe('BODY_TOO_LARGE');
    expect(await read([chunkedHead, chunk(half), chunk(half), '0\r\n\r\n'])).toHaveLength(most);
  });

  it('of a client that leaves is nobody’s fault', async () => {
    expect(await read([head(100) + 'half'], true)).toBe('CLIENT_GONE');
  });
});
