/** A call of a tool while it grows: each function gives what becomes of it and the events that tell so. */
import { isObject, parseJson } from '../hub/fields.ts';
import { withStatus } from './output-item.ts';
import type { CallItem, CustomCallItem, FunctionCallItem, ItemStatus, SearchCallItem } from './output-item.ts';
import { addedEvent, doneEvent, placeFields } from './place.ts';
import type { Place } from './place.ts';
import type { ResponseEvent } from './stream-event.ts';
import { unwrapFreeform } from './tool-name.ts';
import type { ClientToolName } from './tool-name.ts';

export interface OpenCall {
  readonly kind: 'call';
  readonly place: Place;
  readonly item: CallItem;
  /** What the block began with: it stands when no JSON follows. */
  readonly input: unknown;
  readonly json: string;
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
  return [{ kind: 'call', place, item, input: call.input, json: '' }, [addedEvent(place, item)]];
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

/** Only the arguments of a function are told as they come: text inside JSON, or an object, must be whole first. */
export function appendJson(open: OpenCall, delta: string): readonly [OpenCall, readonly ResponseEvent[]] {
  if (delta === '') return [open, []];
  const next = { ...open, json: open.json + delta };
  return [next, open.item.type === 'function_call' ? [argumentsDelta(open.place, delta)] : []];
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
      return closeFreeform(place, withStatus({ ...item, input: unwrapFreeform(json) }, status));
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

function closeFreeform(place: Place, done: CustomCallItem): ClosedCall {
  return [
    done,
    [
      { type: 'response.custom_tool_call_input.delta', ...placeFields(place), delta: done.input },
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

function argumentsDelta(place: Place, delta: string): ResponseEvent {
  return { type: 'response.function_call_arguments.delta', ...placeFields(place), delta };
}
