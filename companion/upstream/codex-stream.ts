/**
 * The ChatGPT backend leaves the output out of the event that ends a stream, for it was all said before. Programs made for
 * the Responses API look for it there; this puts it back, and leaves every other byte as it came.
 */
import { asArray, asText, isObject, parseJson } from '../wire/hub/fields.ts';
import { ResponseCollector } from '../wire/openai-responses/upstream/collect-response.ts';
import { isFailure } from '../wire/openai-responses/upstream/error.ts';
import { formatSse, MAX_EVENT_LENGTH, SseParser } from '../wire/sse.ts';
import type { SseFrame } from '../wire/sse.ts';
import type { RawReply, RawSink } from './raw-transport.ts';

/** A body that comes compressed, or under a length, is left as it is. */
export function withOutputAtEnd(reply: RawReply): RawReply {
  const isPlain = ['content-encoding', 'content-length'].every((name) => reply.header(name) === undefined);
  if (!isPlain) return reply;
  return {
    status: reply.status,
    headers: reply.headers,
    header: reply.header,
    async pour(sink) {
      const filling = new FillingSink(sink);
      await reply.pour(filling);
      filling.end();
    },
    chunks: () => reply.chunks(),
    read: (maxBytes) => reply.read(maxBytes),
    discard: () => reply.discard(),
  };
}

const itemDone = 'response.output_item.done';
const ends = ['response.completed', 'response.incomplete', 'response.done'];
/** A blank line ends an event; a line may end in two ways. */
const blankLines = ['\n\n', '\n\r\n'];
const longestBlankLine = 3;

/** Hands whole events on. Part of one waits for its rest; where the stream is cut in it, nobody could have used it. */
class FillingSink implements RawSink {
  readonly #sink: RawSink;
  readonly #collector = new ResponseCollector();
  #held: Buffer[] = [];
  #heldLength = 0;
  /** The last bytes that are held, for a blank line that comes in pieces. */
  #tail = Buffer.alloc(0);

  constructor(sink: RawSink) {
    this.#sink = sink;
  }

  onDrain(resume: () => void): void {
    this.#sink.onDrain(resume);
  }

  write(chunk: Buffer): boolean {
    const end = endOfLastEvent(Buffer.concat([this.#tail, chunk])) - this.#tail.length;
    if (end <= 0) return this.#hold(chunk);
    const whole = Buffer.concat([...this.#held, chunk.subarray(0, end)]);
    this.#forget();
    const hasRoom = this.#sink.write(this.#fill(whole));
    return end === chunk.length ? hasRoom : this.#hold(chunk.subarray(end)) && hasRoom;
  }

  /** A last event may lack its blank line. */
  end(): void {
    if (this.#heldLength > 0) this.#sink.write(this.#fill(Buffer.concat(this.#held)));
  }

  /** Always has room: what is as long as no event is handed on as it is. */
  #hold(chunk: Buffer): boolean {
    // The bytes are the transport's own once this returns.
    this.#held.push(Buffer.from(chunk));
    this.#heldLength += chunk.length;
    this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-(longestBlankLine - 1));
    if (this.#heldLength <= MAX_EVENT_LENGTH) return true;
    const all = Buffer.concat(this.#held);
    this.#forget();
    return this.#sink.write(all);
  }

  #forget(): void {
    this.#held = [];
    this.#heldLength = 0;
    this.#tail = Buffer.alloc(0);
  }

  #fill(events: Buffer): Buffer {
    if (![itemDone, ...ends].some((type) => events.includes(type))) return events;
    const filled: Buffer[] = [];
    for (let start = 0; start < events.length;) {
      const end = endOfFirstEvent(events, start);
      filled.push(this.#fillEvent(events.subarray(start, end)));
      start = end;
    }
    return Buffer.concat(filled);
  }

  #fillEvent(bytes: Buffer): Buffer {
    const [frame] = framesOf(bytes);
    const event = frame === undefined ? undefined : parseJson(frame.data);
    if (frame === undefined || !isObject(event)) return bytes;
    const type = asText(event.type) ?? '';
    if (type !== itemDone && (!ends.includes(type) || isFailure(type, event))) return bytes;
    this.#collector.push(frame);
    if (type === itemDone || !this.#collector.isComplete || !isObject(event.response)) return bytes;
    const response = this.#collector.response();
    if (asArray(response.output).length === asArray(event.response.output).length) return bytes;
    return Buffer.from(formatSse(frame.event, { ...event, response }));
  }
}

function framesOf(bytes: Buffer): readonly SseFrame[] {
  const parser = new SseParser();
  return [...parser.push(bytes), ...parser.end()];
}

/** Where the bytes after the last blank line begin; 0 without one. */
function endOfLastEvent(bytes: Buffer): number {
  return Math.max(0, ...blankLines.flatMap((line) => endOf(line, bytes.lastIndexOf(line))));
}

function endOfFirstEvent(bytes: Buffer, start: number): number {
  return Math.min(bytes.length, ...blankLines.flatMap((line) => endOf(line, bytes.indexOf(line, start))));
}

function endOf(line: string, at: number): readonly number[] {
  return at < 0 ? [] : [at + line.length];
}
