import { errorFacts } from '../../shared/error-code.ts';
import type { Blame, ErrorCode, Retry } from '../../shared/error-code.ts';

/** Facts that a renderer or the router may use; never a secret, never contents. */
export interface ErrorDetails {
  /** The request field at fault, as a path such as `messages[2].content[0].source`. */
  readonly field?: string;
  /** Unix milliseconds from when a retry makes sense. */
  readonly retryAtMs?: number;
  /** The limit window that is full: `five_hour`, ... */
  readonly window?: string;
  /** The status that the provider answered with. */
  readonly upstreamStatus?: number;
  /** The provider's own error type, where it gave one. */
  readonly upstreamType?: string;
  /** Features of the request that cannot be served; clients that know the field leave them out and try again. */
  readonly unsupported?: readonly string[];
  /** The provider's request id. */
  readonly requestId?: string;
  /** The companion tried other credentials too: a client that tries again would only multiply that. */
  readonly hasRetried?: true;
}

/**
 * The one error class: data, not a tree. Everything about a code stands in `shared/error-code.ts`; the message says what
 * happened this time. Rendered into a dialect's native shape only at the rim.
 */
export class CompanionError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly blame: Blame;
  readonly retry: Retry;
  readonly remedy: string;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; remedy?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const facts = errorFacts(code);
    this.name = 'CompanionError';
    this.code = code;
    this.status = facts.status;
    this.blame = facts.blame;
    this.retry = facts.retry;
    this.remedy = options.remedy ?? facts.remedy;
    this.details = options.details ?? {};
  }

  /** Exit code of a command that ends with this error. */
  get exitCode(): number {
    return errorFacts(this.code).exit ?? 1;
  }
}

/** Any thrown value as a `CompanionError`; what is not one of ours becomes `INTERNAL` with a neutral message. */
export function toCompanionError(thrown: unknown): CompanionError {
  if (thrown instanceof CompanionError) return thrown;
  return new CompanionError('INTERNAL', 'The companion failed while it served this request.', { cause: thrown });
}
