/**
 * A streamed answer item by item. The hub's blocks stand one after the other: the first item that is not done streams,
 * what comes of later ones waits for its turn.
 */
import type { HubEvent } from '../../hub/event.ts';
import { asText } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import {
  addJson,
  addSignature,
  addText,
  addThinking,
  closeBlock,
  noBlocks,
  openTool,
} from '../../openai/answer-blocks.ts';
import type { Blocks, Grown } from '../../openai/answer-blocks.ts';
import { newHubId } from '../../openai/target-tool-id.ts';
import { readItem } from './answer-item.ts';
import type { TextPiece } from './answer-item.ts';
import type { ResponsesUpstreamMemo } from './memo.ts';
import { signatureOf } from './signature.ts';

/** What an answer needs to know of its request. */
export interface AnswerContext {
  readonly memo: ResponsesUpstreamMemo;
  readonly stampId: string;
}

interface Item {
  /** The provider's number of it and its id, as far as it gave them. */
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly type: string;
  readonly callId: string;
  /** Of the tool; empty for other items, and until it is told. */
  readonly name: string;
  readonly waiting: readonly TextPiece[];
  /** The part that the last piece was of; `undefined` before the first one. */
  readonly part: TextPiece | undefined;
  readonly isDone: boolean;
  readonly sealed: string | undefined;
}

export interface Answer {
  readonly blocks: Blocks;
  /** In the order in which they were first heard of. */
  readonly items: readonly Item[];
  /** Position of the item whose turn it is. */
  readonly turn: number;
  /** Whether its call has a block. */
  readonly isCallOpen: boolean;
  /** The hub's ids of the calls that have a block. */
  readonly ids: ReadonlySet<string>;
  readonly isRefusal: boolean;
}

type Step = readonly [Answer, readonly HubEvent[]];

export function newAnswer({ memo }: AnswerContext): Answer {
  return {
    blocks: noBlocks(memo.localStops),
    items: [],
    turn: 0,
    isCallOpen: false,
    ids: memo.takenIds,
    isRefusal: false,
  };
}

export function hasCalls(answer: Answer, { memo }: AnswerContext): boolean {
  return answer.ids.size > memo.takenIds.size;
}

/** Which item an event is about. */
export interface ItemPlace {
  readonly index: number | undefined;
  readonly id: string | undefined;
}

export function placeOf({ output_index: index, item_id: itemId }: JsonObject, id = itemId): ItemPlace {
  return { index: typeof index === 'number' ? index : undefined, id: asText(id) };
}

export function beginItem(answer: Answer, place: ItemPlace, item: JsonObject, context: AnswerContext): Step {
  const position = locate(answer, place);
  if (answer.items[position] !== undefined) return [answer, []];
  return advance({ ...answer, items: [...answer.items, newItem(place, item)] }, context);
}

export function addPiece(answer: Answer, place: ItemPlace, piece: TextPiece, context: AnswerContext): Step {
  const position = locate(answer, place);
  const item = answer.items[position] ?? newItem(place, { type: typeOfPiece[piece.kind] });
  return advance(put(answer, position, withPiece(item, piece)), context);
}

/** An item whose pieces did not come one by one is told as a whole. */
export function endItem(answer: Answer, place: ItemPlace, whole: JsonObject, context: AnswerContext): Step {
  const position = locate(answer, place);
  const known = answer.items[position] ?? newItem(place, whole);
  if (known.isDone) return [answer, []];
  const pieces = known.part === undefined ? readItem(whole) : [];
  const item = pieces.reduce<Item>(withPiece, known);
  const done: Item = {
    ...item,
    type: asText(whole.type) ?? item.type,
    callId: item.callId || (asText(whole.call_id) ?? ''),
    name: item.name || (asText(whole.name) ?? ''),
    sealed: asText(whole.encrypted_content),
    isDone: true,
  };
  return advance(put(answer, position, done), context);
}

/** The rest of the answer; with `isCutOff`, calls that never became whole are left out as far as they have no block yet. */
export function finishAnswer(answer: Answer, isCutOff: boolean, context: AnswerContext): Step {
  const items = answer.items.map((item, position): Item => {
    const isLost = isCutOff && !item.isDone && isCall(item) && (position !== answer.turn || !answer.isCallOpen);
    return { ...item, isDone: true, ...(isLost && { type: '' }) };
  });
  const [next, events] = advance({ ...answer, items }, context);
  const [blocks, last] = closeBlock(next.blocks);
  return [{ ...next, blocks }, [...events, ...last]];
}

const typeOfPiece: Readonly<Record<TextPiece['kind'], string>> = {
  text: 'message',
  refusal: 'message',
  summary: 'reasoning',
  reasoning: 'reasoning',
  json: 'function_call',
  freeform: 'custom_tool_call',
};

