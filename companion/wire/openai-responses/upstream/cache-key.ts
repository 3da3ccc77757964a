/** What tells the provider that requests are of one conversation, so that it finds what it has of it in its cache. */
import { createHash } from 'node:crypto';
import { asText } from '../../hub/fields.ts';
import type { HubRequest } from '../../hub/request.ts';

/**
 * The same for every request of a conversation, however long it has grown: made from its user, model, instructions and
 * first message. In the form of a UUID, as Codex' own keys are; nothing can be read out of it.
 */
export function conversationKey({ metadata, messages }: HubRequest, model: string, instructions: string): string {
  const [first] = messages;
  const content = first?.content ?? '';
  const texts = typeof content === 'string' ? [content] : content.map((block) => asText('text' in block && block.text));
  const identity = JSON.stringify([metadata?.user_id ?? '', model, instructions, first?.role, texts]);
  const hex = createHash('sha256').update(identity).digest('hex');
  // RFC 9562, version 8: a name-based one of our own making.
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
