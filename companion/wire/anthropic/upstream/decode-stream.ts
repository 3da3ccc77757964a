/** Frames of a Messages stream as hub events. */
import type { StreamCodec } from '../../codec.ts';
import type { HubErrorEvent, HubEvent } from '../../hub/event.ts';
import { brokenStreamEvent } from '../../hub/failure.ts';
import { asObject, asText, isObject, parseJson } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import { readErrorObject } from '../../hub/provider-error.ts';
import type { SseFrame } from '../../sse.ts';
import { isStreamKind, readEvent } from './shape.ts';

/** Nothing is read after the end, whatever still comes. */
export interface MessageStreamState {
  readonly isDone: boolean;
}

type Step = readonly [MessageStreamState, readonly HubEvent[]];

const open: MessageStreamState = { isDone: false };
const done: MessageStreamState = { isDone: true };

/**
 * The kind of an event is what its data says, or else the frame's name; kinds that nobody knows are skipped. A known
 * event that is not what it should be ends the stream with an `error` event, and so does an end without `message_stop`.
 */
export const messageStreamDecoder: StreamCodec<unknown, SseFrame, HubEvent> = {
  initial: open,
  step: (state, frame) => ((state as MessageStreamState).isDone ? [state, []] : decodeFrame(frame)),
  end: (state) => ((state as MessageStreamState).isDone ? [] : [brokenStreamEvent]),
};

function decodeFrame(frame: SseFrame): Step {
  const data = parseJson(frame.data);
  const kind = asText(asObject(data).type) ?? frame.event ?? '';
  if (kind === 'error' || (kind === '' && isObject(asObject(data).error))) return [done, [errorEvent(asObject(data))]];
  if (!isStreamKind(kind)) return [open, []];
  const event = readEvent(kind, data);
  if (event === undefined) return [done, [unreadable(kind)]];
  return [event.type === 'message_stop' ? done : open, [event]];
}

function errorEvent(data: JsonObject): HubErrorEvent {
  const { words, details } = readErrorObject(data);
  return {
    type: 'error',
    error: { type: details.upstreamType ?? 'api_error', message: words === '' ? 'The provider failed.' : words },
    ...(details.requestId !== undefined && { request_id: details.requestId }),
  };
}

function unreadable(kind: string): HubErrorEvent {
  const message = `The provider sent a ${kind} event that cannot be read.`;
  return { type: 'error', error: { type: 'api_error', message } };
}
