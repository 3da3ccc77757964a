/** Content blocks as content parts, and a run of parts as content. */
import type Anthropic from '@anthropic-ai/sdk';
import { CompanionError } from '../../../base/error.ts';
import { fieldPath } from '../../hub/fields.ts';
import type { HubContentBlock } from '../../hub/request.ts';
import { joinTexts } from '../../openai/hub-turns.ts';
import type { Path, Placed } from '../../openai/hub-turns.ts';
import type { Warn } from '../../openai/warnings.ts';
import type { ChatPart } from './body.ts';

export interface ContentContext {
  readonly takesImages: boolean;
  readonly warn: Warn;
}

type ResultBlock = Exclude<NonNullable<Anthropic.ToolResultBlockParam['content']>, string>[number];

/** Throws `INVALID_REQUEST` for what the server could not read: files of another API, addresses of documents. */
export function encodePart(
  { block, path }: Placed<HubContentBlock | ResultBlock>,
  context: ContentContext,
): readonly ChatPart[] {
  switch (block.type) {
    case 'text':
      return textPart(block.text);
    case 'image':
      return imagePart(block.source, [...path, 'source'], context);
    case 'document':
      return documentParts(block, path, context);
    case 'search_result':
      return textPart(joinTexts([block.title, block.source, ...block.content.map(({ text }) => text)]));
    case 'tool_reference':
      return textPart(`[tool ${block.tool_name}]`);
    default:
      context.warn(`messages[].content[].${block.type}`, 'has no counterpart');
      return [];
  }
}

/** One text for parts that are all text, since some servers take no list; `undefined` for none at all. */
export function contentOf(parts: readonly ChatPart[]): string | ChatPart[] | undefined {
  if (parts.length === 0) return undefined;
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return texts.length === parts.length ? joinTexts(texts) : [...parts];
}

function textPart(text: string): readonly ChatPart[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

function imagePart(
  source: Anthropic.ImageBlockParam['source'],
  path: Path,
  context: ContentContext,
): readonly ChatPart[] {
  if (source.type === 'file') throw unreadable(path, 'Files of the Files API');
  if (!context.takesImages) return leftOut('image', context);
  const url = source.type === 'url' ? source.url : dataUrl(source.media_type, source.data);
  return [{ type: 'image_url', image_url: { url } }];
}

function documentParts(block: Anthropic.DocumentBlockParam, path: Path, context: ContentContext): readonly ChatPart[] {
  const { source, title, context: note } = block;
  if (block.citations?.enabled === true) context.warn('citations', 'has no counterpart');
  switch (source.type) {
    case 'text':
      return textPart(joinTexts([title, note, source.data]));
    case 'content':
      return [
        ...textPart(joinTexts([title, note])),
        ...documentContent(source, [...path, 'source', 'content'], context),
      ];
    case 'base64':
      if (!context.takesImages) return leftOut('document', context);
      return [...textPart(note ?? ''), filePart(source, title)];
    case 'url':
      throw unreadable([...path, 'source'], 'Documents given by address');
    default:
      throw unreadable([...path, 'source'], 'Files of the Files API');
  }
}

function documentContent(
  { content }: Anthropic.ContentBlockSource,
  path: Path,
  context: ContentContext,
): readonly ChatPart[] {
  if (typeof content === 'string') return textPart(content);
  return content.flatMap((block, index) => encodePart({ block, path: [...path, index] }, context));
}

function filePart(
  { media_type: mediaType, data }: Anthropic.Base64PDFSource,
  title: string | null | undefined,
): ChatPart {
  const filename = title ? (/\.pdf$/i.test(title) ? title : `${title}.pdf`) : 'document.pdf';
  return { type: 'file', file: { filename, file_data: dataUrl(mediaType, data) } };
}

function dataUrl(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`;
}

/** The model is told, so that it does not answer as if it had seen it. */
function leftOut(kind: 'image' | 'document', { warn }: ContentContext): readonly ChatPart[] {
  warn(`messages[].content[].${kind}`, `this provider takes no ${kind}s`);
  return [{ type: 'text', text: `[${kind} left out: this model cannot see it]` }];
}

function unreadable(path: Path, what: string): CompanionError {
  const field = fieldPath(path);
  const message = `${what} are not available with this provider (${field}).`;
  return new CompanionError('INVALID_REQUEST', message, {
    details: { field },
    remedy: 'Send the content itself as base64 or text.',
  });
}
