/** What the decoder must remember of a request. */
import type { EncodedRequest } from '../../codec.ts';

export interface ChatUpstreamMemo {
  /** As it was asked of the server. */
  readonly model: string;
  /** Stop sequences that the server was not told, so that they are looked for here. */
  readonly localStops: readonly string[];
  /** The client's names of tools whose names had to be shortened. */
  readonly toolNames: ReadonlyMap<string, string>;
  /** The hub's ids of the calls in the conversation so far. */
  readonly takenIds: ReadonlySet<string>;
}

/** Whoever carries a request between encoding and decoding does not look into its memo. */
export function memoOf(encoded: EncodedRequest): ChatUpstreamMemo {
  return encoded.memo as ChatUpstreamMemo;
}
