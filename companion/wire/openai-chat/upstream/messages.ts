/**
 * The hub's turns as chat messages. Results are messages of their own here, and have to stand directly after the calls
 * that they answer: one for each call, before anything else that the user said.
 */
import type Anthropic from '@anthropic-ai/sdk';
import type { ChatQuirks } from '../../../../shared/api-provider.ts';
import type { HubRequest } from '../../hub/request.ts';
import { argumentsOf } from '../../openai/call-arguments.ts';
import { callsOf, joinTexts, mergeTurns, systemText } from '../../openai/hub-turns.ts';
import type { Placed, Turn } from '../../openai/hub-turns.ts';
import type { Warn } from '../../openai/warnings.ts';
import type { ChatAssistantMessage, ChatMessage, ChatPart, ChatToolCall } from './body.ts';
import { contentOf, encodePart } from './content.ts';
import type { ModelTraits } from '../../openai/model-traits.ts';
import { splitExtra } from '../../openai/target-tool-id.ts';
import { targetToolName } from '../../openai/target-tool-name.ts';
import { encodeResult } from './tool-result.ts';
import type { EncodedResult } from './tool-result.ts';
import { keepStrictTurns } from './turn-order.ts';

export interface MessageContext {
  readonly quirks: ChatQuirks;
  readonly traits: ModelTraits;
  readonly takesImages: boolean;
  readonly targetId: (hubId: string) => string;
  readonly warn: Warn;
}

/** Calls of the last assistant turn that wait for results, and what may only follow once they have them. */
interface Waiting {
  readonly calls: readonly string[];
  readonly held: ChatMessage[];
}

/** The conversation; instructions of the request itself come first. */
export function encodeMessages(
  { system, messages }: HubRequest,
  instruction: string,
  context: MessageContext,
): ChatMessage[] {
  const encoded: ChatMessage[] = [
    ...systemMessage(joinTexts([systemText(system, context.warn), instruction]), context),
  ];
  let waiting: Waiting = { calls: [], held: [] };
  for (const turn of mergeTurns(messages)) {
    if (turn.role === 'system' && waiting.calls.length > 0) {
      waiting.held.push(...instructions(turn, context));
      continue;
    }
    if (turn.role === 'user') encoded.push(...userMessages(turn, waiting, context));
    else encoded.push(...unanswered(waiting, context), ...otherMessages(turn, context));
    waiting = { calls: turn.role === 'assistant' ? callsOf(turn) : [], held: [] };
  }
  const all = [...encoded, ...unanswered(waiting, context)];
  if (context.quirks.hasStrictTurns) return keepStrictTurns(all);
  if (all.at(-1)?.role === 'assistant') context.warn('messages', 'a last message from the assistant is not continued');
  return all;
}

function systemMessage(content: string, { quirks }: MessageContext): readonly ChatMessage[] {
  return content === '' ? [] : [{ role: quirks.systemRole, content }];
}

function otherMessages(turn: Turn, context: MessageContext): readonly ChatMessage[] {
  return turn.role === 'system' ? instructions(turn, context) : assistantMessages(turn, context);
}

function instructions({ blocks }: Turn, context: MessageContext): readonly ChatMessage[] {
  const parts = blocks.flatMap((placed) => encodePart(placed, context));
  return systemMessage(joinTexts(parts.map((part) => (part.type === 'text' ? part.text : ''))), context);
}

/** Calls that nobody answered: servers refuse the conversation unless something stands in for each result. */
function unanswered({ calls, held }: Waiting, { targetId }: MessageContext): readonly ChatMessage[] {
  return [...calls.map((id) => toolMessage(targetId(id), 'Error: [no result]')), ...held];
}

function toolMessage(id: string, content: string): ChatMessage {
  return { role: 'tool', tool_call_id: id, content };
}

