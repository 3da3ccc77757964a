/** What the items of an answer hold, piece by piece or whole. */
import { asArray, asObject, asText } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';

export interface TextPiece {
  /** `json`: of a call's arguments. `freeform`: of the text that a custom tool takes. */
  readonly kind: 'text' | 'refusal' | 'summary' | 'reasoning' | 'json' | 'freeform';
  readonly text: string;
  /** Which of its kind in the item, so that one part of a summary is told from the next. */
  readonly part: number;
}

/** What a delta adds, and nothing for events of another kind. */
export function readDelta(type: string, event: JsonObject): TextPiece | undefined {
  const kind = kinds.get(type);
  const text = asText(event.delta);
  if (kind === undefined || text === undefined) return undefined;
  const part = event.summary_index ?? event.content_index;
  return { kind, text, part: typeof part === 'number' ? part : 0 };
}

const kinds: ReadonlyMap<string, TextPiece['kind']> = new Map([
  ['response.output_text.delta', 'text'],
  ['response.refusal.delta', 'refusal'],
  ['response.reasoning_summary_text.delta', 'summary'],
  ['response.reasoning_text.delta', 'reasoning'],
  ['response.function_call_arguments.delta', 'json'],
  ['response.custom_tool_call_input.delta', 'freeform'],
]);

/** All that a whole item holds; nothing for items of a kind that clients of other dialects do not know. */
export function readItem(item: JsonObject): readonly TextPiece[] {
  switch (item.type) {
    case 'message':
      return asArray(item.content).flatMap((content, part) => messagePiece(asObject(content), part));
    case 'reasoning':
      return reasoningPieces(item);
    case 'function_call':
      return piece('json', item.arguments, 0);
    case 'custom_tool_call':
      return piece('freeform', item.input, 0);
    default:
      return [];
  }
}

function messagePiece({ type, text, refusal }: JsonObject, part: number): readonly TextPiece[] {
  return type === 'refusal' ? piece('refusal', refusal, part) : piece('text', text, part);
}

/** Where there is a summary, it is what people are meant to read. */
function reasoningPieces({ summary, content }: JsonObject): readonly TextPiece[] {
  const told = asArray(summary).flatMap((one, part) => piece('summary', asObject(one).text, part));
  if (told.length > 0) return told;
  return asArray(content).flatMap((one, part) => piece('reasoning', asObject(one).text, part));
}

function piece(kind: TextPiece['kind'], text: unknown, part: number): readonly TextPiece[] {
  return typeof text === 'string' && text !== '' ? [{ kind, text, part }] : [];
}
