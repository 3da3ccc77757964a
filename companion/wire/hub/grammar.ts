/** The order that a stream of hub events must keep, as a reducer: strict clients fail on anything else. */
import type { HubEvent } from './event.ts';

type BlockStart = Extract<HubEvent, { type: 'content_block_start' }>;
type BlockDelta = Extract<HubEvent, { type: 'content_block_delta' }>;

export interface GrammarState {
  readonly phase: 'before' | 'between-blocks' | 'in-block' | 'tail' | 'done';
  /** Index of the open block, or the one that the next block must have. */
  readonly index: number;
  /** Type of the open block. */
  readonly block: string | undefined;
}

export const initialGrammar: GrammarState = { phase: 'before', index: 0, block: undefined };

/** The state after `event`, or what is wrong with it as a short sentence part. */
export type GrammarVerdict =
  | { readonly isValid: true; readonly state: GrammarState }
  | { readonly isValid: false; readonly violation: string };

/**
 * Checks one event. Blocks are numbered 0, 1, 2 and never interleave, no delta is an orphan or of a kind that its block
 * does not take, `message_delta` comes once all blocks are closed, and nothing follows `message_stop` or `error`.
 */
export function advanceGrammar(state: GrammarState, event: HubEvent): GrammarVerdict {
  if (state.phase === 'done') return refuse(`${event.type} after the end`);
  switch (event.type) {
    case 'ping':
      return accept(state);
    case 'error':
      return accept({ ...state, phase: 'done' });
    case 'message_start':
      return state.phase === 'before'
        ? accept({ ...state, phase: 'between-blocks' })
        : refuse('a second message_start');
    case 'content_block_start':
      return openBlock(state, event);
    case 'content_block_delta':
      return checkDelta(state, event);
    case 'content_block_stop':
      return isOpen(state, event.index)
        ? accept({ phase: 'between-blocks', index: state.index + 1, block: undefined })
        : refuse(`content_block_stop for block ${event.index}, which is not open`);
    case 'message_delta':
      return mayEnd(state) ? accept({ ...state, phase: 'tail' }) : refuse(`message_delta ${whereabouts(state)}`);
    case 'message_stop':
      return state.phase === 'tail' ? accept({ ...state, phase: 'done' }) : refuse('message_stop before message_delta');
    default:
      return accept(state);
  }
}

/** The first thing wrong with a whole stream, or `undefined`; a stream that does not end is wrong too. */
export function findViolation(events: Iterable<HubEvent>): string | undefined {
  let state = initialGrammar;
  for (const event of events) {
    const verdict = advanceGrammar(state, event);
    if (!verdict.isValid) return verdict.violation;
    state = verdict.state;
  }
  return state.phase === 'done' ? undefined : 'no message_stop';
}

function openBlock(state: GrammarState, event: BlockStart): GrammarVerdict {
  if (state.phase !== 'between-blocks') return refuse(`content_block_start ${whereabouts(state)}`);
  if (event.index !== state.index) return refuse(`content_block_start ${event.index} where ${state.index} is due`);
  return accept({ phase: 'in-block', index: state.index, block: event.content_block.type });
}

function checkDelta(state: GrammarState, event: BlockDelta): GrammarVerdict {
  if (!isOpen(state, event.index)) return refuse(`a delta for block ${event.index}, which is not open`);
  const isFitting = blocksOfDelta.get(event.delta.type)?.includes(state.block ?? '') ?? true;
  return isFitting ? accept(state) : refuse(`${event.delta.type} in a ${state.block} block`);
}

/** Deltas of kinds that this table does not know are let through: providers add them without notice. */
const blocksOfDelta: ReadonlyMap<string, readonly string[]> = new Map([
  ['text_delta', ['text']],
  ['citations_delta', ['text']],
  ['thinking_delta', ['thinking']],
  ['signature_delta', ['thinking']],
  ['input_json_delta', ['tool_use', 'server_tool_use']],
]);

function isOpen(state: GrammarState, index: number): boolean {
  return state.phase === 'in-block' && state.index === index;
}

function mayEnd(state: GrammarState): boolean {
  return state.phase === 'between-blocks' || state.phase === 'tail';
}

function whereabouts(state: GrammarState): string {
  const words = {
    before: 'before message_start',
    'between-blocks': 'between blocks',
    'in-block': `while block ${state.index} is open`,
    tail: 'after message_delta',
    done: 'after the end',
  };
  return words[state.phase];
}

function accept(state: GrammarState): GrammarVerdict {
  return { isValid: true, state };
}

function refuse(violation: string): GrammarVerdict {
  return { isValid: false, violation };
}
