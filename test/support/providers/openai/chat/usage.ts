/** Usage in Chat Completions, as each server writes it. */
import type { Flavour } from '../flavour.ts';
import type { JsonObject, TokenCounts } from '../plan.ts';

export function chatUsage(flavour: Flavour, counts: TokenCounts): JsonObject {
  const total = counts.prompt + counts.completion;
  const base = { prompt_tokens: counts.prompt, completion_tokens: counts.completion, total_tokens: total };
  switch (flavour) {
    case 'openai':
      return {
        ...base,
        prompt_tokens_details: {
          cached_tokens: counts.cached,
          cache_write_tokens: counts.cacheWrite,
          audio_tokens: 0,
        },
        completion_tokens_details: {
          reasoning_tokens: counts.reasoning,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      };
    case 'deepseek':
      return {
        ...base,
        prompt_tokens_details: { cached_tokens: counts.cached },
        completion_tokens_details: { reasoning_tokens: counts.reasoning },
        prompt_cache_hit_tokens: counts.cached,
        prompt_cache_miss_tokens: counts.prompt - counts.cached,
      };
    case 'groq':
      return {
        queue_time: 0.01,
        prompt_time: 0.002,
        completion_time: 0.01,
        total_time: 0.012,
        ...base,
        ...(counts.cached === 0 ? {} : { prompt_tokens_details: { cached_tokens: counts.cached } }),
      };
    case 'mistral':
    case 'gemini':
    case 'local':
      return base;
  }
}
