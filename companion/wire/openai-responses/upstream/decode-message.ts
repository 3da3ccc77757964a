/** A whole response as a hub message: the one that its stream would have told. */
import { CompanionError } from '../../../base/error.ts';
import type { Stamp } from '../../codec.ts';
import { MessageCollector } from '../../hub/collect.ts';
import type { HubMessage } from '../../hub/event.ts';
import { isObject } from '../../hub/fields.ts';
import type { AnswerContext } from './answer.ts';
import { responsesStreamDecoder } from './decode-stream.ts';
import { failureOf } from './error.ts';

/** Throws `UPSTREAM_UNREADABLE` for a body that is no response, and what an error under a status of success means. */
export function decodeResponse(body: unknown, context: AnswerContext, stamp: Stamp): HubMessage {
  if (isObject(body) && (isObject(body.error) || body.status === 'failed')) {
    throw failureOf(isObject(body.error) ? { error: body.error } : { response: body });
  }
  if (!isObject(body) || !Array.isArray(body.output)) {
    throw new CompanionError('UPSTREAM_UNREADABLE', "The provider's answer is no response of its API.");
  }
  const { initial, step } = responsesStreamDecoder(context, stamp);
  const data = JSON.stringify({ type: 'response.completed', response: body });
  const collector = new MessageCollector();
  for (const event of step(initial, { event: undefined, data })[1]) collector.push(event);
  return collector.message();
}
