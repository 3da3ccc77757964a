/** A whole hub message as a response object: the one that its stream would have ended with. */
import { CompanionError } from '../../base/error.ts';
import type { Stamp } from '../codec.ts';
import type { HubMessage } from '../hub/event.ts';
import { eventsOfMessage } from '../hub/expand.ts';
import { advanceResponse } from './encode-stream.ts';
import type { ResponsesDecodedRequest } from './memo.ts';
import type { ResponseObject } from './response.ts';
import { initialState } from './stream-state.ts';

export function encodeResponse(message: HubMessage, request: ResponsesDecodedRequest, stamp: Stamp): ResponseObject {
  const { final } = eventsOfMessage(message).reduce(
    (state, event) => advanceResponse(state, event)[0],
    initialState(request, stamp),
  );
  if (final === undefined) throw new CompanionError('INTERNAL', 'A complete message gave no complete response.');
  return final;
}
