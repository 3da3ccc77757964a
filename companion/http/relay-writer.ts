/** Writes a provider's answer to the client as it came, and says so when it did not come whole. */
import type { ServerResponse } from 'node:http';
import { CompanionError, toCompanionError } from '../base/error.ts';
import type { RawReply, RawSink } from '../upstream/raw-transport.ts';
import { replyHeaders } from '../upstream/relay-headers.ts';
import type { AnswerFacts, AnswerObserver } from '../wire/observe/observer.ts';

export interface RelayOptions {
  /** The dialect's error event, ready to be written into a stream; `undefined` where it has none. */
  readonly errorText: (error: CompanionError) => string | undefined;
}

export interface RelayOutcome {
  readonly facts: AnswerFacts;
  /** Why the client did not get the whole answer. */
  readonly error: CompanionError | undefined;
  /** Of the body, as it came. */
  readonly bytes: number;
}

const eventStream = /^text\/event-stream\b/i;

/**
 * Writes head and body, and resolves when the last byte is handed to the socket or the client is gone; never rejects.
 * `extraHeaders` are `[name, value, ...]`, in the place of the provider's of the same name. Of an answer that was cut, or
 * that ended without its terminal frame, an event stream ends with the dialect's error event and any other body by closing
 * the connection: nobody takes it for whole.
 */
export async function writeRelay(
  response: ServerResponse,
  reply: RawReply,
  observer: AnswerObserver,
  extraHeaders: readonly string[],
  options: RelayOptions,
): Promise<RelayOutcome> {
  const sink = new ResponseSink(response, observer);
  response.writeHead(reply.status, replyHeaders(reply.headers, extraHeaders));
  const poured = pour(reply, sink);
  // Some providers send their head long before their first event.
  const flush = sink.bytes === 0 ? setImmediate(() => sink.flushHead()) : undefined;
  const broken = await poured;
  clearImmediate(flush);
  const mayAppend = isPlainStream(reply) && options.errorText !== undefined;
  // A compressed copy may take its time: the client does not wait for what it says.
  const facts = mayAppend || broken !== undefined ? await observer.end() : undefined;
  const error = whatIsMissing(broken, mayAppend ? facts : undefined);
  if (error === undefined) response.end();
  else finishBroken(response, mayAppend ? options.errorText(error) : undefined, sink);
  return { facts: facts ?? (await observer.end()), error, bytes: sink.bytes };
}

async function pour(reply: RawReply, sink: RawSink): Promise<CompanionError | undefined> {
  try {
    await reply.pour(sink);
    return undefined;
  } catch (cause) {
    return toCompanionError(cause);
  }
}

/** Nothing, once the terminal frame is out: what became of the connection afterwards is no loss. */
function whatIsMissing(broken: CompanionError | undefined, facts: AnswerFacts | undefined): CompanionError | undefined {
  if (facts?.hasEnded === true && broken?.code !== 'CLIENT_GONE') return undefined;
  if (broken !== undefined || facts?.isComplete !== false) return broken;
  return new CompanionError('STREAM_BROKEN', 'The provider ended the stream before the answer was complete.');
}

/** Text can be put after it: no encoding that it would break, no length that it would exceed. */
function isPlainStream(reply: RawReply): boolean {
  const encoding = reply.header('content-encoding')?.trim().toLowerCase() ?? '';
  return (
    eventStream.test(reply.header('content-type') ?? '') &&
    (encoding === '' || encoding === 'identity') &&
    reply.header('content-length') === undefined
  );
}

function finishBroken(response: ServerResponse, text: string | undefined, sink: ResponseSink): void {
  if (text === undefined || response.destroyed) response.destroy();
  else response.end(sink.endOfFrame() + text);
}

/** Counts what goes by, and remembers whether it ended in the middle of a frame. */
class ResponseSink implements RawSink {
  readonly #response: ServerResponse;
  readonly #observer: AnswerObserver;
  bytes = 0;
  /** Line ends that the body ends with, up to two; carriage returns do not count. */
  #lineEnds = 2;

  constructor(response: ServerResponse, observer: AnswerObserver) {
    this.#response = response;
    this.#observer = observer;
  }

  write(chunk: Buffer): boolean {
    if (this.#response.destroyed) return false;
    this.bytes += chunk.length;
    const hasRoom = this.#response.write(chunk);
    this.#observer.push(chunk);
    this.#noteEnd(chunk);
    return hasRoom;
  }

  onDrain(resume: () => void): void {
    this.#response.once('drain', resume);
  }

  flushHead(): void {
    if (this.bytes === 0 && !this.#response.destroyed) this.#response.flushHeaders();
  }

  /** What ends the frame that the body was cut in. */
  endOfFrame(): string {
    return '\n'.repeat(2 - this.#lineEnds);
  }

  #noteEnd(chunk: Buffer): void {
    let lineEnds = 0;
    for (let at = chunk.length - 1; at >= 0 && lineEnds < 2; at -= 1) {
      if (chunk[at] === 0x0a) lineEnds += 1;
      else if (chunk[at] !== 0x0d) {
        this.#lineEnds = lineEnds;
        return;
      }
    }
    this.#lineEnds = Math.min(2, this.#lineEnds + lineEnds);
  }
}
