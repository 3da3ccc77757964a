/** What a request asked for and does not get. */
import type { Warn } from '../openai/warnings.ts';
import type { ChatMessage } from './request-schema.ts';

/** Fields that are known and have no counterpart, with the value that asks for nothing. */
export const ignoredFields: Readonly<Record<string, unknown>> = {
  audio: null,
  frequency_penalty: 0,
  logit_bias: null,
  logprobs: false,
  metadata: null,
  moderation: null,
  prediction: null,
  presence_penalty: 0,
  prompt_cache_key: null,
  prompt_cache_options: null,
  prompt_cache_retention: null,
  seed: null,
  service_tier: 'auto',
  store: false,
  top_logprobs: 0,
  verbosity: 'medium',
  web_search_options: null,
};

const messageFields: Readonly<Record<string, string>> = {
  name: 'has no counterpart',
  audio: 'earlier audio is not replayed',
  reasoning_content: 'unsigned reasoning is not replayed',
  reasoning: 'unsigned reasoning is not replayed',
  reasoning_details: 'unsigned reasoning is not replayed',
};

/** Names what messages carry beside their content; `name` belongs to a `function` message. */
export function warnOfIgnoredMessageFields(messages: readonly ChatMessage[], warn: Warn): void {
  for (const message of messages) {
    for (const [field, reason] of Object.entries(messageFields)) {
      const value = (message as Readonly<Record<string, unknown>>)[field];
      const isUsed = field === 'name' && message.role === 'function';
      if (value !== undefined && value !== null && !isUsed) warn(`messages[].${field}`, reason);
    }
  }
}
