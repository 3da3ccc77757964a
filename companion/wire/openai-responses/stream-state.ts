/** The state of one streamed answer, and the steps that more than one event takes. */
import type { Stamp } from '../codec.ts';
import type { HubStopReason } from '../hub/event.ts';
import type { OpenAiError } from '../openai/error.ts';
import type { HiddenJsonTool } from '../openai/response-format.ts';
import { noTokens } from '../openai/token-counts.ts';
import type { TokenCounts } from '../openai/token-counts.ts';
import { errorEvent, responseFailure } from './encode-error.ts';
import type { ResponsesDecodedRequest, ResponsesMemo } from './memo.ts';
import type { OpenCall } from './open-call.ts';
import { appendText, closeMessage, closeTextPart, openMessage } from './open-message.ts';
import type { Cited, OpenMessage } from './open-message.ts';
import type { OpenReasoning } from './open-reasoning.ts';
import { itemId } from './output-item.ts';
import type { ItemStatus, OutputItem } from './output-item.ts';
import { responseId, responseObject } from './response.ts';
import type { ResponseHead, ResponseObject } from './response.ts';
import type { ResponseEvent } from './stream-event.ts';

/** The hidden tool's input, which is the answer. */
export interface OpenJson {
  readonly kind: 'json';
  readonly tool: HiddenJsonTool;
  readonly input: unknown;
  readonly text: string;
}

export interface ResponsesStreamState {
  readonly head: ResponseHead;
  readonly memo: ResponsesMemo;
  readonly stamp: Stamp;
  /** Number of the next event. */
  readonly sequence: number;
  /** Items that are done. */
  readonly output: readonly OutputItem[];
  /** The run of text that the next text block goes on with. */
  readonly message: OpenMessage | undefined;
  /** What the open block grows, unless it is text. */
  readonly open: OpenReasoning | OpenCall | OpenJson | undefined;
  /** Of the open text block. */
  readonly cited: readonly Cited[];
  /** Text kept back: with a hidden JSON tool, words are the answer only if the tool was not called. */
  readonly heldText: string;
  readonly hasJson: boolean;
  readonly counts: TokenCounts;
  readonly stop: { readonly reason: HubStopReason; readonly explanation: string } | undefined;
  /** The response as its last event told it; nothing follows. */
  readonly final: ResponseObject | undefined;
}

export type Step = readonly [ResponsesStreamState, readonly ResponseEvent[]];

export function initialState({ hub, memo }: ResponsesDecodedRequest, stamp: Stamp): ResponsesStreamState {
  return {
    head: {
      id: responseId('', stamp.id),
      object: 'response',
      created_at: Math.floor(stamp.createdAtMs / 1000),
      model: hub.model,
      ...memo.echo,
    },
    memo,
    stamp,
    sequence: 0,
    output: [],
    message: undefined,
    open: undefined,
    cited: [],
    heldText: '',
    hasJson: false,
    counts: noTokens,
    stop: undefined,
    final: undefined,
  };
}

/** Does one step after another; each sees what the one before left. */
export function inTurn(
  state: ResponsesStreamState,
  ...steps: readonly ((state: ResponsesStreamState) => Step)[]
): Step {
  return steps.reduce<Step>(
    ([current, events], step) => {
      const [next, more] = step(current);
      return [next, [...events, ...more]];
    },
    [state, []],
  );
}

/** The place of the next item: the one before it is done when it begins. */
export function nextIndex({ output }: ResponsesStreamState): number {
  return output.length;
}

/** The id of an item that has none of its own: the response's, and its place in it. */
export function numberedId(state: ResponsesStreamState, prefix: 'msg' | 'rs'): string {
  return itemId(prefix, `${state.head.id.replace(/^resp_/, '')}_${nextIndex(state)}`);
}

export function beginMessage(state: ResponsesStreamState): Step {
  if (state.message !== undefined) return [state, []];
  const [message, events] = openMessage({ id: numberedId(state, 'msg'), index: nextIndex(state) });
  return [{ ...state, message }, events];
}

export function writeText(state: ResponsesStreamState, text: string): Step {
  if (text === '') return [state, []];
  return inTurn(state, beginMessage, (begun) => {
    if (begun.message === undefined) return [begun, []];
    const [message, events] = appendText(begun.message, text);
    return [{ ...begun, message }, events];
  });
}

export function endTextPart(state: ResponsesStreamState): Step {
  if (state.message === undefined) return [{ ...state, cited: [] }, []];
  const [message, events] = closeTextPart(state.message, state.cited);
  return [{ ...state, message, cited: [] }, events];
}

export function endMessage(state: ResponsesStreamState, status: ItemStatus): Step {
  if (state.message === undefined) return [state, []];
  const [item, events] = closeMessage(state.message, status);
  return [{ ...state, message: undefined, output: [...state.output, item] }, events];
}

/** The stream's end when the answer cannot be completed: what SDKs throw, then what others read. */
export function failResponse(state: ResponsesStreamState, error: OpenAiError, isFinal = false): Step {
  const failure = responseFailure(error, isFinal);
  const final = responseObject(state.head, { status: 'failed', output: state.output, error: failure });
  return [{ ...state, final }, [errorEvent(error), { type: 'response.failed', response: final }]];
}
