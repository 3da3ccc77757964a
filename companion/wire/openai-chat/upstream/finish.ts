/** Why an answer ended. */
import type { HubStopReason } from '../../hub/event.ts';

/** Weakest first: of several reasons the strongest counts, since some servers send a mere `stop` after the real one. */
const reasons = ['stop', 'tool_calls', 'content_filter', 'length'] as const;
export type Finish = (typeof reasons)[number];

/** `undefined` for none yet; an unknown word is a plain end. */
export function readFinish(word: unknown): Finish | undefined {
  if (typeof word !== 'string' || word === '') return undefined;
  if (word === 'tool_calls' || word === 'function_call') return 'tool_calls';
  // Gemini says after a colon which filter it was.
  if (/^content_filter\b/.test(word)) return 'content_filter';
  // Mistral's word for a full context window is `model_length`.
  return /length|max_tokens/i.test(word) ? 'length' : 'stop';
}

/** Words that say that the answer failed rather than ended, as the type of the error that it is. */
export function failureOfFinish(word: unknown): { readonly type: string; readonly message: string } | undefined {
  if (word === 'insufficient_system_resource') {
    return { type: 'overloaded_error', message: 'The provider broke the answer off: it has not enough capacity.' };
  }
  return word === 'error'
    ? { type: 'api_error', message: 'The provider failed in the middle of the answer.' }
    : undefined;
}

export function strongerFinish(one: Finish | undefined, other: Finish | undefined): Finish | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return reasons.indexOf(one) >= reasons.indexOf(other) ? one : other;
}

export function stopReasonOf(
  finish: Finish | undefined,
  seen: { readonly hasCalls: boolean; readonly isRefusal: boolean },
): HubStopReason {
  if (finish === 'length') return 'max_tokens';
  if (finish === 'content_filter' || seen.isRefusal) return 'refusal';
  return seen.hasCalls ? 'tool_use' : 'end_turn';
}
