/** Content blocks as what Kiro takes of the user: text, and images by their content. */
import type Anthropic from '@anthropic-ai/sdk';
import { CompanionError } from '../../base/error.ts';
import { fieldPath } from '../hub/fields.ts';
import type { HubContentBlock } from '../hub/request.ts';
import { joinTexts } from '../openai/hub-turns.ts';
import type { Path, Placed } from '../openai/hub-turns.ts';
import type { Warn } from '../openai/warnings.ts';
import type { KiroImage } from './body.ts';

export interface Content {
  readonly texts: readonly string[];
  readonly images: readonly KiroImage[];
}

type ResultBlock = Exclude<NonNullable<Anthropic.ToolResultBlockParam['content']>, string>[number];

const nothing: Content = { texts: [], images: [] };

/** Throws `INVALID_REQUEST` for what could not be read there: addresses, PDF, files of another API. */
export function encodeContent({ block, path }: Placed<HubContentBlock | ResultBlock>, warn: Warn): Content {
  switch (block.type) {
    case 'text':
      return textOf([block.text]);
    case 'image':
      return { texts: [], images: [imageOf(block.source, [...path, 'source'])] };
    case 'document':
      return documentOf(block, path, warn);
    case 'search_result':
      return textOf([joinTexts([block.title, block.source, ...block.content.map(({ text }) => text)])]);
    case 'tool_reference':
      return textOf([`[tool ${block.tool_name}]`]);
    default:
      warn(`messages[].content[].${block.type}`, 'has no counterpart');
      return nothing;
  }
}

export function joinContents(contents: readonly Content[]): Content {
  return {
    texts: contents.flatMap(({ texts }) => texts),
    images: contents.flatMap(({ images }) => images),
  };
}

function textOf(texts: readonly string[]): Content {
  return { texts: texts.filter((text) => text.trim() !== ''), images: [] };
}

const formats: Readonly<Record<string, KiroImage['format']>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

function imageOf(source: Anthropic.ImageBlockParam['source'], path: Path): KiroImage {
  if (source.type === 'file') throw unreadable(path, 'Files of the Files API');
  if (source.type === 'url') throw unreadable(path, 'Images given by address');
  const format = formats[source.media_type];
  if (format === undefined) throw unreadable([...path, 'media_type'], 'Images of this kind');
  return { format, source: { bytes: source.data } };
}

function documentOf(block: Anthropic.DocumentBlockParam, path: Path, warn: Warn): Content {
  const { source, title, context } = block;
  const place = [...path, 'source'];
  if (block.citations?.enabled === true) warn('citations', 'has no counterpart');
  switch (source.type) {
    case 'text':
      return textOf([joinTexts([title, context, source.data])]);
    case 'content': {
      const heading = textOf([joinTexts([title, context])]);
      if (typeof source.content === 'string') return joinContents([heading, textOf([source.content])]);
      const inner = source.content.map((one, index) =>
        encodeContent({ block: one, path: [...place, 'content', index] }, warn),
      );
      return joinContents([heading, ...inner]);
    }
    case 'base64':
      throw unreadable(place, 'PDF documents');
    case 'url':
      throw unreadable(place, 'Documents given by address');
    default:
      throw unreadable(place, 'Files of the Files API');
  }
}

function unreadable(path: Path, what: string): CompanionError {
  const field = fieldPath(path);
  return new CompanionError('INVALID_REQUEST', `${what} are not available with Kiro (${field}).`, {
    details: { field },
    remedy: 'Send text, or an image as base64 (PNG, JPEG, GIF or WebP); or use a provider that takes it.',
  });
}
