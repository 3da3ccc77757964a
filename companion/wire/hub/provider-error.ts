/** What a provider's refusal says, whichever of the known forms its body has, and when it asks to come back. */
import type { ErrorCode } from '../../../shared/error-code.ts';
import { scrub } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import type { ErrorDetails } from '../../base/error.ts';

import type { HeaderLookup } from '../codec.ts';
import { isFull } from '../counted-window.ts';
import { readRetryAfterMs, readSkewMs } from '../limit-time.ts';
import type { LimitFacts } from '../limits.ts';
import { asArray, asObject, asText, isObject, parseJson } from './fields.ts';
import type { JsonObject } from './fields.ts';

/** One refusal, read once. */
export interface Refusal {
  /** Of the answer; inside a stream the one that the error names, or 0. */
  readonly status: number;
  /** The provider's sentence, bounded and without anything that looks like a secret; may be empty. */
  readonly words: string;
  /** The provider's own kind of error, lower case: `type` or `status`. */
  readonly type: string;
  /** The provider's own code, lower case; empty when it gave none. */
  readonly code: string;
  /** The body was an error object of an API, rather than a page of something that stands before it. */
  readonly isEnvelope: boolean;
  readonly error: JsonObject;
  readonly headers: HeaderLookup;
  readonly details: ErrorDetails;
}

const noHeaders: HeaderLookup = () => undefined;

/** `body` as text: an error object, FastAPI's `detail`, Gemini's array around it, a page of HTML, or plain text. */
export function readRefusal(status: number, headers: HeaderLookup, body: string): Refusal {
  const json = parseJson(body);
  if (isObject(json) || Array.isArray(json)) return refusalOf(status, headers, json);
  const words = /^\s*</.test(body) ? titleOf(body) : body;
  return { ...refusalOf(status, headers, {}), words: plainWords(words), isEnvelope: false };
}

/** The same for an error that came inside a stream or under a status of success. */
export function readErrorObject(json: unknown): Refusal {
  return refusalOf(0, noHeaders, json);
}

function refusalOf(status: number, headers: HeaderLookup, json: unknown): Refusal {
  const body = asObject(Array.isArray(json) ? json[0] : json);
  const error = errorObject(body);
  const type = asText(error.type) ?? asText(error.status);
  const code = asText(error.code);
  const requestId = asText(body.request_id) ?? headers('request-id') ?? headers('x-request-id');
  return {
    status: status === 0 && typeof error.code === 'number' ? error.code : status,
    words: plainWords(sentenceOf(error)),
    type: (type ?? '').toLowerCase(),
    code: (code ?? '').toLowerCase(),
    isEnvelope: Object.keys(error).length > 0,
    error,
    headers,
    details: {
      ...(status > 0 && { upstreamStatus: status }),
      ...(type !== undefined && { upstreamType: bound(scrub(type), 80) }),
      ...(requestId !== undefined && /^[\w-]{1,80}$/.test(requestId) && { requestId }),
    },
  };
}

/** `{error: {…}}`, `{error: "…"}`, `{detail: …}`, or the error itself without a wrapper. */
function errorObject(body: JsonObject): JsonObject {
  if (isObject(body.error)) return body.error;
  if (typeof body.error === 'string') return { ...body, message: asText(body.message) ?? body.error };
  if (body.detail !== undefined) return { message: body.detail };
  return 'message' in body ? body : {};
}

/** A validator's list is told by its first complaint, with the place. */
function sentenceOf({ message }: JsonObject): string {
  if (typeof message === 'string') return message;
  const [first] = asArray(isObject(message) ? message.detail : message);
  const { loc, msg } = asObject(first);
  const place = asArray(loc).map(String).join('.');
  const words = asText(msg) ?? asText(asObject(message).msg) ?? '';
  return place === '' ? words : `${place}: ${words}`;
}

function titleOf(html: string): string {
  return /<title[^>]*>([^<]*)</i.exec(html)?.[1] ?? /<h1[^>]*>([^<]*)</i.exec(html)?.[1] ?? '';
}

const MAX_WORDS = 1000;

function plainWords(text: string): string {
  return bound(
    scrub(
      text
        .slice(0, 4 * MAX_WORDS)
        .replace(/\p{C}+/gu, ' ')
        .trim(),
    ),
    MAX_WORDS,
  );
}

function bound(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** The error of `code` in the provider's words, or in `otherwise` where it had none. */
export function refuse(
  code: ErrorCode,
  refusal: Refusal,
  otherwise: string,
  more: { readonly details?: ErrorDetails; readonly remedy?: string } = {},
): CompanionError {
  const message = refusal.words === '' ? otherwise : refusal.words;
  return new CompanionError(code, message, { ...more, details: { ...refusal.details, ...more.details } });
}

/** A refusal of which the status is all that is known. */
export function refuseUnknown(refusal: Refusal): CompanionError {
  const { status } = refusal;
  const said = status === 0 ? 'The provider failed.' : `The provider answered with status ${status}.`;
  if (status >= 500 || status === 0 || status === 408 || status === 409) return refuse('UPSTREAM_ERROR', refusal, said);
  if (status >= 400) return refuseRequest(refusal);
  return refuse('UPSTREAM_UNREADABLE', refusal, said, { remedy: CHECK_BASE_URL });
}

/** "prompt is too long" stays as it is: clients of either family shorten the conversation on these words. */
export function refuseRequest(refusal: Refusal): CompanionError {
  const otherwise = `The provider did not accept the request (status ${refusal.status}).`;
  return refuse('INVALID_REQUEST', refusal, otherwise, { remedy: 'Change the request as the provider says.' });
}

/** Whoever answered is not the API. */
export function refuseAddress(refusal: Refusal): CompanionError {
  const otherwise = 'There is no such API at the address of the provider.';
  return refuse('UPSTREAM_UNREADABLE', refusal, otherwise, { remedy: CHECK_BASE_URL });
}

/** What to do when an answer does not come from the API at all. */
const CHECK_BASE_URL = "Check the provider's base URL in the configuration.";

/** Until when, and which window, for `details` of an error. */
export function limitDetails({ windows, cooldown }: LimitFacts): Pick<ErrorDetails, 'retryAtMs' | 'window'> {
  const full = windows.find(isFull);
  return {
    ...(cooldown !== undefined && { retryAtMs: cooldown.untilMs }),
    ...(full !== undefined && { window: full.window }),
  };
}

/** `retry-after`, for `details` of an error. */
export function retryDetails(headers: HeaderLookup, nowMs: number): Pick<ErrorDetails, 'retryAtMs'> {
  const retryAtMs = readRetryAfterMs(headers, readSkewMs(headers, nowMs), nowMs);
  return retryAtMs === undefined ? {} : { retryAtMs };
}
