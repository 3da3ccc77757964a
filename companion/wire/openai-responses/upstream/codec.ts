/** The Responses API as the ChatGPT backend speaks it, as an upstream's wire. */
import { openAiQuirks } from '../../../../shared/api-provider.ts';
import type { EncodedRequest, Stamp, UpstreamCodec } from '../../codec.ts';
import { chatModelFacts } from '../../openai/model-traits.ts';
import type { AnswerContext } from './answer.ts';
import { decodeResponse } from './decode-message.ts';
import { responsesStreamDecoder } from './decode-stream.ts';
import { encodeResponsesRequest } from './encode-request.ts';
import { decodeBackendError } from './error.ts';
import { memoOf } from './memo.ts';

export const codexUpstream: UpstreamCodec = {
  dialect: 'openai-responses',
  factsOf: (model) => ({ ...chatModelFacts(model, openAiQuirks), sampling: 'none' }),
  encodeRequest: encodeResponsesRequest,
  decodeMessage: (body, encoded, stamp) => decodeResponse(body, contextOf(encoded, stamp), stamp),
  streamDecoder: (encoded, stamp) => responsesStreamDecoder(contextOf(encoded, stamp), stamp),
  decodeError: decodeBackendError,
};

function contextOf(encoded: EncodedRequest, stamp: Stamp): AnswerContext {
  return { memo: memoOf(encoded), stampId: stamp.id };
}
