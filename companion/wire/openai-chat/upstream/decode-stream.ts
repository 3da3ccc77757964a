/** Chunks of a streamed completion as hub events. */
import type { Stamp, StreamCodec } from '../../codec.ts';
import { blankMessage, blankUsage } from '../../hub/blank.ts';
import type { HubErrorEvent, HubEvent, HubStopReason, HubUsage } from '../../hub/event.ts';
import { brokenStreamEvent } from '../../hub/failure.ts';
import { asArray, asObject, asText, isObject, parseJson } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import { deltaUsage } from '../../openai/token-counts.ts';
import type { SseFrame } from '../../sse.ts';
import { addPiece, finishAnswer, hasCalls, newAnswer } from './answer.ts';
import type { Answer, AnswerContext } from './answer.ts';
import { readPieces } from './delta.ts';
import { findError } from '../../openai/provider-error.ts';
import { failureOfFinish, readFinish, stopReasonOf, strongerFinish } from './finish.ts';
import type { Finish } from './finish.ts';
import { readUsage } from './usage.ts';

export interface ChatDecodeState {
  readonly phase: 'before' | 'open' | 'done';
  readonly answer: Answer;
  /** The strongest so far; the answer goes on until the stream ends. */
  readonly finish: Finish | undefined;
  /** The last counts that came: a server may repeat them on every chunk. */
  readonly usage: HubUsage;
  /** The chunk that has counts and no choice was there: it is the last one of OpenAI's streams. */
  readonly hasFinalUsage: boolean;
}

type Step = readonly [ChatDecodeState, readonly HubEvent[]];

/**
 * Ends at `[DONE]`, or where the bytes end once a reason to finish has come; before that, an end is a broken stream. A
 * stop sequence that is enforced here ends the message at once, whatever the server still sends.
 */
export function chatStreamDecoder(context: AnswerContext, stamp: Stamp): StreamCodec<unknown, SseFrame, HubEvent> {
  const initial: ChatDecodeState = {
    phase: 'before',
    answer: newAnswer(context),
    finish: undefined,
    usage: blankUsage,
    hasFinalUsage: false,
  };
  const start = (state: ChatDecodeState, model: string | undefined): Step => {
    if (state.phase !== 'before') return [state, []];
    const message = blankMessage(`msg_${stamp.id}`, model ?? context.memo.model);
    return [{ ...state, phase: 'open' }, [{ type: 'message_start', message }]];
  };
  return {
    initial,
    step: (state, frame) => decodeFrame(state as ChatDecodeState, frame, start, context),
    end: (state) => decodeEnd(state as ChatDecodeState, start, context),
  };
}

type Start = (state: ChatDecodeState, model: string | undefined) => Step;

function decodeFrame(state: ChatDecodeState, frame: SseFrame, start: Start, context: AnswerContext): Step {
  if (state.phase === 'done') return [state, []];
  const data = frame.data.trim();
  if (data === '[DONE]') return finish(...start(state, undefined), context);
  const chunk = parseJson(data);
  const error = findError(chunk, frame.event);
  if (error !== undefined) return [{ ...state, phase: 'done' }, [error]];
  if (isObject(chunk)) return addChunk(...start(state, asText(chunk.model)), chunk, context);
  // Some servers send words of their own to keep the line open; what was meant as JSON must be JSON.
  return /^[{[]/.test(data) ? [{ ...state, phase: 'done' }, [unreadable]] : [state, []];
}

function decodeEnd(state: ChatDecodeState, start: Start, context: AnswerContext): readonly HubEvent[] {
  if (state.phase === 'done') return [];
  if (state.finish === undefined && !state.hasFinalUsage) return [brokenStreamEvent];
  return finish(...start(state, undefined), context)[1];
}

function addChunk(
  state: ChatDecodeState,
  before: readonly HubEvent[],
  chunk: JsonObject,
  context: AnswerContext,
): Step {
  const usage = readUsage(chunk);
  const choices = asArray(chunk.choices).map(asObject);
  let next: ChatDecodeState = {
    ...state,
    usage: usage ?? state.usage,
    hasFinalUsage: state.hasFinalUsage || (usage !== undefined && choices.length === 0),
  };
  const events = [...before];
  for (const [position, choice] of choices.entries()) {
    const failure = failureOfFinish(choice.finish_reason);
    const [grown, more] = addChoice(next, choice, position, context);
    events.push(...more);
    if (failure !== undefined) return [{ ...grown, phase: 'done' }, [...events, { type: 'error', error: failure }]];
    next = grown;
  }
  return next.answer.blocks.found === undefined ? [next, events] : finish(next, events, context);
}

function addChoice(state: ChatDecodeState, choice: JsonObject, position: number, context: AnswerContext): Step {
  const number = typeof choice.index === 'number' ? choice.index : position;
  let { answer } = state;
  const events: HubEvent[] = [];
  for (const piece of readPieces(asObject(choice.delta), number)) {
    const [next, more] = addPiece(answer, piece, context);
    answer = next;
    events.push(...more);
  }
  return [{ ...state, answer, finish: strongerFinish(state.finish, readFinish(choice.finish_reason)) }, events];
}

function finish(state: ChatDecodeState, before: readonly HubEvent[], context: AnswerContext): Step {
  const [answer, events] = finishAnswer(state.answer, state.finish === 'length', context);
  const { found } = answer.blocks;
  const seen = { hasCalls: hasCalls(answer, context), isRefusal: answer.isRefusal };
  const reason: HubStopReason = found === undefined ? stopReasonOf(state.finish, seen) : 'stop_sequence';
  const delta = { stop_reason: reason, stop_sequence: found ?? null, stop_details: null, container: null };
  return [
    { ...state, answer, phase: 'done' },
    [...before, ...events, { type: 'message_delta', delta, usage: deltaUsage(state.usage) }, { type: 'message_stop' }],
  ];
}

const unreadable: HubErrorEvent = {
  type: 'error',
  error: { type: 'api_error', message: 'The provider sent a chunk that cannot be read.' },
};
