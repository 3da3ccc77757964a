/** Hub events as a stream of `chat.completion.chunk`: one small handler for each kind of event. */
import type { Stamp, StreamCodec } from '../codec.ts';
import type { HubEvent, HubStopReason } from '../hub/event.ts';
import { DONE, formatDelta, formatFinish, formatUsage } from './chunk.ts';
import type { ChunkDelta, ChunkHead } from './chunk.ts';
import { encodeBrokenStream, encodeErrorEvent } from './encode-error.ts';
import { completionId, createdSeconds, encodeFinishReason } from './finish-reason.ts';
import type { HiddenJsonTool } from '../openai/response-format.ts';
import type { ChatDecodedRequest, ChatMemo } from './memo.ts';
import { appendJson, closeCall, openCall } from './open-call.ts';
import type { OpenCall } from './open-call.ts';
import { unwrapJson, unwrapJsonText } from '../openai/response-format.ts';
import { noTokens, updateCounts } from '../openai/token-counts.ts';
import type { TokenCounts } from '../openai/token-counts.ts';

/** A block whose deltas need more than to be passed on: a call of the client's, or the hidden tool's input. */
type OpenBlock =
  | OpenCall
  | { readonly type: 'json'; readonly tool: HiddenJsonTool; readonly input: unknown; readonly text: string };

export interface ChatStreamState {
  readonly head: ChunkHead;
  readonly memo: ChatMemo;
  readonly stamp: Stamp;
  readonly openBlock: OpenBlock | undefined;
  /** Tool calls so far; other blocks do not count for a call's `index`. */
  readonly callCount: number;
  /** Text kept back: with a hidden JSON tool, words are the answer only if the tool was not called. */
  readonly heldText: string;
  readonly hasJson: boolean;
  readonly counts: TokenCounts;
  readonly hasFinished: boolean;
  readonly isClosed: boolean;
}

type Step = readonly [ChatStreamState, readonly string[]];
type EventOf<Type extends HubEvent['type']> = Extract<HubEvent, { type: Type }>;

export function chatStreamEncoder(
  { hub, memo }: ChatDecodedRequest,
  stamp: Stamp,
): StreamCodec<ChatStreamState, HubEvent, string> {
  const head: ChunkHead = {
    id: completionId('', stamp),
    created: createdSeconds(stamp),
    model: hub.model,
    includesUsage: memo.includesUsage,
  };
  const initial: ChatStreamState = {
    head,
    memo,
    stamp,
    openBlock: undefined,
    callCount: 0,
    heldText: '',
    hasJson: false,
    counts: noTokens,
    hasFinished: false,
    isClosed: false,
  };
  return {
    initial,
    step: (state, event) => (state.isClosed ? [state, []] : encodeEvent(state, event)),
    end: (state) => (state.isClosed ? [] : [encodeBrokenStream()]),
  };
}

function encodeEvent(state: ChatStreamState, event: HubEvent): Step {
  switch (event.type) {
    case 'message_start':
      return startMessage(state, event);
    case 'content_block_start':
      return startBlock(state, event.content_block);
    case 'content_block_delta':
      return addDelta(state, event.delta);
    case 'content_block_stop':
      return stopBlock(state);
    case 'message_delta':
      return addMessageDelta(state, event);
    case 'message_stop':
      return stopMessage(state);
    case 'error':
      return [{ ...state, isClosed: true }, [encodeErrorEvent(event)]];
    case 'ping':
    default:
      return [state, []];
  }
}

function startMessage(state: ChatStreamState, { message }: EventOf<'message_start'>): Step {
  const head = {
    ...state.head,
    id: completionId(message.id, state.stamp),
    model: message.model || state.head.model,
  };
  const next = { ...state, head, counts: updateCounts(state.counts, message.usage) };
  return [next, [formatDelta(head, { role: 'assistant', content: '' })]];
}

function startBlock(state: ChatStreamState, block: EventOf<'content_block_start'>['content_block']): Step {
  const fresh = { ...state, openBlock: undefined };
  switch (block.type) {
    case 'text':
      return addText(fresh, block.text);
    case 'thinking':
      return addReasoning(fresh, block.thinking);
    case 'tool_use':
      return startTool(fresh, block);
    default:
      return [fresh, []];
  }
}

