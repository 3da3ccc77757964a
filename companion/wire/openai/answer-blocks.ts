/** Hub blocks of a streamed answer: what is open, and what is kept back for a moment. */
import type { HubEvent } from '../hub/event.ts';
import { scanForStop } from '../hub/stop-sequence.ts';

export type OpenBlock =
  | { readonly kind: 'text' | 'thinking' }
  /** `call` is its position among the calls of the answer. */
  | { readonly kind: 'tool'; readonly call: number };

export interface Blocks {
  /** Stop sequences to look for. */
  readonly stops: readonly string[];
  /** Of the open block, or of the next one. */
  readonly index: number;
  readonly open: OpenBlock | undefined;
  /** White space before the first visible word of a text block: with no word to follow there is no block. */
  readonly blank: string;
  /** Text in which a stop sequence may have begun. */
  readonly held: string;
  /** The stop sequence that was met; nothing may be added any more. */
  readonly found: string | undefined;
}

export type Grown = readonly [Blocks, readonly HubEvent[]];

export function noBlocks(stops: readonly string[]): Blocks {
  return { stops, index: 0, open: undefined, blank: '', held: '', found: undefined };
}

export function addText(blocks: Blocks, piece: string): Grown {
  if (blocks.stops.length === 0) return emitText(blocks, piece);
  const scan = scanForStop(blocks.held, piece, blocks.stops);
  const [next, events] = emitText({ ...blocks, held: scan.held }, scan.text);
  return [{ ...next, found: scan.found }, events];
}

function emitText(blocks: Blocks, piece: string): Grown {
  if (piece === '') return [blocks, []];
  if (blocks.open?.kind === 'text') return [blocks, [delta(blocks, { type: 'text_delta', text: piece })]];
  const text = blocks.blank + piece;
  if (text.trim() === '') return [{ ...blocks, blank: text }, []];
  const { held } = blocks;
  const [opened, events] = openBlock(
    { ...blocks, held: '' },
    { kind: 'text' },
    { type: 'text', text: '', citations: null },
  );
  return [{ ...opened, held }, [...events, delta(opened, { type: 'text_delta', text })]];
}

export function addThinking(blocks: Blocks, thinking: string): Grown {
  const event = { type: 'thinking_delta' as const, thinking };
  if (blocks.open?.kind === 'thinking') return [blocks, [delta(blocks, event)]];
  const [opened, events] = openThinking(blocks);
  return [opened, [...events, delta(opened, event)]];
}

/** What proves the open thinking; without any it is a block of its own, as for thinking that nobody may read. */
export function addSignature(blocks: Blocks, signature: string): Grown {
  const event = { type: 'signature_delta' as const, signature };
  if (blocks.open?.kind === 'thinking') return [blocks, [delta(blocks, event)]];
  const [opened, events] = openThinking(blocks);
  return [opened, [...events, delta(opened, event)]];
}

function openThinking(blocks: Blocks): Grown {
  return openBlock(blocks, { kind: 'thinking' }, { type: 'thinking', thinking: '', signature: '' });
}

export function openTool(blocks: Blocks, call: number, id: string, name: string): Grown {
  const block = { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } } as const;
  return openBlock(blocks, { kind: 'tool', call }, block);
}

/** Nothing for no text: an empty delta says nothing, and some clients stumble over it. */
export function addJson(blocks: Blocks, json: string): Grown {
  return [blocks, json === '' ? [] : [delta(blocks, { type: 'input_json_delta', partial_json: json })]];
}

/** Lets out what was held back and closes the block, if any. */
export function closeBlock(blocks: Blocks): Grown {
  const [full, events] = emitText({ ...blocks, held: '' }, blocks.held);
  const closed = { ...full, open: undefined, blank: '' };
  if (full.open === undefined) return [closed, events];
  return [{ ...closed, index: full.index + 1 }, [...events, { type: 'content_block_stop', index: full.index }]];
}

type BlockStart = Extract<HubEvent, { type: 'content_block_start' }>['content_block'];

function openBlock(blocks: Blocks, open: OpenBlock, block: BlockStart): Grown {
  const [closed, events] = closeBlock(blocks);
  const start: HubEvent = { type: 'content_block_start', index: closed.index, content_block: block };
  return [{ ...closed, open }, [...events, start]];
}

function delta({ index }: Blocks, event: Extract<HubEvent, { type: 'content_block_delta' }>['delta']): HubEvent {
  return { type: 'content_block_delta', index, delta: event };
}
