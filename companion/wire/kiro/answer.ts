/**
 * An answer piece by piece. The hub's blocks stand one after the other: while a call is written, whatever else comes waits
 * until that call is whole.
 */
import type { HubEvent } from '../hub/event.ts';
import { addJson, addText, closeBlock, noBlocks, openTool } from '../openai/answer-blocks.ts';
import type { Blocks } from '../openai/answer-blocks.ts';
import { newHubId } from '../openai/target-tool-id.ts';
import type { KiroMemo } from './memo.ts';

export interface AnswerFacts {
  readonly memo: KiroMemo;
  readonly stampId: string;
}

/** A fragment of a call, by the id that Kiro gave it. */
export interface CallPiece {
  readonly id: string;
  readonly name: string;
  readonly args: string;
  /** The last one of its call. */
  readonly isLast: boolean;
}

interface Call {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  /** Arguments that wait for the block to open. */
  readonly pending: string;
  readonly hasArguments: boolean;
  readonly isWhole: boolean;
}

type Waiting = { readonly text: string } | { readonly callId: string };

export interface Answer {
  readonly blocks: Blocks;
  readonly calls: ReadonlyMap<string, Call>;
  /** Kiro's id of the call whose block is open and not whole. */
  readonly open: string | undefined;
  readonly waiting: readonly Waiting[];
  /** The hub's ids of calls: those of the conversation, and those that have a block here. */
  readonly ids: ReadonlySet<string>;
}

type Step = readonly [Answer, readonly HubEvent[]];

export function newAnswer({ memo }: AnswerFacts): Answer {
  return { blocks: noBlocks(memo.localStops), calls: new Map(), open: undefined, waiting: [], ids: memo.takenIds };
}

/** Some call was begun and never ended. */
export function hasHalfCall({ calls }: Answer): boolean {
  return [...calls.values()].some(({ isWhole }) => !isWhole);
}

export function addWords(answer: Answer, text: string): Step {
  if (answer.blocks.found !== undefined) return [answer, []];
  if (answer.open !== undefined) return [{ ...answer, waiting: withWords(answer.waiting, text) }, []];
  const [blocks, events] = addText(answer.blocks, text);
  return [{ ...answer, blocks }, events];
}

/** Words that follow one another wait as one. */
function withWords(waiting: readonly Waiting[], text: string): readonly Waiting[] {
  const last = waiting.at(-1);
  if (last === undefined || !('text' in last)) return [...waiting, { text }];
  return [...waiting.slice(0, -1), { text: last.text + text }];
}

export function addCall(answer: Answer, piece: CallPiece, facts: AnswerFacts): Step {
  const id = piece.id === '' ? ([...answer.calls.keys()].at(-1) ?? '') : piece.id;
  const known = answer.calls.get(id);
  if (answer.blocks.found !== undefined || known?.isWhole === true) return [answer, []];
  const call = extended(known ?? newCall(id, answer.calls.size), piece);
  const next = { ...answer, calls: new Map(answer.calls).set(id, call) };
  if (known === undefined) return flush({ ...next, waiting: [...next.waiting, { callId: id }] }, facts);
  return answer.open === id ? writeOn(next, call, facts) : [next, []];
}

/** The rest of the answer. */
export function finishAnswer(answer: Answer): Step {
  const [blocks, events] = closeBlock(answer.blocks);
  return [{ ...answer, blocks }, events];
}

function newCall(id: string, index: number): Call {
  return { index, id, name: '', pending: '', hasArguments: false, isWhole: false };
}

/** A call without arguments has an empty object of them. */
function extended(call: Call, { name, args, isLast }: CallPiece): Call {
  const told = isLast && !call.hasArguments && args.trim() === '' ? '{}' : args;
  return {
    ...call,
    name: call.name || name,
    pending: call.pending + told,
    hasArguments: call.hasArguments || told.trim() !== '',
    isWhole: isLast,
  };
}

/** Arguments of the open call; with its last ones, what waited for it follows. */
function writeOn(answer: Answer, call: Call, facts: AnswerFacts): Step {
  const [blocks, events] = addJson(answer.blocks, call.pending);
  const calls = new Map(answer.calls).set(call.id, { ...call, pending: '' });
  const written = { ...answer, blocks, calls };
  if (!call.isWhole) return [written, events];
  const [flushed, more] = flush({ ...written, open: undefined }, facts);
  return [flushed, [...events, ...more]];
}

function flush(answer: Answer, facts: AnswerFacts): Step {
  const [first, ...rest] = answer.waiting;
  if (first === undefined || answer.open !== undefined) return [answer, []];
  const next = { ...answer, waiting: rest };
  const [told, events] = 'text' in first ? addWords(next, first.text) : openCall(next, first.callId, facts);
  const [flushed, more] = told.blocks.found === undefined ? flush(told, facts) : ([told, []] as const);
  return [flushed, [...events, ...more]];
}

function openCall(answer: Answer, callId: string, facts: AnswerFacts): Step {
  const call = answer.calls.get(callId);
  if (call === undefined) return [answer, []];
  const { memo, stampId } = facts;
  const hubId = newHubId({ id: call.id, extra: undefined, position: call.index }, answer.ids, stampId);
  const [blocks, start] = openTool(answer.blocks, call.index, hubId, memo.toolNames.get(call.name) ?? call.name);
  const opened = { ...answer, blocks, open: callId, ids: new Set([...answer.ids, hubId]) };
  const [written, json] = writeOn(opened, call, facts);
  return [written, [...start, ...json]];
}
