/** Token counts in the form of this dialect. */
import type OpenAI from 'openai';
import { inputTokens } from '../openai/token-counts.ts';
import type { TokenCounts } from '../openai/token-counts.ts';

export function encodeUsage(counts: TokenCounts): OpenAI.Responses.ResponseUsage {
  const input = inputTokens(counts);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: counts.cacheRead, cache_write_tokens: counts.cacheWrite },
    output_tokens: counts.output,
    output_tokens_details: { reasoning_tokens: counts.thinking },
    total_tokens: input + counts.output,
  };
}
