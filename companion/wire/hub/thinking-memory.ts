/**
 * Thinking that a client's form has no place for. A tool loop with thinking on must replay the thinking that stood before
 * each call, signature and all; what is remembered by the call's id can be put back when the client sends it without.
 */
import type { HubMessage } from './event.ts';
import type { HubContentBlock, HubMessageParam } from './request.ts';

/** What stood before a tool call, by the call's id; `undefined` when it is not remembered. */
export type ThinkingRecall = (toolUseId: string) => readonly HubContentBlock[] | undefined;

export interface RememberedThinking {
  readonly toolUseId: string;
  /** All thinking of the message before this call, verbatim and in order; never empty. */
  readonly blocks: readonly HubContentBlock[];
}

/** What to remember of a finished message. Thinking without a signature (it was cut off) cannot be replayed. */
export function thinkingToRemember({ content }: Pick<HubMessage, 'content'>): readonly RememberedThinking[] {
  const blocks: HubContentBlock[] = [];
  const remembered: RememberedThinking[] = [];
  for (const block of content) {
    if (block.type === 'redacted_thinking') blocks.push({ type: block.type, data: block.data });
    if (block.type === 'thinking' && block.signature !== '') {
      blocks.push({ type: block.type, thinking: block.thinking, signature: block.signature });
    }
    if (block.type === 'tool_use' && blocks.length > 0) remembered.push({ toolUseId: block.id, blocks: [...blocks] });
  }
  return remembered;
}

/**
 * The messages with remembered thinking put back into the assistant turns that have tool calls and no thinking: before
 * the first call's turn, and between calls what stood between them. Turns that have any thinking stay as they are.
 */
export function reattachThinking(
  messages: readonly HubMessageParam[],
  recall: ThinkingRecall,
): readonly HubMessageParam[] {
  return messages.map((message) => {
    if (message.role !== 'assistant' || typeof message.content === 'string') return message;
    if (message.content.some((block) => isThinking(block))) return message;
    return { ...message, content: withThinking(message.content, recall) };
  });
}

function withThinking(content: readonly HubContentBlock[], recall: ThinkingRecall): HubContentBlock[] {
  const restored: HubContentBlock[] = [];
  let attached = 0;
  for (const block of content) {
    const known = block.type === 'tool_use' ? (recall(block.id) ?? []) : [];
    // The first thinking of a turn stands before its words too.
    if (attached === 0) restored.unshift(...known);
    else restored.push(...known.slice(attached));
    attached = Math.max(attached, known.length);
    restored.push(block);
  }
  return restored;
}

/** Whether a block is the model's thinking, readable or not. */
export function isThinking({ type }: Pick<HubContentBlock, 'type'>): boolean {
  return type === 'thinking' || type === 'redacted_thinking';
}
