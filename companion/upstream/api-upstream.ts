/**
 * Providers that are reached with a key. Two ways: `relay` carries the client's bytes as they are, `send` asks in the
 * provider's own wire and tells the answer as hub events.
 */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { ApiKey } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import { readAnthropicLimits } from '../wire/anthropic/limits.ts';
import { anthropicUpstream } from '../wire/anthropic/upstream/codec.ts';
import type { EncodedRequest, HeaderLookup, Stamp, StreamCodec, UpstreamCodec } from '../wire/codec.ts';
import type { HubEvent } from '../wire/hub/event.ts';
import { eventsOfMessage } from '../wire/hub/expand.ts';
import { parseJson } from '../wire/hub/fields.ts';
import type { LimitFacts } from '../wire/limits.ts';
import { readOpenAiLimits } from '../wire/openai/limits.ts';
import { createChatUpstream } from '../wire/openai-chat/upstream/codec.ts';
import { decodeStream } from '../wire/sse.ts';
import type { SseFrame } from '../wire/sse.ts';
import { bufferReply } from './buffered-reply.ts';
import type { BufferedReply } from './buffered-reply.ts';
import { hideKey, hideKeyInError, hideKeyInEvent, hideKeyInHeaders, secretToHide } from './hide-key.ts';
import type { RawReply, RawTransport } from './raw-transport.ts';
import { credentialHeader, requestHeaders } from './relay-headers.ts';

export interface ApiUpstreamOptions {
  readonly transport: RawTransport;
  readonly userAgent: string;
  /**
   * Every answer, refusals included, and what it says about limits, as of now whenever it is read; not called for a client's
   * own credential.
   */
  readonly onLimits: (key: ApiKey, model: string | undefined, status: number, read: () => LimitFacts) => void;
  readonly nowMs: () => number;
}

export interface ApiTarget {
  readonly provider: ApiProvider;
  readonly key: ApiKey;
  /** As the provider knows it. */
  readonly model: string | undefined;
}

export interface RelayRequest extends ApiTarget {
  readonly method: string;
  /** Path and query as the client sent them, beginning with `/v1`. */
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer | AsyncIterable<Uint8Array> | null;
}

export interface RelayedReply {
  readonly reply: RawReply;
  /** What the reply means, if it is about the key: limited, or out of credit. */
  readonly refusal: CompanionError | undefined;
}

export interface TranslatedRequest extends ApiTarget {
  readonly encoded: EncodedRequest;
  readonly isStream: boolean;
  readonly stamp: Stamp;
}

/** Refusals that may be about the key: read whole, since the body says which. An empty balance is a 400 at Anthropic. */
const keyStatuses: ReadonlySet<number> = new Set([400, 401, 402, 403, 429]);
const maxAnswerBytes = 64 * 1024 * 1024;
const maxErrorBytes = 1024 * 1024;

export class ApiUpstream {
  readonly #options: ApiUpstreamOptions;
  readonly #codecs = new Map<string, UpstreamCodec>();

  constructor(options: ApiUpstreamOptions) {
    this.#options = options;
  }

  codecOf(provider: ApiProvider): UpstreamCodec {
    const known = this.#codecs.get(provider.id);
    if (known !== undefined) return known;
    const codec = provider.wire === 'anthropic' ? anthropicUpstream : createChatUpstream(provider.quirks);
    this.#codecs.set(provider.id, codec);
    return codec;
  }

  /**
   * The provider's answer whatever its status, except that `KEY_REJECTED` is thrown when it does not accept a key of ours:
   * passed on as it is, that would tell the client to correct its own. Otherwise errors as in `RawTransport.send`.
   */
  async relay(request: RelayRequest, signal: AbortSignal): Promise<RelayedReply> {
    const { provider, key } = request;
    const sent = await this.#options.transport.send(
      {
        method: request.method,
        url: urlOf(provider, request.target),
        headers: this.#relayedHeaders(request),
        body: request.body,
      },
      signal,
    );
    if (key.origin === 'client') return { reply: sent, refusal: undefined };
    const reply = hideKeyInHeaders(sent, key);
    if (reply.status < 400) {
      this.#noteLimits(request, reply.status, reply.header, undefined);
      return { reply, refusal: undefined };
    }
    const refusal = await refusalWithoutKey(reply, key);
    const isAboutKey = keyStatuses.has(reply.status);
    this.#noteLimits(request, reply.status, reply.header, isAboutKey ? refusal.text() : undefined);
    if (!isAboutKey) return { reply: refusal, refusal: undefined };
    const error = this.codecOf(provider).decodeError(reply.status, reply.header, refusal.text(), this.#options.nowMs());
    if (error.code === 'KEY_REJECTED') throw named(error, key);
    return { reply: refusal, refusal: error.retry === 'other-credential' ? error : undefined };
  }

