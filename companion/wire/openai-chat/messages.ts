/** The client's message list as the hub's `system` and `messages`. */
import { buildConversation } from '../openai/conversation.ts';
import type { Conversation, Instruction } from '../openai/conversation.ts';
import { markLast } from '../openai/media.ts';
import { createToolIds } from '../openai/tool-id.ts';
import { decodeContent } from './content-part.ts';
import { decodeMessage } from './message-item.ts';
import type { ChatMessage } from './request-schema.ts';

/**
 * Hoists every instruction, wherever it stands, and puts the rest into turns. Throws `INVALID_REQUEST` when nothing is
 * left to answer.
 */
export function decodeMessages(messages: readonly ChatMessage[]): Conversation {
  const newToolId = createToolIds();
  const instructions: Instruction[] = [];
  const items = messages.flatMap((message, index) => {
    if (message.role !== 'system' && message.role !== 'developer') return [decodeMessage(message, index, newToolId)];
    instructions.push(instructionBlocks(message, index));
    return [];
  });
  return buildConversation(instructions, items, 'messages');
}

type InstructionMessage = Extract<ChatMessage, { role: 'system' | 'developer' }>;

function instructionBlocks(message: InstructionMessage, index: number): Instruction {
  const blocks = decodeContent(message.content, `messages[${index}].content`).flatMap((block) => {
    return block.type === 'text' ? [block] : [];
  });
  return markLast(blocks, message.cache_control);
}
