/** A call of a tool while it grows: each function gives what becomes of it and the events that tell so. */
import { parseJson } from '../hub/fields.ts';
import { withStatus } from './output-item.ts';
import type { CustomCallItem, FunctionCallItem } from './output-item.ts';
import { addedEvent, doneEvent, placeFields } from './place.ts';
import type { Place } from './place.ts';
import type { ResponseEvent } from './stream-event.ts';
import { unwrapFreeform } from './tool-name.ts';
import type { ClientToolName } from './tool-name.ts';

export interface OpenCall {
  readonly kind: 'call';
  readonly place: Place;
  readonly item: FunctionCallItem | CustomCallItem;
  /** What the block began with: it stands when no JSON follows. */
  readonly input: unknown;
  readonly json: string;
}

export interface HubCall {
  readonly id: string;
  readonly input: unknown;
}

export function openCall(
  place: Place,
  { id: callId, input }: HubCall,
  { kind, name, namespace }: ClientToolName,
): readonly [OpenCall, readonly ResponseEvent[]] {
  const fields = {
    id: place.id,
    status: 'in_progress',
    call_id: callId,
    name,
    ...(namespace !== undefined && { namespace }),
  } as const;
  const item: OpenCall['item'] =
    kind === 'custom'
      ? { ...fields, type: 'custom_tool_call', input: '' }
      : { ...fields, type: 'function_call', arguments: '' };
  return [{ kind: 'call', place, item, input, json: '' }, [addedEvent(place, item)]];
}

/** A freeform input is text inside JSON: it can be taken out only once it is whole. */
export function appendJson(open: OpenCall, delta: string): readonly [OpenCall, readonly ResponseEvent[]] {
  if (delta === '') return [open, []];
  const next = { ...open, json: open.json + delta };
  return [next, open.item.type === 'function_call' ? [argumentsDelta(open.place, delta)] : []];
}

/** Input that is no JSON was cut off by the token limit: the call is told to be incomplete. */
export function closeCall(open: OpenCall): readonly [OpenCall['item'], readonly ResponseEvent[]] {
  const { place, item, input } = open;
  const isBlank = open.json.trim() === '';
  const json = isBlank ? JSON.stringify(input ?? {}) : open.json;
  const status = parseJson(json) === undefined ? 'incomplete' : 'completed';
  if (item.type === 'function_call') {
    const done = withStatus({ ...item, arguments: json }, status);
    return [
      done,
      [
        ...(isBlank ? [argumentsDelta(place, json)] : []),
        { type: 'response.function_call_arguments.done', ...placeFields(place), name: item.name, arguments: json },
        doneEvent(place, done),
      ],
    ];
  }
  const text = unwrapFreeform(json);
  const done = withStatus({ ...item, input: text }, status);
  return [
    done,
    [
      { type: 'response.custom_tool_call_input.delta', ...placeFields(place), delta: text },
      { type: 'response.custom_tool_call_input.done', ...placeFields(place), input: text },
      doneEvent(place, done),
    ],
  ];
}

function argumentsDelta(place: Place, delta: string): ResponseEvent {
  return { type: 'response.function_call_arguments.delta', ...placeFields(place), delta };
}
