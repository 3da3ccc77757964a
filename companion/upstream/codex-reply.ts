/** What the ChatGPT backend answers, in the form in which a client of the Responses API expects it. */
import type { LeasedCredential } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import { asObject, asText, isObject, parseJson } from '../wire/hub/fields.ts';
import { ResponseCollector } from '../wire/openai-responses/upstream/collect-response.ts';
import { SseParser } from '../wire/sse.ts';
import type { CodexRequest } from './codex-request.ts';
import { withOutputAtEnd } from './codex-stream.ts';
import { hideKeyInError } from './hide-key.ts';
import { madeReply } from './made-reply.ts';
import type { RawReply } from './raw-transport.ts';

/**
 * The answer in the form that the client asked for: a stream as Codex reads it, one as the Responses API has it, or the sum
 * of one. Errors: those of the sum, which is waited for.
 */
export async function asAsked(
  reply: RawReply,
  { isCollected, isCodex }: Pick<CodexRequest, 'isCollected' | 'isCodex'>,
  key: LeasedCredential,
  maxBytes: number,
): Promise<RawReply> {
  if (reply.status >= 400) return reply;
  if (!isCollected) return isCodex ? reply : withOutputAtEnd(reply);
  try {
    return await collectReply(reply, maxBytes);
  } catch (thrown) {
    throw hideKeyInError(thrown, key);
  }
}

/**
 * The whole answer as one JSON object, for a client that asked for no stream. Resolves when the stream has told the end of
 * the response. Errors: what a failure in the stream means, `STREAM_BROKEN`, those of `RawReply.chunks`.
 */
async function collectReply(reply: RawReply, maxBytes: number): Promise<RawReply> {
  const parser = new SseParser();
  const collector = new ResponseCollector();
  let length = 0;
  for await (const chunk of reply.chunks()) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new CompanionError('UPSTREAM_UNREADABLE', `The answer is larger than ${maxBytes} bytes.`);
    }
    for (const frame of parser.push(chunk)) collector.push(frame);
    if (collector.isComplete) break;
  }
  if (!collector.isComplete) for (const frame of parser.end()) collector.push(frame);
  return madeReply(reply, JSON.stringify(collector.response()));
}

/** Clients look for `error.message`; the backend says `detail`. Its own words stay beside it. */
export function withErrorObject(reply: RawReply, text: string): RawReply {
  const body = parseJson(text);
  if (!isObject(body) || body.error !== undefined || body.detail === undefined) return reply;
  const message = asText(body.detail) ?? asText(asObject(body.detail).message) ?? JSON.stringify(body.detail);
  const code = asText(asObject(body.detail).code) ?? null;
  const type = reply.status >= 500 ? 'server_error' : 'invalid_request_error';
  return madeReply(reply, JSON.stringify({ error: { message, type, param: null, code }, detail: body.detail }));
}
