/** Parts of an item's content as hub blocks. */
import { invalidField } from '../openai/invalid-field.ts';
import { decodeFile, decodeImage, fileSource, textBlocks } from '../openai/media.ts';
import type { MediaBlock } from '../openai/media.ts';
import type { ContentPart } from './request-schema.ts';

/** Blocks of a content, blank texts left out; `field` is the path of the content for refusals. */
export function decodeContent(content: string | readonly ContentPart[], field: string): readonly MediaBlock[] {
  if (typeof content === 'string') return textBlocks(content);
  return content.flatMap((part, index) => decodePart(part, `${field}[${index}]`));
}

function decodePart(part: ContentPart, field: string): readonly MediaBlock[] {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return textBlocks(part.text);
    case 'refusal':
      return textBlocks(part.refusal);
    case 'encrypted_content':
      return textBlocks(readSealed(part.encrypted_content));
    case 'input_image':
      return [decodeInputImage(part, field)];
    case 'input_file':
      return decodeInputFile(part, field);
    case 'input_audio':
      throw invalidField(field, 'Audio input is not supported.');
    default:
      return part satisfies never;
  }
}

/**
 * Clients pass on what a model said in a call as if it were encrypted: what no provider encrypted is the text itself. A
 * real seal begins with the version byte and the high bytes of the time.
 */
function readSealed(content: string): string {
  return /^gAAAAA[\w-]+={0,2}$/.test(content) ? '[a message that only another provider can read]' : content;
}

type ImagePart = Extract<ContentPart, { type: 'input_image' }>;

function decodeInputImage({ image_url: url, file_id: id }: ImagePart, field: string): MediaBlock {
  if (url) return decodeImage(url, `${field}.image_url`);
  if (id) return { type: 'image', source: fileSource(id, `${field}.file_id`) };
  throw invalidField(`${field}.image_url`, `Missing required parameter: '${field}.image_url'.`);
}

type FilePart = Extract<ContentPart, { type: 'input_file' }>;

function decodeInputFile(part: FilePart, field: string): readonly MediaBlock[] {
  const { file_url: url, filename } = part;
  if (!url || part.file_data) return decodeFile(part, field);
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    throw invalidField(`${field}.file_url`, `Invalid '${field}.file_url': expected an http(s) URL.`);
  }
  return [{ type: 'document', source: { type: 'url', url }, ...(filename ? { title: filename } : {}) }];
}
