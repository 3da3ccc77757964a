/** What the decoder must remember of a request. */
import type { EncodedRequest } from '../codec.ts';

export interface KiroMemo {
  /** By the name that the client's request was routed by. */
  readonly model: string;
  /** Kiro is told of none, so that they are looked for here. */
  readonly localStops: readonly string[];
  /** The client's names of tools, by the name that Kiro was told. */
  readonly toolNames: ReadonlyMap<string, string>;
  /** The hub's ids of the calls in the conversation so far. */
  readonly takenIds: ReadonlySet<string>;
  readonly inputTokenEstimate: number;
}

/** Whoever carries a request between encoding and decoding does not look into its memo. */
export function memoOf(encoded: EncodedRequest): KiroMemo {
  return encoded.memo as KiroMemo;
}
