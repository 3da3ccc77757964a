/** Token counts in the form of this dialect. */
import type OpenAI from 'openai';
import { inputTokens } from '../openai/token-counts.ts';
import type { TokenCounts } from '../openai/token-counts.ts';

export function encodeUsage(counts: TokenCounts): OpenAI.CompletionUsage {
  const promptTokens = inputTokens(counts);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: counts.output,
    total_tokens: promptTokens + counts.output,
    prompt_tokens_details: { cached_tokens: counts.cacheRead, cache_write_tokens: counts.cacheWrite, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: counts.thinking,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
