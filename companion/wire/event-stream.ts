/**
 * AWS event streams: `[length][length of headers][CRC of both][headers][body][CRC of all]`. Safe at any split, like
 * `SseParser`. The library that knows the format is loaded with the first stream.
 */
import type { EventStreamCodec } from '@smithy/eventstream-codec';
import { CompanionError } from '../base/error.ts';

export interface EventStreamFrame {
  /** Those whose value is text: `:message-type`, `:event-type`, ... */
  readonly headers: Readonly<Record<string, string>>;
  /** UTF-8. */
  readonly body: string;
}

/** The service sends no larger ones. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** Of headers the format allows no more; each becomes an object, so that millions of them would fill the memory. */
const MAX_HEADER_BYTES = 128 * 1024;
/** Two lengths, two checksums. */
const LEAST_FRAME_BYTES = 16;
const LENGTH_BYTES = 4;

/** A parser for one stream. */
export async function openEventStreamParser(): Promise<EventStreamParser> {
  const { EventStreamCodec: Codec } = await import('@smithy/eventstream-codec');
  return new EventStreamParser(
    new Codec(
      (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
      (text) => Buffer.from(text),
    ),
  );
}

export class EventStreamParser {
  readonly #codec: EventStreamCodec;
  #held: Buffer[] = [];
  #length = 0;
  /** Of the frame that is under way; unknown before its first four bytes. */
  #wanted = LENGTH_BYTES;

  constructor(codec: EventStreamCodec) {
    this.#codec = codec;
  }

  /**
   * The frames that `chunk` completes. Errors, after the frames before it: `STREAM_BROKEN` for one whose checksums do not
   * fit, `UPSTREAM_UNREADABLE` for one above 16 MB, or with more than 128 kB of headers.
   */
  *push(chunk: Uint8Array): Generator<EventStreamFrame, void, undefined> {
    this.#held.push(Buffer.from(chunk));
    this.#length += chunk.length;
    while (this.#length >= this.#wanted) {
      const bytes = this.#take();
      const length = bytes.readUInt32BE(0);
      checkLength(length);
      if (bytes.length < length) {
        this.#wanted = length;
        return;
      }
      this.#held = bytes.length === length ? [] : [bytes.subarray(length)];
      this.#length = bytes.length - length;
      this.#wanted = LENGTH_BYTES;
      yield this.#decode(bytes.subarray(0, length));
    }
  }

  /** Errors: `STREAM_BROKEN` when the bytes end within a frame. */
  end(): readonly EventStreamFrame[] {
    if (this.#length === 0) return [];
    throw new CompanionError('STREAM_BROKEN', 'The stream ended in the middle of a message.');
  }

  #take(): Buffer {
    const [first] = this.#held;
    // Many messages come in one chunk, which is not copied for each of them.
    const bytes = first !== undefined && this.#held.length === 1 ? first : Buffer.concat(this.#held);
    this.#held = [bytes];
    return bytes;
  }

  #decode(bytes: Buffer): EventStreamFrame {
    if (bytes.readUInt32BE(LENGTH_BYTES) > MAX_HEADER_BYTES) {
      throw new CompanionError('UPSTREAM_UNREADABLE', 'The provider sent a stream message with too many headers.');
    }
    try {
      const { headers, body } = this.#codec.decode(bytes);
      const texts = Object.entries(headers).flatMap(([name, { type, value }]) =>
        type === 'string' ? [[name, value] as const] : [],
      );
      return { headers: Object.fromEntries(texts), body: Buffer.from(body).toString('utf8') };
    } catch (cause) {
      throw new CompanionError('STREAM_BROKEN', 'A message of the stream arrived damaged.', { cause });
    }
  }
}

function checkLength(length: number): void {
  if (length > MAX_FRAME_BYTES) {
    const message = `The provider sent one stream message of more than ${MAX_FRAME_BYTES} bytes.`;
    throw new CompanionError('UPSTREAM_UNREADABLE', message);
  }
  if (length < LEAST_FRAME_BYTES) throw new CompanionError('STREAM_BROKEN', 'A message of the stream is no message.');
}
