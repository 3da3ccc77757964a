/** A call of a tool while it grows: each function gives what becomes of it and the events that tell so. */
import { isObject, parseJson } from '../hub/fields.ts';
import { finishFreeform, newFreeform, readFreeform, unwrapFreeform } from '../openai/freeform.ts';
import type { FreeformReader } from '../openai/freeform.ts';
import { withStatus } from './output-item.ts';
import type { CallItem, CustomCallItem, FunctionCallItem, ItemStatus, SearchCallItem } from './output-item.ts';
import { addedEvent, doneEvent, placeFields } from './place.ts';
import type { Place } from './place.ts';
import type { ResponseEvent } from './stream-event.ts';
import type { ClientToolName } from './tool-name.ts';

export interface OpenCall {
  readonly kind: 'call';
  readonly place: Place;
  readonly item: CallItem;
  /** What the block began with: it stands when no JSON follows. */
  readonly input: unknown;
  readonly json: string;
  /** How far the text of a freeform tool was read. */
  readonly reader: FreeformReader;
}

export interface HubCall {
  readonly id: string;
  readonly input: unknown;
}

type ClosedCall = readonly [CallItem, readonly ResponseEvent[]];

export function openCall(
  place: Place,
  call: HubCall,
  client: ClientToolName,
): readonly [OpenCall, readonly ResponseEvent[]] {
  const item = emptyItem(place.id, call.id, client);
  return [{ kind: 'call', place, item, input: call.input, json: '', reader: newFreeform }, [addedEvent(place, item)]];
}

function emptyItem(id: string, callId: string, { kind, name, namespace }: ClientToolName): CallItem {
  const fields = { id, status: 'in_progress', call_id: callId } as const;
  const names = { name, ...(namespace !== undefined && { namespace }) };
  switch (kind) {
    case 'function':
      return { ...fields, ...names, type: 'function_call', arguments: '' };
    case 'custom':
      return { ...fields, ...names, type: 'custom_tool_call', input: '' };
    case 'search':
      return { ...fields, type: 'tool_search_call', execution: 'client', arguments: {} };
    default:
      return kind satisfies never;
  }
}

/** Arguments and text are told as they come; what a search asks for is an object, which must be whole first. */
export function appendJson(open: OpenCall, delta: string): readonly [OpenCall, readonly ResponseEvent[]] {
  if (delta === '') return [open, []];
  const next = { ...open, json: open.json + delta };
  switch (open.item.type) {
    case 'function_call':
      return [next, [argumentsDelta(open.place, delta)]];
    case 'custom_tool_call':
      return appendFreeform(next, open.item, delta);
    case 'tool_search_call':
      return [next, []];
    default:
      return open.item satisfies never;
  }
}

function appendFreeform(
  open: OpenCall,
  item: CustomCallItem,
  delta: string,
): readonly [OpenCall, readonly ResponseEvent[]] {
  const [reader, text] = readFreeform(open.reader, delta);
  return [{ ...open, reader, item: { ...item, input: item.input + text } }, inputDeltas(open.place, text)];
}

/** Input that is no JSON was cut off by the token limit: the call is told to be incomplete. */
export function closeCall(open: OpenCall): ClosedCall {
  const { place, item, input } = open;
  const isBlank = open.json.trim() === '';
  const json = isBlank ? JSON.stringify(input ?? {}) : open.json;
  const status = parseJson(json) === undefined ? 'incomplete' : 'completed';
  switch (item.type) {
    case 'function_call':
      return closeFunction(place, withStatus({ ...item, arguments: json }, status), isBlank);
    case 'custom_tool_call':
      return closeFreeform(
        place,
        withStatus(item, status),
        isBlank ? unwrapFreeform(input) : finishFreeform(open.reader),
      );
    case 'tool_search_call':
      return closeSearch(place, item, json, status);
    default:
      return item satisfies never;
  }
}

function closeFunction(place: Place, done: FunctionCallItem, isUntold: boolean): ClosedCall {
  const { name, arguments: json } = done;
  return [
    done,
    [
      ...(isUntold ? [argumentsDelta(place, json)] : []),
      { type: 'response.function_call_arguments.done', ...placeFields(place), name, arguments: json },
      doneEvent(place, done),
    ],
  ];
}

function closeFreeform(place: Place, item: CustomCallItem, untold: string): ClosedCall {
  const done = { ...item, input: item.input + untold };
  return [
    done,
    [
      ...inputDeltas(place, untold),
      { type: 'response.custom_tool_call_input.done', ...placeFields(place), input: done.input },
      doneEvent(place, done),
    ],
  ];
}

function closeSearch(place: Place, item: SearchCallItem, json: string, status: ItemStatus): ClosedCall {
  const value = parseJson(json);
  const done = withStatus({ ...item, arguments: isObject(value) ? value : {} }, status);
  return [done, [doneEvent(place, done)]];
}

function inputDeltas(place: Place, text: string): readonly ResponseEvent[] {
  if (text === '') return [];
  return [{ type: 'response.custom_tool_call_input.delta', ...placeFields(place), delta: text }];
}

function argumentsDelta(place: Place, delta: string): ResponseEvent {
  return { type: 'response.function_call_arguments.delta', ...placeFields(place), delta };
}
