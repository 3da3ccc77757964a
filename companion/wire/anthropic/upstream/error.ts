/** What an answer of the Messages API that is no success means. */
import type { CompanionError } from '../../../base/error.ts';
import type { HeaderLookup } from '../../codec.ts';
import {
  limitDetails,
  readErrorObject,
  readRefusal,
  refuse,
  refuseAddress,
  refuseRequest,
  refuseUnknown,
  retryDetails,
} from '../../hub/provider-error.ts';
import type { Refusal } from '../../hub/provider-error.ts';
import { readAnthropicLimits } from '../limits.ts';

/** The error that the answer stands for, in the provider's own words. `body` may be an error object, HTML or plain text. */
export function decodeMessagesError(
  status: number,
  headers: HeaderLookup,
  body: string,
  nowMs: number,
): CompanionError {
  return classify(readRefusal(status, headers, body), nowMs);
}

/** The same for an error object that came under a status of success. */
export function decodeErrorObject(json: unknown): CompanionError {
  return classify(readErrorObject(json), 0);
}

function classify(refusal: Refusal, nowMs: number): CompanionError {
  const { status, type, words } = refusal;
  if (status === 402 || type === 'billing_error' || /credit balance is too low|insufficient balance/i.test(words)) {
    return refuse('QUOTA_EXHAUSTED', refusal, 'The account has no credit left.');
  }
  if (/organization has been disabled/i.test(words)) {
    const remedy = "Open the provider's console; it says what happened to the organisation.";
    return refuse('ACCOUNT_DISABLED', refusal, '', { remedy });
  }
  if (isPolicy(words)) return refuse('PROVIDER_REFUSED', refusal, '');
  if (status === 401 || type === 'authentication_error' || (status === 403 && isAboutKey(words))) {
    return refuse('KEY_REJECTED', refusal, 'The provider does not accept the key.');
  }
  return byStatus(refusal, nowMs) ?? byType(refusal, nowMs) ?? refuseUnknown(refusal);
}

/** What logins are for, as the provider sees it: the login itself is as good as before, whatever the status says. */
function isPolicy(words: string): boolean {
  return /only authorized for use with|OAuth authentication is currently not (?:allowed|supported)/i.test(words);
}

/** A refusal of who asks, rather than of what is asked. */
function isAboutKey(words: string): boolean {
  return /\bapi[ -]?key\b|credential|OAuth authentication|\btoken\b.*\b(?:expired|revoked|invalid)/i.test(words);
}

function byStatus(refusal: Refusal, nowMs: number): CompanionError | undefined {
  switch (refusal.status) {
    case 403:
      return refuse('PROVIDER_REFUSED', refusal, 'The provider refused the request.');
    case 404:
      return notFound(refusal);
    case 413:
      return refuse('BODY_TOO_LARGE', refusal, 'The provider finds the request too large.');
    case 429:
      return rateLimited(refusal, nowMs);
    case 503:
    case 529:
      return refuse('OVERLOADED', refusal, 'The provider is overloaded.', {
        details: retryDetails(refusal.headers, nowMs),
      });
    default:
      return undefined;
  }
}

function byType(refusal: Refusal, nowMs: number): CompanionError | undefined {
  switch (refusal.type) {
    case 'invalid_request_error':
      return refuseRequest(refusal);
    case 'not_found_error':
      return notFound(refusal);
    case 'permission_error':
      return refuse('PROVIDER_REFUSED', refusal, 'The provider refused the request.');
    case 'request_too_large':
      return refuse('BODY_TOO_LARGE', refusal, 'The provider finds the request too large.');
    case 'rate_limit_error':
      return rateLimited(refusal, nowMs);
    case 'overloaded_error':
      return refuse('OVERLOADED', refusal, 'The provider is overloaded.');
    default:
      return undefined;
  }
}

/** The API names the model that it does not have; an unknown address says nothing of the kind. */
function notFound(refusal: Refusal): CompanionError {
  if (refusal.isEnvelope) return refuse('MODEL_NOT_FOUND', refusal, 'The provider does not offer this model.');
  return refuseAddress(refusal);
}

function rateLimited(refusal: Refusal, nowMs: number): CompanionError {
  const details = limitDetails(readAnthropicLimits(429, refusal.headers, undefined, nowMs));
  return refuse('RATE_LIMITED', refusal, 'A limit of the account is reached.', { details });
}
