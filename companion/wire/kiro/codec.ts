/** What the service behind Kiro speaks: JSON to it, an AWS event stream back. */
import type { EventStreamCodec } from '../codec.ts';
import { kiroStreamDecoder } from './decode-stream.ts';
import { encodeKiroRequest } from './encode-request.ts';
import type { KiroSettings } from './encode-request.ts';
import { decodeKiroError } from './error.ts';
import { memoOf } from './memo.ts';
import { kiroModelFacts } from './model-ids.ts';

export function createKiroUpstream(settings: KiroSettings): EventStreamCodec {
  return {
    dialect: null,
    factsOf: () => kiroModelFacts,
    encodeRequest: (request, model) => encodeKiroRequest(request, model, settings),
    streamDecoder: (encoded, stamp, hasMarkedEnd) => kiroStreamDecoder(memoOf(encoded), stamp, hasMarkedEnd),
    decodeError: decodeKiroError,
  };
}
