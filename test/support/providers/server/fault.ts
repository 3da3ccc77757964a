/** What goes wrong on the way, whatever the route. Tests say a part of it; the rest stays as in `noFaults`. */
import type { RecordedRequest } from './record.ts';

export type Encoding = 'identity' | 'gzip' | 'br' | 'zstd' | 'deflate';

/** An answer that stands ready before the request was understood. */
export interface CannedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** `envelope` (the default): the API's own error shape; `broken-json`: half of one; `html`: a page of the edge. */
  readonly form?: 'envelope' | 'html' | 'broken-json' | 'empty';
  readonly message?: string;
  /** The error's type, where the API's usual one for the status is not meant. */
  readonly type?: string;
  /** OpenAI's `code`; the usual one of the status without it. */
  readonly code?: string;
  /** Takes the place of `form`: sent as it is. */
  readonly body?: string | Buffer;
}

/** How much goes through before the trouble: whole frames of a stream, or bytes of the body as they travel. */
export type Point = { readonly afterFrames: number } | { readonly afterBytes: number };

export type Ending =
  | { readonly kind: 'whole' }
  /** The API's own error event; then the stream ends. */
  | ({ readonly kind: 'error'; readonly error?: StreamError } & Point)
  /** A proper end of the HTTP body, without the terminal frame. */
  | ({ readonly kind: 'truncated' } & Point)
  /** Silence, with the connection open. */
  | ({ readonly kind: 'stall' } & Point)
  /** TCP reset. */
  | ({ readonly kind: 'reset' } & Point)
  /** The connection closes politely, without the end of the HTTP body. */
  | ({ readonly kind: 'fin' } & Point);

export interface StreamError {
  readonly type?: string;
  readonly message?: string;
  readonly code?: string | null;
}

/** Text that no answer planned: comments, unknown events, garbage. Its line ends are its own. */
export interface Insertion {
  readonly afterFrames: number;
  readonly text: string;
}

export interface Faults {
  /** Given to whoever asks, instead of serving. */
  readonly canned: CannedAnswer | null;
  readonly delayBeforeHeadersMs: number;
  /** Interim answers before the final one. */
  readonly interim: readonly (100 | 103)[];
  /** What happens instead of headers. */
  readonly beforeHeaders: 'answer' | 'reset' | 'fin' | 'stall';
  /** What a second request on a kept-alive connection meets; `reset` and `fin` make the socket a stale one. */
  readonly onReuse: 'answer' | 'reset' | 'fin';
  /** Added to the answer's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** Size of one more header. */
  readonly paddingHeaderBytes: number;
  /** Used when the client takes it. */
  readonly encoding: Encoding;
  /** Encodes for clients too that did not ask for it. */
  readonly ignoresAcceptEncoding: boolean;
  /** `close`: neither length nor chunks, the body ends with the connection. */
  readonly delimiter: 'usual' | 'close';
  /** Bytes for each write, or the offsets in the body at which it is cut into writes. */
  readonly slices: 'whole' | number | readonly number[];
  readonly sliceDelayMs: number;
  readonly frameDelayMs: number;
  readonly lineEnding: '\n' | '\r\n' | '\r';
  readonly insertions: readonly Insertion[];
  readonly ending: Ending;
}

/**
 * The same for every request; one for each in turn, and none when they are used up; or by the request (whose `number`
 * counts from 1, and whose `key` names the credential).
 */
export type FaultPlan =
  | Partial<Faults>
  | readonly Partial<Faults>[]
  | ((request: RecordedRequest) => Partial<Faults> | undefined);

export const noFaults: Faults = {
  canned: null,
  delayBeforeHeadersMs: 0,
  interim: [],
  beforeHeaders: 'answer',
  onReuse: 'answer',
  headers: {},
  paddingHeaderBytes: 0,
  encoding: 'identity',
  ignoresAcceptEncoding: false,
  delimiter: 'usual',
  slices: 'whole',
  sliceDelayMs: 0,
  frameDelayMs: 0,
  lineEnding: '\n',
  insertions: [],
  ending: { kind: 'whole' },
};

/** Hands each request its faults. */
export class FaultBook {
  #plan: FaultPlan = noFaults;
  #used = 0;

  set plan(plan: FaultPlan) {
    this.#plan = plan;
    this.#used = 0;
  }

  take(request: RecordedRequest): Faults {
    const part = this.#next(request);
    return part === undefined || part === noFaults ? noFaults : { ...noFaults, ...part };
  }

  #next(request: RecordedRequest): Partial<Faults> | undefined {
    const plan = this.#plan;
    if (typeof plan === 'function') return plan(request);
    if (!isList(plan)) return plan;
    this.#used += 1;
    return plan[this.#used - 1];
  }
}

function isList(plan: FaultPlan): plan is readonly Partial<Faults>[] {
  return Array.isArray(plan);
}
