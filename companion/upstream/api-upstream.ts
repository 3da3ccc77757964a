/**
 * Providers that are reached with a key or a login. Two ways: `relay` carries the client's bytes as they are, `send` asks in the
 * provider's own wire and tells the answer as hub events.
 */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { LeasedCredential } from '../../shared/credential.ts';
import { kiroModelIds } from '../../shared/kiro-models.ts';
import { signInCommandOf } from '../../shared/sign-in.ts';
import { CompanionError } from '../base/error.ts';
import { readAnthropicLimits } from '../wire/anthropic/limits.ts';
import { anthropicUpstream } from '../wire/anthropic/upstream/codec.ts';
import { API_VERSION } from '../wire/anthropic/upstream/encode-request.ts';
import type { EncodedRequest, HeaderLookup, Stamp, UpstreamWire, Warning } from '../wire/codec.ts';
import type { HubEvent } from '../wire/hub/event.ts';
import { createKiroUpstream } from '../wire/kiro/codec.ts';
import type { KiroSettings } from '../wire/kiro/encode-request.ts';
import type { LimitFacts } from '../wire/limits.ts';
import { decodeCopilotError } from '../wire/openai/copilot-error.ts';
import { readOpenAiLimits } from '../wire/openai/limits.ts';
import { createChatUpstream } from '../wire/openai-chat/upstream/codec.ts';
import { codexUpstream } from '../wire/openai-responses/upstream/codec.ts';
import { bufferReply } from './buffered-reply.ts';
import type { BufferedReply } from './buffered-reply.ts';
import { asAsked, withErrorObject } from './codex-reply.ts';
import { fitCodexRequest, introduction } from './codex-request.ts';
import type { CodexRequest } from './codex-request.ts';
import { sendReadable } from './foreign-thinking.ts';
import type { SentRequest } from './foreign-thinking.ts';
import { hideKey, hideKeyInHeaders, secretToHide } from './hide-key.ts';
import {
  copilotBaseUrl,
  copilotHeaders,
  copilotHeadersOf,
  isCopilot,
  withOneChoice,
  withoutIdentity,
} from './copilot-request.ts';
import { forAccount, invocationHeaders, kiroBaseUrl } from './kiro-request.ts';
import type { RawReply, RawRequest, RawTransport } from './raw-transport.ts';
import { maxAnswerBytes, readAnswer } from './read-answer.ts';
import type { AnswerCodec } from './read-answer.ts';
import { credentialHeader, requestHeaders } from './relay-headers.ts';

export interface ApiUpstreamOptions {
  readonly transport: RawTransport;
  readonly userAgent: string;
  /**
   * Every answer, refusals included, and what it says about limits, as of now whenever it is read; not called for a client's
   * own credential.
   */
  readonly onLimits: (key: LeasedCredential, model: string | undefined, status: number, read: () => LimitFacts) => void;
  readonly nowMs: () => number;
  /** The presets unless given. */
  readonly kiro?: KiroSettings;
}

export interface ApiTarget {
  readonly provider: ApiProvider;
  readonly key: LeasedCredential;
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
  /** What of the client's request was not carried over: nothing, but for a provider that takes less than its API. */
  readonly warnings: readonly Warning[];
}

export interface TranslatedRequest extends ApiTarget {
  readonly encoded: EncodedRequest;
  readonly isStream: boolean;
  readonly stamp: Stamp;
}

/** Refusals that may be about the key: read whole, since the body says which. An empty balance is a 400 at Anthropic. */
const keyStatuses: ReadonlySet<number> = new Set([400, 401, 402, 403, 429]);
const kiroPresets: KiroSettings = { modelIds: kiroModelIds, profileArn: null };
const maxErrorBytes = 1024 * 1024;

export class ApiUpstream {
  readonly #options: ApiUpstreamOptions;
  readonly #codecs = new Map<string, AnswerCodec>();

  constructor(options: ApiUpstreamOptions) {
    this.#options = options;
  }

  codecOf(provider: ApiProvider): UpstreamWire {
    return this.#codecOf(provider);
  }

  #codecOf(provider: ApiProvider): AnswerCodec {
    const known = this.#codecs.get(provider.id);
    if (known !== undefined) return known;
    const codec = codecFor(provider, this.#kiro);
    this.#codecs.set(provider.id, codec);
    return codec;
  }

