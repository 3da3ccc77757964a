/** What an answer of the ChatGPT backend that is no success means. */
import type { CompanionError } from '../../../base/error.ts';
import type { HeaderLookup } from '../../codec.ts';
import type { HubErrorEvent } from '../../hub/event.ts';
import { asObject, asText, isObject } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import { readErrorObject, readRefusal, refuse } from '../../hub/provider-error.ts';
import type { Refusal } from '../../hub/provider-error.ts';
import { decodeErrorObject, decodeOpenAiError, errorEventOf } from '../../openai/provider-error.ts';

/**
 * The error that the answer stands for, in the provider's own words. Besides the API's error object there is FastAPI's
 * `{"detail": ...}` of the backend, and there are the pages of what stands before it.
 */
export function decodeBackendError(status: number, headers: HeaderLookup, body: string, nowMs: number): CompanionError {
  const refusal = readRefusal(status, headers, body);
  return pageInstead(refusal, body) ?? classify(refusal) ?? decodeOpenAiError(status, headers, body, nowMs);
}

/** Whether an event of a stream ends it as a failure: by its kind, or by what it says of the response that it ends with. */
export function isFailure(type: string, { error, response }: JsonObject): boolean {
  if (type === 'error' || type === 'response.failed') return true;
  const isEnd = type === 'response.completed' || type === 'response.done';
  return isEnd ? asObject(response).status === 'failed' : type === '' && isObject(error);
}

/** The error of a response that failed, or of a stream that was given up: `event` as the provider told it. */
export function failureOf(event: JsonObject): CompanionError {
  const error = errorObject(event);
  return classify(readErrorObject({ error })) ?? decodeErrorObject({ error });
}

/** The same as an event of the hub. */
export function failureEvent(event: JsonObject): HubErrorEvent {
  return errorEventOf(failureOf(event));
}

/** Of `response.failed`, or of an `error` event: nested as the API has it, or flat as its SDK types it. */
function errorObject({ response, error, code, message }: JsonObject): JsonObject {
  if (isObject(response)) return isObject(response.error) ? response.error : {};
  return isObject(error) ? error : { code, message };
}

/** What this backend has words of its own for. */
function classify(refusal: Refusal): CompanionError | undefined {
  const { status, type, code, words } = refusal;
  if (type === 'usage_not_included' || code === 'usage_not_included') {
    const remedy = 'Use an account whose ChatGPT plan includes Codex, or an API key.';
    return refuse('QUOTA_EXHAUSTED', refusal, 'The plan of this ChatGPT account does not include Codex.', { remedy });
  }
  if (code === 'cyber_policy' || type === 'cyber_policy') {
    return refuse('PROVIDER_REFUSED', refusal, 'The provider refuses what was asked by its policy on cyber security.');
  }
  if (status === 400 && /\bmodel\b.*\bnot supported\b/i.test(words)) {
    return refuse('MODEL_NOT_FOUND', refusal, 'The ChatGPT plan does not offer this model.');
  }
  return undefined;
}

/** A page in the place of the API: a gatekeeper's, which wants to see a browser, or that of a block. */
function pageInstead(refusal: Refusal, body: string): CompanionError | undefined {
  const { status, headers, words, isEnvelope } = refusal;
  const isChallenge = headers('cf-mitigated')?.trim().toLowerCase() === 'challenge';
  if (!isChallenge && (isEnvelope || status >= 500 || !isHtml(headers, body))) return undefined;
  if (isChallenge || /just a moment|attention required/i.test(words)) {
    return refuse('CHALLENGE', { ...refusal, words: '' }, CHALLENGED, { remedy: CHALLENGE_REMEDY });
  }
  const page = words === '' ? 'a page' : `a page, "${words}",`;
  const said = `${page} in the place of an answer (status ${status})`;
  return refuse('UPSTREAM_UNREADABLE', { ...refusal, words: '' }, `The ChatGPT backend gave ${said}.`, {
    remedy: 'Check the network between this computer and chatgpt.com: a proxy or its firewall may be in the way.',
  });
}

function isHtml(headers: HeaderLookup, body: string): boolean {
  return asText(headers('content-type'))?.includes('text/html') === true || /^\s*</.test(body);
}

const CHALLENGED = 'chatgpt.com wants to see a browser before it answers (a Cloudflare challenge). The login is kept.';
const CHALLENGE_REMEDY = 'Try again in a moment; from another network if it goes on.';