function startTool(state: ChatStreamState, block: { id: string; name: string; input: unknown }): Step {
  const { jsonTool: tool, usesFunctions } = state.memo;
  if (tool !== undefined && tool.name === block.name) {
    const { input } = block;
    return [{ ...state, openBlock: { type: 'json', tool, input, text: '' }, hasJson: true, heldText: '' }, []];
  }
  const position = state.callCount;
  // The older form has room for one call.
  if (usesFunctions && position > 0) return [state, []];
  const [openBlock, delta] = openCall(block, position, state.memo);
  return [{ ...state, openBlock, callCount: position + 1 }, [formatDelta(state.head, delta)]];
}

function addDelta(state: ChatStreamState, delta: EventOf<'content_block_delta'>['delta']): Step {
  switch (delta.type) {
    case 'text_delta':
      return addText(state, delta.text);
    case 'thinking_delta':
      return addReasoning(state, delta.thinking);
    case 'input_json_delta':
      return addJson(state, delta.partial_json);
    case 'signature_delta':
    case 'citations_delta':
    default:
      return [state, []];
  }
}

function addText(state: ChatStreamState, text: string): Step {
  if (text === '') return [state, []];
  if (state.memo.jsonTool === undefined) return [state, [formatDelta(state.head, { content: text })]];
  return [state.hasJson ? state : { ...state, heldText: state.heldText + text }, []];
}

function addReasoning(state: ChatStreamState, thinking: string): Step {
  return [state, thinking === '' ? [] : [formatDelta(state.head, { reasoning_content: thinking })]];
}

function addJson(state: ChatStreamState, json: string): Step {
  const block = state.openBlock;
  if (block === undefined || json === '') return [state, []];
  if (block.type === 'call') {
    const [openBlock, deltas] = appendJson(block, json);
    return [{ ...state, openBlock }, formatDeltas(state, deltas)];
  }
  const next = { ...state, openBlock: { ...block, text: block.text + json } };
  // A wrapped answer can be taken out of its wrapping only once it is whole.
  return [next, block.tool.isWrapped ? [] : [formatDelta(state.head, { content: json })]];
}

function stopBlock(state: ChatStreamState): Step {
  const block = state.openBlock;
  const closed = { ...state, openBlock: undefined };
  if (block === undefined) return [closed, []];
  if (block.type === 'call') return [closed, formatDeltas(state, closeCall(block))];
  if (block.text === '') return [closed, [formatDelta(state.head, { content: unwrapJson(block.input, block.tool) })]];
  if (!block.tool.isWrapped) return [closed, []];
  return [closed, [formatDelta(state.head, { content: unwrapJsonText(block.text, block.tool) })]];
}

function formatDeltas({ head }: ChatStreamState, deltas: readonly ChunkDelta[]): readonly string[] {
  return deltas.map((delta) => formatDelta(head, delta));
}

function addMessageDelta(state: ChatStreamState, { delta, usage }: EventOf<'message_delta'>): Step {
  const next = { ...state, counts: updateCounts(state.counts, usage) };
  if (delta.stop_reason === null || state.hasFinished) return [next, []];
  return finish(next, delta.stop_reason, delta.stop_details?.explanation ?? '');
}

function finish(state: ChatStreamState, reason: HubStopReason | null, explanation: string): Step {
  const { head, heldText, callCount, memo } = state;
  const seen = { hasCalls: callCount > 0, usesFunctions: memo.usesFunctions };
  const isExplained = reason === 'refusal' && explanation !== '';
  return [
    { ...state, heldText: '', hasFinished: true },
    [
      ...(heldText === '' ? [] : [formatDelta(head, { content: heldText })]),
      ...(isExplained ? [formatDelta(head, { refusal: explanation })] : []),
      formatFinish(head, encodeFinishReason(reason, seen)),
    ],
  ];
}

function stopMessage(state: ChatStreamState): Step {
  const [finished, owed] = state.hasFinished ? [state, []] : finish(state, null, '');
  const usage = state.head.includesUsage ? [formatUsage(state.head, state.counts)] : [];
  return [{ ...finished, isClosed: true }, [...owed, ...usage, DONE]];
}
