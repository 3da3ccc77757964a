/** Errors as clients of Chat Completions know them, before the headers are out and after. */
import { CompanionError } from '../../base/error.ts';
import type { RenderedError } from '../codec.ts';
import type { HubErrorEvent } from '../hub/event.ts';
import { openAiError, openAiErrorOfEvent, renderError } from '../openai/error.ts';
import type { ClientNames } from '../openai/error.ts';
import { formatSse } from '../sse.ts';

const clientNames: ClientNames = {
  max_tokens: 'max_completion_tokens',
  metadata: 'user',
  'metadata.user_id': 'user',
  'output_config.effort': 'reasoning_effort',
  'output_config.format': 'response_format',
  stop_sequences: 'stop',
  system: 'messages',
  thinking: 'reasoning_effort',
};

export function encodeChatError(error: CompanionError, nowMs: number): RenderedError {
  return renderError(error, clientNames, nowMs);
}

/** Ends a stream; nothing may follow, `[DONE]` included. */
export function encodeChatStreamError(error: CompanionError): string {
  return formatSse(undefined, { error: openAiError(error, clientNames) });
}

/** The provider's own error event, in its words and with its type. */
export function encodeErrorEvent(event: HubErrorEvent): string {
  return formatSse(undefined, { error: openAiErrorOfEvent(event) });
}

/** What is owed when the hub's stream ends before its message does. */
export function encodeBrokenStream(): string {
  return encodeChatStreamError(new CompanionError('STREAM_BROKEN', 'The answer ended before it was complete.'));
}
