/** Content encodings, whole and as a stream that is flushed after each frame. */
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import type { Transform } from 'node:stream';
import type { Encoding, Faults } from './fault.ts';

type Compressed = Exclude<Encoding, 'identity'>;

const fastBrotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** The encoding of the answer: the wanted one, when the client takes it (no `accept-encoding` takes all). */
export function chooseEncoding(faults: Faults, accepted: string | undefined): Encoding {
  if (faults.encoding === 'identity' || faults.ignoresAcceptEncoding || accepted === undefined) return faults.encoding;
  const names = new Set(accepted.split(',').map((one) => one.split(';', 1)[0]?.trim()));
  return names.has(faults.encoding) || names.has('*') ? faults.encoding : 'identity';
}

export function compress(encoding: Encoding, body: Buffer): Buffer {
  switch (encoding) {
    case 'identity':
      return body;
    case 'gzip':
      return gzipSync(body);
    case 'br':
      return brotliCompressSync(body, fastBrotli);
    case 'zstd':
      return zstdCompressSync(body);
    case 'deflate':
      return deflateSync(body);
  }
}

/** Takes frames, gives what is to travel after each of them, and what is left at the end. */
export interface FrameCompressor {
  push(frame: string): Promise<Buffer>;
  end(): Promise<Buffer>;
}

export function createFrameCompressor(encoding: Compressed): FrameCompressor {
  const stream = createStream(encoding);
  return {
    push: async (frame) => {
      stream.write(frame);
      await new Promise<void>((resolve) => stream.flush(() => resolve()));
      return takeAll(stream);
    },
    end: async () => {
      const chunks: Buffer[] = [];
      stream.end();
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
  };
}

type FlushedStream = Transform & { flush(done: () => void): void };

function createStream(encoding: Compressed): FlushedStream {
  switch (encoding) {
    case 'gzip':
      return createGzip();
    case 'br':
      return createBrotliCompress(fastBrotli);
    case 'zstd':
      return createZstdCompress();
    case 'deflate':
      return createDeflate();
  }
}

function takeAll(stream: Transform): Buffer {
  const chunks: Buffer[] = [];
  for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
