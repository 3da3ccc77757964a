/** Errors in the Anthropic shape. */
import type { CompanionError } from '../../base/error.ts';
import type { RenderedError } from '../codec.ts';
import { errorHeaders, errorText, statusOf } from '../hub/failure.ts';
import { formatSse } from '../sse.ts';

/** The API's error types by HTTP status; any other status below 500 is the request's fault, above it the server's. */
const typeByStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

export function errorType(status: number): string {
  return typeByStatus[status] ?? (status < 499 ? 'invalid_request_error' : 'api_error');
}

export function encodeError(error: CompanionError, nowMs: number): RenderedError {
  return { status: statusOf(error), headers: errorHeaders(error, nowMs), body: errorBody(error) };
}

/** The event that takes the place of `message_stop`. */
export function encodeStreamError(error: CompanionError): string {
  return formatSse('error', errorBody(error));
}

function errorBody(error: CompanionError): unknown {
  return {
    type: 'error',
    error: { type: errorType(statusOf(error)), message: errorText(error), ...errorDetails(error) },
    request_id: error.details.requestId ?? null,
  };
}

/** As the API says it of message threads: the official SDKs then send the whole history instead. */
function errorDetails({ details: { unsupported } }: CompanionError): object {
  if (unsupported?.includes('thread') !== true) return {};
  return { details: { error_code: 'thread_unsupported_request', unsupported } };
}
