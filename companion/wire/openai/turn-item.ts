/** What one message or item of a client contributes to a hub turn; adjacency is settled in `turns.ts`. */
import { isObject, parseJson } from '../hub/fields.ts';
import type { JsonObject } from '../hub/fields.ts';
import type { HubContentBlock } from '../hub/request.ts';
import type { CacheControl, MediaBlock } from './media.ts';

/** A call as the client named it, with the hub's id for it. */
export interface Call {
  /** The client's id; for a legacy function call, its function's name. */
  readonly clientId: string;
  readonly isLegacy: boolean;
  readonly id: string;
}

export interface AssistantItem {
  readonly role: 'assistant';
  readonly blocks: readonly HubContentBlock[];
  readonly calls: readonly Call[];
}

/** A tool's result, before it is known which call it answers. */
export interface Result {
  readonly type: 'result';
  readonly clientId: string;
  readonly isLegacy: boolean;
  readonly content: readonly MediaBlock[] | string | undefined;
  readonly cacheControl: CacheControl;
}

export interface UserItem {
  readonly role: 'user';
  readonly pieces: readonly (MediaBlock | Result)[];
}

export type TurnItem = AssistantItem | UserItem;
export type NewToolId = (id: string) => string;

/** Arguments are text that a model wrote: what is not a JSON object is kept as it is, under one key. */
export function parseArguments(text: string): JsonObject {
  if (text.trim() === '') return {};
  const value = parseJson(text);
  return isObject(value) ? value : { _raw_arguments: text };
}
