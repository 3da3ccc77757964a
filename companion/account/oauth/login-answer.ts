/** What a provider sent the person back with, and whether it is the answer to the login that waits. */
import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import { hideSecrets } from './hide-secrets.ts';
import type { LoginProvider } from './login-providers.ts';
import { isSameState } from './pkce.ts';

/** The same by whichever way it came. Parts that it does not have are `null`. */
export interface LoginAnswer {
  /** `null` only for a code that was pasted alone. */
  readonly state: string | null;
  readonly code: Secret | null;
  readonly error: string | null;
  readonly errorDescription: string | null;
  /** RFC 9207: who claims to have answered. */
  readonly issuer: string | null;
}

/** What an answer must fit. */
export interface ExpectedAnswer {
  readonly provider: LoginProvider;
  readonly state: string;
  readonly redirectUri: string;
}

/** `undefined` when a parameter is there twice, which no honest answer has (RFC 6749 3.1). */
export function answerOfParameters(parameters: URLSearchParams): LoginAnswer | undefined {
  const names = ['state', 'code', 'error', 'error_description', 'iss'];
  if (names.some((name) => parameters.getAll(name).length > 1)) return undefined;
  const part = (name: string) => parameters.get(name) || null;
  const code = part('code');
  return {
    state: part('state'),
    code: code === null ? null : new Secret(code),
    error: part('error'),
    errorDescription: part('error_description'),
    issuer: part('iss'),
  };
}

/**
 * Refuses what does not belong to `expected` with `LOGIN_MISMATCH`: the defence against answers that somebody else made,
 * and against those of one provider being handed to another (RFC 9700 4.4). `others` are the other logins that wait.
 */
export function checkBinding(answer: LoginAnswer, expected: ExpectedAnswer, others: readonly ExpectedAnswer[]): void {
  const { provider, state } = expected;
  const given = answer.state;
  if (given !== null && !isSameState(given, state)) {
    const owner = others.find((other) => isSameState(given, other.state));
    throw owner === undefined ? olderAttempt(provider) : ofAnother(owner.provider, provider);
  }
  if (answer.issuer !== null && !provider.origins.has(originOf(answer.issuer) ?? '')) {
    const origin = originOf(answer.issuer) ?? 'something unreadable';
    throw new CompanionError(
      'LOGIN_MISMATCH',
      `The answer says that it comes from ${origin.slice(0, 200)}, which is not ${provider.name}.`,
    );
  }
}

export function olderAttempt({ name }: LoginProvider): CompanionError {
  return new CompanionError(
    'LOGIN_MISMATCH',
    `This answer belongs to an older attempt, or to none from here: it does not fit the login at ${name} that waits.`,
  );
}

export function ofAnother(owner: LoginProvider, expected: LoginProvider): CompanionError {
  return new CompanionError(
    'LOGIN_MISMATCH',
    `This is an answer of ${owner.name}, but the login that waits is one at ${expected.name}.`,
  );
}

/**
 * The code of an answer that fits. Errors: `LOGIN_DENIED` (the person said no), `LOGIN_REFUSED` (the provider did, in its
 * own words), `UPSTREAM_UNREADABLE`.
 */
export function codeOf(answer: LoginAnswer, { provider, state }: ExpectedAnswer): Secret {
  if (answer.error !== null) throw refusalOf(answer.error, answer, provider, [answer.code, new Secret(state)]);
  if (answer.code === null) {
    throw new CompanionError('UPSTREAM_UNREADABLE', `The answer of ${provider.name} holds no code.`);
  }
  return answer.code;
}

function refusalOf(
  error: string,
  { errorDescription }: LoginAnswer,
  { name }: LoginProvider,
  secrets: readonly (Secret | null)[],
): CompanionError {
  const type = hideSecrets(error, secrets).slice(0, 100);
  const details = { upstreamType: type };
  const words = errorDescription === null ? undefined : hideSecrets(errorDescription, secrets).slice(0, 1500);
  if (error !== 'access_denied') {
    return new CompanionError('LOGIN_REFUSED', `${name} refused: ${quote(words, type)}`, { details });
  }
  if (words !== undefined && /missing_codex_entitlement/i.test(words)) {
    return new CompanionError('LOGIN_REFUSED', `Codex is not enabled for this ChatGPT workspace. ${name}: ${words}`, {
      details,
      remedy: 'Ask the administrator of the workspace for Codex, or choose another workspace when you sign in.',
    });
  }
  const said = words === undefined ? '.' : `: ${words}`;
  return new CompanionError('LOGIN_DENIED', `The access was not allowed on the page of ${name}${said}`, { details });
}

function quote(words: string | undefined, type: string): string {
  return words === undefined ? type : `${words} (${type})`;
}

function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin;
}