function newItem({ index, id }: ItemPlace, item: JsonObject): Item {
  return {
    index,
    id,
    type: asText(item.type) ?? '',
    callId: asText(item.call_id) ?? '',
    name: asText(item.name) ?? '',
    waiting: [],
    part: undefined,
    isDone: false,
    sealed: undefined,
  };
}

function isCall({ type }: Item): boolean {
  return type === 'function_call' || type === 'custom_tool_call';
}

/** By number, else by id; without either the one that came last, unless that is done. */
function locate({ items }: Answer, { index, id }: ItemPlace): number {
  const found = items.findLastIndex((item) =>
    index === undefined || item.index === undefined ? id !== undefined && item.id === id : item.index === index,
  );
  if (found >= 0 || index !== undefined || id !== undefined) return found >= 0 ? found : items.length;
  return items.at(-1)?.isDone === false ? items.length - 1 : items.length;
}

function put(answer: Answer, position: number, item: Item): Answer {
  const { items } = answer;
  return { ...answer, items: position < items.length ? items.with(position, item) : [...items, item] };
}

/** Parts of a summary are paragraphs. Reasoning told in two ways is told once, in the way that came first. */
function withPiece(item: Item, piece: TextPiece): Item {
  const isOfThought = isThought(piece);
  if (isOfThought && item.part !== undefined && item.part.kind !== piece.kind) return item;
  const isNextPart = item.part !== undefined && item.part.part !== piece.part;
  const text = isOfThought && isNextPart ? `\n\n${piece.text}` : piece.text;
  return { ...item, part: piece, waiting: [...item.waiting, { ...piece, text }] };
}

function isThought({ kind }: TextPiece): boolean {
  return kind === 'summary' || kind === 'reasoning';
}

/** Emits what waits, as far as its turn has come. */
function advance(answer: Answer, context: AnswerContext): Step {
  let state = answer;
  const events: HubEvent[] = [];
  for (;;) {
    const item = state.items[state.turn];
    if (item === undefined || state.blocks.found !== undefined) return [state, events];
    const [next, more] = emit(state, item, context);
    events.push(...more);
    state = next;
    if (!item.isDone) return [state, events];
    const [blocks, last] = closeBlock(state.blocks);
    events.push(...last);
    state = { ...state, blocks, turn: state.turn + 1, isCallOpen: false };
  }
}

/** A call has to have its name before it can have a block. */
function emit(answer: Answer, item: Item, context: AnswerContext): Step {
  if (isCall(item)) return item.name === '' ? [answer, []] : emitCall(answer, item, context);
  let { blocks, isRefusal } = answer;
  const events: HubEvent[] = [];
  const grow = ([next, more]: Grown): void => {
    blocks = next;
    events.push(...more);
  };
  for (const piece of item.waiting) {
    if (blocks.found !== undefined) break;
    isRefusal ||= piece.kind === 'refusal';
    if (piece.kind === 'text' || piece.kind === 'refusal') grow(addText(blocks, piece.text));
    else if (isThought(piece) && context.memo.showsThinking) grow(addThinking(blocks, piece.text));
  }
  if (item.isDone && item.type === 'reasoning' && item.sealed !== undefined && context.memo.showsThinking) {
    grow(addSignature(blocks, signatureOf(item.sealed)));
  }
  return [emptied({ ...answer, blocks, isRefusal }, item), events];
}

function emitCall(answer: Answer, item: Item, context: AnswerContext): Step {
  const [opened, start] = answer.isCallOpen ? ([answer, []] as const) : openCall(answer, item, context);
  const isFreeform = item.type === 'custom_tool_call';
  const json = item.waiting.map(({ text }) => (isFreeform ? escaped(text) : text)).join('');
  const [blocks, more] = addJson(opened.blocks, json + (isFreeform && item.isDone ? '"}' : ''));
  return [emptied({ ...opened, blocks }, item), [...start, ...more]];
}

function openCall(answer: Answer, item: Item, { memo, stampId }: AnswerContext): Step {
  const call = { id: item.callId, extra: undefined, position: answer.ids.size - memo.takenIds.size };
  const id = newHubId(call, answer.ids, stampId);
  const name = memo.toolNames.get(item.name) ?? item.name;
  const [opened, events] = openTool(answer.blocks, answer.turn, id, name);
  const [blocks, json] = addJson(opened, item.type === 'custom_tool_call' ? '{"input":"' : '');
  return [{ ...answer, blocks, isCallOpen: true, ids: new Set([...answer.ids, id]) }, [...events, ...json]];
}

/** The inside of a JSON string; half a character comes out as an escape, and is whole again beside its other half. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function emptied(answer: Answer, item: Item): Answer {
  if (item.waiting.length === 0) return answer;
  return { ...answer, items: answer.items.with(answer.turn, { ...item, waiting: [] }) };
}
