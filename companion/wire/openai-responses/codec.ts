/** The OpenAI Responses dialect. */
import type { DecodedRequest, Dialect, StreamCodec } from '../codec.ts';
import type { HubEvent } from '../hub/event.ts';
import { withKnowledge } from '../openai/output-fields.ts';
import type { OpenAiDecodeOptions } from '../openai/output-fields.ts';
import { decodeResponsesRequest } from './decode-request.ts';
import { encodeResponsesError, errorEvent, responsesError } from './encode-error.ts';
import { encodeResponse } from './encode-message.ts';
import { failStream, responsesStreamEncoder } from './encode-stream.ts';
import type { ResponsesDecodedRequest } from './memo.ts';
import { formatEvents } from './stream-event.ts';
import type { ResponsesStreamState } from './stream-state.ts';

/** The dialect with other facts about models, or another way to carry a JSON schema. */
export function createOpenAiResponsesDialect(options: OpenAiDecodeOptions = {}): Dialect {
  return {
    id: 'openai-responses',
    decodeRequest: (body, facts, recall) => decodeResponsesRequest(body, withKnowledge(options, facts, recall)),
    encodeMessage: (message, request, stamp) => encodeResponse(message, ownRequest(request), stamp),
    streamEncoder: (request, stamp) => forgetState(responsesStreamEncoder(ownRequest(request), stamp)),
    encodeError: encodeResponsesError,
    // Without the stream's state there is no response that could be told to have failed.
    encodeStreamError: (error, state) =>
      state === undefined
        ? formatEvents([errorEvent(responsesError(error))], 0).join('')
        : failStream(state as ResponsesStreamState, error),
    keepAlive: ': keep-alive\n\n',
  };
}

export const openAiResponsesDialect: Dialect = createOpenAiResponsesDialect();

/** Whoever carries a request between decoding and encoding does not look into its memo. */
function ownRequest(request: DecodedRequest): ResponsesDecodedRequest {
  return request as ResponsesDecodedRequest;
}

function forgetState(
  codec: StreamCodec<ResponsesStreamState, HubEvent, string>,
): StreamCodec<unknown, HubEvent, string> {
  return {
    initial: codec.initial,
    step: (state, event) => codec.step(state as ResponsesStreamState, event),
    end: (state) => codec.end(state as ResponsesStreamState),
  };
}
