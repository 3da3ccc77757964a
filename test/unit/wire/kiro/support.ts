/** Short forms for tests of Kiro's wire. */
import { readFileSync } from 'node:fs';
import { kiroModelIds } from '../../../../shared/kiro-models.ts';
import type { EncodedRequest } from '../../../../companion/wire/codec.ts';
import { openEventStreamParser } from '../../../../companion/wire/event-stream.ts';
import type { HubEvent } from '../../../../companion/wire/hub/event.ts';
import type { KiroBody } from '../../../../companion/wire/kiro/body.ts';
import { createKiroUpstream } from '../../../../companion/wire/kiro/codec.ts';
import { decodeFrames } from '../../../../companion/wire/sse.ts';
import { damaged, errorMessage, event, exception } from '../../../support/providers/kiro/frames.ts';
import { gather, streamOf } from '../bytes.ts';
import { request, STAMP } from '../openai/upstream-support.ts';
import type { ClientRequest } from '../openai/upstream-support.ts';

export const MODEL = 'claude-sonnet-4-5';
export const kiroUpstream = createKiroUpstream({ modelIds: kiroModelIds, profileArn: null });

export function encode(fields: ClientRequest, model = MODEL): EncodedRequest {
  return kiroUpstream.encodeRequest(request(fields), model);
}

export function stateOf(fields: ClientRequest): KiroBody['conversationState'] {
  return (encode(fields).body as KiroBody).conversationState;
}

export async function read(
  chunks: Iterable<Uint8Array>,
  asked: ClientRequest = {},
  hasMarkedEnd = true,
): Promise<HubEvent[]> {
  const decoder = kiroUpstream.streamDecoder(encode({ ...asked, stream: true }), STAMP, hasMarkedEnd);
  return gather(decodeFrames(streamOf(chunks), await openEventStreamParser(), decoder));
}

/** What was told before the error that ended it, and that error's code. */
export async function readBroken(chunks: Iterable<Uint8Array>): Promise<{ events: HubEvent[]; code: string }> {
  const decoder = kiroUpstream.streamDecoder(encode({ stream: true }), STAMP, true);
  const events: HubEvent[] = [];
  try {
    for await (const one of decodeFrames(streamOf(chunks), await openEventStreamParser(), decoder)) events.push(one);
  } catch (thrown) {
    return { events, code: String((thrown as { code?: unknown }).code) };
  }
  return { events, code: 'none' };
}

interface Told {
  readonly event?: string;
  readonly exception?: string;
  readonly error?: string;
  readonly message?: string;
  readonly payload?: object;
}

interface Fixture {
  readonly messages: readonly Told[];
  /** Bytes that are missing at the end. */
  readonly cutBytes?: number;
  /** The message that arrived damaged. */
  readonly turnBitIn?: number;
}

/** A stream of `test/wire/fixtures` as bytes. */
export function load(name: string): Uint8Array {
  const text = readFileSync(new URL(`../../../wire/fixtures/${name}.json`, import.meta.url), 'utf8');
  const { messages, cutBytes = 0, turnBitIn } = JSON.parse(text) as Fixture;
  const frames = messages.map((told, index) => (index === turnBitIn ? damaged(frameOf(told)) : frameOf(told)));
  const bytes = Buffer.concat(frames);
  return bytes.subarray(0, bytes.length - cutBytes);
}

function frameOf({ event: type, exception: thrown, error, message = '', payload = {} }: Told): Buffer {
  if (type !== undefined) return event(type, payload);
  return thrown === undefined ? errorMessage(error ?? '', message) : exception(thrown, payload);
}
