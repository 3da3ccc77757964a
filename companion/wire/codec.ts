/** The two shapes that all translation takes: a stream reducer, and a client dialect. No I/O, no clock, no randomness. */
import type { CompanionError } from '../base/error.ts';
import type { HubEvent, HubMessage } from './hub/event.ts';
import type { HubRequest } from './hub/request.ts';
import type { ThinkingRecall } from './hub/thinking-memory.ts';
import type { ModelFacts } from './model-facts.ts';
import type { EventStreamFrame } from './event-stream.ts';
import type { SseFrame } from './sse.ts';

/** A stream codec as data: `(state, input) -> [state, outputs]`, and what is still owed when the input ends. */
export interface StreamCodec<State, Input, Output> {
  readonly initial: State;
  step(state: State, input: Input): readonly [State, readonly Output[]];
  /** Called once after the last input; input that ended without its terminal frame yields an error event. */
  end(state: State): readonly Output[];
}

/** Ids and times that a codec needs but may not make up by itself. */
export interface Stamp {
  /** Random, without prefix: `msg_`, `chatcmpl-` and so on are put before it. */
  readonly id: string;
  readonly createdAtMs: number;
}

/** Something of a request that was not carried over; ends up in the `x-companion-warnings` header. */
export interface Warning {
  readonly field: string;
  /** Short reason without commas, semicolons or non-ASCII: it travels in a header. */
  readonly reason: string;
}

export interface DecodedRequest {
  readonly hub: HubRequest;
  readonly isStream: boolean;
  readonly warnings: readonly Warning[];
  /** `hub.max_tokens` is ours, because the client named no limit and the hub's form wants one. */
  readonly hasDefaultMaxTokens: boolean;
  /** What the encoder must remember of the request, opaque to everybody else. */
  readonly memo: unknown;
}

export type DialectId = 'anthropic' | 'openai-chat' | 'openai-responses';

export interface RenderedError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An API shape that clients speak. */
export interface Dialect {
  readonly id: DialectId;
  /**
   * Throws `INVALID_REQUEST` with `details.field` for a body that the dialect's own provider would refuse. `facts` are of
   * the model that is to serve; read off the body's model name unless given. `recall` gives the thinking that stood before
   * earlier tool calls, for clients whose form has no place for it.
   */
  decodeRequest(body: unknown, facts?: ModelFacts, recall?: ThinkingRecall): DecodedRequest;
  encodeMessage(message: HubMessage, request: DecodedRequest, stamp: Stamp): unknown;
  /** Turns hub events into SSE text, ready to be written. `unknown` state: each dialect keeps its own. */
  streamEncoder(request: DecodedRequest, stamp: Stamp): StreamCodec<unknown, HubEvent, string>;
  /** The error in the dialect's native shape; `x-companion-error`, `retry-after` and `x-should-retry` included. */
  encodeError(error: CompanionError, nowMs: number): RenderedError;
  /** The same inside a stream whose headers are out; `state` is that of the stream's encoder. */
  encodeStreamError(error: CompanionError, state?: unknown): string;
  /** What keeps an idle stream open. */
  readonly keepAlive: string;
}

/** A request in the form of an upstream's wire. */
export interface EncodedRequest {
  /** Below the provider's base URL: `/v1/messages`, `/chat/completions`. */
  readonly path: string;
  /** Besides `content-type` and the credential's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** What this wire could not carry. */
  readonly warnings: readonly Warning[];
  /** What the decoder must remember, opaque to everybody else. */
  readonly memo: unknown;
}

export type HeaderLookup = (lowerCaseName: string) => string | undefined;

/** What every upstream's wire has, seen from the hub. */
export interface UpstreamWire {
  /** What `model` takes there. */
  factsOf(model: string): ModelFacts;
  /** `model` is the upstream's name for it. Throws `INVALID_REQUEST` for what cannot be said there. */
  encodeRequest(request: DecodedRequest, model: string): EncodedRequest;
  /** An answer that is not 2xx as the error that it means, in the provider's own words. */
  decodeError(status: number, headers: HeaderLookup, body: string, nowMs: number): CompanionError;
}

/** A wire that is a client dialect as well: JSON, or server-sent events. */
export interface UpstreamCodec extends UpstreamWire {
  /** The client dialect that needs no translation to it. */
  readonly dialect: DialectId;
  /** Throws `UPSTREAM_UNREADABLE`. */
  decodeMessage(body: unknown, encoded: EncodedRequest, stamp: Stamp): HubMessage;
  streamDecoder(encoded: EncodedRequest, stamp: Stamp): StreamCodec<unknown, SseFrame, HubEvent>;
}

/** A wire that no client speaks, and whose every answer is an AWS event stream. */
export interface EventStreamCodec extends UpstreamWire {
  readonly dialect: null;
  /** `hasMarkedEnd`: the body itself says where it ends, so that an end is one and not a connection that was lost. */
  streamDecoder(
    encoded: EncodedRequest,
    stamp: Stamp,
    hasMarkedEnd: boolean,
  ): StreamCodec<unknown, EventStreamFrame, HubEvent>;
}
