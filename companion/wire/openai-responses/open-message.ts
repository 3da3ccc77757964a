/** A `message` item while it grows: each function gives what becomes of it and the events that tell so. */
import { outputText, withStatus } from './output-item.ts';
import type { ItemStatus, MessageItem, TextPart } from './output-item.ts';
import { addedEvent, doneEvent, placeFields } from './place.ts';
import type { Place } from './place.ts';
import type { ResponseEvent } from './stream-event.ts';

/** A run of text: one item, with one part for each block. */
export interface OpenMessage {
  readonly kind: 'message';
  readonly place: Place;
  readonly item: MessageItem;
  /** The text of the open part. */
  readonly text: string | undefined;
}

export function openMessage(place: Place): readonly [OpenMessage, readonly ResponseEvent[]] {
  const item: MessageItem = { id: place.id, type: 'message', status: 'in_progress', role: 'assistant', content: [] };
  return [{ kind: 'message', place, item, text: undefined }, [addedEvent(place, item)]];
}

export function appendText(open: OpenMessage, delta: string): readonly [OpenMessage, readonly ResponseEvent[]] {
  const place = partPlace(open);
  const added: readonly ResponseEvent[] =
    open.text === undefined ? [{ type: 'response.content_part.added', ...place, part: outputText('') }] : [];
  const event: ResponseEvent = { type: 'response.output_text.delta', ...place, delta, logprobs: [] };
  return [{ ...open, text: (open.text ?? '') + delta }, [...added, event]];
}

export interface Cited {
  readonly url: string;
  readonly title: string;
}

/** Ends the open part, if there is one; what it cites supports all of its text. */
export function closeTextPart(
  open: OpenMessage,
  cited: readonly Cited[],
): readonly [OpenMessage, readonly ResponseEvent[]] {
  const { text } = open;
  if (text === undefined) return [open, []];
  const place = partPlace(open);
  const annotations = cited.map(({ url, title }): TextPart['annotations'][number] => {
    return { type: 'url_citation', url, title, start_index: 0, end_index: text.length };
  });
  const part = outputText(text, annotations);
  return [
    { ...withPart(open, part), text: undefined },
    [
      ...annotations.map((annotation, index) => annotationEvent(place, annotation, index)),
      { type: 'response.output_text.done', ...place, text, logprobs: [] },
      { type: 'response.content_part.done', ...place, part },
    ],
  ];
}

function annotationEvent(place: PartPlace, annotation: TextPart['annotations'][number], index: number): ResponseEvent {
  return { type: 'response.output_text.annotation.added', ...place, annotation_index: index, annotation };
}

/** A part of its own for why the model does not answer. */
export function addRefusal(open: OpenMessage, refusal: string): readonly [OpenMessage, readonly ResponseEvent[]] {
  const place = partPlace(open);
  const part = { type: 'refusal', refusal } as const;
  return [
    withPart(open, part),
    [
      { type: 'response.content_part.added', ...place, part: { type: 'refusal', refusal: '' } },
      { type: 'response.refusal.delta', ...place, delta: refusal },
      { type: 'response.refusal.done', ...place, refusal },
      { type: 'response.content_part.done', ...place, part },
    ],
  ];
}

export function closeMessage(open: OpenMessage, status: ItemStatus): readonly [MessageItem, readonly ResponseEvent[]] {
  const item = withStatus(open.item, status);
  return [item, [doneEvent(open.place, item)]];
}

function withPart(open: OpenMessage, part: MessageItem['content'][number]): OpenMessage {
  return { ...open, item: { ...open.item, content: [...open.item.content, part] } };
}

interface PartPlace {
  readonly item_id: string;
  readonly output_index: number;
  readonly content_index: number;
}

function partPlace({ place, item }: OpenMessage): PartPlace {
  return { ...placeFields(place), content_index: item.content.length };
}
