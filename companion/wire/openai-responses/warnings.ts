/** What a request asked for and does not get. */
import { warnOfIgnoredFields } from '../openai/warnings.ts';
import type { Warn } from '../openai/warnings.ts';
import { knownFields } from './request-schema.ts';
import type { ResponsesRequest } from './request-schema.ts';

export const SEALED_REASONING = 'reasoning.encrypted_content';

/** Fields that are known and have no counterpart, with the value that asks for nothing. */
const ignoredFields: Readonly<Record<string, unknown>> = {
  client_metadata: null,
  context_management: null,
  max_tool_calls: null,
  moderation: null,
  prompt_cache_key: null,
  prompt_cache_options: null,
  prompt_cache_retention: null,
  service_tier: 'auto',
  top_logprobs: 0,
  truncation: 'disabled',
};

/** Names each field, top-level or one below, that has no place in the translation. */
export function warnOfLosses(request: ResponsesRequest, warn: Warn): void {
  warnOfIgnoredFields(request, knownFields, ignoredFields, warn);
  if (request.store === true) warn('store', 'responses are not stored here');
  for (const name of request.include ?? []) {
    if (name !== SEALED_REASONING) warn(`include[].${name}`, 'has no counterpart');
  }
  const verbosity = request.text?.verbosity ?? 'medium';
  if (verbosity !== 'medium') warn('text.verbosity', 'has no counterpart');
  const { effort: _, summary: __, generate_summary: ___, ...rest } = request.reasoning ?? {};
  for (const [name, value] of Object.entries(rest)) {
    if (value !== null && value !== undefined) warn(`reasoning.${name}`, 'has no counterpart');
  }
}
