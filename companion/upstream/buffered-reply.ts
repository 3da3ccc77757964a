/** A short answer held in memory: what a refusal says must be read before it is decided who gets to see it. */
import { decodeWhole } from '../base/content-encoding.ts';
import { CompanionError } from '../base/error.ts';
import type { RawReply, RawSink } from './raw-transport.ts';

/** Refusals are a few hundred bytes; whatever is larger than this is none. */
const maxBytes = 4 * 1024 * 1024;

export interface BufferedReply extends RawReply {
  /** The body as text, content-encoding undone; empty when it cannot be undone. */
  text(): string;
  /** The same answer with stars in the place of `secret`; as it is where its body does not hold it. */
  without(secret: string): BufferedReply;
}

/**
 * Takes the whole of `reply`, byte for byte. Errors: those of `RawReply.pour`; `UPSTREAM_UNREADABLE` above 4 MB, of which
 * no more is read.
 */
export async function bufferReply(reply: RawReply): Promise<BufferedReply> {
  const chunks: Buffer[] = [];
  let length = 0;
  const sink: RawSink = {
    write(chunk) {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(Buffer.from(chunk));
      else reply.discard();
      return length <= maxBytes;
    },
    onDrain: () => undefined,
  };
  try {
    await reply.pour(sink);
  } catch (cause) {
    if (length <= maxBytes) throw cause;
  }
  if (length > maxBytes)
    throw new CompanionError('UPSTREAM_UNREADABLE', 'The provider refused with a body above 4 MB.');
  return asReply(reply, Buffer.concat(chunks));
}

type Head = Pick<RawReply, 'status' | 'header' | 'headers'>;

function asReply(reply: Head, bytes: Buffer): BufferedReply {
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
    without(secret) {
      const plain = decoded();
      if (!plain.includes(secret)) return this;
      // One character for each byte, so that what is no text survives.
      const text = plain.toString('latin1').replaceAll(Buffer.from(secret).toString('latin1'), '***');
      return asReply(withLength(reply, text.length), Buffer.from(text, 'latin1'));
    },
  };
}

/** For another body than the one that came, without an encoding. */
function withLength({ status, header, headers }: Head, length: number): Head {
  const isAboutBody = (name: string) => name === 'content-encoding' || name === 'content-length';
  const kept = headers.filter((_, at) => !isAboutBody(headers[at - (at % 2)] as string));
  return {
    status,
    headers: [...kept, 'content-length', String(length)],
    header: (name) => {
      if (name === 'content-length') return String(length);
      return name === 'content-encoding' ? undefined : header(name);
    },
  };
}

/** One encoding is what servers send; a body that is not what its header says tells nothing. */
function undoEncoding(bytes: Buffer, encoding = 'identity'): Buffer {
  try {
    return decodeWhole(bytes, encoding, maxBytes);
  } catch {
    return Buffer.alloc(0);
  }
}
