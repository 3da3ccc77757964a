/** Watching an answer go by, byte for byte, for what the ledger and the router want to know of it. Never changes it. */

/** Counts as Anthropic counts them: `inputTokens` holds neither cache reads nor cache writes. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

export interface AnswerFacts {
  /** `undefined` when the answer told none. */
  readonly usage: TokenUsage | undefined;
  /** The provider's word: `end_turn`, `tool_calls`, `completed`, ... */
  readonly stopReason: string | undefined;
  /** The model that the provider says answered. */
  readonly model: string | undefined;
  /** The provider's id of the answer: `msg_...`, `resp_...`. */
  readonly answerId: string | undefined;
  /**
   * `false`: a stream of the expected kind began, and its terminal frame never came. A body that is no such stream at all
   * is never incomplete: it is not ours to judge.
   */
  readonly isComplete: boolean;
  /** The terminal frame of a stream was seen: nothing may be written after it, whatever became of the connection. */
  readonly hasEnded: boolean;
  /** An error event inside the stream, as `overloaded_error`. */
  readonly errorType: string | undefined;
}

export interface AnswerObserver {
  /** Takes the body as it came, content-encoding included; must not keep `chunk`. */
  push(chunk: Uint8Array): void;
  /** Resolves once everything pushed is understood; a compressed copy is undone behind the scenes. */
  end(): Promise<AnswerFacts>;
}