  /** Resolves when the provider has accepted the request. Errors: what its refusal means; else as `RawTransport.send`. */
  async send(request: TranslatedRequest, signal: AbortSignal): Promise<AsyncIterable<HubEvent>> {
    const { provider, key, encoded } = request;
    const codec = this.codecOf(provider);
    const sent = await this.#options.transport.send(
      {
        method: 'POST',
        url: provider.baseUrl + encoded.path,
        headers: this.#headersOf(request),
        body: Buffer.from(JSON.stringify(encoded.body)),
      },
      signal,
    );
    const reply = hideKeyInHeaders(sent, key);
    if (reply.status >= 200 && reply.status < 300) {
      this.#noteLimits(request, reply.status, reply.header, undefined);
      return readAnswer(codec, request, reply);
    }
    const text = hideKey((await reply.read(maxErrorBytes)).toString('utf8'), key);
    this.#noteLimits(request, reply.status, reply.header, text);
    throw named(codec.decodeError(reply.status, reply.header, text, this.#options.nowMs()), key);
  }

  /** A streamed body goes out under the length that the client announced, where it did: some routes insist on one. */
  #relayedHeaders({ provider, key, rawHeaders, body }: RelayRequest): readonly string[] {
    const headers = requestHeaders(rawHeaders, credentialHeader(provider, key, rawHeaders), this.#options.userAgent);
    const lengthAt = body === null || Buffer.isBuffer(body) ? -1 : rawHeaders.findIndex(isContentLength);
    return lengthAt < 0 ? headers : [...headers, 'content-length', rawHeaders[lengthAt + 1] ?? ''];
  }

  #headersOf({ provider, key, encoded, isStream }: TranslatedRequest): readonly string[] {
    const accepted = isStream ? 'text/event-stream' : 'application/json';
    return [
      'content-type',
      'application/json',
      'accept',
      accepted,
      'accept-encoding',
      'identity',
      'user-agent',
      this.#options.userAgent,
      ...credentialHeader(provider, key),
      ...Object.entries(encoded.headers).flat(),
    ];
  }

  #noteLimits(
    { provider, key, model }: ApiTarget,
    status: number,
    header: HeaderLookup,
    body: string | undefined,
  ): void {
    if (key.origin === 'client') return;
    const nowMs = this.#options.nowMs();
    this.#options.onLimits(key, model, status, () =>
      provider.wire === 'anthropic'
        ? readAnthropicLimits(status, header, model, nowMs)
        : readOpenAiLimits(status, header, body, model, nowMs),
    );
  }
}

function isContentLength(text: string, index: number): boolean {
  return index % 2 === 0 && text.toLowerCase() === 'content-length';
}

/** Clients say `/v1/...`; the base URL of an OpenAI-wire provider already ends in its own version. */
function urlOf(provider: ApiProvider, target: string): string {
  return provider.baseUrl + (provider.wire === 'openai' ? target.replace(/^\/v1(?=[/?]|$)/, '') : target);
}

async function* readAnswer(
  codec: UpstreamCodec,
  { encoded, stamp, key }: TranslatedRequest,
  reply: RawReply,
): AsyncGenerator<HubEvent> {
  try {
    if (reply.header('content-type')?.includes('text/event-stream') === true) {
      yield* decodeStream(reply.chunks(), guarded(codec.streamDecoder(encoded, stamp), key));
      return;
    }
    const body = parseJson((await reply.read(maxAnswerBytes)).toString('utf8'));
    if (body === undefined) throw new CompanionError('UPSTREAM_UNREADABLE', 'The provider answered with invalid JSON.');
    yield* eventsOfMessage(codec.decodeMessage(body, encoded, stamp));
  } catch (thrown) {
    throw hideKeyInError(thrown, key);
  }
}

/** What is translated is also kept, in part: an answer without an end must not fill the memory. */
function guarded<State>(decoder: StreamCodec<State, SseFrame, HubEvent>, key: ApiKey): typeof decoder {
  let length = 0;
  const hideIn = ([state, events]: readonly [State, readonly HubEvent[]]) =>
    [state, events.map((event) => hideKeyInEvent(event, key))] as const;
  return {
    initial: decoder.initial,
    end: (state) => decoder.end(state),
    step(state, frame) {
      length += frame.data.length;
      if (length > maxAnswerBytes)
        throw new CompanionError('UPSTREAM_UNREADABLE', `The answer is larger than ${maxAnswerBytes} bytes.`);
      return hideIn(decoder.step(state, frame));
    },
  };
}

async function refusalWithoutKey(reply: RawReply, key: ApiKey): Promise<BufferedReply> {
  const refusal = await bufferReply(reply);
  const secret = secretToHide(key);
  return secret === undefined ? refusal : refusal.without(secret);
}

/** Says whose key it was, so that a person with several knows which to look at. */
function named(error: CompanionError, key: ApiKey): CompanionError {
  if (error.code !== 'KEY_REJECTED') return error;
  return new CompanionError('KEY_REJECTED', `The key ${key.name} was refused: ${error.message}`, {
    details: error.details,
    cause: error,
  });
}
