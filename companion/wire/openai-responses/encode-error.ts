/** Errors as clients of the Responses API know them, before the headers are out and after. */
import type { CompanionError } from '../../base/error.ts';
import type { RenderedError } from '../codec.ts';
import { mayPass } from '../hub/failure.ts';
import { openAiError, renderError } from '../openai/error.ts';
import type { ClientNames, OpenAiError } from '../openai/error.ts';
import type { ResponseFailure } from './response.ts';
import type { ResponseEvent } from './stream-event.ts';

const clientNames: ClientNames = {
  max_tokens: 'max_output_tokens',
  messages: 'input',
  metadata: 'user',
  'metadata.user_id': 'user',
  'output_config.effort': 'reasoning.effort',
  'output_config.format': 'text.format',
  system: 'instructions',
  thinking: 'reasoning.effort',
};

/**
 * Codex, the main client of this API, repeats every answer of 500 and above up to 25 times, more than a minute of waiting,
 * and does not read `x-should-retry`. What cannot heal by itself therefore gets the status 400, at which it stops and
 * shows the message; everything else of the error stays as it is.
 */
export function encodeResponsesError(error: CompanionError, nowMs: number): RenderedError {
  const rendered = renderError(error, clientNames, nowMs);
  return rendered.status >= 500 && isLasting(error) ? { ...rendered, status: 400 } : rendered;
}

/** The same request would meet the same error until somebody does something about it. */
export function isLasting(error: CompanionError): boolean {
  return !mayPass(error);
}

export function responsesError(error: CompanionError): OpenAiError {
  return openAiError(error, clientNames);
}

export function errorEvent(error: OpenAiError): ResponseEvent {
  return { type: 'error', code: error.code, message: error.message, param: error.param, error };
}

/** Codes by which clients of a stream decide whether to try again, shorten the conversation, or give up. */
const decisiveCodes: ReadonlyMap<string, string> = new Map([
  ['context_length_exceeded', 'context_length_exceeded'],
  ['insufficient_quota', 'insufficient_quota'],
  ['overloaded', 'server_is_overloaded'],
  ['rate_limit_exceeded', 'rate_limit_exceeded'],
]);

/** Types of errors that the same request would meet again. */
const lastingTypes: ReadonlySet<string> = new Set([
  'authentication_error',
  'invalid_request_error',
  'not_found_error',
  'permission_error',
  'request_too_large',
]);

/** The error of a response that failed; `isFinal` when its type does not tell that a retry is in vain. */
export function responseFailure({ code, type, message }: OpenAiError, isFinal = false): ResponseFailure {
  const fallback = isFinal || lastingTypes.has(type) ? 'invalid_prompt' : 'server_error';
  return { code: decisiveCodes.get(code ?? '') ?? fallback, message };
}
