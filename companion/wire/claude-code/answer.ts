/** What the Agent SDK hands on, as one stream of hub events: the raw events of the API, of one answer, and nothing else. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import { CompanionError } from '../../base/error.ts';
import type { StreamCodec } from '../codec.ts';
import type { HubEvent } from '../hub/event.ts';
import { asObject, asText } from '../hub/fields.ts';
import type { JsonObject } from '../hub/fields.ts';
import { failureOfMessage, failureOfResult } from './failure.ts';
import { readLimit } from './limit.ts';
import { initialStop, watchForStop } from './stop.ts';
import type { StopState } from './stop.ts';

export interface ClaudeCodeAnswerFacts {
  readonly stopSequences: readonly string[];
  /** Stamped on limits. Unix milliseconds. */
  readonly observedAtMs: number;
  /** The API's own stream events; `unknown` for kinds that nobody knows, `unreadable` for what is not what it should be. */
  readonly readEvent: (data: JsonObject) => HubEvent | 'unknown' | 'unreadable';
}

/**
 * - `event`: part of the stream.
 * - `quota`: a limit window; not for the client.
 * - `error`: the answer failed; last.
 * - `done`: the answer is complete; last. Claude Code may go on by itself and is to be ended.
 */
export type ClaudeCodeOutput =
  | { readonly kind: 'event'; readonly event: HubEvent }
  | { readonly kind: 'quota'; readonly window: QuotaWindow }
  | { readonly kind: 'error'; readonly error: CompanionError }
  | { readonly kind: 'done' };

export interface ClaudeCodeAnswerState {
  readonly phase: 'before' | 'started' | 'content' | 'tail' | 'done';
  readonly stop: StopState;
  /** The newest limit that was told. */
  readonly limit: QuotaWindow | undefined;
}

type State = ClaudeCodeAnswerState;
type Step = readonly [State, readonly ClaudeCodeOutput[]];

/**
 * The codec for one answer; its input are the SDK's messages. Claude Code asks the API again when an answer breaks: as long
 * as nothing of it went out that is not seen, else the answer ends with `STREAM_BROKEN`.
 */
export function claudeCodeCodec(facts: ClaudeCodeAnswerFacts): StreamCodec<State, unknown, ClaudeCodeOutput> {
  return {
    initial: { phase: 'before', stop: initialStop, limit: undefined },
    step: (state, message) => (state.phase === 'done' ? [state, []] : readMessage(state, asObject(message), facts)),
    end: (state) => (state.phase === 'done' ? [] : fail(state, endedEarly(state))[1]),
  };
}

function readMessage(state: State, message: JsonObject, facts: ClaudeCodeAnswerFacts): Step {
  // Of a helper that Claude Code started by itself; none is, with its tools off.
  if (asText(message.parent_tool_use_id) !== undefined) return [state, []];
  switch (message.type) {
    case 'stream_event':
      return readEvent(state, asObject(message.event), facts);
    case 'assistant':
      return message.error === undefined
        ? [state, []]
        : fail(state, endOf(state, failureOfMessage(message, state.limit)));
    case 'result':
      return fail(state, failureOfResult(message, state.limit));
    case 'rate_limit_event':
      return noteLimit(state, readLimit(message.rate_limit_info, facts.observedAtMs));
    default:
      return [state, []];
  }
}

function noteLimit(state: State, limit: QuotaWindow | undefined): Step {
  return limit === undefined ? [state, []] : [{ ...state, limit }, [{ kind: 'quota', window: limit }]];
}

function readEvent(state: State, data: JsonObject, facts: ClaudeCodeAnswerFacts): Step {
  const event = facts.readEvent(data);
  if (event === 'unknown') return [state, []];
  if (event === 'unreadable') return fail(state, unreadable(String(data.type)));
  switch (event.type) {
    case 'message_start':
      if (state.phase === 'started') return [state, []];
      return state.phase === 'before' ? pass({ ...state, phase: 'started' }, event) : fail(state, broken());
    case 'ping':
      return state.phase === 'before' ? [state, []] : pass(state, event);
    case 'message_delta':
      return pass({ ...state, phase: 'tail' }, event);
    case 'message_stop':
      return endMessage(state, event);
    default:
      return passContent({ ...state, phase: 'content' }, event, facts);
  }
}

/** Claude Code closes what broke: an end without a reason is no end. */
function endMessage(state: State, event: HubEvent): Step {
  if (state.phase === 'tail') return [{ ...state, phase: 'done' }, [{ kind: 'event', event }, { kind: 'done' }]];
  return state.phase === 'content' ? fail(state, broken()) : [state, []];
}

function passContent(state: State, event: HubEvent, { stopSequences }: ClaudeCodeAnswerFacts): Step {
  const { state: stop, events, isStopped } = watchForStop(state.stop, event, stopSequences);
  const outputs = events.map((one): ClaudeCodeOutput => ({ kind: 'event', event: one }));
  return isStopped
    ? [{ ...state, stop, phase: 'done' }, [...outputs, { kind: 'done' }]]
    : [{ ...state, stop }, outputs];
}

function pass(state: State, event: HubEvent): Step {
  return [state, [{ kind: 'event', event }]];
}

/** A connection that is lost on the way is another case than one that never was. */
function endOf({ phase }: State, error: CompanionError): CompanionError {
  const isLost = phase === 'content' && error.code === 'UPSTREAM_UNREACHABLE';
  return isLost ? new CompanionError('STREAM_BROKEN', error.message, { details: error.details }) : error;
}

function fail(state: State, error: CompanionError): Step {
  return [{ ...state, phase: 'done' }, [{ kind: 'error', error }]];
}

function endedEarly({ phase }: State): CompanionError {
  return phase === 'before'
    ? new CompanionError('CLAUDE_CODE_FAILED', 'Claude Code ended before it answered.')
    : broken();
}

function broken(): CompanionError {
  return new CompanionError('STREAM_BROKEN', 'The answer broke between Anthropic and Claude Code.');
}

function unreadable(type: string): CompanionError {
  const kind = type.replace(/\W/g, '').slice(0, 40);
  return new CompanionError('UPSTREAM_UNREADABLE', `Claude Code handed on a \`${kind}\` event that cannot be read.`);
}
