/** A whole answer of the Messages API. */
import { CompanionError } from '../../../base/error.ts';
import type { HubMessage } from '../../hub/event.ts';
import { isObject } from '../../hub/fields.ts';
import { decodeErrorObject } from './error.ts';
import { fillMessage, wholeMessage } from './shape.ts';

/** Throws `UPSTREAM_UNREADABLE` for a body that is no message, and what an error under a status of success means. */
export function decodeMessage(body: unknown): HubMessage {
  if (isObject(body) && isObject(body.error)) throw decodeErrorObject(body);
  const result = wholeMessage.safeParse(body);
  if (result.success) return fillMessage(body as HubMessage);
  const [issue] = result.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  const where = place === '' ? '' : ` (${place.slice(0, 80)})`;
  throw new CompanionError('UPSTREAM_UNREADABLE', `The provider's answer is no message of its API${where}.`);
}
