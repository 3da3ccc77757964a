/** Messages that have nothing in them yet, with every field that the hub's types ask for. */
import type { HubMessage, HubUsage } from './event.ts';

export const blankUsage: HubUsage = {
  input_tokens: 0,
  output_tokens: 0,
  output_tokens_details: null,
  cache_creation: null,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  server_tool_use: null,
  service_tier: null,
  inference_geo: null,
  speed: null,
};

/** `id` with its `msg_` prefix. */
export function blankMessage(id: string, model: string): HubMessage {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: blankUsage,
  };
}
