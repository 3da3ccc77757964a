/** Whatever a person may paste to finish a login. */
import { describe, expect, test } from 'vitest';
import { checkBinding, codeOf } from '../../../../companion/account/oauth/login-answer.ts';
import type { LoginAnswer } from '../../../../companion/account/oauth/login-answer.ts';
import { readPastedAnswer } from '../../../../companion/account/oauth/pasted-answer.ts';
import { createState } from '../../../../companion/account/oauth/pkce.ts';
import { toCompanionError } from '../../../../companion/base/error.ts';
import type { CompanionError } from '../../../../companion/base/error.ts';
import { providersAt } from './token-server.ts';

const providers = providersAt('http://127.0.0.1:1');
const known = Object.values(providers);
const state = createState();
const older = createState();
const code = 'code-1234567890_abc';

const manual = { provider: providers.anthropic, state, redirectUri: providers.anthropic.redirect.manual ?? '' };
const loopback = { provider: providers.anthropic, state, redirectUri: 'http://localhost:50123/callback' };
const codex = { provider: providers.openai, state, redirectUri: 'http://localhost:1455/auth/callback' };
const page = 'https://platform.claude.com/oauth/code/callback';

/** As the desk does it. */
function take(pasted: string, expected = manual): string {
  const answer = readPastedAnswer(pasted, expected, known);
  checkBinding(answer, expected, []);
  return codeOf(answer, expected).reveal();
}

function failureOf(pasted: string, expected = manual): CompanionError {
  try {
    take(pasted, expected);
  } catch (thrown) {
    return toCompanionError(thrown);
  }
  throw new Error('it was accepted');
}

describe('is taken', () => {
  test.each([
    ['the code alone', code],
    ['code and state', `${code}#${state}`],
    ['with spaces around', `  ${code}#${state}\n`],
    ['broken over lines by a terminal', `${code}#${state.slice(0, 20)}\r\n  ${state.slice(20)}`],
    ['in quotes', `"${code}#${state}"`],
    ['in backticks with a full stop of a sentence', `\`${code}#${state}\`,`],
    ['with invisible characters in it', `\u200b${code}\u2060#\ufeff${state}`],
    ['the address of the page', `${page}?code=${code}&state=${state}`],
    ['the same in angle brackets', `<${page}?code=${code}&state=${state}>`],
    ['with the answer in the fragment', `${page}#code=${code}&state=${state}`],
    ['with the state as the fragment', `${page}?code=${code}#${state}`],
    ['without its scheme', `platform.claude.com/oauth/code/callback?code=${code}&state=${state}`],
    ['moved to another host of the provider', `https://claude.ai/oauth/code/callback?code=${code}&state=${state}`],
    ['only the query', `?code=${code}&state=${state}`],
    ['only the parameters', `code=${code}&state=${state}`],
  ])('%s', (_what, pasted) => {
    expect(take(pasted)).toBe(code);
  });

  test('the address of a page that did not load, as nobody listens there', () => {
    expect(take(`http://localhost:50123/callback?code=${code}&state=${state}`, loopback)).toBe(code);
    expect(take(`localhost:1455/auth/callback?code=${code}&scope=openid&state=${state}`, codex)).toBe(code);
    expect(take(`http://127.0.0.1:1455/auth/callback?code=${code}&state=${state}`, codex)).toBe(code);
  });

  test('a code that begins like a token, when it comes with its state', () => {
    expect(take(`eyJabc.defgh#${state}`)).toBe('eyJabc.defgh');
  });
});

describe('belongs to something else (LOGIN_MISMATCH)', () => {
  test.each([
    ['a code of an older attempt', `${code}#${older}`, manual, /older attempt/],
    ['an address of an older attempt', `${page}?code=${code}&state=${older}`, manual, /older attempt/],
    ['an address on another port', `http://localhost:50124/callback?code=${code}&state=${state}`, loopback, /older/],
    ["OpenAI's answer", `http://localhost:1455/auth/callback?code=${code}&state=${state}`, manual, /answer of OpenAI/],
    ["Anthropic's answer", `${page}?code=${code}&state=${state}`, codex, /answer of Anthropic/],
    ['an answer on a page of nobody', `https://evil.example/cb?code=${code}&state=${state}`, manual, /not where/],
    [
      'the right path on a foreign host',
      `https://evil.example/oauth/code/callback?code=${code}&state=${state}`,
      manual,
      /not where/,
    ],
    ['an issuer of elsewhere', `${page}?code=${code}&state=${state}&iss=https://evil.example`, manual, /evil\.example/],
  ])('%s', (_what, pasted, expected, words) => {
    const error = failureOf(pasted, expected);
    expect(error.code).toBe('LOGIN_MISMATCH');
    expect(error.message).toMatch(words);
  });
});

