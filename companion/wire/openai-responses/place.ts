/** Where an output item stands in the answer, and the two events that every item has. */
import type { OutputItem } from './output-item.ts';
import type { ResponseEvent } from './stream-event.ts';

export interface Place {
  readonly id: string;
  readonly index: number;
}

export function addedEvent({ index }: Place, item: OutputItem): ResponseEvent {
  return { type: 'response.output_item.added', output_index: index, item };
}

export function doneEvent({ index }: Place, item: OutputItem): ResponseEvent {
  return { type: 'response.output_item.done', output_index: index, item };
}

/** The fields by which an event names its item. */
export function placeFields({ id, index }: Place): { item_id: string; output_index: number } {
  return { item_id: id, output_index: index };
}
