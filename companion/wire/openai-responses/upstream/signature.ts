/**
 * Reasoning as the hub's thinking, and back. What proves it here is `encrypted_content`, which only OpenAI can read. It
 * travels as the block's signature, under a word that tells it from those of other providers: each refuses what it did not
 * sign itself.
 */
import type Anthropic from '@anthropic-ai/sdk';
import type { ReasoningItem } from './body.ts';

/** No signature of Anthropic's begins so: theirs are base64. */
const OPENAI = 'openai:';

export function signatureOf(encryptedContent: string): string {
  return `${OPENAI}${encryptedContent}`;
}

/** The item of a block that was signed here; nothing for any other. */
export function reasoningOf({ thinking, signature }: Anthropic.ThinkingBlockParam): ReasoningItem | undefined {
  if (!signature.startsWith(OPENAI)) return undefined;
  return {
    type: 'reasoning',
    summary: thinking === '' ? [] : [{ type: 'summary_text', text: thinking }],
    encrypted_content: signature.slice(OPENAI.length),
  };
}
