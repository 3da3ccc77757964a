/** What the decoder must remember of a request. */
import type { EncodedRequest } from '../../codec.ts';

export interface ResponsesUpstreamMemo {
  /** As it was asked of the provider. */
  readonly model: string;
  /** Stop sequences, which this wire has no field for: they are looked for here. */
  readonly localStops: readonly string[];
  /** For an answer that a stop sequence ends before it was counted; zero where there is none to look for. */
  readonly inputTokenEstimate: number;
  /** The client asked for thinking. One that did not may not expect any before the words. */
  readonly showsThinking: boolean;
  /** The client's names of tools whose names had to be shortened. */
  readonly toolNames: ReadonlyMap<string, string>;
  /** The hub's ids of the calls in the conversation so far. */
  readonly takenIds: ReadonlySet<string>;
}

/** Whoever carries a request between encoding and decoding does not look into its memo. */
export function memoOf(encoded: EncodedRequest): ResponsesUpstreamMemo {
  return encoded.memo as ResponsesUpstreamMemo;
}
