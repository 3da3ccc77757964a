/** Content blocks as parts of an input message. */
import type Anthropic from '@anthropic-ai/sdk';
import { CompanionError } from '../../../base/error.ts';
import { fieldPath } from '../../hub/fields.ts';
import type { HubContentBlock } from '../../hub/request.ts';
import { joinTexts } from '../../openai/hub-turns.ts';
import type { Path, Placed } from '../../openai/hub-turns.ts';
import type { Warn } from '../../openai/warnings.ts';
import type { InputPart } from './body.ts';

type ResultBlock = Exclude<NonNullable<Anthropic.ToolResultBlockParam['content']>, string>[number];

/** Throws `INVALID_REQUEST` for files of another provider's API. */
export function encodePart({ block, path }: Placed<HubContentBlock | ResultBlock>, warn: Warn): readonly InputPart[] {
  switch (block.type) {
    case 'text':
      return textPart(block.text);
    case 'image':
      return [imagePart(block.source, [...path, 'source'])];
    case 'document':
      return documentParts(block, path, warn);
    case 'search_result':
      return textPart(joinTexts([block.title, block.source, ...block.content.map(({ text }) => text)]));
    case 'tool_reference':
      return textPart(`[tool ${block.tool_name}]`);
    default:
      warn(`messages[].content[].${block.type}`, 'has no counterpart');
      return [];
  }
}

export function textPart(text: string): readonly InputPart[] {
  return text === '' ? [] : [{ type: 'input_text', text }];
}

function imagePart(source: Anthropic.ImageBlockParam['source'], path: Path): InputPart {
  if (source.type === 'file') throw unreadable(path);
  const url = source.type === 'url' ? source.url : dataUrl(source.media_type, source.data);
  return { type: 'input_image', image_url: url, detail: 'auto' };
}

function documentParts(block: Anthropic.DocumentBlockParam, path: Path, warn: Warn): readonly InputPart[] {
  const { source, title, context: note } = block;
  if (block.citations?.enabled === true) warn('citations', 'has no counterpart');
  switch (source.type) {
    case 'text':
      return textPart(joinTexts([title, note, source.data]));
    case 'content':
      return [...textPart(joinTexts([title, note])), ...documentContent(source, [...path, 'source', 'content'], warn)];
    case 'base64': {
      const file = { filename: fileName(title), file_data: dataUrl(source.media_type, source.data) };
      return [...textPart(note ?? ''), { type: 'input_file', ...file }];
    }
    case 'url':
      return [...textPart(joinTexts([title, note])), { type: 'input_file', file_url: source.url }];
    default:
      throw unreadable([...path, 'source']);
  }
}

function documentContent({ content }: Anthropic.ContentBlockSource, path: Path, warn: Warn): readonly InputPart[] {
  if (typeof content === 'string') return textPart(content);
  return content.flatMap((block, index) => encodePart({ block, path: [...path, index] }, warn));
}

function fileName(title: string | null | undefined): string {
  if (!title) return 'document.pdf';
  return /\.pdf$/i.test(title) ? title : `${title}.pdf`;
}

function dataUrl(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`;
}

function unreadable(path: Path): CompanionError {
  const field = fieldPath(path);
  return new CompanionError(
    'INVALID_REQUEST',
    `Files of the Files API are not available with this provider (${field}).`,
    {
      details: { field },
      remedy: 'Send the content itself as base64 or text.',
    },
  );
}