describe('is no answer (INVALID_REQUEST)', () => {
  test.each([
    ['nothing', ' \n', /Nothing was pasted/],
    ['the sign-in page', 'https://claude.ai/oauth/authorize?client_id=x&code_challenge=y&response_type=code', /itself/],
    ["OpenAI's sign-in page", 'http://127.0.0.1:1/oauth/authorize?client_id=x', /itself/],
    ['an API key of Anthropic', 'sk-ant-api03-abcdefghijklmnop', /API key/],
    ['an API key of OpenAI', 'sk-proj-abcdefghijklmnopqrst', /API key/],
    ['an access token', 'sk-ant-oat01-abcdefghijklmnop', /token/],
    ['a JWT', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', /token/],
    ['a pairing token', 'ccp1_8000_abcdefgh', /pairing token/],
    ['an address without a code', 'https://platform.claude.com/oauth/code/callback', /no code/],
    ['an address cut off', `${page}?code=${code}`, /not copied to its end/],
    ['parameters cut off', `code=${code}`, /not copied to its end/],
    ['the state alone', `#${state}`, /second half/],
    ['the state without its mark', state, /second half/],
    ['a sentence', 'I clicked on allow!', /does not look like/],
    ['a part twice', `${page}?code=${code}&code=other&state=${state}`, /twice/],
    ['a whole book', 'a'.repeat(10_001), /too long/],
  ])('%s', (_what, pasted, words) => {
    const error = failureOf(pasted);
    expect(error.code).toBe('INVALID_REQUEST');
    expect(error.message).toMatch(words);
    expect(error.remedy).toMatch(/\.$/);
  });

  test('and nothing of it is repeated', () => {
    const pastes = [
      'sk-ant-api03-CANARY-CANARY-CANARY',
      `${page}?code=CANARY-CANARY`,
      'CANARY CANARY!',
      `CANARY-CANARY#${older}`,
    ];
    for (const pasted of pastes) {
      const { message, remedy, stack } = failureOf(pasted);
      expect(`${message}${remedy}${stack}`).not.toContain('CANARY');
    }
  });
});

describe('says that it was refused', () => {
  const refusedAt = (query: string) => `${page}?${query}&state=${state}`;

  test('the person said no, in the words of the provider', () => {
    const error = failureOf(refusedAt('error=access_denied&error_description=The+user+declined.'));
    expect(error.code).toBe('LOGIN_DENIED');
    expect(error.message).toContain('The user declined.');
  });

  test('the workspace has no Codex', () => {
    const pasted = `http://localhost:1455/auth/callback?error=access_denied&error_description=Missing%20(missing_codex_entitlement)&state=${state}`;
    const error = failureOf(pasted, codex);
    expect(error.code).toBe('LOGIN_REFUSED');
    expect(error.message).toContain('Codex is not enabled');
    expect(error.remedy).toContain('administrator');
  });

  test('the provider has another reason', () => {
    const error = failureOf(refusedAt('error=invalid_scope&error_description=Unknown+scope'));
    expect(error).toMatchObject({ code: 'LOGIN_REFUSED', details: { upstreamType: 'invalid_scope' } });
    expect(error.message).toBe('Anthropic refused: Unknown scope (invalid_scope)');
  });

  test('without the state and the code, should it repeat them', () => {
    const words = encodeURIComponent(`state ${state} code ${code}`);
    const error = failureOf(`${refusedAt(`error=server_error&error_description=${words}`)}&code=${code}`);
    expect(error.message).not.toContain(state);
    expect(error.message).not.toContain(code);
  });
});

test('an answer of another login that waits is named as that', () => {
  const answer: LoginAnswer = { state: older, code: null, error: null, errorDescription: null, issuer: null };
  expect(() => checkBinding(answer, manual, [{ ...codex, state: older }])).toThrow(
    /answer of OpenAI.*one at Anthropic/,
  );
});
