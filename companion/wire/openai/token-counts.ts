/** Token counts of an answer: OpenAI's input includes what came from or went into a cache, the hub's does not. */
import { blankUsage } from '../hub/blank.ts';
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

/** What a provider counted: `input` is all that was read, the cache's share included. */
export interface ToldCounts {
  readonly input: unknown;
  readonly cacheRead: unknown;
  readonly cacheWrite: unknown;
  readonly output: unknown;
  readonly thinking: unknown;
}

/** The same in the hub's form; what is no count is none. */
export function hubUsage(told: ToldCounts): HubUsage {
  const cacheRead = count(told.cacheRead) ?? 0;
  const cacheWrite = count(told.cacheWrite) ?? 0;
  const thinking = count(told.thinking);
  return {
    ...blankUsage,
    input_tokens: Math.max(0, (count(told.input) ?? 0) - cacheRead - cacheWrite),
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
    output_tokens: count(told.output) ?? 0,
    output_tokens_details: thinking === undefined ? null : { thinking_tokens: thinking },
  };
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** What the last event of a stream says about counts. */
export function deltaUsage(usage: HubUsage): DeltaUsage {
  return {
    output_tokens: usage.output_tokens,
    output_tokens_details: usage.output_tokens_details,
    input_tokens: usage.input_tokens,
    cache_creation_input_tokens: usage.cache_creation_input_tokens,
    cache_read_input_tokens: usage.cache_read_input_tokens,
    server_tool_use: null,
  };
}
