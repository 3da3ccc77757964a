/** What a person pasted to finish a login: the code, `code#state`, or the whole address of the page they landed on. */
import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import { answerOfParameters, ofAnother, olderAttempt } from './login-answer.ts';
import type { ExpectedAnswer, LoginAnswer } from './login-answer.ts';
import type { LoginProvider } from './login-providers.ts';
import { isSameState } from './pkce.ts';

const longestPaste = 10_000;

/**
 * Errors: `INVALID_REQUEST` for what is no answer at all, in words that say what it is instead; `LOGIN_MISMATCH` for the
 * answer to something else. Nothing of what was pasted is in them. `known` are all providers.
 */
export function readPastedAnswer(
  pasted: string,
  expected: ExpectedAnswer,
  known: readonly LoginProvider[],
): LoginAnswer {
  const text = tidy(pasted);
  if (text === '') throw unusable('Nothing was pasted.');
  if (text.length > longestPaste) throw unusable('That is too long to be the answer of a sign-in page.');
  refuseSecrets(text);
  const url = urlOf(text);
  if (url !== undefined) return answerOfUrl(url, expected, known);
  if (/(?:^|[?&#])(?:code|error)=/.test(text)) return answerOfQuery(text);
  return answerOfCode(text, expected);
}

/** Terminals break long lines, mail programs quote them, and chat programs put invisible characters in between. */
function tidy(pasted: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are among what is taken out
  const bare = pasted.replaceAll(/[\s\u0000-\u001f\u007f\p{Cf}]/gu, '');
  return bare.replaceAll(/^["'`<([“‘«]+|["'`>)\]”’»,]+$/g, '');
}

const apiKey = /^(?:sk-ant-(?:api|admin)|sk-(?!ant-)|gsk_|AIza|ccpk_)/;
const token = /^(?:sk-ant-(?:oat|ort|sid)|eyJ[\w-]+\.|rt_)/;

function refuseSecrets(text: string): void {
  // No secret has one in it, and a code, which may begin with any letters, mostly comes with one.
  if (text.includes('#')) return;
  if (apiKey.test(text)) {
    throw unusable('That looks like an API key, not like the answer of a sign-in page.', {
      remedy: 'Keys are added with `companion keys add`. Here goes what the sign-in page showed at its end.',
    });
  }
  if (text.startsWith('ccp1_')) throw unusable('That is a pairing token. It goes into the extension, not here.');
  if (token.test(text)) throw unusable('That looks like a token, not like the code of a sign-in page.');
}

function urlOf(text: string): URL | undefined {
  if (/^https?:\/\//i.test(text)) return URL.parse(text) ?? undefined;
  // Browsers show addresses without their scheme.
  if (/^(?:localhost|127\.0\.0\.1|\[::1\]):\d+\//i.test(text)) return URL.parse(`http://${text}`) ?? undefined;
  return /^[\w-]+(?:\.[\w-]+)+\/\S*[?#]/.test(text) ? (URL.parse(`https://${text}`) ?? undefined) : undefined;
}

function answerOfUrl(url: URL, expected: ExpectedAnswer, known: readonly LoginProvider[]): LoginAnswer {
  const parameters = parametersOf(url);
  if (isSignInPage(url, parameters, known)) {
    throw unusable('That is the address of the sign-in page itself, not its answer.', {
      remedy: 'Open it, sign in, and paste what the last page shows, or its address.',
    });
  }
  const owner = known.find((provider) => provider !== expected.provider && isRedirectOf(url, provider));
  if (owner !== undefined) throw ofAnother(owner, expected.provider);
  if (!parameters.has('code') && !parameters.has('error')) {
    throw unusable('There is no code in that address.', {
      remedy: 'Paste the address of the page that you land on after you allowed the access.',
    });
  }
  if (!isRedirectOf(url, expected.provider)) {
    const message = `That address is not where ${expected.provider.name} sends its answers.`;
    throw new CompanionError('LOGIN_MISMATCH', message);
  }
  if (parameters.get('state') === null) throw unusable('The address was not copied to its end: its state is missing.');
  // Another port is another attempt.
  if (isOnThisComputer(url) && url.port !== new URL(expected.redirectUri).port) throw olderAttempt(expected.provider);
  return unique(parameters);
}

/** Of the query, else of the fragment. `?code=CODE#STATE` is a page's `code#state` glued to its address. */
function parametersOf(url: URL): URLSearchParams {
  const parameters = new URLSearchParams(url.search);
  const fragment = url.hash.slice(1);
  if (parameters.has('code') && !parameters.has('state') && fragment !== '' && !fragment.includes('=')) {
    parameters.set('state', fragment);
    return parameters;
  }
  return parameters.has('code') || parameters.has('error') ? parameters : joined(parameters, fragment);
}

function joined(parameters: URLSearchParams, fragment: string): URLSearchParams {
  return new URLSearchParams([...parameters, ...new URLSearchParams(fragment)]);
}

function isSignInPage(url: URL, parameters: URLSearchParams, known: readonly LoginProvider[]): boolean {
  if (parameters.has('code_challenge') || parameters.has('response_type')) return true;
  return known.some(({ authorizeUrl }) => isSamePlace(url, authorizeUrl));
}

function isRedirectOf(url: URL, { redirect, origins }: LoginProvider): boolean {
  const { manual, path, ports } = redirect;
  // The provider may move the page to another host of its own.
  if (manual !== null && origins.has(url.origin) && url.pathname === new URL(manual).pathname) return true;
  return isOnThisComputer(url) && url.pathname === path && (ports === 'any' || ports.includes(Number(url.port)));
}

function isOnThisComputer({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

function isSamePlace(url: URL, place: string): boolean {
  const other = new URL(place);
  return url.origin === other.origin && url.pathname === other.pathname;
}

/** `?code=...&state=...` without the address before it. */
function answerOfQuery(text: string): LoginAnswer {
  const answer = unique(new URLSearchParams(text.replace(/^[?&#]+/, '').replaceAll('#', '&')));
  if (answer.state === null) throw unusable('It was not copied to its end: the state is missing.');
  return answer;
}

function unique(parameters: URLSearchParams): LoginAnswer {
  const answer = answerOfParameters(parameters);
  if (answer === undefined) throw unusable('A part of that address stands there twice.');
  return answer;
}

const codePattern = /^[A-Za-z0-9._~%+/=-]{8,4000}$/;

function answerOfCode(text: string, { state: expectedState }: ExpectedAnswer): LoginAnswer {
  const [code = '', ...rest] = text.split('#');
  const state = rest.join('#');
  if (isSameState(code, expectedState) || (code === '' && state !== '')) {
    throw unusable('That is only the second half of what the page shows.', { remedy: 'Copy all of it, and paste it.' });
  }
  if (!codePattern.test(code)) throw unusable('That does not look like the code of a sign-in page.');
  return {
    state: state === '' ? null : state,
    code: new Secret(code),
    error: null,
    errorDescription: null,
    issuer: null,
  };
}

function unusable(message: string, options: { readonly remedy?: string } = {}): CompanionError {
  const remedy = options.remedy ?? 'Paste the code that the sign-in page shows at its end, or the whole address of it.';
  return new CompanionError('INVALID_REQUEST', message, { remedy });
}
