/** How the API says no. */
import type { Call, Headers } from '../server/call.ts';
import type { CannedAnswer } from '../server/fault.ts';
import { sendJson } from '../server/send.ts';
import type { JsonObject } from './plan.ts';

interface RefusalOptions {
  readonly type?: string;
  readonly headers?: Headers;
  /** For programs, beside the words. */
  readonly details?: JsonObject;
}

/** Thrown by whatever serves a route; becomes the envelope. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly details: JsonObject | undefined;

  constructor(status: number, message: string, options: RefusalOptions = {}) {
    super(message);
    this.status = status;
    this.type = options.type ?? typeOf(status);
    this.headers = options.headers ?? {};
    this.details = options.details;
  }
}

const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const messages: Readonly<Record<number, string>> = {
  400: 'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  401: 'invalid x-api-key',
  402: 'Your account has insufficient credits.',
  403: 'Your API key does not have permission to use the specified resource.',
  404: 'Not found',
  413: 'Request exceeds the maximum size',
  429: 'This request would exceed your organization’s rate limit of 50 requests per minute.',
  504: 'Request timed out',
  529: 'Overloaded',
};

function typeOf(status: number): string {
  return types[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

export function invalid(message: string): Refusal {
  return new Refusal(400, message);
}

export function notFound(message: string): Refusal {
  return new Refusal(404, message);
}

export function envelope(type: string, message: string, requestId: string | null, details?: JsonObject): object {
  return { type: 'error', error: { type, message, ...(details && { details }) }, request_id: requestId };
}

export function cannedEnvelope(answer: CannedAnswer, call: Call): object {
  const message = answer.message ?? messages[answer.status] ?? 'Internal server error';
  return envelope(answer.type ?? typeOf(answer.status), message, call.headers['request-id'] ?? null);
}

export function refuse(call: Call, refusal: Refusal): Promise<void> | void {
  const requestId = call.headers['request-id'] ?? null;
  return sendJson(
    call,
    refusal.status,
    envelope(refusal.type, refusal.message, requestId, refusal.details),
    refusal.headers,
  );
}
