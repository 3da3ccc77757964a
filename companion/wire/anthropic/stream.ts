/** Hub events as an Anthropic event stream. They have the same form; what is added is that nothing invalid gets out. */
import { CompanionError } from '../../base/error.ts';
import type { StreamCodec } from '../codec.ts';
import type { HubErrorEvent, HubEvent } from '../hub/event.ts';
import { BROKEN_STREAM_TYPE, errorOfEvent } from '../hub/failure.ts';
import { advanceGrammar, initialGrammar } from '../hub/grammar.ts';
import type { GrammarState } from '../hub/grammar.ts';
import { formatSse } from '../sse.ts';
import { encodeStreamError } from './error.ts';

/**
 * One `event:` + `data:` per hub event. Nothing follows `message_stop` or `error`; an event out of order, or an end
 * without either, gives an `error` event, since clients crash on the one and wait on the other.
 */
export const streamEncoder: StreamCodec<GrammarState, HubEvent, string> = {
  initial: initialGrammar,
  step(state, event) {
    if (state.phase === 'done') return [state, []];
    const verdict = advanceGrammar(state, event);
    if (isBrokenStream(event)) return [{ ...state, phase: 'done' }, [encodeStreamError(errorOfEvent(event))]];
    if (verdict.isValid) return [verdict.state, [formatSse(event.type, event)]];
    const message = `The provider's stream was out of order: ${verdict.violation}.`;
    const error = new CompanionError('UPSTREAM_UNREADABLE', message);
    return [{ ...state, phase: 'done' }, [encodeStreamError(error)]];
  },
  end(state) {
    if (state.phase === 'done') return [];
    return [encodeStreamError(new CompanionError('STREAM_BROKEN', 'The stream ended before the answer was complete.'))];
  },
};

/** Its type is not one of this API's. */
function isBrokenStream(event: HubEvent): event is HubErrorEvent {
  return event.type === 'error' && event.error.type === BROKEN_STREAM_TYPE;
}
