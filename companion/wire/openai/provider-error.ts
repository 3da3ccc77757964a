/** What an answer of an OpenAI-compatible server that is no success means. */
import type { ErrorCode } from '../../../shared/error-code.ts';
import type { CompanionError } from '../../base/error.ts';
import type { HeaderLookup } from '../codec.ts';
import type { HubErrorEvent } from '../hub/event.ts';
import { isObject } from '../hub/fields.ts';
import {
  limitDetails,
  readErrorObject,
  readRefusal,
  refuse,
  refuseAddress,
  refuseRequest,
  refuseUnknown,
  retryDetails,
} from '../hub/provider-error.ts';
import type { Refusal } from '../hub/provider-error.ts';
import { readOpenAiLimits } from './limits.ts';

/** The error that the answer stands for, in the provider's own words. `body` may be any of the known forms, or a page. */
export function decodeOpenAiError(status: number, headers: HeaderLookup, body: string, nowMs: number): CompanionError {
  return classify(readRefusal(status, headers, body), body, nowMs);
}

/** The same for an error object that came under a status of success. */
export function decodeErrorObject(json: unknown): CompanionError {
  return classify(readErrorObject(json), undefined, 0);
}

/** The error that a chunk is, if it is one. */
export function findError(chunk: unknown, event: string | undefined): HubErrorEvent | undefined {
  const body: unknown = Array.isArray(chunk) ? chunk[0] : chunk;
  if (!isObject(body)) return undefined;
  const isError = Boolean(body.error) || event === 'error' || body.object === 'error';
  return isError ? errorEventOf(decodeErrorObject(body)) : undefined;
}

const typeOfCode: Partial<Record<ErrorCode, string>> = {
  INVALID_REQUEST: 'invalid_request_error',
  KEY_REJECTED: 'authentication_error',
  QUOTA_EXHAUSTED: 'billing_error',
  PROVIDER_REFUSED: 'permission_error',
  REGION_BLOCKED: 'permission_error',
  MODEL_NOT_FOUND: 'not_found_error',
  BODY_TOO_LARGE: 'request_too_large',
  RATE_LIMITED: 'rate_limit_error',
  OVERLOADED: 'overloaded_error',
};

/** The same inside a stream. */
export function errorEventOf({ code, message, details }: CompanionError): HubErrorEvent {
  return {
    type: 'error',
    error: { type: typeOfCode[code] ?? 'api_error', message },
    ...(details.requestId !== undefined && { request_id: details.requestId }),
  };
}

const quotaWords: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'insufficient_balance',
]);
const modelWords: ReadonlySet<string> = new Set(['model_not_found', 'invalid_model', 'model_not_available']);
const overloadWords: ReadonlySet<string> = new Set([
  'server_is_overloaded',
  'overloaded',
  'overloaded_error',
  'slow_down',
  'unavailable',
  'service_unavailable',
]);

/** What the provider says counts before its status: several servers answer a wrong key, or an empty account, with 400. */
function classify(refusal: Refusal, body: string | undefined, nowMs: number): CompanionError {
  const { status, type, code, words } = refusal;
  const says = (set: ReadonlySet<string>): boolean => set.has(type) || set.has(code);
  if (status === 402 || says(quotaWords) || /insufficient (?:balance|credit)/i.test(words)) {
    return refuse('QUOTA_EXHAUSTED', refusal, 'The account has no credit left.');
  }
  if (isAboutKey(refusal)) return refuse('KEY_REJECTED', refusal, 'The provider does not accept the key.');
  if (isAboutRegion(refusal)) return regionBlocked(refusal);
  if (says(modelWords)) return modelNotFound(refusal);
  if (isAboutContext(refusal)) return contextTooLong(refusal);
  if (says(overloadWords) || isOverloadStatus(status)) return overloaded(refusal, nowMs);
  return byStatus(refusal, body, nowMs) ?? byType(refusal, body, nowMs) ?? refuseUnknown(refusal);
}

