/** A `reasoning` item while it grows: each function gives what becomes of it and the events that tell so. */
import type { ReasoningItem } from './output-item.ts';
import { addedEvent, doneEvent, placeFields } from './place.ts';
import type { Place } from './place.ts';
import { sealThinking } from './reasoning.ts';
import type { ThinkingBlock } from './reasoning.ts';
import type { ResponseEvent } from './stream-event.ts';

export interface OpenReasoning {
  readonly kind: 'reasoning';
  readonly place: Place;
  /** What the hub's block adds up to so far. */
  readonly block: ThinkingBlock;
}

export function openReasoning(place: Place, block: ThinkingBlock): readonly [OpenReasoning, readonly ResponseEvent[]] {
  const empty = block.type === 'thinking' ? { ...block, thinking: '' } : block;
  const open: OpenReasoning = { kind: 'reasoning', place, block: empty };
  const added = addedEvent(place, { id: place.id, type: 'reasoning', summary: [] });
  if (block.type === 'redacted_thinking') return [open, [added]];
  const [next, events] = appendThinking(open, block.thinking);
  return [next, [added, ...events]];
}

export function appendThinking(open: OpenReasoning, delta: string): readonly [OpenReasoning, readonly ResponseEvent[]] {
  const { place, block } = open;
  if (delta === '' || block.type !== 'thinking') return [open, []];
  const fields = { ...placeFields(place), summary_index: 0 };
  const added: readonly ResponseEvent[] =
    block.thinking === ''
      ? [{ type: 'response.reasoning_summary_part.added', ...fields, part: { type: 'summary_text', text: '' } }]
      : [];
  return [
    { ...open, block: { ...block, thinking: block.thinking + delta } },
    [...added, { type: 'response.reasoning_summary_text.delta', ...fields, delta }],
  ];
}

export function signReasoning(open: OpenReasoning, signature: string): OpenReasoning {
  return open.block.type === 'thinking' ? { ...open, block: { ...open.block, signature } } : open;
}

/** `isSealed`: the client asked for what it needs to replay the item. */
export function closeReasoning(
  { place, block }: OpenReasoning,
  isSealed: boolean,
): readonly [ReasoningItem, readonly ResponseEvent[]] {
  const text = block.type === 'thinking' ? block.thinking : '';
  const sealed = isSealed ? sealThinking(block) : undefined;
  const part = { type: 'summary_text', text } as const;
  const item: ReasoningItem = {
    id: place.id,
    type: 'reasoning',
    summary: text === '' ? [] : [part],
    ...(sealed !== undefined && { encrypted_content: sealed }),
  };
  const fields = { ...placeFields(place), summary_index: 0 };
  const ends: readonly ResponseEvent[] =
    text === ''
      ? []
      : [
          { type: 'response.reasoning_summary_text.done', ...fields, text },
          { type: 'response.reasoning_summary_part.done', ...fields, part },
        ];
  return [item, [...ends, doneEvent(place, item)]];
}
