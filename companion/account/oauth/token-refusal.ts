/** What a login server says instead of tokens, and whether it is for good. */
import type { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import { asObject, asText, isObject } from '../../wire/hub/fields.ts';
import { readRetryAfterMs, readSkewMs } from '../../wire/limit-time.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { LoginProvider } from './login-providers.ts';
import type { ProviderAnswer } from './provider-call.ts';

export interface Refused {
  readonly provider: Pick<LoginProvider, 'name'>;
  /** What the question held: taken out of whatever is quoted. */
  readonly secrets: readonly (Secret | null)[];
  readonly nowMs: number;
}

interface Words {
  /** `invalid_grant`, `refresh_token_reused`, `authentication_error`, ... */
  readonly type: string | undefined;
  readonly text: string | undefined;
}

/** A refusal to trade in a code. */
export function explainExchangeRefusal(answer: ProviderAnswer, refused: Refused): CompanionError {
  return explainTrouble(answer, refused) ?? refusal('LOGIN_REFUSED', answer, refused);
}

/** A refusal to renew: `LOGIN_EXPIRED` when this refresh token will never be of use again. */
export function explainRefreshRefusal(answer: ProviderAnswer, refused: Refused): CompanionError {
  const trouble = explainTrouble(answer, refused);
  if (trouble !== undefined) return trouble;
  return refusal(isForGood(answer) ? 'LOGIN_EXPIRED' : 'LOGIN_REFUSED', answer, refused);
}

const uselessGrants: ReadonlySet<string> = new Set([
  'invalid_grant',
  'refresh_token_expired',
  'refresh_token_reused',
  'refresh_token_invalidated',
]);
/** For a server that says it in its general error form only. */
const uselessGrantWords = /refresh[ _]token\b.*\b(?:not found|invalid|expired|revoked|reused|already used)/i;

function isForGood({ status, json }: ProviderAnswer): boolean {
  const { type, text } = wordsOf(json);
  if (type !== undefined && uselessGrants.has(type)) return true;
  // Then it is the client id that is no longer accepted, and no new login would help.
  if (type === 'invalid_client' || type === 'unauthorized_client') return false;
  return status === 401 || (status === 400 && uselessGrantWords.test(text ?? ''));
}

/** What says nothing about the login: `undefined` for a refusal proper. */
function explainTrouble(answer: ProviderAnswer, refused: Refused): CompanionError | undefined {
  const { status, header, json } = answer;
  const { name } = refused.provider;
  const details = { upstreamStatus: status };
  if (status === 429) return rateLimited(answer, refused);
  if (status >= 500 || status === 408) {
    const words = quoted(answer, refused);
    const said = words === undefined ? '' : `: ${words}`;
    return new CompanionError('UPSTREAM_ERROR', `The login server of ${name} failed (${status})${said}`, { details });
  }
  if (header('cf-mitigated') === 'challenge') {
    const remedy = 'It is tried again by itself; if that does not help, try from another network.';
    const message = `The login server of ${name} asked for a browser check instead of answering.`;
    return new CompanionError('CHALLENGE', message, { details, remedy });
  }
  if (status < 400 || !isObject(json)) {
    const message = `The login server of ${name} answered in an unknown form (status ${status}).`;
    return new CompanionError('UPSTREAM_UNREADABLE', message, { details });
  }
  return undefined;
}

function rateLimited(answer: ProviderAnswer, refused: Refused): CompanionError {
  const { header, status } = answer;
  const retryAtMs = readRetryAfterMs(header, readSkewMs(header, refused.nowMs), refused.nowMs);
  const words = quoted(answer, refused);
  const said = words === undefined ? '.' : `: ${words}`;
  return new CompanionError('RATE_LIMITED', `The login server of ${refused.provider.name} wants a pause${said}`, {
    details: { upstreamStatus: status, ...(retryAtMs !== undefined && { retryAtMs }) },
    remedy: 'Wait a few minutes, then try again.',
  });
}

function refusal(code: 'LOGIN_REFUSED' | 'LOGIN_EXPIRED', answer: ProviderAnswer, refused: Refused): CompanionError {
  const { name } = refused.provider;
  const type = wordsOf(answer.json).type;
  const words = quoted(answer, refused) ?? `status ${answer.status}, without a word`;
  const what = code === 'LOGIN_EXPIRED' ? 'no longer renews this login' : 'refused';
  return new CompanionError(code, `${name} ${what}: ${words}`, {
    details: {
      upstreamStatus: answer.status,
      ...(type !== undefined && { upstreamType: hideSecrets(type, refused.secrets).slice(0, 100) }),
    },
  });
}

/** The provider's own words, its error's name behind them; `undefined` when it said nothing. */
function quoted({ json }: ProviderAnswer, { secrets }: Refused): string | undefined {
  const { type, text } = wordsOf(json);
  const words = text === undefined ? type : `${text}${type === undefined ? '' : ` (${type})`}`;
  // Hidden before it is cut: half a secret would not be found.
  return words === undefined ? undefined : hideSecrets(words, secrets).slice(0, 1500);
}

/** `{error: "C", error_description}`, `{error: {type, code, message}}`, `{code, message}` and `{detail}` are all in use. */
function wordsOf(json: unknown): Words {
  const body = asObject(json);
  const inner = asObject(body['error']);
  return {
    type: asText(body['error']) ?? asText(inner['code']) ?? asText(inner['type']) ?? asText(body['code']),
    text:
      asText(body['error_description']) ??
      asText(inner['message']) ??
      asText(body['message']) ??
      asText(body['detail']),
  };
}
