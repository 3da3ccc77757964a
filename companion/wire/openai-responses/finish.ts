/** How an answer ends: what is still owed, and the response as a whole. */
import type { HubStopReason } from '../hub/event.ts';
import { addRefusal } from './open-message.ts';
import { responseObject } from './response.ts';
import { beginMessage, endMessage, endTextPart, inTurn, writeText } from './stream-state.ts';
import type { ResponsesStreamState, Step } from './stream-state.ts';
import { encodeUsage } from './usage.ts';

type IncompleteReason = 'max_output_tokens' | 'content_filter';

export function finishResponse(state: ResponsesStreamState): Step {
  const reason = incompleteReason(state.stop?.reason);
  return inTurn(
    { ...state, heldText: '' },
    (next) => writeText(next, state.heldText),
    endTextPart,
    explainRefusal,
    (next) => endMessage(next, reason === undefined ? 'completed' : 'incomplete'),
    (next) => closeResponse(next, reason),
  );
}

/** Why the answer is not whole; an unknown reason is a plain end. */
function incompleteReason(reason: HubStopReason | undefined): IncompleteReason | undefined {
  switch (reason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'max_output_tokens';
    case 'refusal':
      return 'content_filter';
    case 'end_turn':
    case 'stop_sequence':
    case 'tool_use':
    case 'pause_turn':
    case undefined:
      return undefined;
    default:
      return unknownReason(reason);
  }
}

/** Known reasons do not come here (the compiler sees to it); one that is newer than this file does. */
function unknownReason(_reason: never): undefined {
  return undefined;
}

function explainRefusal(state: ResponsesStreamState): Step {
  const { stop } = state;
  if (stop?.reason !== 'refusal' || stop.explanation === '') return [state, []];
  return inTurn(state, beginMessage, (next) => {
    if (next.message === undefined) return [next, []];
    const [message, events] = addRefusal(next.message, stop.explanation);
    return [{ ...next, message }, events];
  });
}

function closeResponse(state: ResponsesStreamState, reason: IncompleteReason | undefined): Step {
  const final = responseObject(state.head, {
    status: reason === undefined ? 'completed' : 'incomplete',
    output: state.output,
    usage: encodeUsage(state.counts),
    incomplete_details: reason === undefined ? null : { reason },
  });
  const type = reason === undefined ? 'response.completed' : 'response.incomplete';
  return [{ ...state, final }, [{ type, response: final }]];
}
