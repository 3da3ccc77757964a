/** Token counts: OpenAI's prompt tokens hold what a cache gave and took, the hub's do not. */
import type { HubEvent, HubUsage } from '../../hub/event.ts';
import { blankUsage } from '../../hub/blank.ts';
import { asArray, asObject, isObject } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';

type DeltaUsage = Extract<HubEvent, { type: 'message_delta' }>['usage'];

/** The counts of a body or chunk, wherever the server puts them; `undefined` if it has none. */
export function readUsage(body: JsonObject): HubUsage | undefined {
  const places = [body.usage, asObject(body.x_groq).usage, asObject(asArray(body.choices)[0]).usage];
  const usage = places.find(isObject);
  return usage === undefined ? undefined : countTokens(usage);
}

function countTokens(usage: JsonObject): HubUsage {
  const prompt = asObject(usage.prompt_tokens_details);
  const completion = asObject(usage.completion_tokens_details);
  const cacheRead = count(prompt.cached_tokens) ?? count(usage.prompt_cache_hit_tokens) ?? 0;
  const cacheWrite = count(prompt.cache_write_tokens) ?? 0;
  const thinking = count(completion.reasoning_tokens);
  return {
    ...blankUsage,
    input_tokens: Math.max(0, (count(usage.prompt_tokens) ?? 0) - cacheRead - cacheWrite),
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
    output_tokens: count(usage.completion_tokens) ?? 0,
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
