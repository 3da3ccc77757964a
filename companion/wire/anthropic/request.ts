/** A Messages body as a hub request: the same form, so it is checked and otherwise left alone. */
import { CompanionError } from '../../base/error.ts';
import type { DecodedRequest } from '../codec.ts';
import type { HubMessageParam, HubRequest } from '../hub/request.ts';
import { isObject } from '../hub/fields.ts';
import { invalidBody, invalidField } from './issue.ts';
import { messagesBody } from './schema.ts';

/** What the encoder remembers: beta names that came in the body and belong in the `anthropic-beta` header. */
export interface AnthropicMemo {
  readonly betas: readonly string[];
}

type MessagesBody = Omit<HubRequest, 'stream'> & { stream?: boolean | null; betas?: readonly string[] | null };

/**
 * Throws `INVALID_REQUEST` in the API's own words, with `details.field`. Unknown fields stay in the hub request, `stream`
 * and `betas` leave it.
 */
export function decodeRequest(body: unknown): DecodedRequest {
  if (isObject(body) && isObject(body['thread'])) throw threadUnsupported();
  const result = messagesBody.safeParse(body);
  if (!result.success) throw invalidBody(body, result.error.issues);
  // The body as it came, not the parsed copy: nothing may get lost between the two.
  const { stream, betas, ...hub } = body as MessagesBody;
  checkContents(hub.messages);
  const memo: AnthropicMemo = { betas: betas ?? [] };
  return { hub, isStream: stream === true, warnings: [], hasDefaultMaxTokens: false, memo };
}

/** A thread's history lies with Anthropic's API, so that only that API can serve it. */
function threadUnsupported(): CompanionError {
  return new CompanionError('INVALID_REQUEST', 'Message threads need an Anthropic API key: send the whole history.', {
    details: { field: 'thread', unsupported: ['thread'] },
  });
}

function checkContents(messages: readonly HubMessageParam[]): void {
  const isEmpty = (message: HubMessageParam, index: number): boolean =>
    message.content.length === 0 && !(message.role === 'assistant' && index === messages.length - 1);
  const index = messages.findIndex(isEmpty);
  if (index < 0) return;
  const words = 'all messages must have non-empty content except for the optional final assistant message';
  throw invalidField(['messages', index, 'content'], words);
}
