/**
 * The hub's turns as Kiro takes them: user and assistant in turn, beginning and ending with the user, and every call
 * answered in the very next turn. What a conversation lacks for that is put in; nothing that was said is left out.
 */
import type Anthropic from '@anthropic-ai/sdk';
import { isObject } from '../hub/fields.ts';
import type { HubMessageParam } from '../hub/request.ts';
import { joinTexts, mergeTurns } from '../openai/hub-turns.ts';
import type { Placed, Turn } from '../openai/hub-turns.ts';
import { splitExtra } from '../openai/target-tool-id.ts';
import { targetToolName } from '../openai/target-tool-name.ts';
import type { Warn } from '../openai/warnings.ts';
import type { KiroImage, KiroToolResult, KiroToolUse } from './body.ts';
import { encodeContent, joinContents } from './content.ts';

export interface UserSide {
  readonly role: 'user';
  readonly text: string;
  readonly images: readonly KiroImage[];
  readonly results: readonly KiroToolResult[];
}

export interface AssistantSide {
  readonly role: 'assistant';
  readonly text: string;
  readonly toolUses: readonly KiroToolUse[];
}

export interface ConversationContext {
  readonly targetId: (hubId: string) => string;
  readonly warn: Warn;
}

/** As the hub has it, before calls and results are brought together. */
interface Half {
  readonly role: 'user' | 'assistant';
  readonly blocks: Turn['blocks'];
}

type ToolResult = Anthropic.ToolResultBlockParam;
type ToolUse = Anthropic.ToolUseBlockParam;

const CONTINUED = '(continued)';
const CONTINUE = '(continue)';

/** Alternates, begins and ends with the user. */
export function encodeConversation(
  messages: readonly HubMessageParam[],
  context: ConversationContext,
): readonly (UserSide | AssistantSide)[] {
  const halves = closeEnds(mergeHalves(mergeTurns(messages)), context.warn);
  let calls: readonly ToolUse[] = [];
  return halves.map((half) => {
    if (half.role === 'user') return userSide(half, calls, context);
    calls = half.blocks.flatMap(({ block }) => (block.type === 'tool_use' ? [block] : []));
    return assistantSide(half, calls, context);
  });
}

/** There are two roles only: an instruction in the middle becomes the user's word. */
function mergeHalves(turns: readonly Turn[]): readonly Half[] {
  const halves: Half[] = [];
  for (const { role: said, blocks } of turns) {
    const role = said === 'assistant' ? said : 'user';
    const last = halves.at(-1);
    if (last?.role === role) halves[halves.length - 1] = { role, blocks: [...last.blocks, ...blocks] };
    else halves.push({ role, blocks });
  }
  return halves;
}

function closeEnds(halves: readonly Half[], warn: Warn): readonly Half[] {
  const needsEnd = halves.at(-1)?.role !== 'user';
  if (needsEnd) warn('messages', 'a last message from the assistant is not continued');
  return [
    ...(halves[0]?.role === 'assistant' ? [spoken(CONTINUED)] : []),
    ...halves,
    ...(needsEnd ? [spoken(CONTINUE)] : []),
  ];
}

function spoken(text: string): Half {
  return { role: 'user', blocks: [{ block: { type: 'text', text }, path: ['messages'] }] };
}

function userSide({ blocks }: Half, calls: readonly ToolUse[], context: ConversationContext): UserSide {
  const answered = new Map<string, Placed<ToolResult>>();
  const rest: Placed<HubMessageParamBlock>[] = [];
  for (const { block, path } of blocks) {
    const isAnswer = block.type === 'tool_result' && calls.some(({ id }) => id === block.tool_use_id);
    if (isAnswer) answered.set(block.tool_use_id, { block, path });
    else rest.push({ block, path });
  }
  const results = calls.map(({ id }) => encodeResult(id, answered.get(id), context));
  const said = joinContents(rest.map((placed) => encodeRest(placed, context)));
  const images = [...results.flatMap((result) => result.images), ...said.images];
  const text = joinTexts(said.texts);
  return {
    role: 'user',
    text: text === '' ? placeholder(results.length, images.length) : text,
    images,
    results: results.map(({ result }) => result),
  };
}

type HubMessageParamBlock = Turn['blocks'][number]['block'];

/** The service takes no message without a word, but for results. */
function placeholder(results: number, images: number): string {
  if (results > 0) return '';
  return images > 0 ? '(image)' : '(empty message)';
}

/** A result whose call is gone (a shortened history) stays readable as the user's words. */
function encodeRest({ block, path }: Placed<HubMessageParamBlock>, context: ConversationContext) {
  if (block.type !== 'tool_result') return encodeContent({ block, path }, context.warn);
  const { text, images } = readResult({ block, path }, context);
  return { texts: [`[tool result ${splitExtra(block.tool_use_id).id}] ${text}`], images };
}

interface EncodedResult {
  readonly result: KiroToolResult;
  readonly images: readonly KiroImage[];
}

/** Calls that nobody answered: the conversation is refused unless something stands in for each result. */
function encodeResult(id: string, placed: Placed<ToolResult> | undefined, context: ConversationContext): EncodedResult {
  const toolUseId = context.targetId(id);
  if (placed === undefined) {
    return { result: { toolUseId, content: [{ text: '[no result]' }], status: 'error' }, images: [] };
  }
  const { text, images } = readResult(placed, context);
  const status = placed.block.is_error === true ? 'error' : 'success';
  return { result: { toolUseId, content: [{ text }], status }, images };
}

/** A result holds text alone; its images go to the message that brings it. */
function readResult({ block, path }: Placed<ToolResult>, { warn }: ConversationContext) {
  const { content } = block;
  const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? []);
  const { texts, images } = joinContents(
    blocks.map((one, index) => encodeContent({ block: one, path: [...path, 'content', index] }, warn)),
  );
  const text = joinTexts(texts) || (images.length > 0 ? '[image attached]' : '(no output)');
  return { text, images };
}

function assistantSide({ blocks }: Half, calls: readonly ToolUse[], context: ConversationContext): AssistantSide {
  const texts: string[] = [];
  for (const { block } of blocks) {
    if (block.type === 'text') texts.push(block.text);
    else if (block.type === 'thinking' || block.type === 'redacted_thinking') {
      context.warn('messages[].content[].thinking', 'earlier thinking is not replayed');
    } else if (block.type !== 'tool_use') context.warn(`messages[].content[].${block.type}`, 'has no counterpart');
  }
  const text = texts.join('');
  const toolUses = calls.map(({ id, name, input }) => ({
    toolUseId: context.targetId(id),
    name: targetToolName(name),
    input: isObject(input) ? input : {},
  }));
  return { role: 'assistant', text: text.trim() === '' && toolUses.length === 0 ? '(empty message)' : text, toolUses };
}
