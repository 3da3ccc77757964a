/**
 * The hub's turns as input items. Calls and their outputs are items beside the messages. An output holds text alone:
 * images in it are of no effect there, so that they go into a message of the user's after all outputs of the turn.
 */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubRequest } from '../../hub/request.ts';
import { argumentsOf } from '../../openai/call-arguments.ts';
import { callsOf, joinTexts, mergeTurns } from '../../openai/hub-turns.ts';
import type { Placed, Turn } from '../../openai/hub-turns.ts';
import { splitExtra } from '../../openai/target-tool-id.ts';
import { targetToolName } from '../../openai/target-tool-name.ts';
import type { Warn } from '../../openai/warnings.ts';
import type { CallOutputItem, InputItem, InputPart } from './body.ts';
import { encodePart, textPart } from './content.ts';
import { reasoningOf } from './signature.ts';

export interface InputContext {
  readonly targetId: (hubId: string) => string;
  readonly warn: Warn;
}

/** Calls of the last assistant turn that wait for outputs, and what may only follow once they have them. */
interface Waiting {
  readonly calls: readonly string[];
  readonly held: InputItem[];
}

export function encodeInput({ messages }: HubRequest, context: InputContext): InputItem[] {
  const items: InputItem[] = [];
  let waiting: Waiting = { calls: [], held: [] };
  for (const turn of mergeTurns(messages)) {
    if (turn.role === 'system' && waiting.calls.length > 0) {
      waiting.held.push(...instructions(turn, context));
      continue;
    }
    if (turn.role === 'user') items.push(...userItems(turn, waiting, context));
    else items.push(...unanswered(waiting, context), ...otherItems(turn, context));
    waiting = { calls: turn.role === 'assistant' ? callsOf(turn) : [], held: [] };
  }
  items.push(...unanswered(waiting, context));
  const last = items.at(-1);
  if (last?.type === 'message' && last.role === 'assistant') {
    context.warn('messages', 'a last message from the assistant is not continued');
  }
  return items;
}

function otherItems(turn: Turn, context: InputContext): readonly InputItem[] {
  return turn.role === 'system' ? instructions(turn, context) : assistantItems(turn, context);
}

/** The backend knows no role `system`. */
function instructions({ blocks }: Turn, { warn }: InputContext): readonly InputItem[] {
  return message(
    'developer',
    blocks.flatMap((placed) => encodePart(placed, warn)),
  );
}

function message(role: 'user' | 'developer', content: readonly InputPart[]): readonly InputItem[] {
  return content.length === 0 ? [] : [{ type: 'message', role, content }];
}

/** Calls that nobody answered: the conversation is refused unless something stands in for each output. */
function unanswered({ calls, held }: Waiting, { targetId }: InputContext): readonly InputItem[] {
  return [...calls.map((id) => outputItem(targetId(id), 'Error: [no result]')), ...held];
}

function outputItem(id: string, output: string): CallOutputItem {
  return { type: 'function_call_output', call_id: id, output };
}

interface EncodedResult {
  readonly id: string;
  readonly text: string;
  readonly attachments: readonly InputPart[];
}

function userItems({ blocks }: Turn, waiting: Waiting, context: InputContext): readonly InputItem[] {
  const results = new Map<string, Placed<Anthropic.ToolResultBlockParam>>();
  const rest: InputPart[] = [];
  for (const { block, path } of blocks) {
    if (block.type !== 'tool_result') rest.push(...encodePart({ block, path }, context.warn));
    else if (waiting.calls.includes(block.tool_use_id)) results.set(block.tool_use_id, { block, path });
    else rest.push(...orphanParts({ block, path }, context));
  }
  const encoded = [...results].map(([id, placed]) => encodeResult(context.targetId(id), placed, context));
  const calls = waiting.calls.filter((id) => !results.has(id));
  return [
    ...encoded.map(({ id, text }) => outputItem(id, text)),
    ...unanswered({ calls, held: waiting.held }, context),
    ...message('user', [...attachmentParts(encoded), ...rest]),
  ];
}

function encodeResult(
  id: string,
  { block, path }: Placed<Anthropic.ToolResultBlockParam>,
  { warn }: InputContext,
): EncodedResult {
  const { content, is_error: isError } = block;
  const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? []);
  const parts = blocks.flatMap((one, index) => encodePart({ block: one, path: [...path, 'content', index] }, warn));
  const attachments = parts.filter((part) => part.type !== 'input_text');
  const text =
    joinTexts(parts.map((part) => (part.type === 'input_text' ? part.text : ''))) || placeholder(attachments);
  return { id, text: isError === true ? `Error: ${text}` : text, attachments };
}

function placeholder([first]: readonly InputPart[]): string {
  if (first === undefined) return '(no output)';
  return first.type === 'input_image' ? '[image attached below]' : '[file attached below]';
}

/** With several results, a line says which one the attachments are of. */
function attachmentParts(results: readonly EncodedResult[]): readonly InputPart[] {
  return results.flatMap(({ id, attachments }): readonly InputPart[] => {
    if (attachments.length === 0 || results.length === 1) return attachments;
    return [...textPart(`Attached to the result of ${id}:`), ...attachments];
  });
}

/** A result whose call is gone (a shortened history) stays readable as the user's words. */
function orphanParts(placed: Placed<Anthropic.ToolResultBlockParam>, context: InputContext): readonly InputPart[] {
  const { id } = splitExtra(placed.block.tool_use_id);
  const { text, attachments } = encodeResult(id, placed, context);
  return [...textPart(`[tool result ${id}] ${text}`), ...attachments];
}

/** In the order in which the model made them: reasoning stands before what came of it. */
function assistantItems({ blocks }: Turn, { targetId, warn }: InputContext): readonly InputItem[] {
  const items: InputItem[] = [];
  for (const { block } of blocks) {
    switch (block.type) {
      case 'text':
        if (block.text !== '') addOutputText(items, block.text);
        break;
      case 'tool_use':
        items.push({
          type: 'function_call',
          call_id: targetId(block.id),
          name: targetToolName(block.name),
          arguments: argumentsOf(block.input),
        });
        break;
      case 'thinking':
      case 'redacted_thinking':
        items.push(...replayed(block, warn));
        break;
      default:
        warn(`messages[].content[].${block.type}`, 'has no counterpart');
    }
  }
  // An answer that was broken off in its reasoning has nothing that the reasoning led to.
  return items.slice(0, items.findLastIndex((item) => item.type !== 'reasoning') + 1);
}

/** Texts in a row are one message. */
function addOutputText(items: InputItem[], text: string): void {
  const part = { type: 'output_text', text } as const;
  const last = items.at(-1);
  if (last?.type === 'message') items[items.length - 1] = { ...last, content: [...last.content, part] };
  else items.push({ type: 'message', role: 'assistant', content: [part] });
}

function replayed(
  block: Anthropic.ThinkingBlockParam | Anthropic.RedactedThinkingBlockParam,
  warn: Warn,
): readonly InputItem[] {
  const item = block.type === 'thinking' ? reasoningOf(block) : undefined;
  if (item !== undefined) return [item];
  warn(`messages[].content[].${block.type}`, 'thinking of another provider is not replayed');
  return [];
}
