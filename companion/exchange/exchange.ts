/** What comes into an exchange and what goes out of it, as the server sees them. */
import type { ApiKey } from '../../shared/credential.ts';
import type { Permit } from '../client/permit.ts';
import type { CompanionError } from '../base/error.ts';
import type { Mode } from '../router/mode.ts';
import type { RawReply } from '../upstream/raw-transport.ts';
import type { Dialect, Warning } from '../wire/codec.ts';
import type { AnswerFacts, AnswerObserver } from '../wire/observe/observer.ts';

export interface ExchangeRequest {
  readonly dialect: Dialect;
  readonly method: string;
  /** Path and query as the provider would see them: `/v1/messages?beta=true`. */
  readonly target: string;
  /** As they came: `[name, value, name, value]`. */
  readonly rawHeaders: readonly string[];
  /** A `Buffer` can be looked into and sent again; a stream goes once, as it is. */
  readonly body: Buffer | AsyncIterable<Uint8Array> | null;
  /** Another wire can serve it too. */
  readonly isTranslatable: boolean;
  /** It is about objects that belong to the credential that made them. */
  readonly isStateful: boolean;
  /** The route is this provider's alone. */
  readonly onlyProvider: string | undefined;
  readonly mode: Mode | undefined;
  /** The account that is to serve, as the client calls it. */
  readonly account: string | undefined;
  readonly client: string;
  /** What the client may do; `null` for the companion's own key, which may do everything. */
  readonly permit: Permit | null;
  /** The credential that the client sent along, to be used and forgotten. */
  readonly ownKey: ApiKey | undefined;
}

/** How a relayed answer ended, told by whoever wrote it to the client. */
export interface RelayEnd {
  readonly facts: AnswerFacts | undefined;
  /** Why the client did not get the whole answer. */
  readonly error: CompanionError | undefined;
  /** Of its body, that were written. */
  readonly bytes: number;
}

interface ServedFacts {
  readonly exchangeId: string;
  /** Which mode, account and model served, for a response header. */
  readonly route: string;
  readonly warnings: readonly Warning[];
}

export type Served = ServedFacts &
  (
    | { readonly kind: 'message'; readonly body: unknown }
    /** SSE text, ready to be written. Ends with the dialect's own error event if the answer is cut. */
    | { readonly kind: 'stream'; readonly text: AsyncIterable<string> }
    /** The provider's answer, byte for byte. */
    | {
        readonly kind: 'relay';
        readonly reply: RawReply;
        readonly observer: AnswerObserver;
        /** The companion already tried more than one credential: the client's own retries would multiply that. */
        readonly hasRetried: boolean;
        /** To be called once the answer is written, or will never be. */
        finish(end: RelayEnd): void;
      }
  );
