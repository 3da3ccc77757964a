/** What a stand-in remembers of each request. */

export interface RecordedRequest {
  /** In order of arrival, from 1; starts anew with `reset()`. */
  readonly number: number;
  readonly method: string;
  /** As it was asked for, with the query. */
  readonly path: string;
  readonly pathname: string;
  /** Names and values in turn, in the client's order and spelling. */
  readonly rawHeaders: readonly string[];
  /** Lower-case names; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** As it came; on an aborted upload as much as had arrived. */
  readonly body: Buffer;
  /** Parsed when first asked for; `undefined` when it is no JSON. */
  readonly json: unknown;
  /** Name of the credential, never its secret; `null` while unknown. */
  readonly key: string | null;
  /** Number of the connection, from 1, and of the request on it, from 1. */
  readonly connection: number;
  readonly turn: number;
  /** Epoch, with fractions. */
  readonly startedAtMs: number;
  readonly status: number | null;
  readonly outcome: 'open' | 'answered' | 'aborted' | 'cut';
  readonly endedAtMs: number | null;
  /** When the client left before the end of the answer. */
  readonly clientGoneAtMs: number | null;
  /** Of the answer's body, as it travelled. */
  readonly bytesSent: number;
}

export interface Abortion {
  readonly request: RecordedRequest;
  /** Epoch, with fractions. */
  readonly atMs: number;
  /** Of the answer's body; 0 when the client left before the first byte. */
  readonly bytesSent: number;
}

/** Epoch milliseconds with fractions, steady within one process. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
