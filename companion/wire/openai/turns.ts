/**
 * Puts decoded messages into turns that the hub allows: roles alternate and begin with the user, and each tool call is
 * answered in the very next user turn, results first.
 */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubContentBlock, HubMessageParam } from '../hub/request.ts';
import { isThinking } from '../hub/thinking-memory.ts';
import { withCacheControl } from './media.ts';
import type { MediaBlock } from './media.ts';
import type { AssistantItem, Call, Result, TurnItem, UserItem } from './turn-item.ts';

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly HubContentBlock[];
}

type Pieces = UserItem['pieces'];

/** Turns of the whole conversation; empty if no message has content. */
export function buildTurns(items: readonly TurnItem[]): HubMessageParam[] {
  const turns: Turn[] = [];
  let calls: readonly Call[] = [];
  for (const item of mergeRuns(mergeRuns(items).map(trimThinking))) {
    if (item.role === 'user') turns.push(userTurn(item.pieces, calls));
    else turns.push({ role: 'assistant', content: item.blocks });
    calls = item.role === 'assistant' ? item.calls : [];
  }
  if (calls.length > 0) turns.push(userTurn([], calls));
  if (turns[0]?.role === 'assistant') turns.unshift({ role: 'user', content: [{ type: 'text', text: '(continued)' }] });
  return trimPrefill(turns).map(({ role, content }) => ({ role, content: [...content] }));
}

/** One item for each run of a role; what is empty is as if it had not been sent. */
function mergeRuns(items: readonly TurnItem[]): readonly TurnItem[] {
  const runs: TurnItem[][] = [];
  for (const item of items) {
    const isEmpty = item.role === 'user' ? item.pieces.length === 0 : item.blocks.length === 0;
    const run = runs.at(-1);
    if (isEmpty) continue;
    if (run?.[0]?.role === item.role) run.push(item);
    else runs.push([item]);
  }
  return runs.map((run) => (run[0]?.role === 'assistant' ? mergeAssistants(run) : mergeUsers(run)));
}

function mergeAssistants(run: readonly TurnItem[]): AssistantItem {
  const items = run.filter((item) => item.role === 'assistant');
  return {
    role: 'assistant',
    blocks: items.flatMap((item) => item.blocks),
    calls: items.flatMap((item) => item.calls),
  };
}

/** The service refuses an assistant turn that ends in thinking: an answer that was broken off there is none. */
function trimThinking(item: TurnItem): TurnItem {
  if (item.role === 'user') return item;
  const last = item.blocks.findLastIndex((block) => !isThinking(block));
  return { ...item, blocks: item.blocks.slice(0, last + 1) };
}

function mergeUsers(run: readonly TurnItem[]): UserItem {
  return { role: 'user', pieces: run.flatMap((item) => (item.role === 'user' ? item.pieces : [])) };
}

/** Results in the order they came, then calls without one, then everything else. */
function userTurn(pieces: Pieces, calls: readonly Call[]): Turn {
  const answered = new Map<string, Result>();
  const rest: HubContentBlock[] = [];
  for (const piece of pieces) {
    if (piece.type !== 'result') rest.push(piece);
    else answer(piece, calls, answered, rest);
  }
  const results = [...answered].map(([id, result]) => toolResult(id, result));
  const missing = calls.filter((call) => !answered.has(call.id)).map((call) => missingResult(call.id));
  return { role: 'user', content: [...results, ...missing, ...rest] };
}

/** A result answers the first open call of its id; when none is open, it replaces the last answer. */
function answer(result: Result, calls: readonly Call[], answered: Map<string, Result>, rest: HubContentBlock[]): void {
  const named = calls.filter((call) => call.isLegacy === result.isLegacy && call.clientId === result.clientId);
  const call = named.find(({ id }) => !answered.has(id)) ?? named.at(-1);
  if (call === undefined) rest.push(...orphanText(result));
  else answered.set(call.id, result);
}

function toolResult(id: string, { content, cacheControl }: Result): Anthropic.ToolResultBlockParam {
  const given = content === undefined ? {} : { content: typeof content === 'string' ? content : [...content] };
  return { type: 'tool_result', tool_use_id: id, ...given, ...withCacheControl(cacheControl) };
}

function missingResult(id: string): Anthropic.ToolResultBlockParam {
  return { type: 'tool_result', tool_use_id: id, is_error: true, content: '[no result]' };
}

/** A result whose call is gone (a shortened history) stays readable as the user's words. */
function orphanText({ clientId, content }: Result): readonly MediaBlock[] {
  const label = `[tool result ${clientId}]`;
  if (content === undefined || typeof content === 'string') {
    return [{ type: 'text', text: content === undefined ? label : `${label} ${content}` }];
  }
  const [first, ...others] = content;
  if (first?.type === 'text') return [{ ...first, text: `${label} ${first.text}` }, ...others];
  return [{ type: 'text', text: label }, ...content];
}

/** The service refuses a last assistant turn whose text ends in white space. */
function trimPrefill(turns: readonly Turn[]): readonly Turn[] {
  const last = turns.at(-1);
  const block = last?.content.at(-1);
  if (last?.role !== 'assistant' || block?.type !== 'text') return turns;
  const content = [...last.content.slice(0, -1), { ...block, text: block.text.trimEnd() }];
  return [...turns.slice(0, -1), { role: 'assistant', content }];
}
