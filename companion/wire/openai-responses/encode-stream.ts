/** Hub events as a stream of the Responses API: one small handler for each kind of event. */
import { CompanionError } from '../../base/error.ts';
import type { Stamp, StreamCodec } from '../codec.ts';
import type { HubEvent } from '../hub/event.ts';
import { openAiErrorOfEvent } from '../openai/error.ts';
import { unwrapJson, unwrapJsonText } from '../openai/response-format.ts';
import { updateCounts } from '../openai/token-counts.ts';
import { isLasting, responsesError } from './encode-error.ts';
import { finishResponse } from './finish.ts';
import type { ResponsesDecodedRequest } from './memo.ts';
import { appendJson, closeCall, openCall } from './open-call.ts';
import { appendThinking, closeReasoning, openReasoning, signReasoning } from './open-reasoning.ts';
import { itemId } from './output-item.ts';
import type { OutputItem } from './output-item.ts';
import type { ThinkingBlock } from './reasoning.ts';
import { responseId, responseObject } from './response.ts';
import { formatEvents } from './stream-event.ts';
import type { ResponseEvent } from './stream-event.ts';
import { endMessage, endTextPart, failResponse, initialState, inTurn, nextIndex } from './stream-state.ts';
import { numberedId, writeText } from './stream-state.ts';
import type { OpenJson, ResponsesStreamState, Step } from './stream-state.ts';

type EventOf<Type extends HubEvent['type']> = Extract<HubEvent, { type: Type }>;
type Block = EventOf<'content_block_start'>['content_block'];

export function responsesStreamEncoder(
  request: ResponsesDecodedRequest,
  stamp: Stamp,
): StreamCodec<ResponsesStreamState, HubEvent, string> {
  return {
    initial: initialState(request, stamp),
    step: (state, event) => numbered(state, advanceResponse(state, event)),
    end: (state) => (state.final === undefined ? numbered(state, failResponse(state, brokenStream()))[1] : []),
  };
}

/** What ends a stream that was cut off from outside; nothing if it had ended already. */
export function failStream(state: ResponsesStreamState, error: CompanionError): string {
  if (state.final !== undefined) return '';
  return numbered(state, failResponse(state, responsesError(error), isLasting(error)))[1].join('');
}

/** The reducer itself; nothing comes after the last event of a response. */
export function advanceResponse(state: ResponsesStreamState, event: HubEvent): Step {
  if (state.final !== undefined) return [state, []];
  switch (event.type) {
    case 'message_start':
      return startResponse(state, event);
    case 'content_block_start':
      return startBlock(state, event.content_block);
    case 'content_block_delta':
      return addDelta(state, event.delta);
    case 'content_block_stop':
      return stopBlock(state);
    case 'message_delta':
      return addMessageDelta(state, event);
    case 'message_stop':
      return inTurn(state, stopBlock, finishResponse);
    case 'error':
      return failResponse(state, openAiErrorOfEvent(event));
    case 'ping':
    default:
      return [state, []];
  }
}

function numbered(
  { sequence }: ResponsesStreamState,
  [state, events]: Step,
): readonly [ResponsesStreamState, readonly string[]] {
  return [{ ...state, sequence: sequence + events.length }, formatEvents(events, sequence)];
}

function startResponse(state: ResponsesStreamState, { message }: EventOf<'message_start'>): Step {
  const head = {
    ...state.head,
    id: responseId(message.id, state.stamp.id),
    model: message.model || state.head.model,
  };
  const response = responseObject(head, { status: 'in_progress' });
  return [
    { ...state, head, counts: updateCounts(state.counts, message.usage) },
    [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ],
  ];
}

/** Blocks that the client does not get to see do not end a run of text. */
function startBlock(state: ResponsesStreamState, block: Block): Step {
  switch (block.type) {
    case 'text':
      return addText(state, block.text);
    case 'thinking':
    case 'redacted_thinking':
      return inTurn(state, endRun, (next) => startReasoning(next, block));
    case 'tool_use':
      return startTool(state, block);
    default:
      return [state, []];
  }
}

function endRun(state: ResponsesStreamState): Step {
  return endMessage(state, 'completed');
}

function startReasoning(state: ResponsesStreamState, block: ThinkingBlock): Step {
  const [open, events] = openReasoning({ id: numberedId(state, 'rs'), index: nextIndex(state) }, block);
  return [{ ...state, open }, events];
}

