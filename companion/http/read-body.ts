/** The body of a request as one piece of memory. */
import type { IncomingMessage } from 'node:http';
import { CompanionError } from '../base/error.ts';

/**
 * Calls `done` once, with the whole body or with `BODY_TOO_LARGE`, `INVALID_REQUEST` or `CLIENT_GONE`. Memory is taken when
 * the first byte is there, all that was announced at once: of a conversation of megabytes no byte is copied twice, and none
 * waits in pieces.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  done: (error: CompanionError | null, body?: Buffer) => void,
): void {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return done(tooLarge(maxBytes));
  let body: Buffer | undefined;
  let length = 0;
  const finish = (error: CompanionError | null) => {
    request.off('data', take).off('end', end).off('error', leave);
    if (error === null) done(null, body?.subarray(0, length) ?? Buffer.alloc(0));
    else done(error);
  };
  const take = (chunk: Buffer) => {
    const before = length;
    length += chunk.length;
    if (length > maxBytes) return finish(tooLarge(maxBytes));
    if (body === undefined && length >= announced) body = chunk;
    else {
      body = withRoom(body, before, Math.max(announced, length));
      body.set(chunk, before);
    }
  };
  const end = () => {
    const isWhole = announced === 0 || length === announced;
    finish(isWhole ? null : new CompanionError('INVALID_REQUEST', 'The body is incomplete.'));
  };
  const leave = () => finish(new CompanionError('CLIENT_GONE', 'The client hung up.'));
  request.on('data', take).on('end', end).on('error', leave);
}

/** Without an announced length it grows by half, so that long ones are moved a few times only. */
function withRoom(body: Buffer | undefined, used: number, wanted: number): Buffer {
  if (body !== undefined && body.length >= wanted) return body;
  const larger = Buffer.allocUnsafeSlow(Math.max(wanted, Math.ceil(used * 1.5)));
  body?.copy(larger, 0, 0, used);
  return larger;
}

function tooLarge(maxBytes: number): CompanionError {
  const most = `${maxBytes / 1024 / 1024} MB`;
  return new CompanionError('BODY_TOO_LARGE', `The request body is larger than ${most}.`, {
    remedy: `Send less than ${most} in one request.`,
  });
}
