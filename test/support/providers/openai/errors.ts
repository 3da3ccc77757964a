/** How each server says no. */
import type { Call, Headers } from '../server/call.ts';
import type { CannedAnswer } from '../server/fault.ts';
import { sendJson } from '../server/send.ts';
import type { Flavour } from './flavour.ts';

export interface RefusalFacts {
  readonly type?: string;
  readonly code?: string | null;
  readonly param?: string | null;
  readonly headers?: Headers;
  /** Takes the place of the whole envelope. */
  readonly body?: unknown;
}

/** Thrown by whatever serves a route; becomes the envelope of the flavour. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly facts: RefusalFacts;

  constructor(status: number, message: string, facts: RefusalFacts = {}) {
    super(message);
    this.status = status;
    this.facts = facts;
  }
}

export function invalid(message: string, param: string | null = null, code: string | null = null): Refusal {
  return new Refusal(400, message, { param, code });
}

const usual: Readonly<
  Record<number, { readonly type: string; readonly code: string | null; readonly message: string }>
> = {
  400: { type: 'invalid_request_error', code: null, message: 'We could not parse the JSON body of your request.' },
  401: { type: 'invalid_request_error', code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  402: { type: 'insufficient_quota', code: 'insufficient_balance', message: 'Insufficient Balance' },
  403: {
    type: 'invalid_request_error',
    code: 'unsupported_country_region_territory',
    message: 'Country, region, or territory not supported',
  },
  404: { type: 'invalid_request_error', code: 'model_not_found', message: 'The model does not exist.' },
  429: { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached for requests' },
  503: { type: 'server_error', code: 'server_is_overloaded', message: 'That model is currently overloaded.' },
};

const otherwise = {
  type: 'server_error',
  code: null,
  message: 'The server had an error while processing your request.',
};

export function cannedEnvelope(flavour: Flavour, answer: CannedAnswer): unknown {
  const facts = usual[answer.status] ?? otherwise;
  return envelope(flavour, answer.status, answer.message ?? facts.message, {
    type: answer.type ?? facts.type,
    code: answer.code ?? facts.code,
  });
}

const googleStatus: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

export function envelope(flavour: Flavour, status: number, message: string, facts: RefusalFacts): unknown {
  if (facts.body !== undefined) return facts.body;
  const type = facts.type ?? (status < 500 ? 'invalid_request_error' : 'server_error');
  const { param = null, code = null } = facts;
  switch (flavour) {
    case 'gemini':
      return [{ error: { code: status, message, status: googleStatus[status] ?? 'INTERNAL' } }];
    case 'mistral':
      return { object: 'error', message, type, param, code };
    case 'groq':
      return { error: { message, type, ...(code === null ? {} : { code }) } };
    case 'openai':
    case 'deepseek':
    case 'local':
      return { error: { message, type, param, code } };
  }
}

export function refuse(call: Call, flavour: Flavour, refusal: Refusal): Promise<void> | void {
  const { status, message, facts } = refusal;
  return sendJson(call, status, envelope(flavour, status, message, facts), facts.headers ?? {});
}
