/** Chat Completions as an upstream's wire, bent to the quirks of one server. */
import type { ChatQuirks } from '../../../../shared/api-provider.ts';
import type { EncodedRequest, Stamp, UpstreamCodec } from '../../codec.ts';
import type { AnswerContext } from './answer.ts';
import { decodeCompletion } from './decode-message.ts';
import { chatStreamDecoder } from './decode-stream.ts';
import { encodeChatRequest } from './encode-request.ts';
import { decodeOpenAiError } from '../../openai/provider-error.ts';
import { memoOf } from './memo.ts';
import { chatModelFacts } from '../../openai/model-traits.ts';

export function createChatUpstream(quirks: ChatQuirks): UpstreamCodec {
  const contextOf = (encoded: EncodedRequest, stamp: Stamp): AnswerContext => {
    return { memo: memoOf(encoded), stampId: stamp.id, echoesExtraContent: quirks.echoesExtraContent };
  };
  return {
    dialect: 'openai-chat',
    factsOf: (model) => chatModelFacts(model, quirks),
    encodeRequest: (request, model) => encodeChatRequest(request, model, quirks),
    decodeMessage: (body, encoded, stamp) => decodeCompletion(body, contextOf(encoded, stamp), stamp),
    streamDecoder: (encoded, stamp) => chatStreamDecoder(contextOf(encoded, stamp), stamp),
    decodeError: decodeOpenAiError,
  };
}
