/** Stop sequences in a stream whose model was never told of them. */
import { tokensOfBytes } from '../hub/estimate.ts';
import type { HubEvent } from '../hub/event.ts';
import { scanForStop } from '../hub/stop-sequence.ts';

export interface StopState {
  /** Text in which a stop sequence may have begun. */
  readonly held: string;
  /** UTF-8 bytes of text and thinking that went out. */
  readonly outputBytes: number;
}

export interface StopStep {
  readonly state: StopState;
  readonly events: readonly HubEvent[];
  /** A sequence was met: `events` end the message, and nothing after them counts. */
  readonly isStopped: boolean;
}

type Delta = Extract<HubEvent, { type: 'content_block_delta' }>;

export const initialStop: StopState = { held: '', outputBytes: 0 };

/** What goes out for one event that came in. A sequence is found within one block of text, however it was cut. */
export function watchForStop(state: StopState, event: HubEvent, sequences: readonly string[]): StopStep {
  if (sequences.length === 0) return { state, events: [event], isStopped: false };
  if (event.type === 'content_block_stop') return release(state, event);
  if (event.type !== 'content_block_delta') return { state, events: [event], isStopped: false };
  if (event.delta.type !== 'text_delta') return { state: count(state, event), events: [event], isStopped: false };
  return watchText(state, event, event.delta.text, sequences);
}

function watchText(state: StopState, event: Delta, piece: string, sequences: readonly string[]): StopStep {
  const { text, held, found } = scanForStop(state.held, piece, sequences);
  const delta = textDelta(event.index, text);
  const next = delta.reduce(count, { ...state, held });
  if (found === undefined) return { state: next, events: delta, isStopped: false };
  const end = endAt(event.index, found, tokensOfBytes(next.outputBytes));
  return { state: next, events: [...delta, ...end], isStopped: true };
}

function release(state: StopState, event: Extract<HubEvent, { type: 'content_block_stop' }>): StopStep {
  const delta = textDelta(event.index, state.held);
  return { state: delta.reduce(count, { ...state, held: '' }), events: [...delta, event], isStopped: false };
}

function textDelta(index: number, text: string): readonly Delta[] {
  return text === '' ? [] : [{ type: 'content_block_delta', index, delta: { type: 'text_delta', text } }];
}

function count(state: StopState, { delta }: Delta): StopState {
  const text = delta.type === 'text_delta' ? delta.text : delta.type === 'thinking_delta' ? delta.thinking : '';
  return { ...state, outputBytes: state.outputBytes + Buffer.byteLength(text) };
}

/** The output count is an estimate: what the model wrote further is not known. */
function endAt(index: number, sequence: string, outputTokens: number): readonly HubEvent[] {
  return [
    { type: 'content_block_stop', index },
    {
      type: 'message_delta',
      delta: { stop_reason: 'stop_sequence', stop_sequence: sequence, stop_details: null, container: null },
      usage: { output_tokens: outputTokens } as Extract<HubEvent, { type: 'message_delta' }>['usage'],
    },
    { type: 'message_stop' },
  ];
}
