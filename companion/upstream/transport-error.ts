/** Every way in which undici can fail, as one of our codes: each time-out stays its own case. */
import { errors } from 'undici';
import { CompanionError } from '../base/error.ts';
import { resetCode } from './connections.ts';

/** Whose failure it is, and how far the request had come. */
export interface TransportStage {
  /** As a person knows it, or its host: `claude.ai`, `Anthropic (api.anthropic.com)`. */
  readonly who: string;
  /** The head of the answer was received. */
  readonly hasBegun: boolean;
}

export function asTransportError(cause: unknown, stage: TransportStage, signal: AbortSignal): CompanionError {
  if (cause instanceof CompanionError) return cause;
  if (signal.aborted) return abortReason(cause, stage, signal);
  const { who } = stage;
  if (cause instanceof errors.ConnectTimeoutError) {
    return new CompanionError('CONNECT_TIMEOUT', `No connection to ${who} within the connect time-out.`, { cause });
  }
  if (cause instanceof errors.HeadersTimeoutError) {
    return new CompanionError('FIRST_BYTE_TIMEOUT', `${who} did not begin to answer in time.`, { cause });
  }
  if (cause instanceof errors.BodyTimeoutError) {
    return new CompanionError('IDLE_TIMEOUT', `${who} fell silent in the middle of its answer.`, { cause });
  }
  if (cause instanceof errors.HeadersOverflowError) {
    return new CompanionError('UPSTREAM_UNREADABLE', `The headers of ${who} are longer than can be read.`, { cause });
  }
  if (cause instanceof errors.InvalidArgumentError) {
    return new CompanionError('INVALID_REQUEST', `This cannot be sent to ${who}: ${cause.message}.`, { cause });
  }
  return stage.hasBegun
    ? new CompanionError('STREAM_BROKEN', `The connection to ${who} broke in the middle of the answer.`, { cause })
    : new CompanionError('UPSTREAM_UNREACHABLE', `${who} cannot be reached${reasonOf(cause)}.`, { cause });
}

function abortReason(cause: unknown, { who }: TransportStage, signal: AbortSignal): CompanionError {
  const reason: unknown = signal.reason;
  if (reason instanceof CompanionError) return reason;
  return reason instanceof DOMException && reason.name === 'TimeoutError'
    ? new CompanionError('FIRST_BYTE_TIMEOUT', `${who} did not answer in time.`, { cause })
    : new CompanionError('CLIENT_GONE', 'The client hung up.', { cause });
}

/** The system's error code (`ENOTFOUND`, `ECONNREFUSED`, ...): it tells a person much, and holds no secret. */
function reasonOf(cause: unknown): string {
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? ` (${code === resetCode ? 'ECONNRESET' : code})` : '';
}
