/** What a request asked for and does not get. */
import { warnOfIgnoredFields } from '../openai/warnings.ts';
import type { Warn } from '../openai/warnings.ts';
import { knownFields } from './request-schema.ts';
import type { ResponsesRequest } from './request-schema.ts';

export const SEALED_REASONING = 'reasoning.encrypted_content';

/** Fields that need no word: those with a place, and those that change no answer (bookkeeping of clients, caches). */
const quietFields: ReadonlySet<string> = new Set([
  ...knownFields,
  'client_metadata',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
]);

/** Fields that are known and have no counterpart, with the value that asks for nothing. */
const ignoredFields: Readonly<Record<string, unknown>> = {
  context_management: null,
  max_tool_calls: null,
  moderation: null,
  service_tier: 'auto',
  top_logprobs: 0,
  truncation: 'disabled',
};

/**
 * Names each field, top-level or one below, that has no place in the translation. What only hints is not worth a word:
 * `text.verbosity`, and `reasoning.context`, since all thinking that can be replayed is.
 */
export function warnOfLosses(request: ResponsesRequest, warn: Warn): void {
  warnOfIgnoredFields(request, quietFields, ignoredFields, warn);
  if (request.store === true) warn('store', 'responses are not stored here');
  for (const name of request.include ?? []) {
    if (name !== SEALED_REASONING) warn(`include[].${name}`, 'has no counterpart');
  }
  const { effort: _, summary: __, generate_summary: ___, context: ____, ...rest } = request.reasoning ?? {};
  for (const [name, value] of Object.entries(rest)) {
    if (value !== null && value !== undefined) warn(`reasoning.${name}`, 'has no counterpart');
  }
}
