/** How the backend says no: in its own short form, or in that of OpenAI's API, which stands behind it. */
import type { Call, Headers } from '../server/call.ts';
import { sendBody, sendJson } from '../server/send.ts';
import type { JsonObject } from '../openai/plan.ts';

/** What a test wishes for; each kind is one that the real backend was seen to give. */
export type BackendRefusal =
  | { readonly kind: 'usage-limit-reached'; readonly resetsInSeconds?: number }
  | { readonly kind: 'usage-not-included' }
  | { readonly kind: 'rate-limit'; readonly tryAgainIn?: string }
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'slow-down' }
  | { readonly kind: 'context-length' }
  | { readonly kind: 'cyber-policy' }
  | { readonly kind: 'insufficient-quota' }
  | { readonly kind: 'server-error' }
  /** A page of the edge. */
  | { readonly kind: 'challenge' }
  /** In the backend's own form. */
  | { readonly kind: 'detail'; readonly status: number; readonly detail: string };

/** Thrown by whatever serves a route. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
  readonly status: number;
  readonly body: JsonObject | string;
  readonly headers: Headers;

  constructor(status: number, body: JsonObject | string, headers: Headers = {}) {
    super(typeof body === 'string' ? body : JSON.stringify(body));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export function detail(status: number, text: string): BackendError {
  return new BackendError(status, { detail: text });
}

export function apiError(status: number, error: JsonObject, headers: Headers = {}): BackendError {
  return new BackendError(status, { error }, headers);
}

export function sendRefusal(call: Call, { status, body, headers }: BackendError): Promise<void> | void {
  if (typeof body !== 'string') return sendJson(call, status, body, headers);
  return sendBody(call, status, body, { 'content-type': 'text/html; charset=UTF-8', ...headers });
}

export function refusalOf(refusal: BackendRefusal, plan: string): BackendError {
  switch (refusal.kind) {
    case 'usage-limit-reached': {
      const seconds = refusal.resetsInSeconds ?? 3600;
      return apiError(429, {
        type: 'usage_limit_reached',
        message: 'The usage limit has been reached',
        plan_type: plan,
        resets_at: Math.floor(Date.now() / 1000) + seconds,
        resets_in_seconds: seconds,
      });
    }
    case 'usage-not-included':
      return apiError(429, {
        type: 'usage_not_included',
        message: 'To use Codex with your ChatGPT plan, upgrade to Plus.',
        plan_type: plan,
      });
    case 'rate-limit':
      return apiError(429, {
        type: 'tokens',
        message: `Rate limit reached for this model. Please try again in ${refusal.tryAgainIn ?? '1.5s'}.`,
        param: null,
        code: 'rate_limit_exceeded',
      });
    case 'challenge':
      return new BackendError(403, '<html><head><title>Just a moment...</title></head><body></body></html>', {
        'cf-mitigated': 'challenge',
      });
    case 'detail':
      return detail(refusal.status, refusal.detail);
    default:
      return codeError(refusal.kind);
  }
}

type CodedKind = 'overloaded' | 'slow-down' | 'context-length' | 'cyber-policy' | 'insufficient-quota' | 'server-error';

function codeError(kind: CodedKind): BackendError {
  const { status, ...error } = coded[kind];
  return apiError(status, { param: null, ...error });
}

const coded = {
  overloaded: {
    status: 503,
    type: 'service_unavailable_error',
    code: 'server_is_overloaded',
    message: 'Our servers are currently overloaded. Please try again later.',
  },
  'slow-down': {
    status: 503,
    type: 'service_unavailable_error',
    code: 'slow_down',
    message: 'The engine is currently overloaded, please slow down.',
  },
  'context-length': {
    status: 400,
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
  },
  'cyber-policy': {
    status: 400,
    type: 'invalid_request_error',
    code: 'cyber_policy',
    message: 'This request was flagged for possible cybersecurity risk.',
  },
  'insufficient-quota': {
    status: 429,
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
  'server-error': {
    status: 500,
    type: 'server_error',
    code: 'server_error',
    message: 'An error occurred while processing your request.',
  },
} as const satisfies Record<CodedKind, { readonly status: number } & JsonObject>;