  /**
   * The provider's answer whatever its status, except that `KEY_REJECTED` is thrown when it does not accept a key of ours:
   * passed on as it is, that would tell the client to correct its own. Otherwise errors as in `RawTransport.send`. What
   * stands before the ChatGPT backend and answers for it is thrown as well, as `CHALLENGE` or `UPSTREAM_UNREADABLE`; and
   * what goes wrong in a stream of which the client wants the sum.
   */
  async relay(request: RelayRequest, signal: AbortSignal): Promise<RelayedReply> {
    const { provider, key } = request;
    const codex = provider.wire === 'codex' ? fitCodexRequest(request) : undefined;
    const url = codex === undefined ? this.#urlOf(request) : provider.baseUrl + codex.path;
    const body = codex?.body ?? request.body;
    const sending = { method: request.method, url, headers: this.#relayedHeaders(request, codex), body };
    const { reply: sent, warnings: lost } = await this.#sendReadable(provider, sending, signal);
    const warnings = [...(codex?.warnings ?? []), ...lost];
    const reply = key.origin === 'client' ? sent : hideKeyInHeaders(sent, key);
    if (reply.status >= 400 && key.origin !== 'client')
      return { ...(await this.#relayRefusal(request, reply)), warnings };
    this.#noteLimits(request, reply.status, reply.header, undefined);
    return { reply: await this.#asExpected(request, reply, codex), refusal: undefined, warnings };
  }

  /** What only one provider does otherwise, undone. */
  async #asExpected({ provider, key, body }: RelayRequest, reply: RawReply, codex?: CodexRequest): Promise<RawReply> {
    if (codex !== undefined) return asAsked(reply, codex, key, maxAnswerBytes);
    return isCopilot(provider) ? withOneChoice(reply, body, maxAnswerBytes) : reply;
  }

  async #relayRefusal(request: RelayRequest, reply: RawReply): Promise<Omit<RelayedReply, 'warnings'>> {
    const { provider, key } = request;
    const refusal = await refusalWithoutKey(reply, key);
    const isAboutKey = keyStatuses.has(reply.status);
    this.#noteLimits(request, reply.status, reply.header, isAboutKey ? refusal.text() : undefined);
    const told = provider.wire === 'codex' ? withErrorObject(refusal, refusal.text()) : refusal;
    if (!isAboutKey) return { reply: told, refusal: undefined };
    const error = this.codecOf(provider).decodeError(reply.status, reply.header, refusal.text(), this.#options.nowMs());
    if (error.code === 'KEY_REJECTED') throw named(error, key);
    if (provider.wire === 'codex' && isOfGatekeeper(error)) throw error;
    return { reply: told, refusal: error.retry === 'other-credential' ? error : undefined };
  }

  /** Resolves when the provider has accepted the request. Errors: what its refusal means; else as `RawTransport.send`. */
  async send(request: TranslatedRequest, signal: AbortSignal): Promise<AsyncIterable<HubEvent>> {
    const { provider, key, encoded } = request;
    const codec = this.#codecOf(provider);
    const url = this.#baseUrlOf(request) + encoded.path;
    const headers = this.#headersOf(request);
    const body = Buffer.from(JSON.stringify(provider.wire === 'kiro' ? forAccount(encoded.body, key) : encoded.body));
    const { reply: sent } = await this.#sendReadable(provider, { method: 'POST', url, headers, body }, signal);
    const reply = hideKeyInHeaders(sent, key);
    if (reply.status >= 200 && reply.status < 300) {
      this.#noteLimits(request, reply.status, reply.header, undefined);
      return readAnswer(codec, request, reply);
    }
    const text = hideKey((await reply.read(maxErrorBytes)).toString('utf8'), key);
    this.#noteLimits(request, reply.status, reply.header, text);
    throw named(codec.decodeError(reply.status, reply.header, text, this.#options.nowMs()), key);
  }

  #baseUrlOf({ provider, key }: ApiTarget): string {
    if (provider.wire === 'kiro') return kiroBaseUrl(provider, key, this.#kiro.profileArn);
    return isCopilot(provider) ? copilotBaseUrl(provider, key) : provider.baseUrl;
  }

  /** Clients say `/v1/...`; the base URL of an OpenAI-wire provider already ends in its own version. */
  #urlOf(request: RelayRequest): string {
    const { provider, target } = request;
    return this.#baseUrlOf(request) + (provider.wire === 'openai' ? target.replace(/^\/v1(?=[/?]|$)/, '') : target);
  }

  get #kiro(): KiroSettings {
    return this.#options.kiro ?? kiroPresets;
  }

  #sendReadable({ wire }: ApiProvider, request: RawRequest, signal: AbortSignal): Promise<SentRequest> {
    return sendReadable(wire, request, (one) => this.#options.transport.send(one, signal));
  }

  /** A streamed body goes out under the length that the client announced, where it did: some routes insist on one. */
  #relayedHeaders(
    { provider, key, rawHeaders, body }: RelayRequest,
    codex: CodexRequest | undefined,
  ): readonly string[] {
    const own = [
      ...credentialHeader(provider, key, rawHeaders),
      ...apiVersion(provider, rawHeaders),
      ...(codex?.headers ?? []),
      ...(isCopilot(provider) ? copilotHeadersOf(body) : []),
    ];
    const told = isCopilot(provider) ? withoutIdentity(rawHeaders) : rawHeaders;
    const headers = requestHeaders(told, own, this.#options.userAgent);
    const lengthAt = body === null || Buffer.isBuffer(body) ? -1 : rawHeaders.findIndex(isContentLength);
    return lengthAt < 0 ? headers : [...headers, 'content-length', rawHeaders[lengthAt + 1] ?? ''];
  }

  #headersOf({ provider, key, encoded, isStream }: TranslatedRequest): readonly string[] {
    const isCodex = provider.wire === 'codex';
    const { accept = isStream || isCodex ? 'text/event-stream' : 'application/json', ...more } = encoded.headers;
    const fromCodec = Object.entries(more).flat();
    const credential = credentialHeader(provider, key, fromCodec);
    return [
      'content-type',
      'application/json',
      'accept',
      accept,
      'accept-encoding',
      'identity',
      ...(isCodex ? introduction() : []),
      ...(provider.wire === 'kiro' ? invocationHeaders() : []),
      ...(isCopilot(provider) ? copilotHeaders(encoded.body) : []),
      ...requestHeaders(fromCodec, credential, this.#options.userAgent),
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
    // There it is said of one model: those that the plan includes go on.
    const meant = isCopilot(provider) && status === 402 ? 429 : status;
    this.#options.onLimits(key, model, meant, () =>
      provider.wire === 'anthropic'
        ? readAnthropicLimits(meant, header, model, nowMs)
        : readOpenAiLimits(meant, header, body, model, nowMs),
    );
  }
}

function codecFor(provider: ApiProvider, kiro: KiroSettings): AnswerCodec {
  const { wire, quirks } = provider;
  if (isCopilot(provider)) return { ...createChatUpstream(quirks), decodeError: decodeCopilotError };
  switch (wire) {
    case 'anthropic':
      return anthropicUpstream;
    case 'openai':
      return createChatUpstream(quirks);
    case 'codex':
      return codexUpstream;
    case 'kiro':
      return createKiroUpstream(kiro);
  }
}

/** It says nothing about the request, and means nothing to a program. */
function isOfGatekeeper({ code }: CompanionError): boolean {
  return code === 'CHALLENGE' || code === 'UPSTREAM_UNREADABLE';
}

function isContentLength(text: string, index: number): boolean {
  return isHeader(text, index, 'content-length');
}

function isHeader(text: string, index: number, name: string): boolean {
  return index % 2 === 0 && text.toLowerCase() === name;
}

/** A request typed by hand often leaves it out, which Anthropic refuses. */
function apiVersion({ wire }: ApiProvider, rawHeaders: readonly string[]): readonly string[] {
  if (wire !== 'anthropic') return [];
  const isTold = rawHeaders.some((text, index) => isHeader(text, index, 'anthropic-version'));
  return isTold ? [] : ['anthropic-version', API_VERSION];
}

async function refusalWithoutKey(reply: RawReply, key: LeasedCredential): Promise<BufferedReply> {
  const refusal = await bufferReply(reply);
  const secret = secretToHide(key);
  return secret === undefined ? refusal : refusal.without(secret);
}

/** Says whose key it was, so that a person with several knows which to look at. */
function named(error: CompanionError, key: LeasedCredential): CompanionError {
  if (error.code !== 'KEY_REJECTED') return error;
  const { details, message } = error;
  if (key.kind === 'api-key') {
    return new CompanionError('KEY_REJECTED', `The key ${key.name} was refused: ${message}`, { details, cause: error });
  }
  const command = signInCommandOf(key.providerId);
  return new CompanionError('KEY_REJECTED', `The login ${key.name} was refused: ${message}`, {
    details,
    remedy: `\`companion auth status\` says how it stands; \`${command}\` signs in again.`,
    cause: error,
  });
}
