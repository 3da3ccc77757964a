/** A short answer held in memory: what a refusal says must be read before it is decided who gets to see it. */
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { CompanionError } from '../base/error.ts';
import type { RawReply, RawSink } from './raw-transport.ts';

/** Refusals are a few hundred bytes; whatever is larger than this is none. */
const maxBytes = 4 * 1024 * 1024;

export interface BufferedReply extends RawReply {
  /** The body as text, content-encoding undone; empty when it cannot be undone. */
  text(): string;
}

/** Takes the whole of `reply`, byte for byte. Errors: those of `RawReply.pour`; `UPSTREAM_UNREADABLE` above 4 MB. */
export async function bufferReply(reply: RawReply): Promise<BufferedReply> {
  const chunks: Buffer[] = [];
  let length = 0;
  const sink: RawSink = {
    write(chunk) {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(Buffer.from(chunk));
      return true;
    },
    onDrain: () => undefined,
  };
  await reply.pour(sink);
  if (length > maxBytes)
    throw new CompanionError('UPSTREAM_UNREADABLE', 'The provider refused with a body above 4 MB.');
  return asReply(reply, Buffer.concat(chunks));
}

function asReply(reply: RawReply, bytes: Buffer): BufferedReply {
  const decoded = () => undoEncoding(bytes, reply.header('content-encoding'));
  return {
    status: reply.status,
    header: reply.header,
    headers: reply.headers,
    pour: async (sink) => void (bytes.length > 0 && sink.write(bytes)),
    read: async () => decoded(),
    chunks: async function* () {
      yield decoded();
    },
    discard: () => undefined,
    text: () => decoded().toString('utf8'),
  };
}

/** One encoding is what servers send; a body that is not what its header says tells nothing. */
function undoEncoding(bytes: Buffer, encoding: string | undefined): Buffer {
  try {
    switch (encoding?.trim().toLowerCase() ?? 'identity') {
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(bytes, { maxOutputLength: maxBytes });
      case 'deflate':
        return inflateSync(bytes, { maxOutputLength: maxBytes });
      case 'br':
        return brotliDecompressSync(bytes, { maxOutputLength: maxBytes });
      case 'zstd':
        return zstdDecompressSync(bytes, { maxOutputLength: maxBytes });
      default:
        return bytes;
    }
  } catch {
    return Buffer.alloc(0);
  }
}
