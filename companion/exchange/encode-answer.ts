/** From hub events to what the client reads, by its dialect. */
import { toCompanionError } from '../base/error.ts';
import type { DecodedRequest, Dialect, Stamp } from '../wire/codec.ts';
import type { HubEvent } from '../wire/hub/event.ts';

/** A stream that has begun can no longer fail with a status: what cuts it becomes the dialect's own error event. */
export async function* encodeStream(
  dialect: Dialect,
  decoded: DecodedRequest,
  stamp: Stamp,
  events: AsyncIterable<HubEvent>,
): AsyncGenerator<string> {
  const encoder = dialect.streamEncoder(decoded, stamp);
  let state = encoder.initial;
  try {
    for await (const event of events) {
      const [next, texts] = encoder.step(state, event);
      state = next;
      yield* texts;
    }
    yield* encoder.end(state);
  } catch (cause) {
    const error = toCompanionError(cause);
    if (error.code !== 'CLIENT_GONE') yield dialect.encodeStreamError(error, state);
  }
}
