/** What of a hub request has no counterpart on OpenAI's wires. */
import type { HubRequest } from '../hub/request.ts';
import type { Warn } from './warnings.ts';

/** Names each field that is set and is not `placed`, known or not; caching is the one that these servers do unasked. */
export function warnDropped(hub: HubRequest, placed: ReadonlySet<string>, warn: Warn): void {
  for (const [field, value] of Object.entries(hub)) {
    if (placed.has(field) || value === undefined || value === null) continue;
    if (field === 'service_tier' && value === 'auto') continue;
    warn(field, field === 'cache_control' ? cacheReason : 'has no counterpart');
  }
  if (hasCacheMark(hub)) warn('cache_control', cacheReason);
}

const cacheReason = 'this provider caches by itself';

function hasCacheMark({ system, tools, messages }: HubRequest): boolean {
  const blocks: readonly object[] = [
    ...(typeof system === 'string' ? [] : (system ?? [])),
    ...(tools ?? []),
    ...messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content)),
  ];
  return blocks.some((block) => Boolean((block as { cache_control?: unknown }).cache_control));
}

/** Fields of the hub that have a place in OpenAI's APIs, or are told about where they are left out. */
export const placedFields: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'metadata',
  'stop_sequences',
  'temperature',
  'top_p',
  'thinking',
  'output_config',
  'tools',
  'tool_choice',
]);
