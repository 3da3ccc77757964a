/** Texts, images and files of OpenAI's content parts as hub blocks. */
import type Anthropic from '@anthropic-ai/sdk';
import { decodeText, parseDataUrl } from './data-url.ts';
import type { DataUrl } from './data-url.ts';
import { invalidField } from './invalid-field.ts';

/** Anthropic's cache mark, which clients put on OpenAI's forms too. */
export type CacheControl = { type: 'ephemeral'; ttl?: '5m' | '1h' | undefined } | null | undefined;
export type MediaBlock = Anthropic.TextBlockParam | Anthropic.ImageBlockParam | Anthropic.DocumentBlockParam;

const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] as const;
type ImageType = (typeof imageTypes)[number];

/** Media types that are text in all but name. */
const textTypes = new Set(['application/json', 'application/xml', 'application/yaml', 'application/x-yaml']);

/** A text block, unless the text is blank: the service refuses blank ones. */
export function textBlocks(text: string, cacheControl?: CacheControl): readonly Anthropic.TextBlockParam[] {
  return text.trim() === '' ? [] : [{ type: 'text', text, ...withCacheControl(cacheControl) }];
}

export function withCacheControl(cacheControl: CacheControl): { cache_control?: Anthropic.CacheControlEphemeral } {
  if (cacheControl === null || cacheControl === undefined) return {};
  const { type, ttl } = cacheControl;
  return { cache_control: ttl === undefined ? { type } : { type, ttl } };
}

/** Puts a message's own cache mark on its last block, unless that block has one. */
export function markLast<Block extends { cache_control?: Anthropic.CacheControlEphemeral | null }>(
  blocks: readonly Block[],
  cacheControl: CacheControl,
): readonly Block[] {
  const last = blocks.at(-1);
  if (last === undefined || !cacheControl || last.cache_control) return blocks;
  return [...blocks.slice(0, -1), { ...last, ...withCacheControl(cacheControl) }];
}

/** The image of an http(s) or `data:` URL; `field` is the path of the URL for refusals. */
export function decodeImage(url: string, field: string): Anthropic.ImageBlockParam {
  if (/^https?:/i.test(url) && URL.canParse(url)) {
    return { type: 'image', source: { type: 'url', url: url.replace(/^https?/i, (scheme) => scheme.toLowerCase()) } };
  }
  const data = parseDataUrl(url);
  if (data === undefined) throw invalidField(field, `Invalid '${field}': expected an http(s) or base64 data URL.`);
  return imageBlock(data, field);
}

function imageBlock({ mediaType, base64 }: DataUrl, field: string): Anthropic.ImageBlockParam {
  const type = mediaType === 'image/jpg' ? 'image/jpeg' : mediaType;
  if (!isImageType(type)) throw invalidField(field, `Invalid '${field}': images may be ${imageTypes.join(', ')}.`);
  return { type: 'image', source: { type: 'base64', media_type: type, data: base64 } };
}

function isImageType(type: string): type is ImageType {
  return (imageTypes as readonly string[]).includes(type);
}

/** A file as OpenAI's parts name one, by its content or by its id. */
export interface FileFields {
  readonly file_data?: string | null | undefined;
  readonly file_id?: string | null | undefined;
  readonly filename?: string | null | undefined;
}

/** The document or image of a file; `field` is the path of `file` for refusals. */
export function decodeFile(file: FileFields, field: string): readonly MediaBlock[] {
  const title = file.filename ? { title: file.filename } : {};
  if (file.file_data) return fileBlocks(file.file_data, title, `${field}.file_data`);
  if (file.file_id) return [{ type: 'document', source: fileSource(file.file_id, `${field}.file_id`), ...title }];
  throw invalidField(`${field}.file_data`, `Missing required parameter: '${field}.file_data'.`);
}

/** Ids of the provider that serves begin with `file_`; any other names a file that it does not have. */
export function fileSource(id: string, field: string): { type: 'file'; file_id: string } {
  if (id.startsWith('file_')) return { type: 'file', file_id: id };
  throw invalidField(field, 'Uploaded files are not available: send their content.');
}

function fileBlocks(url: string, title: { title?: string }, field: string): readonly MediaBlock[] {
  const data = parseDataUrl(url);
  if (data === undefined) throw invalidField(field, `Invalid '${field}': expected a data URL with content.`);
  if (data.mediaType === 'application/pdf') {
    return [
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: data.base64 }, ...title },
    ];
  }
  if (data.mediaType.startsWith('image/')) return [imageBlock(data, field)];
  if (!data.mediaType.startsWith('text/') && !textTypes.has(data.mediaType)) {
    throw invalidField(field, `Invalid '${field}': files may be PDF, text or images.`);
  }
  return textDocument(data, title, field);
}

function textDocument(data: DataUrl, title: { title?: string }, field: string): readonly MediaBlock[] {
  const text = decodeText(data.base64);
  if (text === undefined) throw invalidField(field, `Invalid '${field}': a text file must be UTF-8.`);
  if (text.trim() === '') return [];
  return [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...title }];
}
