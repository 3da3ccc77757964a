/** Errors in OpenAI's shape. */
import type { ErrorCode } from '../../../shared/error-code.ts';
import type { CompanionError } from '../../base/error.ts';
import type { RenderedError } from '../codec.ts';
import type { HubErrorEvent } from '../hub/event.ts';
import { errorHeaders, errorText, statusOf } from '../hub/failure.ts';

/** OpenAI's error object, with all its keys: clients read each of them without a check. */
export interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

interface Kind {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
}

/** Codes whose rendering their status alone does not tell. */
const kinds: Partial<Record<ErrorCode, Partial<Kind>>> = {
  CLIENT_KEY_MISSING: { code: 'invalid_api_key' },
  CLIENT_KEY_INVALID: { code: 'invalid_api_key' },
  MODEL_NOT_FOUND: { code: 'model_not_found' },
  ROUTE_NOT_FOUND: { code: 'unknown_url' },
  INVALID_REQUEST: { code: null },
  QUOTA_EXHAUSTED: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  RATE_LIMITED: { code: 'rate_limit_exceeded' },
  CLIENT_BUDGET_SPENT: { type: 'insufficient_quota' },
  CLIENT_RATE_LIMITED: { code: 'rate_limit_exceeded' },
  TOO_MANY_FAILED_KEYS: { code: 'rate_limit_exceeded' },
  OVERLOADED: { status: 503, type: 'overloaded_error', code: 'overloaded' },
  STREAM_BROKEN: { type: 'upstream_error' },
};

/** OpenAI's code for an error type of the hub's stream. */
const codeOfType: ReadonlyMap<string, string> = new Map([
  ['authentication_error', 'invalid_api_key'],
  ['billing_error', 'insufficient_quota'],
  ['not_found_error', 'model_not_found'],
  ['overloaded_error', 'overloaded'],
  ['rate_limit_error', 'rate_limit_exceeded'],
]);

/** What a client of the dialect calls the hub's fields. */
export type ClientNames = Readonly<Record<string, string>>;

export function renderError(error: CompanionError, names: ClientNames, nowMs: number): RenderedError {
  return {
    status: kindOf(error).status,
    headers: errorHeaders(error, nowMs),
    body: { error: openAiError(error, names) },
  };
}

export function openAiError(error: CompanionError, names: ClientNames): OpenAiError {
  const { type, code } = kindOf(error);
  return { message: errorText(error), type, param: paramOf(error, names), code };
}

/** The provider's own error event, in its words and with its type. */
export function openAiErrorOfEvent({ error: { type, message } }: HubErrorEvent): OpenAiError {
  return { message, type, param: null, code: contextCode(message) ?? codeOfType.get(type) ?? null };
}

function kindOf(error: CompanionError): Kind {
  const { upstreamStatus, upstreamType } = error.details;
  if (upstreamStatus === 402 || upstreamType === 'billing_error') {
    return { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' };
  }
  const kind = { status: statusOf(error), type: typeOfStatus(error.status), code: error.code.toLowerCase() };
  const merged: Kind = { ...kind, ...kinds[error.code] };
  return error.status === 400 ? { ...merged, code: contextCode(error.message) ?? merged.code } : merged;
}

function typeOfStatus(status: number): string {
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

/** Clients shorten the conversation on this code; the provider has no code for it, only these words. */
function contextCode(message: string): string | undefined {
  return /prompt is too long|context (window|length)/i.test(message) ? 'context_length_exceeded' : undefined;
}

/** A refusal of ours names the client's own path; an upstream's names the hub's, whose messages are numbered anew. */
function paramOf({ code, details: { field } }: CompanionError, names: ClientNames): string | null {
  if (field === undefined) return null;
  if (code === 'INVALID_REQUEST') return field;
  return names[field] ?? (field.startsWith('messages[') ? (names['messages'] ?? 'messages') : field);
}
