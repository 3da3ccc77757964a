/** Events of a streamed answer, before they are numbered and written. */
import type OpenAI from 'openai';
import type { OpenAiError } from '../openai/error.ts';
import { formatSse } from '../sse.ts';
import type { OutputItem } from './output-item.ts';
import type { ResponseObject } from './response.ts';

type SdkEvent = OpenAI.Responses.ResponseStreamEvent;
type Unnumbered<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never;
type OfType<Type extends SdkEvent['type']> = Unnumbered<Extract<SdkEvent, { type: Type }>>;

interface LifecycleEvent {
  readonly type:
    | 'response.created'
    | 'response.in_progress'
    | 'response.completed'
    | 'response.incomplete'
    | 'response.failed';
  readonly response: ResponseObject;
}

interface ItemEvent {
  readonly type: 'response.output_item.added' | 'response.output_item.done';
  readonly output_index: number;
  readonly item: OutputItem;
}

/** The API nests the error, the SDK types it flat; clients look in either place. */
type ErrorEvent = OfType<'error'> & { readonly error: OpenAiError };

export type ResponseEvent =
  | LifecycleEvent
  | ItemEvent
  | ErrorEvent
  | OfType<
      | 'response.content_part.added'
      | 'response.content_part.done'
      | 'response.output_text.delta'
      | 'response.output_text.done'
      | 'response.output_text.annotation.added'
      | 'response.refusal.delta'
      | 'response.refusal.done'
      | 'response.reasoning_summary_part.added'
      | 'response.reasoning_summary_part.done'
      | 'response.reasoning_summary_text.delta'
      | 'response.reasoning_summary_text.done'
      | 'response.function_call_arguments.delta'
      | 'response.custom_tool_call_input.delta'
      | 'response.custom_tool_call_input.done'
    >
  | (OfType<'response.function_call_arguments.done'> & { readonly name: string });

/** The events as SSE text, numbered from `sequence`. */
export function formatEvents(events: readonly ResponseEvent[], sequence: number): readonly string[] {
  return events.map(({ type, ...fields }, index) => {
    return formatSse(type, { type, sequence_number: sequence + index, ...fields });
  });
}
