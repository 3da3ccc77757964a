/** What every dialect says alike about an error: its wording, its headers, and errors that arrive inside a stream. */
import { CompanionError } from '../../base/error.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import type { HubErrorEvent } from './event.ts';

/**
 * The text for a client: what happened, then what to do. Starts with `ccproxy: ` unless the provider itself answered
 * (`details` then carry its status or type), so that nobody corrects the wrong key.
 */
export function errorText(error: CompanionError): string {
  const isProviders = error.details.upstreamStatus !== undefined || error.details.upstreamType !== undefined;
  const happened = /[.!?…]["')]?$/.test(error.message) ? error.message : `${error.message}.`;
  return `${isProviders ? '' : 'ccproxy: '}${happened} ${error.remedy}`.trimEnd();
}

/**
 * `x-companion-error`, `x-should-retry` (`false` where the companion already tried or a retry is in vain: the SDKs obey
 * it), `retry-after` in seconds and `x-ccproxy-upstream-status`, the last two when known; `www-authenticate` with each
 * 401, which HTTP wants to say how to come in.
 */
export function errorHeaders(error: CompanionError, nowMs: number): Record<string, string> {
  const { retryAtMs, upstreamStatus, hasRetried } = error.details;
  return {
    'x-companion-error': error.code,
    'x-should-retry': String(mayPass(error) && hasRetried !== true),
    ...(error.status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(retryAtMs !== undefined && { 'retry-after': String(Math.max(0, Math.ceil((retryAtMs - nowMs) / 1000))) }),
    ...(upstreamStatus !== undefined && { 'x-ccproxy-upstream-status': String(upstreamStatus) }),
  };
}

/** The same request may be served later, though nobody does anything about it. */
export function mayPass({ code, retry }: CompanionError): boolean {
  return retry === 'same' || code === 'LOGIN_REFRESH_FAILED';
}

/** Failures that clients know apart by their status. */
const keptStatuses: ReadonlySet<number> = new Set([500, 502, 504]);

/** HTTP status of the answer: the code's own, but a provider that failed keeps the one that it failed with. */
export function statusOf({ code, status, details: { upstreamStatus } }: CompanionError): number {
  const isKept = code === 'UPSTREAM_ERROR' && upstreamStatus !== undefined && keptStatuses.has(upstreamStatus);
  return isKept ? upstreamStatus : status;
}

const codeOfType: ReadonlyMap<string, ErrorCode> = new Map([
  ['invalid_request_error', 'INVALID_REQUEST'],
  ['authentication_error', 'KEY_REJECTED'],
  ['billing_error', 'QUOTA_EXHAUSTED'],
  ['permission_error', 'PROVIDER_REFUSED'],
  ['not_found_error', 'MODEL_NOT_FOUND'],
  ['request_too_large', 'BODY_TOO_LARGE'],
  ['rate_limit_error', 'RATE_LIMITED'],
  ['overloaded_error', 'OVERLOADED'],
]);

/** Type of the error event that stands for a missing end. No provider's word: each dialect has its own for it. */
export const BROKEN_STREAM_TYPE = 'upstream_error';

/** What a decoder owes when its input ends before the answer does. */
export const brokenStreamEvent: HubErrorEvent = {
  type: 'error',
  error: { type: BROKEN_STREAM_TYPE, message: 'The stream ended before the answer was complete.' },
};

/** An error event of a stream as the error that it means; the provider's words and type are kept. */
export function errorOfEvent(event: HubErrorEvent): CompanionError {
  if (event.error.type === BROKEN_STREAM_TYPE) return new CompanionError('STREAM_BROKEN', event.error.message);
  return new CompanionError(codeOfType.get(event.error.type) ?? 'UPSTREAM_ERROR', event.error.message, {
    details: {
      upstreamType: event.error.type,
      ...(event.request_id !== undefined && { requestId: event.request_id }),
    },
  });
}
