/** The items of an answer's `output`. */
import { createHash } from 'node:crypto';
import type OpenAI from 'openai';

export type MessageItem = OpenAI.Responses.ResponseOutputMessage;
export type ReasoningItem = OpenAI.Responses.ResponseReasoningItem;
export type FunctionCallItem = OpenAI.Responses.ResponseFunctionToolCall & { readonly id: string };
/** The API gives it a status, which the SDK does not type. */
export type CustomCallItem = OpenAI.Responses.ResponseCustomToolCall & {
  readonly id: string;
  readonly status: ItemStatus;
};
export type SearchCallItem = OpenAI.Responses.ResponseToolSearchCall;
export type CallItem = FunctionCallItem | CustomCallItem | SearchCallItem;
export type OutputItem = MessageItem | ReasoningItem | CallItem;
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';
export type ContentPart = MessageItem['content'][number];
export type TextPart = OpenAI.Responses.ResponseOutputText;

/** The longest id that the API takes back. */
const MAX_ID_LENGTH = 64;

/** `fc_`, `msg_` and so on before what makes the item the only one of its kind. */
export function itemId(prefix: 'msg' | 'rs' | 'fc' | 'ctc' | 'tsc', seed: string): string {
  const id = `${prefix}_${seed}`;
  if (/^[a-zA-Z0-9_-]+$/.test(id) && id.length <= MAX_ID_LENGTH) return id;
  return `${prefix}_${createHash('sha256').update(seed).digest('hex').slice(0, 48)}`;
}

export function outputText(text: string, annotations: TextPart['annotations'] = []): TextPart {
  return { type: 'output_text', text, annotations, logprobs: [] };
}

/** Whatever the item was when it ended: whole, or cut off. */
export function withStatus<Item extends OutputItem>(item: Item, status: ItemStatus): Item {
  return { ...item, status };
}
