/** Carrying bytes to an API and back without looking at them: the contract between the exchange and undici. */
import type { HeaderLookup } from '../wire/codec.ts';

export interface RawRequest {
  readonly method: string;
  /** Absolute: the provider's base URL and the rest of the path, with its query. */
  readonly url: string;
  /** What goes out, and nothing else: names in lower case, values as given, in order: `[name, value, name, value]`. */
  readonly headers: readonly string[];
  /** A `Buffer` can be sent a second time, a stream cannot. */
  readonly body: Buffer | AsyncIterable<Uint8Array> | null;
}

/** Where a body is poured to. `write` answers `false` when it is full; then `onDrain` is called once it is not. */
export interface RawSink {
  write(chunk: Buffer): boolean;
  onDrain(resume: () => void): void;
}

export interface RawReply {
  readonly status: number;
  readonly header: HeaderLookup;
  /** As they came, hop-by-hop ones included: `[name, value, name, value]`, names in lower case. */
  readonly headers: readonly string[];
  /**
   * The body went to its end when this resolves; content-encoding is left as it is. Rejects with a `CompanionError`
   * (`STREAM_BROKEN`, `IDLE_TIMEOUT`, `CLIENT_GONE`, ...) when it was cut. Call this, `read` or `discard`, once.
   */
  pour(sink: RawSink): Promise<void>;
  /** The whole body with its content-encoding undone, for error answers and translation; at most `maxBytes`. */
  read(maxBytes: number): Promise<Buffer>;
  /** The body with its content-encoding undone, as it arrives. Ending it early ends the request. */
  chunks(): AsyncIterable<Uint8Array>;
  /**
   * Lets go of the body; the connection is kept if little is left of it. During `pour` it ends the request instead, and
   * what is poured rejects with `UPSTREAM_UNREADABLE`.
   */
  discard(): void;
}

export interface RawTransport {
  /**
   * Resolves with the final status (1xx answers are passed over). Rejects with a `CompanionError`: `UPSTREAM_UNREACHABLE`,
   * `CONNECT_TIMEOUT`, `FIRST_BYTE_TIMEOUT`, `CLIENT_GONE` or the signal's own reason. A request that a kept-alive
   * connection lost before any answer is sent once more on a fresh one, if its body can be.
   */
  send(request: RawRequest, signal: AbortSignal): Promise<RawReply>;
}
