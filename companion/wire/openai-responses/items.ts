/** The client's `input` and `instructions` as the hub's `system` and `messages`. */
import type Anthropic from '@anthropic-ai/sdk';
import { asObject } from '../hub/fields.ts';
import { buildConversation } from '../openai/conversation.ts';
import type { Conversation, Instruction } from '../openai/conversation.ts';
import { wrapFreeform } from '../openai/freeform.ts';
import { invalidField } from '../openai/invalid-field.ts';
import { textBlocks } from '../openai/media.ts';
import { createToolIds } from '../openai/tool-id.ts';
import { parseArguments } from '../openai/turn-item.ts';
import type { AssistantItem, NewToolId, TurnItem, UserItem } from '../openai/turn-item.ts';
import type { Warn } from '../openai/warnings.ts';
import { decodeContent } from './content-part.ts';
import { unsealThinking } from './reasoning.ts';
import { isKnownItem } from './request-schema.ts';
import type { ContentPart, InputItem, KnownItem, ResponsesRequest } from './request-schema.ts';
import { SEARCH_TOOL_NAME, hubToolName } from './tool-name.ts';
import { foundToolNames } from './tools.ts';

/** Hoists `instructions` and every instruction among the items. Throws `INVALID_REQUEST` when nothing is left to answer. */
export function decodeInput({ input, instructions }: ResponsesRequest, warn: Warn): Conversation {
  const first = textBlocks(instructions ?? '');
  if (typeof input === 'string') {
    return buildConversation([first], [{ role: 'user', pieces: textBlocks(input) }], 'input');
  }
  const newToolId = createToolIds();
  const hoisted: Instruction[] = [first];
  const items = input.flatMap((item, index): readonly TurnItem[] => {
    if (!isInstruction(item)) return decodeItem(item, `input[${index}]`, newToolId, warn);
    hoisted.push(decodeContent(item.content, `input[${index}].content`).filter((block) => block.type === 'text'));
    return [];
  });
  return buildConversation(hoisted, items, 'input');
}

type MessageOf<Role extends string> = Extract<KnownItem, { type: 'message'; role: Role }>;

function isInstruction(item: InputItem): item is MessageOf<'system' | 'developer'> {
  if (!isKnownItem(item) || item.type !== 'message') return false;
  return item.role === 'system' || item.role === 'developer';
}

function decodeItem(item: InputItem, field: string, newToolId: NewToolId, warn: Warn): readonly TurnItem[] {
  if (!isKnownItem(item)) {
    warn(`input[].${item.type}`, 'items of this kind are not replayed');
    return [];
  }
  switch (item.type) {
    case 'message':
      return [decodeMessage(item, `${field}.content`)];
    case 'agent_message':
      return [{ role: 'user', pieces: decodeContent(item.content, `${field}.content`) }];
    case 'reasoning':
      return decodeReasoning(item, warn);
    case 'function_call':
      return [callItem(item.call_id, hubToolName(item.name, item.namespace), functionInput(item), newToolId)];
    case 'custom_tool_call':
      return [callItem(item.call_id, hubToolName(item.name, item.namespace), wrapFreeform(item.input), newToolId)];
    case 'local_shell_call':
      return [callItem(item.call_id ?? item.id ?? '', 'local_shell', item.action, newToolId)];
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [resultItem(item.call_id, item.output, `${field}.output`)];
    case 'local_shell_call_output':
      return [resultItem(item.call_id ?? item.id ?? '', item.output, `${field}.output`)];
    case 'tool_search_call':
    case 'tool_search_output':
      return decodeSearch(item, newToolId, warn);
    case 'additional_tools':
      return [];
    case 'item_reference':
      throw invalidField(field, `Invalid '${field}': no items are stored here.`, 'Send the items themselves.');
    default:
      return item satisfies never;
  }
}

function decodeMessage(message: Extract<KnownItem, { type: 'message' }>, field: string): TurnItem {
  const blocks = decodeContent(message.content, field);
  return message.role === 'assistant' ? { role: 'assistant', blocks, calls: [] } : { role: 'user', pieces: blocks };
}

function decodeReasoning(item: Extract<KnownItem, { type: 'reasoning' }>, warn: Warn): readonly TurnItem[] {
  const block = unsealThinking(item);
  if (block !== undefined) return [{ role: 'assistant', blocks: [block], calls: [] }];
  warn('input[].reasoning', 'reasoning without a signature of the model that serves is not replayed');
  return [];
}

type SearchItem = Extract<KnownItem, { type: 'tool_search_call' | 'tool_search_output' }>;

/** A search of the client's for tools: the model is told which were found, their definitions are among the tools. */
function decodeSearch(item: SearchItem, newToolId: NewToolId, warn: Warn): readonly TurnItem[] {
  const { call_id: callId } = item;
  if (!callId) {
    warn(`input[].${item.type}`, 'searches of another provider are not replayed');
    return [];
  }
  if (item.type === 'tool_search_call')
    return [callItem(callId, SEARCH_TOOL_NAME, asObject(item.arguments), newToolId)];
  const names = foundToolNames(item.tools ?? []);
  const told = names.length === 0 ? 'No tools were found.' : `Tools that may be called now: ${names.join(', ')}`;
  return [resultItem(callId, told, '')];
}

function functionInput({ arguments: text }: { readonly arguments?: string | null | undefined }): object {
  return parseArguments(text ?? '');
}

function callItem(clientId: string, name: string, input: object, newToolId: NewToolId): AssistantItem {
  const id = newToolId(clientId);
  const block: Anthropic.ToolUseBlockParam = { type: 'tool_use', id, name, input };
  return { role: 'assistant', blocks: [block], calls: [{ clientId, isLegacy: false, id }] };
}

function resultItem(clientId: string, output: string | readonly ContentPart[], field: string): UserItem {
  const blocks = typeof output === 'string' ? [] : decodeContent(output, field);
  const text = typeof output === 'string' && output.trim() !== '' ? output : undefined;
  const content = blocks.length > 0 ? blocks : text;
  return { role: 'user', pieces: [{ type: 'result', clientId, isLegacy: false, content, cacheControl: undefined }] };
}