function userMessages({ blocks }: Turn, waiting: Waiting, context: MessageContext): readonly ChatMessage[] {
  const results = new Map<string, Placed<Anthropic.ToolResultBlockParam>>();
  const rest: ChatPart[] = [];
  for (const { block, path } of blocks) {
    if (block.type !== 'tool_result') rest.push(...encodePart({ block, path }, context));
    else if (waiting.calls.includes(block.tool_use_id)) results.set(block.tool_use_id, { block, path });
    else rest.push(...orphanParts({ block, path }, context));
  }
  const encoded = [...results].map(([id, placed]) => encodeResult(context.targetId(id), placed, context));
  const calls = waiting.calls.filter((id) => !results.has(id));
  const content = contentOf([...attachmentParts(encoded), ...rest]);
  return [
    ...encoded.map(({ id, text }) => toolMessage(id, text)),
    ...unanswered({ calls, held: waiting.held }, context),
    ...(content === undefined ? [] : [{ role: 'user' as const, content }]),
  ];
}

/** With several results, a line says which one the attachments are of. */
function attachmentParts(results: readonly EncodedResult[]): readonly ChatPart[] {
  return results.flatMap(({ id, attachments }): readonly ChatPart[] => {
    if (attachments.length === 0 || results.length === 1) return attachments;
    return [{ type: 'text', text: `Attached to the result of ${id}:` }, ...attachments];
  });
}

/** A result whose call is gone (a shortened history) stays readable as the user's words. */
function orphanParts(placed: Placed<Anthropic.ToolResultBlockParam>, context: MessageContext): readonly ChatPart[] {
  const { id } = splitExtra(placed.block.tool_use_id);
  const { text, attachments } = encodeResult(id, placed, context);
  return [{ type: 'text', text: `[tool result ${id}] ${text}` }, ...attachments];
}

function assistantMessages({ blocks }: Turn, context: MessageContext): readonly ChatMessage[] {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const calls: ChatToolCall[] = [];
  for (const { block } of blocks) {
    if (block.type === 'text') texts.push(block.text);
    else if (block.type === 'tool_use') calls.push(encodeCall(block, calls.length === 0, context));
    else if (block.type === 'thinking') thoughts.push(block.thinking);
    else if (block.type !== 'redacted_thinking') {
      context.warn(`messages[].content[].${block.type}`, 'has no counterpart');
    }
  }
  const content = texts.join('');
  if (content === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: content === '' ? null : content,
      ...replayed(joinTexts(thoughts), calls.length > 0, context),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
  ];
}

function encodeCall(
  { id, name, input }: Anthropic.ToolUseBlockParam,
  isFirst: boolean,
  context: MessageContext,
): ChatToolCall {
  const extra = extraContent(id, isFirst, context);
  return {
    id: context.targetId(id),
    type: 'function',
    function: { name: targetToolName(name), arguments: argumentsOf(input) },
    ...(extra !== undefined && { extra_content: extra }),
  };
}

/** Google's own word for calls that another model made, and which so have no signature. */
const foreignCall = { google: { thought_signature: 'skip_thought_signature_validator' } };

/** What the server wants back with a call; of several calls in one answer it signs the first. */
function extraContent(id: string, isFirst: boolean, { quirks, traits }: MessageContext): unknown {
  if (!quirks.echoesExtraContent) return undefined;
  return splitExtra(id).extra ?? (isFirst && traits.wantsSignatures ? foreignCall : undefined);
}

/** Where thinking is wanted beside calls, none is an empty one: the field itself may not be missing. */
function replayed(
  thoughts: string,
  hasCalls: boolean,
  { quirks, traits, warn }: MessageContext,
): Pick<ChatAssistantMessage, 'reasoning_content'> {
  const isWanted = traits.takesReasoning && (quirks.replaysReasoning === 'always' || hasCalls);
  if (isWanted && quirks.replaysReasoning !== 'never') {
    return thoughts === '' && !hasCalls ? {} : { reasoning_content: thoughts };
  }
  if (thoughts !== '') warn('messages[].content[].thinking', 'earlier thinking is not replayed');
  return {};
}