const idPrefixes = { function: 'fc', custom: 'ctc', search: 'tsc' } as const;

function startTool(state: ResponsesStreamState, block: Extract<Block, { type: 'tool_use' }>): Step {
  const { jsonTool: tool, toolNames } = state.memo;
  if (tool !== undefined && tool.name === block.name) {
    return [{ ...state, open: { kind: 'json', tool, input: block.input, text: '' }, hasJson: true, heldText: '' }, []];
  }
  const client = toolNames.get(block.name) ?? { kind: 'function', name: block.name };
  return inTurn(state, endRun, (next) => {
    const id = itemId(idPrefixes[client.kind], block.id);
    const [open, events] = openCall({ id, index: nextIndex(next) }, block, client);
    return [{ ...next, open }, events];
  });
}

function addDelta(state: ResponsesStreamState, delta: EventOf<'content_block_delta'>['delta']): Step {
  switch (delta.type) {
    case 'text_delta':
      return addText(state, delta.text);
    case 'citations_delta':
      return [addCitation(state, delta.citation), []];
    case 'thinking_delta':
      return addThinking(state, delta.thinking);
    case 'signature_delta':
      return [sign(state, delta.signature), []];
    case 'input_json_delta':
      return addJson(state, delta.partial_json);
    default:
      return [state, []];
  }
}

function addText(state: ResponsesStreamState, text: string): Step {
  if (state.memo.jsonTool === undefined) return writeText(state, text);
  return [state.hasJson ? state : { ...state, heldText: state.heldText + text }, []];
}

type Citation = Extract<EventOf<'content_block_delta'>['delta'], { type: 'citations_delta' }>['citation'];

function addCitation(state: ResponsesStreamState, citation: Citation): ResponsesStreamState {
  if (!('url' in citation)) return state;
  return { ...state, cited: [...state.cited, { url: citation.url, title: citation.title ?? '' }] };
}

function addThinking(state: ResponsesStreamState, thinking: string): Step {
  if (state.open?.kind !== 'reasoning') return [state, []];
  const [open, events] = appendThinking(state.open, thinking);
  return [{ ...state, open }, events];
}

function sign(state: ResponsesStreamState, signature: string): ResponsesStreamState {
  return state.open?.kind === 'reasoning' ? { ...state, open: signReasoning(state.open, signature) } : state;
}

function addJson(state: ResponsesStreamState, json: string): Step {
  const block = state.open;
  if (block?.kind === 'call') {
    const [open, events] = appendJson(block, json);
    return [{ ...state, open }, events];
  }
  if (block?.kind !== 'json') return [state, []];
  const next = { ...state, open: { ...block, text: block.text + json } };
  // A wrapped answer can be taken out of its wrapping only once it is whole.
  return block.tool.isWrapped ? [next, []] : writeText(next, json);
}

function stopBlock(state: ResponsesStreamState): Step {
  const block = state.open;
  const closed = { ...state, open: undefined };
  switch (block?.kind) {
    case 'reasoning':
      return endItem(closed, closeReasoning(block, state.memo.includesSealedReasoning));
    case 'call':
      return endItem(closed, closeCall(block));
    case 'json':
      return inTurn(closed, (next) => writeText(next, owedJson(block)), endTextPart);
    case undefined:
      return endTextPart(closed);
    default:
      return block satisfies never;
  }
}

function endItem(state: ResponsesStreamState, [item, events]: readonly [OutputItem, readonly ResponseEvent[]]): Step {
  return [{ ...state, output: [...state.output, item] }, events];
}

/** What of the hidden tool's input was not written as it came. */
function owedJson({ text, input, tool }: OpenJson): string {
  if (text === '') return unwrapJson(input, tool);
  return tool.isWrapped ? unwrapJsonText(text, tool) : '';
}

function addMessageDelta(state: ResponsesStreamState, { delta, usage }: EventOf<'message_delta'>): Step {
  const next = { ...state, counts: updateCounts(state.counts, usage) };
  if (delta.stop_reason === null || state.stop !== undefined) return [next, []];
  const stop = { reason: delta.stop_reason, explanation: delta.stop_details?.explanation ?? '' };
  return [{ ...next, stop }, []];
}

function brokenStream(): ReturnType<typeof responsesError> {
  return responsesError(new CompanionError('STREAM_BROKEN', 'The answer ended before it was complete.'));
}
