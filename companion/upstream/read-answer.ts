/** An answer that was accepted, as hub events, whatever its wire frames it in. */
import type { LeasedCredential } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import type { EncodedRequest, EventStreamCodec, Stamp, StreamCodec, UpstreamCodec } from '../wire/codec.ts';
import { openEventStreamParser } from '../wire/event-stream.ts';
import type { HubEvent } from '../wire/hub/event.ts';
import { eventsOfMessage } from '../wire/hub/expand.ts';
import { parseJson } from '../wire/hub/fields.ts';
import { decodeFrames, decodeStream } from '../wire/sse.ts';
import { hideKeyInError, hideKeyInEvent } from './hide-key.ts';
import type { RawReply } from './raw-transport.ts';

export type AnswerCodec = UpstreamCodec | EventStreamCodec;

export interface Asked {
  readonly encoded: EncodedRequest;
  readonly stamp: Stamp;
  readonly key: LeasedCredential;
}

export const maxAnswerBytes = 64 * 1024 * 1024;

/** Errors: those of the codec and of `RawReply.chunks`, none of which says the key. */
export async function* readAnswer(codec: AnswerCodec, asked: Asked, reply: RawReply): AsyncGenerator<HubEvent> {
  const { encoded, stamp, key } = asked;
  try {
    if (codec.dialect === null) yield* readEventStream(codec, asked, reply);
    else if (isServerSentEvents(codec, reply)) {
      const decoder = guarded(codec.streamDecoder(encoded, stamp), key, ({ data }) => data.length);
      yield* decodeStream(reply.chunks(), decoder);
    } else {
      const body = parseJson((await reply.read(maxAnswerBytes)).toString('utf8'));
      if (body === undefined)
        throw new CompanionError('UPSTREAM_UNREADABLE', 'The provider answered with invalid JSON.');
      yield* eventsOfMessage(codec.decodeMessage(body, encoded, stamp));
    }
  } catch (thrown) {
    throw hideKeyInError(thrown, key);
  }
}

async function* readEventStream(
  codec: EventStreamCodec,
  { encoded, stamp, key }: Asked,
  reply: RawReply,
): AsyncGenerator<HubEvent> {
  const type = reply.header('content-type') ?? '';
  if (/json|text\//.test(type)) {
    reply.discard();
    const message = `The provider answered with ${type.split(';', 1)[0]?.slice(0, 60)} in the place of a stream.`;
    throw new CompanionError('UPSTREAM_UNREADABLE', message);
  }
  const decoder = guarded(codec.streamDecoder(encoded, stamp, hasMarkedEnd(reply)), key, ({ body }) => body.length);
  yield* decodeFrames(reply.chunks(), await openEventStreamParser(), decoder);
}

/** Of HTTP/1.1: a length, or chunks of which the last one is empty. */
function hasMarkedEnd({ header }: RawReply): boolean {
  return header('content-length') !== undefined || /\bchunked\b/i.test(header('transfer-encoding') ?? '');
}

/** The ChatGPT backend has nothing but streams, and does not always say so. */
function isServerSentEvents({ dialect }: UpstreamCodec, reply: RawReply): boolean {
  const type = reply.header('content-type');
  return type?.includes('text/event-stream') === true || (dialect === 'openai-responses' && !type?.includes('json'));
}

/** What is translated is also kept, in part: an answer without an end must not fill the memory. */
function guarded<State, Frame>(
  decoder: StreamCodec<State, Frame, HubEvent>,
  key: LeasedCredential,
  lengthOf: (frame: Frame) => number,
): typeof decoder {
  let length = 0;
  const hideIn = ([state, events]: readonly [State, readonly HubEvent[]]) =>
    [state, events.map((event) => hideKeyInEvent(event, key))] as const;
  return {
    initial: decoder.initial,
    end: (state) => decoder.end(state),
    step(state, frame) {
      length += lengthOf(frame);
      if (length > maxAnswerBytes)
        throw new CompanionError('UPSTREAM_UNREADABLE', `The answer is larger than ${maxAnswerBytes} bytes.`);
      return hideIn(decoder.step(state, frame));
    },
  };
}
