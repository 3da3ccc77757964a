/** One client message each, as what it contributes to a hub turn; ids are settled here, adjacency in `openai/turns.ts`. */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubContentBlock } from '../hub/request.ts';
import { wrapFreeform } from '../openai/freeform.ts';
import { markLast, textBlocks, withCacheControl } from '../openai/media.ts';
import type { CacheControl, MediaBlock } from '../openai/media.ts';
import { parseArguments } from '../openai/turn-item.ts';
import type { AssistantItem, Call, NewToolId, TurnItem, UserItem } from '../openai/turn-item.ts';
import { decodeContent } from './content-part.ts';
import type { AssistantMessage, ChatMessage, ToolCall } from './request-schema.ts';

/** What the message at `index` of the client's list contributes; `system` and `developer` are not for here. */
export function decodeMessage(message: ChatMessage, index: number, newToolId: NewToolId): TurnItem {
  const field = `messages[${index}].content`;
  switch (message.role) {
    case 'assistant':
      return decodeAssistant(message, field, newToolId);
    case 'tool':
      return resultItem(message.tool_call_id, false, message, field);
    case 'function':
      return resultItem(message.name, true, message, field);
    case 'user':
    case 'system':
    case 'developer':
      return { role: 'user', pieces: markLast(decodeContent(message.content, field), message.cache_control) };
    default:
      return message satisfies never;
  }
}

type ResultMessage = Extract<ChatMessage, { role: 'tool' | 'function' }>;

function resultItem(clientId: string, isLegacy: boolean, message: ResultMessage, field: string): UserItem {
  const decoded = typeof message.content === 'string' ? [] : decodeContent(message.content, field);
  const text = typeof message.content === 'string' && message.content.trim() !== '' ? message.content : undefined;
  const content = decoded.length > 0 ? decoded.map(unmark) : text;
  const cacheControl = message.cache_control ?? decoded.findLast((block) => block.cache_control)?.cache_control;
  return { role: 'user', pieces: [{ type: 'result', clientId, isLegacy, content, cacheControl }] };
}

/** A mark inside a result counts against the limit like any other; on the result itself it is seen. */
function unmark(block: MediaBlock): MediaBlock {
  const { cache_control: _, ...rest } = block;
  return rest;
}

function decodeAssistant(message: AssistantMessage, field: string, newToolId: NewToolId): AssistantItem {
  const calls = listCalls(message).map((call) => Object.assign(call, { id: newToolId(call.clientId) }));
  const said = [...decodeContent(message.content, field), ...textBlocks(message.refusal ?? '')];
  const blocks = [
    ...thinkingBlocks(message),
    ...(calls.length === 0 ? markLast(said, message.cache_control) : said),
    ...markLast(calls.map(toolUse), message.cache_control),
  ];
  return { role: 'assistant', blocks, calls };
}

interface ClientCall extends Omit<Call, 'id'> {
  readonly name: string;
  readonly input: object;
  readonly cacheControl: CacheControl;
}

function listCalls({ tool_calls: calls, function_call: legacy }: AssistantMessage): readonly ClientCall[] {
  const listed = (calls ?? []).map((call) => {
    const { id, cache_control: cacheControl } = call;
    return Object.assign(namedInput(call), { clientId: id ?? '', isLegacy: false, cacheControl });
  });
  if (!legacy) return listed;
  const input = parseArguments(legacy.arguments ?? '');
  return [...listed, { clientId: legacy.name, isLegacy: true, name: legacy.name, input, cacheControl: undefined }];
}

function namedInput(call: ToolCall): Pick<ClientCall, 'name' | 'input'> {
  if (call.type === 'custom') return { name: call.custom.name, input: wrapFreeform(call.custom.input) };
  return { name: call.function.name, input: parseArguments(call.function.arguments ?? '') };
}

function toolUse({ id, name, input, cacheControl }: ClientCall & Call): Anthropic.ToolUseBlockParam {
  return { type: 'tool_use', id, name, input, ...withCacheControl(cacheControl) };
}

function thinkingBlocks({ thinking_blocks: blocks }: AssistantMessage): readonly HubContentBlock[] {
  return (blocks ?? []).flatMap((block): readonly HubContentBlock[] => {
    if (block.type === 'redacted_thinking') return [{ type: 'redacted_thinking', data: block.data }];
    if (!block.signature) return [];
    return [{ type: 'thinking', thinking: block.thinking, signature: block.signature }];
  });
}
