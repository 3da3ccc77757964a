/** The Messages API as an upstream's wire: the hub's own form, with what HTTP asks for beside it. */
import type { UpstreamCodec } from '../../codec.ts';
import { modelFacts } from '../../model-facts.ts';
import { decodeMessage } from './decode-message.ts';
import { messageStreamDecoder } from './decode-stream.ts';
import { encodeMessagesRequest } from './encode-request.ts';
import { decodeMessagesError } from './error.ts';

export const anthropicUpstream: UpstreamCodec = {
  dialect: 'anthropic',
  factsOf: modelFacts,
  encodeRequest: encodeMessagesRequest,
  decodeMessage: (body) => decodeMessage(body),
  streamDecoder: () => messageStreamDecoder,
  decodeError: decodeMessagesError,
};
