/** When another candidate may be tried: only before the first byte, and only where another could do better. */
import { CompanionError } from '../base/error.ts';
import type { Candidate } from '../router/plan.ts';

/** After an attempt that failed with `error`. */
export function mayTryNext(error: CompanionError, failed: Candidate, next: Candidate): boolean {
  if (error.retry === 'other-credential' || error.code === 'SEAT_OFFLINE' || error.code === 'CHALLENGE') return true;
  if (failed.kind !== 'api') return false;
  // As where the same refusal is relayed: what is not allowed to one may be allowed to another.
  if (error.code === 'PROVIDER_REFUSED') return error.details.upstreamStatus === 403;
  if (!isTroubleOfTheProvider(error)) return false;
  return error.code === 'OVERLOADED' ? !isSamePlace(failed, next) : true;
}

/** After an answer that the provider gave and that could be relayed as it is. */
export function mayReplace(status: number, failed: Candidate, next: Candidate): boolean {
  switch (status) {
    case 401:
    case 402:
    case 403:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    case 529:
      // Too busy is too busy for every key.
      return !isSamePlace(failed, next);
    default:
      return false;
  }
}

/** The failure of the last of several attempts. */
export function afterRetries({ code, message, details, remedy, cause }: CompanionError): CompanionError {
  return new CompanionError(code, message, { details: { ...details, hasRetried: true }, remedy, cause });
}

/** It did not serve, though the request may be fine. A time-out for the first byte is not asked for twice. */
function isTroubleOfTheProvider(error: CompanionError): boolean {
  switch (error.code) {
    case 'OVERLOADED':
    case 'UPSTREAM_ERROR':
    case 'UPSTREAM_UNREADABLE':
    case 'UPSTREAM_UNREACHABLE':
    case 'CONNECT_TIMEOUT':
    case 'STREAM_BROKEN':
      return true;
    default:
      return false;
  }
}

function isSamePlace(one: Candidate, other: Candidate): boolean {
  return one.kind === 'api' && other.kind === 'api' && one.provider.baseUrl === other.provider.baseUrl;
}
