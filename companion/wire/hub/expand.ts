/** A whole message as the stream that would have told it: the reverse of collecting. */
import type { HubEvent, HubMessage } from './event.ts';
import { isObject } from './fields.ts';

type Block = HubMessage['content'][number];
type BlockStart = Extract<HubEvent, { type: 'content_block_start' }>['content_block'];
type Delta = Extract<HubEvent, { type: 'content_block_delta' }>['delta'];

/** The grammar-true events of `message`; collected again, they give an equal message. */
export function eventsOfMessage(message: HubMessage): readonly HubEvent[] {
  return [
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, stop_sequence: null, stop_details: null },
    },
    ...message.content.flatMap((block, index) => eventsOfBlock(block, index)),
    endOfMessage(message),
    { type: 'message_stop' },
  ];
}

function eventsOfBlock(block: Block, index: number): readonly HubEvent[] {
  const deltas = deltasOf(block).map((delta): HubEvent => ({ type: 'content_block_delta', index, delta }));
  return [
    { type: 'content_block_start', index, content_block: startOf(block) },
    ...deltas,
    { type: 'content_block_stop', index },
  ];
}

/** What streams in deltas starts empty; every other block comes at once. */
function startOf(block: Block): BlockStart {
  switch (block.type) {
    case 'text':
      return { ...block, text: '', ...(block.citations && { citations: null }) };
    case 'thinking':
      return { ...block, thinking: '', signature: '' };
    case 'tool_use':
    case 'server_tool_use':
      return { ...block, input: {} };
    default:
      return block;
  }
}

function deltasOf(block: Block): readonly Delta[] {
  switch (block.type) {
    case 'text':
      return [
        ...(block.citations ?? []).map((citation): Delta => ({ type: 'citations_delta', citation })),
        ...(block.text === '' ? [] : [{ type: 'text_delta' as const, text: block.text }]),
      ];
    case 'thinking':
      return [
        ...(block.thinking === '' ? [] : [{ type: 'thinking_delta' as const, thinking: block.thinking }]),
        ...(block.signature === '' ? [] : [{ type: 'signature_delta' as const, signature: block.signature }]),
      ];
    case 'tool_use':
    case 'server_tool_use':
      return isEmptyInput(block.input) ? [] : [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }];
    default:
      return [];
  }
}

function isEmptyInput(input: unknown): boolean {
  return input === undefined || input === null || (isObject(input) && Object.keys(input).length === 0);
}

function endOfMessage({ stop_reason, stop_sequence, stop_details, container, usage }: HubMessage): HubEvent {
  return {
    type: 'message_delta',
    delta: { stop_reason, stop_sequence, stop_details, container },
    usage: {
      output_tokens: usage.output_tokens,
      output_tokens_details: usage.output_tokens_details,
      input_tokens: usage.input_tokens,
      cache_creation_input_tokens: usage.cache_creation_input_tokens,
      cache_read_input_tokens: usage.cache_read_input_tokens,
      server_tool_use: usage.server_tool_use,
    },
  };
}
