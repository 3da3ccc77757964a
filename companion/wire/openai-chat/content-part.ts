/** Parts of a message's content as hub blocks. */
import { invalidField } from '../openai/invalid-field.ts';
import { decodeFile, decodeImage, markLast, textBlocks, withCacheControl } from '../openai/media.ts';
import type { MediaBlock } from '../openai/media.ts';
import type { ContentPart } from './request-schema.ts';

/** Blocks of a content, blank texts left out; `field` is the path of the content for refusals. */
export function decodeContent(
  content: string | readonly ContentPart[] | null | undefined,
  field: string,
): readonly MediaBlock[] {
  if (content === null || content === undefined) return [];
  if (typeof content === 'string') return textBlocks(content);
  return content.flatMap((part, index) => decodePart(part, `${field}[${index}]`));
}

function decodePart(part: ContentPart, field: string): readonly MediaBlock[] {
  switch (part.type) {
    case 'text':
      return textBlocks(part.text, part.cache_control);
    case 'refusal':
      return textBlocks(part.refusal);
    case 'image_url':
      return [
        { ...decodeImage(part.image_url.url, `${field}.image_url.url`), ...withCacheControl(part.cache_control) },
      ];
    case 'file':
      return markLast(decodeFile(part.file, `${field}.file`), part.cache_control);
    case 'input_audio':
      throw invalidField(field, 'Audio input is not supported.');
    default:
      return part satisfies never;
  }
}
