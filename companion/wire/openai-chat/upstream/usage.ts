/** Token counts, wherever a server puts them. */
import type { HubUsage } from '../../hub/event.ts';
import { asArray, asObject, isObject } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import { hubUsage } from '../../openai/token-counts.ts';

/** The counts of a body or chunk; `undefined` if it has none. */
export function readUsage(body: JsonObject): HubUsage | undefined {
  const places = [body.usage, asObject(body.x_groq).usage, asObject(asArray(body.choices)[0]).usage];
  const usage = places.find(isObject);
  return usage === undefined ? undefined : countTokens(usage);
}

function countTokens(usage: JsonObject): HubUsage {
  const prompt = asObject(usage.prompt_tokens_details);
  return hubUsage({
    input: usage.prompt_tokens,
    cacheRead: prompt.cached_tokens ?? usage.prompt_cache_hit_tokens,
    cacheWrite: prompt.cache_write_tokens,
    output: usage.completion_tokens,
    thinking: asObject(usage.completion_tokens_details).reasoning_tokens,
  });
}
