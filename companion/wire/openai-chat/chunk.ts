/** Chunks of a streamed answer as SSE text. */
import type OpenAI from 'openai';
import { formatSse } from '../sse.ts';
import type { FinishReason } from './finish-reason.ts';
import { encodeUsage } from './usage.ts';
import type { TokenCounts } from '../openai/token-counts.ts';

/** What is the same in every chunk of one answer. */
export interface ChunkHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  /** With `include_usage`, every chunk has the key: `null` until the last one. */
  readonly includesUsage: boolean;
}

/** Thinking has no place in OpenAI's own shape; this is where clients look for it. */
export type ChunkDelta = OpenAI.ChatCompletionChunk.Choice.Delta & { reasoning_content?: string };

export const DONE = 'data: [DONE]\n\n';

export function formatDelta(head: ChunkHead, delta: ChunkDelta): string {
  return formatChunk(head, [{ index: 0, delta, logprobs: null, finish_reason: null }], null);
}

export function formatFinish(head: ChunkHead, reason: FinishReason): string {
  return formatChunk(head, [{ index: 0, delta: {}, logprobs: null, finish_reason: reason }], null);
}

/** The one chunk without a choice. */
export function formatUsage(head: ChunkHead, counts: TokenCounts): string {
  return formatChunk(head, [], encodeUsage(counts));
}

function formatChunk(
  { id, created, model, includesUsage }: ChunkHead,
  choices: OpenAI.ChatCompletionChunk.Choice[],
  usage: OpenAI.CompletionUsage | null,
): string {
  const chunk: OpenAI.ChatCompletionChunk = { id, object: 'chat.completion.chunk', created, model, choices };
  return formatSse(undefined, includesUsage ? { ...chunk, usage } : chunk);
}
