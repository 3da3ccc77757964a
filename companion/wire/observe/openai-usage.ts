/** OpenAI's counts in Anthropic's way of counting: the prompt without what came from or went into a cache. */
import { asObject } from '../hub/fields.ts';
import { asCount } from './draft.ts';
import type { Draft } from './draft.ts';

/** `value` is a `usage` object of Chat Completions, Responses or embeddings; anything else tells nothing. */
export function readOpenAiUsage(value: unknown, draft: Draft): void {
  const usage = asObject(value);
  const prompt = asCount(usage['prompt_tokens']) ?? asCount(usage['input_tokens']);
  const output = asCount(usage['completion_tokens']) ?? asCount(usage['output_tokens']);
  if (prompt === undefined && output === undefined) return;
  const details = asObject(usage['prompt_tokens_details'] ?? usage['input_tokens_details']);
  // DeepSeek names it outside of the details.
  const cacheReadTokens = asCount(details['cached_tokens']) ?? asCount(usage['prompt_cache_hit_tokens']) ?? 0;
  const cacheWriteTokens = asCount(details['cache_write_tokens']) ?? 0;
  draft.count({
    inputTokens: prompt === undefined ? undefined : Math.max(0, prompt - cacheReadTokens - cacheWriteTokens),
    outputTokens: output,
    cacheReadTokens,
    cacheWriteTokens,
  });
}
