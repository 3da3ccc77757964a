/** What Kiro refuses, and what an error inside its stream means, in the service's own words. */
import type { CompanionError } from '../../base/error.ts';
import type { HeaderLookup } from '../codec.ts';
import type { EventStreamFrame } from '../event-stream.ts';
import { asObject, asText, parseJson } from '../hub/fields.ts';
import {
  readErrorObject,
  readRefusal,
  refuse,
  refuseAddress,
  refuseRequest,
  refuseUnknown,
  retryDetails,
} from '../hub/provider-error.ts';
import type { Refusal } from '../hub/provider-error.ts';

/** One refusal with what AWS calls it. */
interface KiroRefusal extends Refusal {
  /** `ThrottlingException`; empty when it was not told. */
  readonly exception: string;
  /** `CONTENT_LENGTH_EXCEEDS_THRESHOLD`; empty when it was not told. */
  readonly reason: string;
}

/** An answer that is not 2xx. */
export function decodeKiroError(status: number, headers: HeaderLookup, body: string, nowMs: number): CompanionError {
  const refusal = readRefusal(status, headers, body);
  const json = asObject(parseJson(body));
  const exception = nameOf(headers('x-amzn-errortype') ?? asText(json['__type']) ?? asText(json['code']) ?? '');
  return classify(withName(refusal, exception, asText(json['reason']) ?? ''), nowMs);
}

/** A message of the stream that is no event: `exception` with its type and a payload, or `error` with a code. */
export function decodeStreamFailure({ headers, body }: EventStreamFrame): CompanionError {
  const json = asObject(parseJson(body));
  const message = asText(json['message']) ?? asText(json['Message']) ?? headers[':error-message'] ?? '';
  const exception = nameOf(headers[':exception-type'] ?? headers[':error-code'] ?? '');
  const refusal = readErrorObject({ message });
  return classify(withName(refusal, exception, asText(json['reason']) ?? ''), 0);
}

/** `com.amazon.aws.codewhisperer#ThrottlingException`, and `ThrottlingException:http://...`, are both in use. */
function nameOf(text: string): string {
  return text.replace(/^.*#/, '').split(':', 1)[0]?.trim().slice(0, 80) ?? '';
}

function withName(refusal: Refusal, exception: string, reason: string): KiroRefusal {
  const upstreamType = reason || exception;
  const details = { ...refusal.details, ...(upstreamType !== '' && { upstreamType: upstreamType.slice(0, 80) }) };
  return { ...refusal, exception, reason, details };
}

/** What it says of the reason counts before the exception, and both before the status. */
function classify(refusal: KiroRefusal, nowMs: number): CompanionError {
  return byReason(refusal) ?? byException(refusal, nowMs) ?? byStatus(refusal, nowMs) ?? refuseUnknown(refusal);
}

function byReason(refusal: KiroRefusal): CompanionError | undefined {
  const { reason, words } = refusal;
  if (reason === 'CONTENT_LENGTH_EXCEEDS_THRESHOLD' || /^input is too long/i.test(words)) return tooLong(refusal);
  switch (reason) {
    case 'MONTHLY_REQUEST_COUNT':
    case 'OVERAGE_REQUEST_LIMIT_EXCEEDED':
      return outOfQuota(refusal);
    case 'INSUFFICIENT_MODEL_CAPACITY':
    case 'MODEL_TEMPORARILY_UNAVAILABLE':
      return refuse('OVERLOADED', refusal, 'Kiro has no capacity for this model now.');
    case 'INVALID_MODEL_ID':
      return noModel(refusal);
    case 'TEMPORARILY_SUSPENDED':
      return suspended(refusal);
    default:
      return /\binvalid model\b|model.*not (?:available|supported)/i.test(words) ? noModel(refusal) : undefined;
  }
}

function byException(refusal: KiroRefusal, nowMs: number): CompanionError | undefined {
  switch (refusal.exception) {
    case 'ThrottlingException':
    case 'TooManyRequestsException':
      return rateLimited(refusal, nowMs);
    case 'ServiceQuotaExceededException':
      return outOfQuota(refusal);
    case 'ExpiredTokenException':
    case 'UnauthorizedException':
    case 'UnrecognizedClientException':
      return refuse('KEY_REJECTED', refusal, 'Kiro does not accept the token.');
    case 'AccessDeniedException':
      return denied(refusal);
    case 'ValidationException':
      return refuseRequest(refusal);
    case 'ServiceUnavailableException':
      return refuse('OVERLOADED', refusal, 'Kiro is overloaded.', { details: retryDetails(refusal.headers, nowMs) });
    case 'InternalServerException':
    case 'InternalServerError':
      return refuse('UPSTREAM_ERROR', refusal, 'Kiro failed.');
    default:
      return undefined;
  }
}

function byStatus(refusal: KiroRefusal, nowMs: number): CompanionError | undefined {
  switch (refusal.status) {
    case 401:
      return refuse('KEY_REJECTED', refusal, 'Kiro does not accept the token.');
    case 402:
      return outOfQuota(refusal);
    case 403:
      return denied(refusal);
    case 404:
      return refusal.words === '' ? refuseAddress(refusal) : undefined;
    case 413:
      return tooLong(refusal);
    case 429:
      return rateLimited(refusal, nowMs);
    case 503:
      return refuse('OVERLOADED', refusal, 'Kiro is overloaded.', { details: retryDetails(refusal.headers, nowMs) });
    default:
      return undefined;
  }
}

/** A bearer token that is no good is a 403 as well: told apart by the words. */
function denied(refusal: KiroRefusal): CompanionError {
  const { words } = refusal;
  if (/suspended|locked/i.test(words)) return suspended(refusal);
  const isAboutToken = words === '' ? refusal.exception === '' : /\btoken\b|credential|expired/i.test(words);
  if (isAboutToken) return refuse('KEY_REJECTED', refusal, 'Kiro does not accept the token.');
  return refuse('PROVIDER_REFUSED', refusal, 'Kiro refused the request.', {
    remedy: 'An account of an organisation may need its profile in `kiro.profile_arn`.',
  });
}

function suspended(refusal: KiroRefusal): CompanionError {
  const remedy = 'Open kiro.dev, or ask AWS: it says what happened to the account.';
  return refuse('ACCOUNT_DISABLED', refusal, 'The account is suspended.', { remedy });
}

function outOfQuota(refusal: KiroRefusal): CompanionError {
  const remedy = 'Wait until the plan begins anew, allow overage in its settings, or use another account.';
  return refuse('QUOTA_EXHAUSTED', refusal, 'The plan of this account is used up.', { remedy });
}

function rateLimited(refusal: KiroRefusal, nowMs: number): CompanionError {
  return refuse('RATE_LIMITED', refusal, 'Kiro asks for a pause.', { details: retryDetails(refusal.headers, nowMs) });
}

function noModel(refusal: KiroRefusal): CompanionError {
  const remedy = 'Put the id that Kiro knows into `kiro.models`, or pick a model from GET /v1/models.';
  return refuse('MODEL_NOT_FOUND', refusal, 'Kiro does not offer this model.', { remedy });
}

/** Anthropic's words for it come first: they are what clients shorten the conversation on. */
function tooLong(refusal: KiroRefusal): CompanionError {
  const words = `prompt is too long: ${refusal.words}`.replace(/: $/, '');
  return refuse('INVALID_REQUEST', { ...refusal, words }, words, { remedy: 'Shorten the conversation.' });
}
