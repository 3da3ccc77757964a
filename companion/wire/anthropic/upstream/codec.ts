/** The Messages API as an upstream's wire: the hub's own form, with what HTTP asks for beside it. */
import type { DecodedRequest, EncodedRequest, UpstreamCodec } from '../../codec.ts';
import { asArray, asObject } from '../../hub/fields.ts';
import { modelFacts } from '../../model-facts.ts';
import { decodeMessage } from './decode-message.ts';
import { messageStreamDecoder } from './decode-stream.ts';
import { decodeMessagesError } from './error.ts';

const API_VERSION = '2023-06-01';

export const anthropicUpstream: UpstreamCodec = {
  dialect: 'anthropic',
  factsOf: modelFacts,
  encodeRequest,
  decodeMessage: (body) => decodeMessage(body),
  streamDecoder: () => messageStreamDecoder,
  decodeError: decodeMessagesError,
};

function encodeRequest(request: DecodedRequest, model: string): EncodedRequest {
  const betas = betasOf(request.memo);
  return {
    path: '/v1/messages',
    headers: {
      'anthropic-version': API_VERSION,
      ...(betas.length > 0 && { 'anthropic-beta': betas.join(',') }),
    },
    body: { ...request.hub, model, ...(request.isStream && { stream: true }) },
    warnings: [],
    memo: undefined,
  };
}

/** Beta names that the Messages dialect found in a body; other dialects know none. */
function betasOf(memo: unknown): readonly string[] {
  return asArray(asObject(memo).betas).filter((name) => typeof name === 'string' && /^[\w.-]+$/.test(name)) as string[];
}
