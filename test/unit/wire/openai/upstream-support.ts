/** Short forms for tests of OpenAI's APIs as an upstream's wires. */
import type Anthropic from '@anthropic-ai/sdk';
import { decodeRequest } from '../../../../companion/wire/anthropic/request.ts';
import type { DecodedRequest, EncodedRequest, Stamp } from '../../../../companion/wire/codec.ts';
import type { HubEvent } from '../../../../companion/wire/hub/event.ts';

export const STAMP: Stamp = { id: 'stampid', createdAtMs: 1_700_000_000_999 };

export type ClientRequest = Partial<Omit<Anthropic.MessageCreateParams, 'stream'>> & {
  stream?: boolean;
  temperature?: number;
  top_p?: number;
  top_k?: number;
};

export const hello: Anthropic.MessageParam = { role: 'user', content: 'hi' };

/** A request as an Anthropic client sends it. */
export function request(fields: ClientRequest): DecodedRequest {
  return decodeRequest({ model: 'claude-asked', max_tokens: 100, messages: [hello], ...fields });
}

export function warnedFields(encoded: EncodedRequest): readonly string[] {
  return encoded.warnings.map(({ field }) => field);
}

/** Events cut down to short lines, so that tests read like transcripts. */
export function transcript(events: readonly HubEvent[]): readonly string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'content_block_start':
        return `${event.index} ${event.content_block.type}${toolLabel(event.content_block)}`;
      case 'content_block_delta':
        return `${event.index} + ${Object.values(event.delta).slice(1).join('')}`;
      case 'content_block_stop':
        return `${event.index} end`;
      case 'message_delta':
        return `delta ${event.delta.stop_reason}`;
      case 'error':
        return `error ${event.error.type}: ${event.error.message}`;
      default:
        return event.type.replace('message_', '');
    }
  });
}

function toolLabel(block: { readonly type: string; readonly id?: unknown; readonly name?: unknown }): string {
  return block.type === 'tool_use' ? ` ${String(block.id)} ${String(block.name)}` : '';
}