function isAboutKey({ status, type, code, words }: Refusal): boolean {
  if (status === 401 || code === 'invalid_api_key' || type === 'authentication_error') return true;
  const isPossible = status === 400 || status === 403 || status === 0;
  return (
    isPossible &&
    /\bapi[ _-]?key\b.*\b(?:not valid|invalid|incorrect|expired|leaked|revoked|disabled)|unregistered callers/i.test(
      words,
    )
  );
}

function isAboutRegion({ code, words }: Refusal): boolean {
  return code === 'unsupported_country_region_territory' || /(?:user )?location is not supported/i.test(words);
}

function isAboutContext({ status, code, words }: Refusal): boolean {
  if (code === 'context_length_exceeded') return true;
  if (status !== 400 && status !== 413 && status !== 422 && status !== 0) return false;
  return /maximum context length|context (?:window|length)|prompt is too long|input token count.*exceeds|too large for model.*context/i.test(
    words,
  );
}

function isOverloadStatus(status: number): boolean {
  return status === 503 || status === 529 || status === 498;
}

function regionBlocked(refusal: Refusal): CompanionError {
  const remedy = 'The provider does not serve this network.';
  return refuse('REGION_BLOCKED', refusal, 'The provider does not serve this region.', { remedy });
}

function modelNotFound(refusal: Refusal): CompanionError {
  return refuse('MODEL_NOT_FOUND', refusal, 'The provider does not offer this model.');
}

/** Anthropic's words for it come first: they are what clients of either family shorten the conversation on. */
function contextTooLong(refusal: Refusal): CompanionError {
  const words = /prompt is too long/i.test(refusal.words)
    ? refusal.words
    : `prompt is too long: ${refusal.words}`.replace(/: $/, '');
  return refuse('INVALID_REQUEST', { ...refusal, words }, words, { remedy: 'Shorten the conversation.' });
}

function overloaded(refusal: Refusal, nowMs: number): CompanionError {
  const details = retryDetails(refusal.headers, nowMs);
  return refuse('OVERLOADED', refusal, 'The provider is overloaded.', { details });
}

function byStatus(refusal: Refusal, body: string | undefined, nowMs: number): CompanionError | undefined {
  switch (refusal.status) {
    case 403:
      return refuse('PROVIDER_REFUSED', refusal, 'The provider refused the request.');
    case 404:
      return notFound(refusal);
    case 413:
      return refuse('BODY_TOO_LARGE', refusal, 'The provider finds the request too large.');
    case 429:
      return rateLimited(refusal, body, nowMs);
    default:
      return undefined;
  }
}

function byType(refusal: Refusal, body: string | undefined, nowMs: number): CompanionError | undefined {
  const { type, code } = refusal;
  if (/rate_?limit|usage_limit|resource_exhausted/.test(`${type} ${code}`)) return rateLimited(refusal, body, nowMs);
  if (type === 'permission_error' || type === 'permission_denied') {
    return refuse('PROVIDER_REFUSED', refusal, 'The provider refused the request.');
  }
  if (type === 'not_found_error' || type === 'not_found') return modelNotFound(refusal);
  const isRequest = type === 'invalid_request_error' || type === 'invalid_argument';
  return isRequest && refusal.status < 500 ? refuseRequest(refusal) : undefined;
}

/** A page, or FastAPI's bare "Not Found", comes from a server that has no such address. */
function notFound(refusal: Refusal): CompanionError {
  const isApi = refusal.isEnvelope && !/^not found\.?$/i.test(refusal.words);
  if (isApi) return modelNotFound(refusal);
  return refuseAddress(refusal);
}

function rateLimited(refusal: Refusal, body: string | undefined, nowMs: number): CompanionError {
  const details = limitDetails(readOpenAiLimits(429, refusal.headers, body, undefined, nowMs));
  return refuse('RATE_LIMITED', refusal, 'A limit of the account is reached.', { details });
}
