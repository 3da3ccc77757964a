/** What it means when Claude Code ends a turn with an error instead of an answer. */
import type { ErrorCode } from '../../../shared/error-code.ts';
import type { QuotaWindow } from '../../../shared/quota.ts';
import { scrub } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import type { ErrorDetails } from '../../base/error.ts';
import { asArray, asObject, asText } from '../hub/fields.ts';
import type { JsonObject } from '../hub/fields.ts';

const signInRemedy = 'Run `claude` in a terminal and sign in, then send the request again.';

/** Claude Code's own kinds, of an assistant message's `error`, that say more than a status does. */
const codeOfKind: ReadonlyMap<string, ErrorCode> = new Map([
  ['oauth_org_not_allowed', 'PROVIDER_REFUSED'],
  ['account_on_hold', 'ACCOUNT_DISABLED'],
  ['verification_required', 'VERIFICATION_REQUIRED'],
  ['billing_error', 'QUOTA_EXHAUSTED'],
  ['rate_limit', 'RATE_LIMITED'],
  ['overloaded', 'OVERLOADED'],
  ['invalid_request', 'INVALID_REQUEST'],
  ['model_not_found', 'MODEL_NOT_FOUND'],
]);

const codeOfStatus: ReadonlyMap<number, ErrorCode> = new Map([
  [400, 'INVALID_REQUEST'],
  [401, 'CLAUDE_CODE_FAILED'],
  [402, 'QUOTA_EXHAUSTED'],
  [403, 'PROVIDER_REFUSED'],
  [404, 'MODEL_NOT_FOUND'],
  [413, 'BODY_TOO_LARGE'],
  [429, 'RATE_LIMITED'],
  [503, 'OVERLOADED'],
  [529, 'OVERLOADED'],
]);

/** An assistant message that carries `error`: its text is what a person at Claude Code would read. */
export function failureOfMessage(message: JsonObject, limit: QuotaWindow | undefined): CompanionError {
  const { content } = asObject(message.message);
  const texts = asArray(content).map((block) => asText(asObject(block).text) ?? '');
  return failureOf(message, asText(message.error) ?? 'unknown', plainWords(texts.join(' ')), limit);
}

/** A result that is an error, or one that came without an answer before it. */
export function failureOfResult(result: JsonObject, limit: QuotaWindow | undefined): CompanionError {
  const words = asText(result.result) ?? asArray(result.errors).map(String).join(' ');
  return failureOf(result, '', plainWords(words), limit);
}

function failureOf(source: JsonObject, kind: string, words: string, limit: QuotaWindow | undefined): CompanionError {
  const status = typeof source.api_error_status === 'number' ? source.api_error_status : undefined;
  const code = codeOf(source, kind, status);
  const details = detailsOf(source, status, code === 'RATE_LIMITED' ? limit : undefined);
  const isSignIn = status === 401 || kind === 'authentication_failed';
  if (code !== 'CLAUDE_CODE_FAILED') return new CompanionError(code, words === '' ? otherwise : words, { details });
  const sentence = isSignIn ? 'Claude Code is not signed in' : 'Claude Code could not answer';
  const message = words === '' ? `${sentence}.` : `${sentence}: "${words}"`;
  return new CompanionError(code, message, { details, ...(isSignIn && { remedy: signInRemedy }) });
}

const otherwise = 'Claude Code gave no reason.';

function codeOf({ api_error: trouble }: JsonObject, kind: string, status: number | undefined): ErrorCode {
  if (trouble === 'connection_failed') return 'UPSTREAM_UNREACHABLE';
  const known = codeOfKind.get(kind) ?? codeOfStatus.get(status ?? 0);
  return known ?? (status !== undefined || kind === 'server_error' ? 'UPSTREAM_ERROR' : 'CLAUDE_CODE_FAILED');
}

function detailsOf(source: JsonObject, status: number | undefined, limit: QuotaWindow | undefined): ErrorDetails {
  const type = asText(source.api_error_type);
  const requestId = asText(source.request_id);
  return {
    ...(status !== undefined && { upstreamStatus: status }),
    ...(type !== undefined && /^\w{1,80}$/.test(type) && { upstreamType: type }),
    ...(requestId !== undefined && /^[\w-]{1,80}$/.test(requestId) && { requestId }),
    ...(limit !== undefined && { window: limit.window }),
    ...(typeof limit?.resetsAtMs === 'number' && { retryAtMs: limit.resetsAtMs }),
  };
}

const maxWords = 1000;

/** Bounded, on one line, without anything that looks like a secret, and without Claude Code's own prefix. */
export function plainWords(text: string): string {
  const clean = scrub(text.slice(0, 4 * maxWords).replace(/\p{C}+/gu, ' '))
    .trim()
    .replace(/^API Error:\s*/, '');
  return clean.length <= maxWords ? clean : `${clean.slice(0, maxWords - 1)}…`;
}
