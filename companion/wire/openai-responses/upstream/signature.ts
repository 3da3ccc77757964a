/**
 * Reasoning as the hub's thinking, and back. What proves it here is `encrypted_content`, which only OpenAI can read. It
 * travels as the block's signature, under a word that tells it from those of other providers: each refuses what it did not
 * sign itself.
 */
import type Anthropic from '@anthropic-ai/sdk';
import { asArray, asObject, parseJson } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
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

/**
 * A Messages body without the thinking that was signed here; `undefined` where it has none. A conversation that moves to
 * Anthropic brings it along, and the API there refuses what it did not sign itself.
 */
export function withoutOpenAiThinking(body: Buffer): Buffer | undefined {
  if (!body.includes(`"${OPENAI}`)) return undefined;
  const request = asObject(parseJson(body.toString('utf8')));
  const messages = asArray(request.messages).flatMap((message) => {
    const { content } = asObject(message);
    if (!Array.isArray(content)) return [message];
    const kept = content.filter((block) => !isSignedHere(asObject(block)));
    return kept.length === 0 ? [] : [{ ...asObject(message), content: kept }];
  });
  return Buffer.from(JSON.stringify({ ...request, messages }));
}

function isSignedHere({ type, signature }: JsonObject): boolean {
  return type === 'thinking' && typeof signature === 'string' && signature.startsWith(OPENAI);
}
