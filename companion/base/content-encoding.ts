/** The content-encodings that are undone: for bytes as they come, and for a body that is here already. */
import type { Transform } from 'node:stream';
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  gunzipSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';

/** What undoes one encoding; `undefined` for one that is not known, `identity` among them. */
export function createDecoder(encoding: string): Transform | undefined {
  switch (encoding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress();
    default:
      return undefined;
  }
}

/**
 * The whole of `bytes` with `encoding` undone, as it is for one that is not known. Throws zlib's error for damaged bytes, and
 * for more than `maxOutputLength` of them.
 */
export function decodeWhole(bytes: Buffer, encoding: string, maxOutputLength: number): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync(bytes, { maxOutputLength });
    case 'deflate':
      return inflateSync(bytes, { maxOutputLength });
    case 'br':
      return brotliDecompressSync(bytes, { maxOutputLength });
    case 'zstd':
      return zstdDecompressSync(bytes, { maxOutputLength });
    default:
      return bytes;
  }
}
