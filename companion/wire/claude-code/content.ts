/** The messages of a request as the turns of a conversation that Claude Code is told. */
import type { Warning } from '../codec.ts';
import { isObject } from '../hub/fields.ts';
import type { HubContentBlock, HubMessageParam } from '../hub/request.ts';
import { notInClaudeCodeMode } from './refuse.ts';

/** User and assistant take turns; no turn is empty. */
export interface ClaudeCodeTurn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly HubContentBlock[];
}

export interface ClaudeCodeTurns {
  readonly turns: readonly ClaudeCodeTurn[];
  readonly warnings: readonly Warning[];
}

type Path = readonly PropertyKey[];

/**
 * Throws `NOT_AVAILABLE_IN_MODE` with `details.field` for a block that cannot be carried. Thinking of earlier turns is left
 * out, as the API leaves it out of a conversation without tools, and so are the client's cache marks: Claude Code sets its
 * own, and the API takes four.
 */
export function readTurns(messages: readonly HubMessageParam[]): ClaudeCodeTurns {
  const turns: ClaudeCodeTurn[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const path = ['messages', index, 'content'];
    const blocks = typeof content === 'string' ? textBlocks(content) : content.flatMap(readAt(path, role));
    addTo(turns, role === 'system' ? { role: 'user', content: blocks.map(asReminder) } : { role, content: blocks });
  }
  const hasSystem = messages.some(({ role }) => role === 'system');
  const warning = { field: 'messages.role', reason: 'system messages inside the conversation travel in user turns' };
  return { turns, warnings: hasSystem ? [warning] : [] };
}

/** Neighbouring messages of one role are one turn, as on the API. */
function addTo(turns: ClaudeCodeTurn[], turn: ClaudeCodeTurn): void {
  if (turn.content.length === 0) return;
  const previous = turns.at(-1);
  if (previous?.role !== turn.role) turns.push(turn);
  else turns[turns.length - 1] = { ...turn, content: [...previous.content, ...turn.content] };
}

function textBlocks(text: string): readonly HubContentBlock[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

/** The form in which Claude Code itself tells such things to models that take no system messages on the way. */
function asReminder(block: HubContentBlock): HubContentBlock {
  if (block.type !== 'text') return block;
  return { type: 'text', text: `<system-reminder>\n${block.text}\n</system-reminder>` };
}

function readAt(path: Path, role: HubMessageParam['role']) {
  return (block: HubContentBlock, position: number): readonly HubContentBlock[] => {
    const here = [...path, position];
    return role === 'assistant' ? readAnswered(block, here) : readAsked(block, here);
  };
}

function readAnswered(block: HubContentBlock, path: Path): readonly HubContentBlock[] {
  switch (block.type) {
    case 'text':
      return textBlocks(block.text);
    case 'thinking':
    case 'redacted_thinking':
      return [];
    default:
      throw notInClaudeCodeMode(path, `A \`${block.type}\` block`);
  }
}

function readAsked(block: HubContentBlock, path: Path): readonly HubContentBlock[] {
  switch (block.type) {
    case 'text':
      return textBlocks(block.text);
    case 'image':
    case 'document':
      if (block.source.type === 'file') {
        throw notInClaudeCodeMode([...path, 'source', 'file_id'], 'A file of the Files API');
      }
      return [withoutCacheMarks(block)];
    case 'search_result':
      return [withoutCacheMarks(block)];
    default:
      throw notInClaudeCodeMode(path, `A \`${block.type}\` block`);
  }
}

/** Below a block too: parts of a document may carry marks of their own. */
function withoutCacheMarks<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(withoutCacheMarks) as Value;
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => name !== 'cache_control');
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutCacheMarks(part)])) as Value;
}
