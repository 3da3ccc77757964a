/** Token counts for a surface that tells none. */
import type { HubEvent } from './event.ts';
import { asObject, isObject } from './fields.ts';

/** UTF-8 bytes of one token. Four ASCII characters; one or two of Chinese, where four characters would be far too few. */
const BYTES_PER_TOKEN = 4;

/** A rough count, right within some tens of per cent: UTF-8 bytes over four, rounded up. */
export function estimateTokens(text: string): number {
  return tokensOfBytes(Buffer.byteLength(text));
}

/** The same for text that was counted piece by piece. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/** UTF-8 bytes of what `event` adds to an answer: words, thinking that is shown, the input of a tool. */
export function bytesOfEvent(event: HubEvent): number {
  if (event.type !== 'content_block_delta') return 0;
  switch (event.delta.type) {
    case 'text_delta':
      return Buffer.byteLength(event.delta.text);
    case 'thinking_delta':
      return Buffer.byteLength(event.delta.thinking);
    case 'input_json_delta':
      return Buffer.byteLength(event.delta.partial_json);
    default:
      return 0;
  }
}

/** About what an image costs, whatever its size: providers scale large ones down. */
const tokensPerImage = 1_600;
const base64BytesPerDocumentToken = 60;

/** The input tokens of a Messages body as far as its text and media tell: `system`, `messages` and `tools`. */
export function estimateRequestTokens(body: unknown): number {
  const { system, messages, tools } = asObject(body);
  return Math.max(1, Math.round([system, messages, tools].reduce<number>((sum, part) => sum + tokensWithin(part), 0)));
}

function tokensWithin(value: unknown): number {
  if (typeof value === 'string') return estimateTokens(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + tokensWithin(item), 0);
  if (!isObject(value)) return value === undefined || value === null ? 0 : 1;
  if (value['type'] === 'image') return tokensPerImage;
  const data = asObject(value['source'])['data'];
  if (value['type'] === 'document' && typeof data === 'string') return data.length / base64BytesPerDocumentToken;
  return Object.entries(value).reduce((sum, [name, item]) => sum + tokensWithin(name) + tokensWithin(item), 0);
}
