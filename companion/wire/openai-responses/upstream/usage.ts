/** Token counts of a response object. */
import type { HubUsage } from '../../hub/event.ts';
import { asObject } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import { hubUsage } from '../../openai/token-counts.ts';

/** Zeros where it has none. */
export function readUsage(response: JsonObject): HubUsage {
  const usage = asObject(response.usage);
  const input = asObject(usage.input_tokens_details);
  return hubUsage({
    input: usage.input_tokens,
    cacheRead: input.cached_tokens,
    cacheWrite: input.cache_write_tokens,
    output: usage.output_tokens,
    thinking: asObject(usage.output_tokens_details).reasoning_tokens,
  });
}
