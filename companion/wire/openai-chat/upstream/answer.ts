/**
 * A streamed answer piece by piece. The hub's blocks stand one after the other, whereas calls may arrive interleaved, and
 * words between their fragments: the call that is open streams, everything else waits in a queue until it is whole.
 */
import type { HubEvent } from '../../hub/event.ts';
import { isObject, parseJson } from '../../hub/fields.ts';
import { addJson, addText, addThinking, closeBlock, noBlocks, openTool } from '../../openai/answer-blocks.ts';
import type { Blocks } from '../../openai/answer-blocks.ts';
import { comesBefore, extendCall, locateCall } from './call.ts';
import type { Call } from './call.ts';
import type { CallPiece, Piece } from './delta.ts';
import type { ChatUpstreamMemo } from './memo.ts';
import { newHubId } from '../../openai/target-tool-id.ts';

/** What an answer needs to know of its request. */
export interface AnswerContext {
  readonly memo: ChatUpstreamMemo;
  readonly stampId: string;
  readonly echoesExtraContent: boolean;
}

type Segment =
  | { readonly kind: 'text' | 'thinking'; readonly text: string }
  | { readonly kind: 'call'; readonly call: number };

export interface Answer {
  readonly blocks: Blocks;
  readonly calls: readonly Call[];
  /** Position of the call that the last fragment belonged to. */
  readonly lastCall: number;
  readonly queue: readonly Segment[];
  /** The hub's ids of the calls that have a block. */
  readonly ids: ReadonlySet<string>;
  readonly isRefusal: boolean;
}

type Step = readonly [Answer, readonly HubEvent[]];

export function newAnswer({ memo }: AnswerContext): Answer {
  return {
    blocks: noBlocks(memo.localStops),
    calls: [],
    lastCall: 0,
    queue: [],
    ids: memo.takenIds,
    isRefusal: false,
  };
}

export function hasCalls(answer: Answer, { memo }: AnswerContext): boolean {
  return answer.ids.size > memo.takenIds.size;
}

export function addPiece(answer: Answer, piece: Piece, context: AnswerContext): Step {
  if (answer.blocks.found !== undefined) return [answer, []];
  switch (piece.kind) {
    case 'call':
      return addCallPiece(answer, piece, context);
    case 'refusal':
      return addWords({ ...answer, isRefusal: true }, 'text', piece.text, context);
    default:
      return addWords(answer, piece.kind, piece.text, context);
  }
}

/** The rest of the answer; with `isCutOff`, calls that never became whole are left out as far as they have no block yet. */
export function finishAnswer(answer: Answer, isCutOff: boolean, context: AnswerContext): Step {
  let state = answer;
  const events: HubEvent[] = [];
  for (const segment of answer.queue) {
    const call = segment.kind === 'call' ? answer.calls[segment.call] : undefined;
    if (segment.kind === 'call' && (call === undefined || isUnfit(call, isCutOff))) continue;
    if (state.blocks.found !== undefined) break;
    const [next, more] = emitSegment(call === undefined ? state : withSoundArguments(state, segment), segment, context);
    state = next;
    events.push(...more);
  }
  const [blocks, last] = closeBlock(state.blocks);
  return [{ ...state, blocks, queue: [] }, [...events, ...last]];
}

function isUnfit({ name, depth }: Call, isCutOff: boolean): boolean {
  return name === '' || (isCutOff && !depth.isComplete);
}

/** Arguments that are no JSON object are kept under a name that no tool has. */
function withSoundArguments(answer: Answer, segment: Segment): Answer {
  if (segment.kind !== 'call') return answer;
  const call = answer.calls[segment.call];
  if (call === undefined || call.pending.trim() === '' || isObject(parseJson(call.pending))) return answer;
  const pending = JSON.stringify({ _raw_arguments: call.pending });
  return { ...answer, calls: answer.calls.with(segment.call, { ...call, pending }) };
}

