/** Server-sent events: bytes to frames at any cut, frames to text, and the one driver that feeds a codec. */
import { CompanionError } from '../base/error.ts';
import type { StreamCodec } from './codec.ts';

/** One dispatched event; `event` is absent when the stream named none. */
export interface SseFrame {
  readonly event: string | undefined;
  readonly data: string;
}

/** Characters that one event may hold (of ASCII: bytes). Far above any real event, far below what hurts. */
export const MAX_EVENT_LENGTH = 16 * 1024 * 1024;

/**
 * A push parser for one stream. Cuts at any byte, `\n`, `\r\n`, `\r`, a byte order mark, comments and unknown fields are
 * normal input. Throws `UPSTREAM_UNREADABLE` when one event outgrows `maxEventLength`; it is of no use afterwards.
 */
export class SseParser {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #maxEventLength: number;
  /** The unfinished line, grown by `+=` and never searched again: a long line in tiny pieces stays linear. */
  #line = '';
  /** A `\r` ended the last line; a `\n` that comes first in the next piece belongs to it. */
  #isAfterReturn = false;
  #event: string | undefined;
  #data: string[] = [];
  #length = 0;

  constructor(maxEventLength: number = MAX_EVENT_LENGTH) {
    this.#maxEventLength = maxEventLength;
  }

  push(bytes: Uint8Array): readonly SseFrame[] {
    const frames: SseFrame[] = [];
    this.#readText(this.#decoder.decode(bytes, { stream: true }), frames);
    return frames;
  }

  /** Flushes what is left. A last event without its blank line counts only if its data is a complete JSON object. */
  end(): readonly SseFrame[] {
    const frames: SseFrame[] = [];
    this.#readText(this.#decoder.decode(), frames);
    if (this.#line !== '') this.#readLine('', frames);
    if (isJsonObject(this.#data.join('\n'))) this.#dispatch(frames);
    return frames;
  }

  #readText(text: string, frames: SseFrame[]): void {
    if (text === '') return;
    let start = this.#isAfterReturn && text.startsWith('\n') ? 1 : 0;
    this.#isAfterReturn = false;
    const lineEnd = /\r\n?|\n/g;
    lineEnd.lastIndex = start;
    for (let match = lineEnd.exec(text); match !== null; match = lineEnd.exec(text)) {
      this.#readLine(text.slice(start, match.index), frames);
      start = lineEnd.lastIndex;
      this.#isAfterReturn = match[0] === '\r' && start === text.length;
    }
    this.#line += text.slice(start);
    this.#guardLength(this.#line.length);
  }

  #readLine(rest: string, frames: SseFrame[]): void {
    const line = this.#line + rest;
    this.#line = '';
    if (line === '') return this.#dispatch(frames);
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#event = value;
    if (field === 'data') this.#addData(value);
  }

  #addData(value: string): void {
    this.#guardLength(value.length);
    this.#data.push(value);
    this.#length += value.length + 1;
  }

  #dispatch(frames: SseFrame[]): void {
    if (this.#data.length > 0) frames.push({ event: this.#event || undefined, data: this.#data.join('\n') });
    this.#event = undefined;
    this.#data = [];
    this.#length = 0;
  }

  #guardLength(added: number): void {
    if (this.#length + added <= this.#maxEventLength) return;
    const limit = `${this.#maxEventLength} characters`;
    throw new CompanionError('UPSTREAM_UNREADABLE', `The provider sent one stream event of more than ${limit}.`);
  }
}

/** One event as text, ready to be written. `data` is serialised as JSON, so it can hold no line end. */
export function formatSse(event: string | undefined, data: unknown): string {
  const name = event === undefined ? '' : `event: ${event}\n`;
  return `${name}data: ${JSON.stringify(data)}\n\n`;
}

/** Cuts bytes into frames; safe at any split. What it throws comes after the frames before it. */
export interface FrameParser<Frame> {
  push(chunk: Uint8Array): Iterable<Frame>;
  end(): Iterable<Frame>;
}

/**
 * Reads `bytes` through the parser and `codec`, and yields what the codec gives. Ending it early (`return()`) ends
 * `bytes`; what `bytes` throws passes through after everything that was complete before it.
 */
export function decodeStream<State, Output>(
  bytes: AsyncIterable<Uint8Array>,
  codec: StreamCodec<State, SseFrame, Output>,
): AsyncGenerator<Output, void, undefined> {
  return decodeFrames(bytes, new SseParser(), codec);
}

/** The same for any framing. */
export async function* decodeFrames<State, Frame, Output>(
  bytes: AsyncIterable<Uint8Array>,
  parser: FrameParser<Frame>,
  codec: StreamCodec<State, Frame, Output>,
): AsyncGenerator<Output, void, undefined> {
  let state = codec.initial;
  const step = (frame: Frame): readonly Output[] => {
    const [next, outputs] = codec.step(state, frame);
    state = next;
    return outputs;
  };
  for await (const chunk of bytes) for (const frame of parser.push(chunk)) yield* step(frame);
  for (const frame of parser.end()) yield* step(frame);
  yield* codec.end(state);
}

function isJsonObject(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
