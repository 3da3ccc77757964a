/** Tool calls of a stream, and which of them a fragment belongs to. */
import type { CallPiece } from './delta.ts';
import { followJson, noJson } from './json-depth.ts';
import type { JsonDepth } from './json-depth.ts';

export interface Call {
  readonly choice: number;
  readonly index: number | undefined;
  readonly id: string;
  /** Empty until the server tells it. */
  readonly name: string;
  readonly extra: unknown;
  /** Arguments that wait for the block to open. */
  readonly pending: string;
  readonly depth: JsonDepth;
}

/** Position of the call that `piece` continues; `calls.length` for a new one. */
export function locateCall(calls: readonly Call[], last: number, piece: CallPiece): number {
  const position = candidate(calls, last, piece);
  const call = calls[position];
  return call === undefined || beginsAnother(call, piece) ? calls.length : position;
}

/** Of those of its choice, by index, else by id, else the one that came last; -1 where there is none. */
function candidate(calls: readonly Call[], last: number, { choice, index, id }: CallPiece): number {
  if (index !== undefined) return calls.findLastIndex((call) => call.choice === choice && call.index === index);
  if (id !== '') return calls.findLastIndex((call) => call.choice === choice && call.id === id);
  return calls[last]?.choice === choice ? last : calls.findLastIndex((call) => call.choice === choice);
}

/** Servers that give every call the same index, or none, send each call whole. */
function beginsAnother(call: Call, piece: CallPiece): boolean {
  if (!call.depth.isComplete || piece.name === '') return false;
  return piece.id === '' ? piece.args.trim() !== '' : piece.id !== call.id;
}

/** Whether `call` is counted before `other`, as far as both say so. */
export function comesBefore(call: Call, other: Call): boolean {
  if (call.choice !== other.choice) return call.choice < other.choice;
  return (call.index ?? Infinity) < (other.index ?? -1);
}

/** The call with `piece` added; what was known first stays, since some servers repeat it on each fragment. */
export function extendCall(call: Call | undefined, piece: CallPiece): Call {
  return {
    choice: piece.choice,
    index: call?.index ?? piece.index,
    id: call?.id || piece.id,
    name: call?.name || piece.name,
    extra: call?.extra ?? piece.extra,
    pending: (call?.pending ?? '') + piece.args,
    depth: followJson(call?.depth ?? noJson, piece.args),
  };
}
