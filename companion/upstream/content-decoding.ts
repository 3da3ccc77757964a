/** Undoing a content-encoding, chained ones included. */
import { Readable } from 'node:stream';
import type { Duplex } from 'node:stream';
import { createDecoder } from '../base/content-encoding.ts';
import { CompanionError } from '../base/error.ts';

/** Servers use one, seldom two. Each takes memory of its own, and a header has room for thousands. */
const mostEncodings = 4;

/**
 * What undoes `encoding` (the header's value), in the order in which it is to be applied; unknown ones are left alone.
 * Throws `UPSTREAM_UNREADABLE` for more of them than anybody uses.
 */
function createDecoders(encoding: string | undefined): readonly Duplex[] {
  if (encoding === undefined) return [];
  const names = encoding.toLowerCase().split(',');
  if (names.length > mostEncodings)
    throw new CompanionError('UPSTREAM_UNREADABLE', 'The answer is encoded more often than can be undone.');
  return names
    .toReversed()
    .map((name) => createDecoder(name))
    .filter((decoder) => decoder !== undefined);
}

/** `bytes` with `encoding` undone, as they arrive. Ending it early ends `bytes`; damaged bytes throw zlib's error. */
export function decodeContent(
  bytes: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
): AsyncIterable<Uint8Array> {
  const decoders = createDecoders(encoding);
  if (decoders.length === 0) return bytes;
  return decoders.reduce<Readable>((stream, decoder) => stream.compose(decoder), Readable.from(bytes));
}
