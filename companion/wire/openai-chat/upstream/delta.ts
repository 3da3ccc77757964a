/** What a message, or a delta of one, holds: servers agree on the field names, and not on much else. */
import { asArray, asObject, asText, isObject } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';

export interface TextPiece {
  readonly kind: 'text' | 'thinking' | 'refusal';
  readonly text: string;
}

/** A call, or a fragment of one; empty strings for what it leaves out. */
export interface CallPiece {
  readonly kind: 'call';
  /** The choice that it is of: each counts its calls anew. */
  readonly choice: number;
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly args: string;
  readonly extra: unknown;
}

export type Piece = TextPiece | CallPiece;

/** In the order in which a model makes them: thinking, words, calls. `choice` is the number of the one they are of. */
export function readPieces(delta: JsonObject, choice: number): readonly Piece[] {
  return [
    // Some servers send the same text under both names.
    ...textPiece('thinking', asText(delta.reasoning_content) ?? asText(delta.reasoning)),
    ...contentPieces(delta.content),
    ...textPiece('refusal', asText(delta.refusal)),
    ...asArray(delta.tool_calls).map((call) => callPiece(asObject(call), choice)),
    ...(isObject(delta.function_call) ? [callPiece({ index: 0, function: delta.function_call }, choice)] : []),
  ];
}

function textPiece(kind: TextPiece['kind'], text: string | undefined): readonly TextPiece[] {
  return text === undefined ? [] : [{ kind, text }];
}

/** Text, or Mistral's list of parts, in which thinking is one. */
function contentPieces(content: unknown): readonly TextPiece[] {
  if (!Array.isArray(content)) return textPiece('text', asText(content));
  return content.flatMap((part): readonly TextPiece[] => {
    if (typeof part === 'string') return textPiece('text', asText(part));
    const { type, text, thinking, refusal } = asObject(part);
    if (type === 'thinking') return textPiece('thinking', thoughtText(thinking));
    if (type === 'refusal') return textPiece('refusal', asText(refusal));
    return textPiece('text', type === 'text' ? asText(text) : undefined);
  });
}

function thoughtText(thinking: unknown): string | undefined {
  if (typeof thinking === 'string') return asText(thinking);
  return asText(
    asArray(thinking)
      .map((part) => asText(asObject(part).text) ?? '')
      .join(''),
  );
}

function callPiece(call: JsonObject, choice: number): CallPiece {
  const { name, arguments: args } = asObject(call.function);
  return {
    kind: 'call',
    choice,
    index: typeof call.index === 'number' ? call.index : undefined,
    id: asText(call.id) ?? '',
    name: asText(name) ?? '',
    args: typeof args === 'string' ? args : isObject(args) ? JSON.stringify(args) : '',
    extra: call.extra_content,
  };
}
