/** The OpenAI Chat Completions dialect. */
import type { DecodedRequest, Dialect, StreamCodec } from '../codec.ts';
import type { HubEvent } from '../hub/event.ts';
import { withKnowledge } from '../openai/output-fields.ts';
import type { OpenAiDecodeOptions } from '../openai/output-fields.ts';
import { decodeChatRequest } from './decode-request.ts';
import { encodeChatError, encodeChatStreamError } from './encode-error.ts';
import { encodeChatCompletion } from './encode-message.ts';
import { chatStreamEncoder } from './encode-stream.ts';
import type { ChatStreamState } from './encode-stream.ts';
import type { ChatDecodedRequest } from './memo.ts';

/** The dialect with other facts about models, or another way to carry a JSON schema. */
export function createOpenAiChatDialect(options: OpenAiDecodeOptions = {}): Dialect {
  return {
    id: 'openai-chat',
    decodeRequest: (body, facts, recall) => decodeChatRequest(body, withKnowledge(options, facts, recall)),
    encodeMessage: (message, request, stamp) => encodeChatCompletion(message, ownRequest(request), stamp),
    streamEncoder: (request, stamp) => forgetState(chatStreamEncoder(ownRequest(request), stamp)),
    encodeError: encodeChatError,
    encodeStreamError: encodeChatStreamError,
    keepAlive: ': keep-alive\n\n',
  };
}

export const openAiChatDialect: Dialect = createOpenAiChatDialect();

/** Whoever carries a request between decoding and encoding does not look into its memo. */
function ownRequest(request: DecodedRequest): ChatDecodedRequest {
  return request as ChatDecodedRequest;
}

function forgetState(codec: StreamCodec<ChatStreamState, HubEvent, string>): StreamCodec<unknown, HubEvent, string> {
  return {
    initial: codec.initial,
    step: (state, event) => codec.step(state as ChatStreamState, event),
    end: (state) => codec.end(state as ChatStreamState),
  };
}