function addWords(answer: Answer, kind: 'text' | 'thinking', text: string, context: AnswerContext): Step {
  const { open } = answer.blocks;
  if (open?.kind !== 'tool') return emitSegment(answer, { kind, text }, context);
  const last = answer.queue.at(-1);
  const queue =
    last?.kind === kind
      ? [...answer.queue.slice(0, -1), { kind, text: last.text + text }]
      : [...answer.queue, { kind, text }];
  return advance({ ...answer, queue }, context);
}

function addCallPiece(answer: Answer, piece: CallPiece, context: AnswerContext): Step {
  const { open } = answer.blocks;
  const position = locateCall(answer.calls, answer.lastCall, piece);
  const known = answer.calls[position];
  const call = extendCall(known, piece);
  const calls = known === undefined ? [...answer.calls, call] : answer.calls.with(position, call);
  const isWaiting = answer.queue.some((segment) => segment.kind === 'call' && segment.call === position);
  const next = { ...answer, calls, lastCall: position };
  if (known === undefined) return advance({ ...next, queue: enqueue(next, position) }, context);
  if (isWaiting) return advance(next, context);
  // A block that was closed had a whole object: nothing that still comes can belong to it.
  if (open?.kind !== 'tool' || open.call !== position) return [next, []];
  const [blocks, events] = addJson(answer.blocks, piece.args);
  const [advanced, more] = advance({ ...next, blocks, calls: calls.with(position, { ...call, pending: '' }) }, context);
  return [advanced, [...events, ...more]];
}

/** At the end, but before waiting calls that the provider counts later. */
function enqueue({ queue, calls }: Answer, position: number): readonly Segment[] {
  const call = calls[position];
  const isLater = (segment: Segment): boolean => {
    const other = segment.kind === 'call' ? calls[segment.call] : undefined;
    return call !== undefined && other !== undefined && comesBefore(call, other);
  };
  const place = queue.findLastIndex((segment) => !isLater(segment)) + 1;
  return queue.toSpliced(place, 0, { kind: 'call', call: position });
}

/** Emits what waits, as far as it can have a block by now. */
function advance(answer: Answer, context: AnswerContext): Step {
  let state = answer;
  const events: HubEvent[] = [];
  for (let head = state.queue[0]; head !== undefined && mayFollow(state, head); head = state.queue[0]) {
    const [next, more] = emitSegment({ ...state, queue: state.queue.slice(1) }, head, context);
    state = next;
    events.push(...more);
  }
  return [state, events];
}

function mayFollow({ blocks: { open, found }, calls }: Answer, segment: Segment): boolean {
  if (found !== undefined) return false;
  if (open?.kind === 'tool' && calls[open.call]?.depth.isComplete !== true) return false;
  return segment.kind !== 'call' || calls[segment.call]?.name !== '';
}

function emitSegment(answer: Answer, segment: Segment, context: AnswerContext): Step {
  if (segment.kind === 'call') return openCall(answer, segment.call, context);
  const add = segment.kind === 'text' ? addText : addThinking;
  const [blocks, events] = add(answer.blocks, segment.text);
  return [{ ...answer, blocks }, events];
}

function openCall(answer: Answer, position: number, context: AnswerContext): Step {
  const call = answer.calls[position];
  if (call === undefined) return [answer, []];
  const { memo, stampId, echoesExtraContent } = context;
  const id = newHubId(
    { id: call.id, extra: echoesExtraContent ? call.extra : undefined, position },
    answer.ids,
    stampId,
  );
  const [opened, start] = openTool(answer.blocks, position, id, memo.toolNames.get(call.name) ?? call.name);
  const [blocks, json] = addJson(opened, call.pending);
  const calls = answer.calls.with(position, { ...call, pending: '' });
  return [{ ...answer, blocks, calls, ids: new Set([...answer.ids, id]) }, [...start, ...json]];
}
