/** Kiro's event stream as hub events. */
import type { EventStreamCodec, Stamp } from '../codec.ts';
import type { EventStreamFrame } from '../event-stream.ts';
import { blankMessage, blankUsage } from '../hub/blank.ts';
import { bytesOfEvent, tokensOfBytes } from '../hub/estimate.ts';
import type { HubEvent, HubStopReason } from '../hub/event.ts';
import { brokenStreamEvent } from '../hub/failure.ts';
import { asText, isObject, parseJson } from '../hub/fields.ts';
import type { JsonObject } from '../hub/fields.ts';
import { errorEventOf } from '../openai/provider-error.ts';
import { deltaUsage } from '../openai/token-counts.ts';
import { addCall, addWords, finishAnswer, hasHalfCall, newAnswer } from './answer.ts';
import type { Answer, AnswerFacts } from './answer.ts';
import { decodeStreamFailure } from './error.ts';
import type { KiroMemo } from './memo.ts';

export interface KiroStreamState {
  readonly phase: 'before' | 'open' | 'done';
  readonly answer: Answer;
  /** UTF-8 bytes of what was told so far. */
  readonly outputBytes: number;
  readonly isContextFull: boolean;
  /** What follows an answer has come. */
  readonly hasAfterword: boolean;
  /** Events of no known kind. */
  readonly skipped: number;
}

type Step = readonly [KiroStreamState, readonly HubEvent[]];

/**
 * The stream has no last event: it ends where its bytes do. They may only end between two messages, after a first one, and
 * with no call under way; and where the body does not say itself where it ends, after the counts that usually follow an
 * answer. Anything else is a broken stream. Token counts are estimates: UTF-8 bytes divided by four.
 */
export function kiroStreamDecoder(
  memo: KiroMemo,
  stamp: Stamp,
  hasMarkedEnd: boolean,
): ReturnType<EventStreamCodec['streamDecoder']> {
  const facts = { memo, stampId: stamp.id };
  const initial: KiroStreamState = {
    phase: 'before',
    answer: newAnswer(facts),
    outputBytes: 0,
    isContextFull: false,
    hasAfterword: false,
    skipped: 0,
  };
  return {
    initial,
    step: (state, frame) => readFrame(state as KiroStreamState, frame, facts),
    end: (state) => readEnd(state as KiroStreamState, facts, hasMarkedEnd),
  };
}

function readFrame(state: KiroStreamState, frame: EventStreamFrame, facts: AnswerFacts): Step {
  if (state.phase === 'done') return [state, []];
  if (frame.headers[':message-type'] !== 'event') {
    return [{ ...state, phase: 'done' }, [errorEventOf(decodeStreamFailure(frame))]];
  }
  const type = frame.headers[':event-type'] ?? '';
  const handle = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
  if (handle === undefined) return begin({ ...state, skipped: state.skipped + 1 }, facts);
  const payload = parseJson(frame.body);
  if (!isObject(payload)) return [{ ...state, phase: 'done' }, [unreadable(type)]];
  const [begun, before] = begin(state, facts);
  const [next, events] = counted(handle(begun, payload, facts));
  const all = [...before, ...events];
  // A stop sequence that is enforced here ends the message at once, whatever is still written.
  return next.answer.blocks.found === undefined ? [next, all] : finish(next, all, facts);
}

type Handler = (state: KiroStreamState, payload: JsonObject, facts: AnswerFacts) => Step;

const handlers: Readonly<Record<string, Handler>> = {
  assistantResponseEvent: readText,
  toolUseEvent: readCall,
  contextUsageEvent: readContextUsage,
  // What it cost in the plan's own coin: `getUsageLimits` tells that better.
  meteringEvent: (state) => [{ ...state, hasAfterword: true }, []],
};

function begin(state: KiroStreamState, { memo, stampId }: AnswerFacts): Step {
  if (state.phase !== 'before') return [state, []];
  const usage = { ...blankUsage, input_tokens: memo.inputTokenEstimate };
  return [
    { ...state, phase: 'open' },
    [{ type: 'message_start', message: { ...blankMessage(`msg_${stampId}`, memo.model), usage } }],
  ];
}

function counted([state, events]: Step): Step {
  const bytes = events.reduce((sum, event) => sum + bytesOfEvent(event), 0);
  return [{ ...state, outputBytes: state.outputBytes + bytes }, events];
}

function readText(state: KiroStreamState, { content }: JsonObject): Step {
  const [answer, events] = addWords(state.answer, asText(content) ?? '');
  return [{ ...state, answer }, events];
}

/** A fragment; `stop` comes with the last one of its call, or alone. */
function readCall(state: KiroStreamState, payload: JsonObject, facts: AnswerFacts): Step {
  const { toolUseId, name, input, stop } = payload;
  const piece = {
    id: asText(toolUseId) ?? '',
    name: asText(name) ?? '',
    args: argumentsOf(input),
    isLast: stop === true,
  };
  const [answer, events] = addCall(state.answer, piece, facts);
  return [{ ...state, answer }, events];
}

/** Text in pieces, or all of it at once as an object. */
function argumentsOf(input: unknown): string {
  if (typeof input === 'string') return input;
  return isObject(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : '';
}

const FULL_PERCENT = 100;

function readContextUsage(state: KiroStreamState, { contextUsagePercentage: percent }: JsonObject): Step {
  const isContextFull = typeof percent === 'number' && percent >= FULL_PERCENT;
  return [{ ...state, isContextFull, hasAfterword: true }, []];
}

function readEnd(state: KiroStreamState, facts: AnswerFacts, hasMarkedEnd: boolean): readonly HubEvent[] {
  if (state.phase === 'done') return [];
  const isDoubtful = !hasMarkedEnd && !state.hasAfterword;
  const isCut = state.phase === 'before' || hasHalfCall(state.answer) || isDoubtful;
  return isCut ? [brokenStreamEvent] : finish(state, [], facts)[1];
}

function finish(state: KiroStreamState, before: readonly HubEvent[], { memo }: AnswerFacts): Step {
  const [answer, events] = finishAnswer(state.answer);
  const { found } = answer.blocks;
  const [{ outputBytes }] = counted([state, events]);
  const usage = { ...blankUsage, input_tokens: memo.inputTokenEstimate, output_tokens: tokensOfBytes(outputBytes) };
  const reason = stopReason(state, found !== undefined, answer.calls.size > 0);
  const delta = { stop_reason: reason, stop_sequence: found ?? null, stop_details: null, container: null };
  return [
    { ...state, answer, phase: 'done' },
    [...before, ...events, { type: 'message_delta', delta, usage: deltaUsage(usage) }, { type: 'message_stop' }],
  ];
}

function stopReason({ isContextFull }: KiroStreamState, isStopped: boolean, hasToolUse: boolean): HubStopReason {
  if (isStopped) return 'stop_sequence';
  if (hasToolUse) return 'tool_use';
  return isContextFull ? 'model_context_window_exceeded' : 'end_turn';
}

function unreadable(type: string): HubEvent {
  return { type: 'error', error: { type: 'api_error', message: `Kiro sent a ${type} that is not valid JSON.` } };
}
