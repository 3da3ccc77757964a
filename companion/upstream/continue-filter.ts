/**
 * A server may say `100 Continue` unasked, and whoever hears it is to wait for what follows (RFC 9110, 15.2.1). undici
 * closes the connection instead, so that line is taken away before undici reads it. Other 1xx answers are left to it.
 */
import type { Socket } from 'node:net';

const prefix = /^HTTP\/1\.[01] 100(?= |\r)/;
const longestPrefix = 'HTTP/1.1 100 '.length;
const endOfHead = Buffer.from('\r\n\r\n');
const longestHead = 4_096;

type Read = (size?: number) => Buffer | null;

export interface RequestWatch {
  /** The last request on this socket was not its first, and no byte of an answer to it has come. */
  isUnanswered(): boolean;
}

/** Watches for requests being written to `socket`, and filters what is read until the final head has begun. */
export function passOverContinue(socket: Socket): RequestWatch {
  const write = socket.write.bind(socket) as (...args: readonly unknown[]) => boolean;
  const read = socket.read.bind(socket) as Read;
  let isHeadDue = false;
  let held: Buffer | null = null;
  let readBefore = 0;
  socket.write = ((...args: readonly unknown[]) => {
    // undici writes the head of a request as text, and in one piece.
    if (typeof args[0] === 'string' && args[0].includes(' HTTP/1.1\r\n')) {
      isHeadDue = true;
      readBefore = socket.bytesRead;
    }
    return write(...args);
  }) as Socket['write'];
  socket.read = (size?: number) => {
    const chunk = read(size);
    if (!isHeadDue || chunk === null) return chunk;
    const bytes: Buffer = held === null ? chunk : Buffer.concat([held, chunk]);
    const kept = withoutContinue(bytes);
    held = kept === undefined ? bytes : null;
    if (kept === undefined) return null;
    isHeadDue = kept.length === 0;
    return kept.length === 0 ? null : kept;
  };
  return { isUnanswered: () => readBefore > 0 && socket.bytesRead === readBefore };
}

/** What follows the `100` answers at the beginning of `bytes`; `undefined` while one of them is not complete. */
function withoutContinue(bytes: Buffer): Buffer | undefined {
  let rest = bytes;
  while (mayBeContinue(rest)) {
    const end = rest.indexOf(endOfHead);
    if (end < 0) return rest.length > longestHead ? rest : undefined;
    rest = rest.subarray(end + endOfHead.length);
  }
  return rest;
}

function mayBeContinue(bytes: Buffer): boolean {
  if (bytes.length === 0) return false;
  const start = bytes.toString('latin1', 0, longestPrefix);
  return start.length < longestPrefix ? 'HTTP/1.1 100 '.startsWith(start) : prefix.test(start);
}
