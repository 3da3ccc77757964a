/** Some servers repeat a key in what they say about it. A key or token of ours goes no further than this. */
import type { LeasedCredential } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import type { HubEvent } from '../wire/hub/event.ts';
import type { RawReply } from './raw-transport.ts';

/** What is shorter is no secret: servers on this computer are content with `none` or `dummy`. */
const shortestSecret = 8;

/** What must not be seen of `key`; `undefined` when that is nothing, or the client's own. */
export function secretToHide({ secret, origin }: LeasedCredential): string | undefined {
  const text = secret?.reveal() ?? '';
  return origin === 'client' || text.length < shortestSecret ? undefined : text;
}

export function hideKey(text: string, key: LeasedCredential): string {
  const secret = secretToHide(key);
  return secret === undefined ? text : text.replaceAll(secret, '***');
}

/** `reply` with the key taken out of its headers; the very same where it was in none. */
export function hideKeyInHeaders(reply: RawReply, key: LeasedCredential): RawReply {
  const secret = secretToHide(key);
  if (secret === undefined || !reply.headers.some((part) => part.includes(secret))) return reply;
  const hide = (text: string) => text.replaceAll(secret, '***');
  return {
    status: reply.status,
    headers: reply.headers.map(hide),
    header: (name) => {
      const value = reply.header(name);
      return value === undefined ? undefined : hide(value);
    },
    pour: (sink) => reply.pour(sink),
    chunks: () => reply.chunks(),
    read: (maxBytes) => reply.read(maxBytes),
    discard: () => reply.discard(),
  };
}

/** The same error, should it say the key. */
export function hideKeyInError(thrown: unknown, key: LeasedCredential): unknown {
  if (!(thrown instanceof CompanionError) || secretToHide(key) === undefined) return thrown;
  const { code, details, remedy } = thrown;
  const type = details.upstreamType;
  const told = type === undefined ? details : { ...details, upstreamType: hideKey(type, key) };
  return new CompanionError(code, hideKey(thrown.message, key), { details: told, remedy });
}

export function hideKeyInEvent(event: HubEvent, key: LeasedCredential): HubEvent {
  if (event.type !== 'error') return event;
  const { type, message } = event.error;
  return { ...event, error: { ...event.error, type: hideKey(type, key), message: hideKey(message, key) } };
}
