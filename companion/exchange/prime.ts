import type { HubEvent } from '../wire/hub/event.ts';
import { errorOfEvent } from '../wire/hub/failure.ts';

/**
 * Reads until the first event with content and hands back the whole stream: an error that comes before it is thrown here,
 * where it can still become an HTTP status, or another candidate's turn.
 */
export async function primed(events: AsyncIterable<HubEvent>): Promise<AsyncIterable<HubEvent>> {
  const iterator = events[Symbol.asyncIterator]();
  const first: HubEvent[] = [];
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) break;
    if (next.value.type === 'error') {
      await iterator.return?.();
      throw errorOfEvent(next.value);
    }
    first.push(next.value);
    if (next.value.type !== 'message_start' && next.value.type !== 'ping') break;
  }
  return (async function* () {
    try {
      yield* first;
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  })();
}
