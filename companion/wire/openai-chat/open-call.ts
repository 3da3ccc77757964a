/** A call of a tool while it streams: each function gives the deltas that tell of it. */
import { finishFreeform, newFreeform, readFreeform, unwrapFreeform } from '../openai/freeform.ts';
import type { FreeformReader } from '../openai/freeform.ts';
import type { ChunkDelta } from './chunk.ts';
import type { ChatMemo } from './memo.ts';

export interface OpenCall {
  readonly type: 'call';
  /** `legacy` is the one call of a client that sent `functions`. */
  readonly form: 'function' | 'custom' | 'legacy';
  /** Among the calls of the answer. */
  readonly position: number;
  /** What the block began with: it stands when no JSON follows. */
  readonly input: unknown;
  readonly hasJson: boolean;
  /** How far the text of a custom call was read. */
  readonly reader: FreeformReader;
}

interface HubCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

export function openCall(
  { id, name, input }: HubCall,
  position: number,
  memo: ChatMemo,
): readonly [OpenCall, ChunkDelta] {
  const call = { type: 'call', position, input, hasJson: false, reader: newFreeform } as const;
  if (memo.usesFunctions) return [{ ...call, form: 'legacy' }, { function_call: { name, arguments: '' } }];
  const place = { index: position, id };
  if (memo.freeformNames.has(name)) {
    const delta: ChunkDelta = { tool_calls: [{ ...place, type: 'custom', custom: { name, input: '' } }] };
    return [{ ...call, form: 'custom' }, delta];
  }
  const delta: ChunkDelta = { tool_calls: [{ ...place, type: 'function', function: { name, arguments: '' } }] };
  return [{ ...call, form: 'function' }, delta];
}

/** `json` is not empty. */
export function appendJson(call: OpenCall, json: string): readonly [OpenCall, readonly ChunkDelta[]] {
  const next = { ...call, hasJson: true };
  if (call.form !== 'custom') return [next, grow(call, json)];
  const [reader, text] = readFreeform(call.reader, json);
  return [{ ...next, reader }, grow(call, text)];
}

/** What is still owed at the end of the call. */
export function closeCall(call: OpenCall): readonly ChunkDelta[] {
  const { form, input, hasJson, reader } = call;
  if (form === 'custom') return grow(call, hasJson ? finishFreeform(reader) : unwrapFreeform(input));
  return hasJson ? [] : grow(call, JSON.stringify(input ?? {}));
}

function grow({ form, position: index }: OpenCall, text: string): readonly ChunkDelta[] {
  if (text === '') return [];
  switch (form) {
    case 'function':
      return [{ tool_calls: [{ index, function: { arguments: text } }] }];
    case 'custom':
      return [{ tool_calls: [{ index, custom: { input: text } }] }];
    case 'legacy':
      return [{ function_call: { arguments: text } }];
    default:
      return form satisfies never;
  }
}
