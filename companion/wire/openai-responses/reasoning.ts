/**
 * Thinking as a `reasoning` item: the words are its summary, and `encrypted_content` carries what proves them, so that a
 * client which replays its items replays the thinking as it was.
 */
import type Anthropic from '@anthropic-ai/sdk';

/** What was sealed here begins so; OpenAI never does. */
export const OWN_SEAL = 'anthropic:';
/** No signature begins so: signatures are base64. */
const REDACTED = 'anthropic:redacted:';

export type ThinkingBlock = Anthropic.ThinkingBlockParam | Anthropic.RedactedThinkingBlockParam;

interface ReasoningFields {
  readonly summary?: readonly { readonly text: string }[] | null | undefined;
  readonly encrypted_content?: string | null | undefined;
}

/** `encrypted_content` of a block; nothing for thinking that was cut off before its signature. */
export function sealThinking(block: ThinkingBlock): string | undefined {
  if (block.type === 'redacted_thinking') return `${REDACTED}${block.data}`;
  return block.signature === '' ? undefined : `${OWN_SEAL}${block.signature}`;
}

/** The thinking of an item that was sealed here, or nothing: what others encrypted, or nobody signed, cannot be replayed. */
export function unsealThinking({ summary, encrypted_content: sealed }: ReasoningFields): ThinkingBlock | undefined {
  if (!sealed?.startsWith(OWN_SEAL)) return undefined;
  if (sealed.startsWith(REDACTED)) return { type: 'redacted_thinking', data: sealed.slice(REDACTED.length) };
  const thinking = (summary ?? []).map((part) => part.text).join('');
  return { type: 'thinking', thinking, signature: sealed.slice(OWN_SEAL.length) };
}
