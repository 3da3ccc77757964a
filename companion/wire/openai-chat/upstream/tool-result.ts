/** Results of tools: a tool message holds text alone, so everything else is put into the user message after it. */
import type Anthropic from '@anthropic-ai/sdk';
import { joinTexts } from '../../openai/hub-turns.ts';
import type { Placed } from '../../openai/hub-turns.ts';
import type { ChatPart } from './body.ts';
import { encodePart } from './content.ts';
import type { ContentContext } from './content.ts';

export interface EncodedResult {
  /** The server's id of the call. */
  readonly id: string;
  readonly text: string;
  readonly attachments: readonly ChatPart[];
}

export function encodeResult(
  id: string,
  { block, path }: Placed<Anthropic.ToolResultBlockParam>,
  context: ContentContext,
): EncodedResult {
  const { content, is_error: isError } = block;
  const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? []);
  const parts = blocks.flatMap((one, index) => encodePart({ block: one, path: [...path, 'content', index] }, context));
  const attachments = parts.filter((part) => part.type !== 'text');
  const text = joinTexts(parts.map((part) => (part.type === 'text' ? part.text : ''))) || placeholder(attachments);
  return { id, text: isError === true ? `Error: ${text}` : text, attachments };
}

function placeholder([first]: readonly ChatPart[]): string {
  if (first === undefined) return '(no output)';
  return first.type === 'image_url' ? '[image attached below]' : '[file attached below]';
}
