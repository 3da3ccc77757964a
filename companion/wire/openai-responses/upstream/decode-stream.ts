/** Events of a streamed response as hub events. */
import type { Stamp, StreamCodec } from '../../codec.ts';
import { blankMessage, blankUsage } from '../../hub/blank.ts';
import { bytesOfEvent, tokensOfBytes } from '../../hub/estimate.ts';
import type { HubErrorEvent, HubEvent, HubStopReason, HubUsage } from '../../hub/event.ts';
import { brokenStreamEvent } from '../../hub/failure.ts';
import { asArray, asObject, asText, isObject, parseJson } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import { deltaUsage } from '../../openai/token-counts.ts';
import type { SseFrame } from '../../sse.ts';
import { readDelta } from './answer-item.ts';
import { addPiece, beginItem, endItem, finishAnswer, hasCalls, newAnswer, placeOf } from './answer.ts';
import type { Answer, AnswerContext } from './answer.ts';
import { failureEvent, isFailure } from './error.ts';
import { readUsage } from './usage.ts';

export interface ResponsesDecodeState {
  readonly phase: 'before' | 'open' | 'done';
  readonly answer: Answer;
  /** UTF-8 bytes of the answer that went out. */
  readonly outputBytes: number;
}

type Step = readonly [ResponsesDecodeState, readonly HubEvent[]];

/**
 * Ends with the event that ends the response; an end of the bytes before that is a broken stream. A stop sequence ends the
 * message at once, whatever the provider still sends, and its counts are then an estimate. Events of a kind that nobody knows are skipped.
 */
export function responsesStreamDecoder(context: AnswerContext, stamp: Stamp): StreamCodec<unknown, SseFrame, HubEvent> {
  const initial: ResponsesDecodeState = { phase: 'before', answer: newAnswer(context), outputBytes: 0 };
  return {
    initial,
    step: (state, frame) => decodeFrame(state as ResponsesDecodeState, frame, context, stamp),
    end: (state) => ((state as ResponsesDecodeState).phase === 'done' ? [] : [brokenStreamEvent]),
  };
}

function decodeFrame(state: ResponsesDecodeState, frame: SseFrame, context: AnswerContext, stamp: Stamp): Step {
  if (state.phase === 'done') return [state, []];
  const event = parseJson(frame.data);
  if (isObject(event)) return decodeEvent(state, event, frame.event, context, stamp);
  // Words that keep the line open are none of the answer; what was meant as JSON must be JSON.
  return /^\s*[{[]/.test(frame.data) ? [{ ...state, phase: 'done' }, [unreadable]] : [state, []];
}

/** The kind of an event is what its data says, or else the frame's name. */
function decodeEvent(
  state: ResponsesDecodeState,
  event: JsonObject,
  name: string | undefined,
  context: AnswerContext,
  stamp: Stamp,
): Step {
  const type = asText(event.type) ?? name ?? '';
  if (isFailure(type, event)) return [{ ...state, phase: 'done' }, [failureEvent(event)]];
  if (!type.startsWith('response.')) return [state, []];
  const [begun, start] = begin(state, event, context, stamp);
  if (isEnd(type)) return finish(begun, start, { type, response: asObject(event.response) }, context);
  const [answer, events] = addEvent(begun.answer, type, event, context);
  const all = [...start, ...events];
  const outputBytes = events.reduce((sum, one) => sum + bytesOfEvent(one), begun.outputBytes);
  const next = { ...begun, answer, outputBytes };
  return answer.blocks.found === undefined ? [next, all] : finish(next, all, undefined, context);
}

function begin(state: ResponsesDecodeState, event: JsonObject, { memo }: AnswerContext, stamp: Stamp): Step {
  if (state.phase !== 'before') return [state, []];
  const model = asText(asObject(event.response).model) ?? memo.model;
  return [{ ...state, phase: 'open' }, [{ type: 'message_start', message: blankMessage(`msg_${stamp.id}`, model) }]];
}

function addEvent(
  answer: Answer,
  type: string,
  event: JsonObject,
  context: AnswerContext,
): readonly [Answer, readonly HubEvent[]] {
  const item = asObject(event.item);
  if (type === 'response.output_item.added') return beginItem(answer, placeOf(event, item.id), item, context);
  if (type === 'response.output_item.done') return endItem(answer, placeOf(event, item.id), item, context);
  const piece = readDelta(type, event);
  return piece === undefined ? [answer, []] : addPiece(answer, placeOf(event), piece, context);
}

interface Ending {
  readonly type: string;
  readonly response: JsonObject;
}

function isEnd(type: string): boolean {
  return type === 'response.completed' || type === 'response.incomplete' || type === 'response.done';
}

/** `ending` is absent when a stop sequence ended the answer before the provider did. */
function finish(
  state: ResponsesDecodeState,
  before: readonly HubEvent[],
  ending: Ending | undefined,
  context: AnswerContext,
): Step {
  const response = ending?.response ?? {};
  const usage = ending === undefined ? estimateUsage(state, context) : readUsage(response);
  const reason = ending === undefined ? undefined : incompleteReason(ending);
  const [whole, untold] = addUntold(state.answer, response, context);
  const [answer, events] = finishAnswer(whole, reason === 'max_tokens', context);
  const { found } = answer.blocks;
  const stop = found === undefined ? (reason ?? completeReason(answer, context)) : 'stop_sequence';
  const delta = { stop_reason: stop, stop_sequence: found ?? null, stop_details: null, container: null };
  return [
    { ...state, answer, phase: 'done' },
    [
      ...before,
      ...untold,
      ...events,
      { type: 'message_delta', delta, usage: deltaUsage(usage) },
      { type: 'message_stop' },
    ],
  ];
}

/** The provider counts at its own end only. */
function estimateUsage({ outputBytes }: ResponsesDecodeState, { memo }: AnswerContext): HubUsage {
  return { ...blankUsage, input_tokens: memo.inputTokenEstimate, output_tokens: tokensOfBytes(outputBytes) };
}

/** A server that streams no items may still tell them all at the end. */
function addUntold(
  answer: Answer,
  { output }: JsonObject,
  context: AnswerContext,
): readonly [Answer, readonly HubEvent[]] {
  if (answer.items.length > 0) return [answer, []];
  return asArray(output).reduce<readonly [Answer, readonly HubEvent[]]>(
    ([state, events], item, index) => {
      const [next, more] = endItem(state, { index, id: undefined }, asObject(item), context);
      return [next, [...events, ...more]];
    },
    [answer, []],
  );
}

function incompleteReason({ type, response }: Ending): HubStopReason | undefined {
  if (type !== 'response.incomplete' && response.status !== 'incomplete') return undefined;
  const { reason } = asObject(response.incomplete_details);
  return reason === 'content_filter' ? 'refusal' : 'max_tokens';
}

function completeReason(answer: Answer, context: AnswerContext): HubStopReason {
  if (answer.isRefusal) return 'refusal';
  return hasCalls(answer, context) ? 'tool_use' : 'end_turn';
}

const unreadable: HubErrorEvent = {
  type: 'error',
  error: { type: 'api_error', message: 'The provider sent an event that cannot be read.' },
};
