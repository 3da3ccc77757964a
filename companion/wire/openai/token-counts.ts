/** Token counts of an answer: OpenAI's input includes what came from or went into a cache, the hub's does not. */
import type { HubEvent, HubUsage } from '../hub/event.ts';

type DeltaUsage = Extract<HubEvent, { type: 'message_delta' }>['usage'];

export interface TokenCounts {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly thinking: number;
}

export const noTokens: TokenCounts = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, thinking: 0 };

/** Counts are cumulative: what `usage` names replaces what was known, what it leaves out stays. */
export function updateCounts(known: TokenCounts, usage: HubUsage | DeltaUsage): TokenCounts {
  return {
    input: usage.input_tokens ?? known.input,
    cacheRead: usage.cache_read_input_tokens ?? known.cacheRead,
    cacheWrite: usage.cache_creation_input_tokens ?? known.cacheWrite,
    output: usage.output_tokens ?? known.output,
    thinking: usage.output_tokens_details?.thinking_tokens ?? known.thinking,
  };
}

/** All that was read, which is what OpenAI calls input. */
export function inputTokens({ input, cacheRead, cacheWrite }: TokenCounts): number {
  return input + cacheRead + cacheWrite;
}
