/** The text of Codex's `auth.json`, which it shares with us: read for its ChatGPT login, and changed in nothing else. */
import { Secret } from '../../../shared/redact.ts';
import type { Clock } from '../../base/clock.ts';
import { asArray, asObject, asText, isObject, parseJson } from '../../wire/hub/fields.ts';
import type { JsonObject } from '../../wire/hub/fields.ts';
import type { LoginCodec } from '../login/login-codec.ts';
import type { LoginAccount, StoredLogin } from '../login/stored-login.ts';
import { readJwt } from '../oauth/jwt.ts';
import { readAccountId, readOpenAiAccount } from '../oauth/openai-account.ts';
import { parseExactJson } from './exact-json.ts';
import { readTime, writeTimeLike } from './loose-time.ts';

/**
 * Reads two forms, and writes each as it found it: Codex's own, with the tokens in `tokens`, and a flat one with
 * `access_token`, `refresh_token` and `expires_at`, which other programs write. Codex writes its file in place, so even an
 * empty text is one that does not parse: it is there for a moment only, and then whole.
 */
export function codexAuthCodec(clock: Clock): LoginCodec {
  return {
    parse: readCodexAuth,
    merge: (previous, next) => writeCodexAuth(previous, next, clock.nowMs()),
    without: withoutCodexLogin,
  };
}

/** `undefined` when there is no ChatGPT login in it, as when Codex uses an API key or an agent's identity. */
function readCodexAuth(text: string): StoredLogin | undefined {
  const document = parseJson(withoutMark(text));
  if (!isObject(document)) throw new Error('It is no JSON object.');
  if (!isForChatGpt(document)) return undefined;
  const tokens = isFlat(document) ? document : asObject(document['tokens']);
  const accessToken = asText(tokens['access_token']);
  return accessToken === undefined ? undefined : loginOf(accessToken, tokens, document);
}

/** A login of which only the access token is known; `undefined` for a token that is of no ChatGPT account. */
export function loginOfAccessToken(accessToken: string): StoredLogin | undefined {
  if (!isToken(accessToken)) return undefined;
  const login = loginOf(accessToken, {}, {});
  return (login.account?.id ?? null) === null ? undefined : login;
}

/** `nowMs` dates a login that does not tell when it was renewed. */
function writeCodexAuth(previous: string | undefined, next: StoredLogin, nowMs: number): string {
  const document = asObject(previous === undefined ? undefined : parseExactJson(withoutMark(previous)));
  const changed = isFlat(document) ? changeFlat(document, next, nowMs) : changeNested(document, next, nowMs);
  return print(changed, previous);
}

function withoutCodexLogin(text: string): string | undefined {
  const document = asObject(parseExactJson(withoutMark(text)));
  const names = new Set(isFlat(document) ? flatNames : nestedNames);
  const { OPENAI_API_KEY: key, ...rest } = Object.fromEntries(
    Object.entries(document).filter(([name]) => !names.has(name)),
  );
  if (asText(key) !== undefined) return print({ auth_mode: 'apikey', OPENAI_API_KEY: key, ...rest }, text);
  return Object.keys(rest).length === 0 ? undefined : print(rest, text);
}

/** Editors on Windows put a byte order mark first. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

/** Goes into a header one day: printable, no spaces. */
function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

const nestedNames = ['auth_mode', 'tokens', 'last_refresh'];
const flatNames = ['access_token', 'refresh_token', 'id_token', 'account_id', 'expires_at', 'last_refresh'];

/** As Codex decides it. */
function isForChatGpt(document: JsonObject): boolean {
  const mode = asText(document['auth_mode']);
  if (mode !== undefined) return mode === 'chatgpt' || mode === 'chatgptAuthTokens';
  return asText(document['OPENAI_API_KEY']) === undefined;
}

function isFlat(document: JsonObject): boolean {
  return !isObject(document['tokens']) && asText(document['access_token']) !== undefined;
}

function loginOf(accessToken: string, tokens: JsonObject, document: JsonObject): StoredLogin {
  if (!isToken(accessToken)) throw new Error('It is no token.');
  const idToken = asText(tokens['id_token']) ?? null;
  const refreshToken = asText(tokens['refresh_token']) ?? null;
  const jwt = readJwt(accessToken);
  const account = readOpenAiAccount(idToken, accessToken);
  return {
    provider: 'openai',
    accessToken: new Secret(accessToken),
    refreshToken: refreshToken === null ? null : new Secret(refreshToken),
    idToken: idToken === null ? null : new Secret(idToken),
    expiresAtMs: jwt?.expiresAtMs ?? readTime(tokens['expires_at']),
    refreshExpiresAtMs: null,
    scopes: asArray(jwt?.claims['scp']).flatMap((scope) => asText(scope) ?? []),
    account: withId(account, readAccountId(tokens['account_id'])),
    refreshedAtMs: readTime(document['last_refresh']),
  };
}

/** Codex sends the account that stands in the file, whatever its tokens say. */
function withId(account: LoginAccount | null, id: string | undefined): LoginAccount | null {
  if (id === undefined) return account;
  return { ...(account ?? nobody), id };
}

const nobody: LoginAccount = {
  id: null,
  email: null,
  displayName: null,
  organisationId: null,
  organisation: null,
  subscriptionType: null,
  rateLimitTier: null,
};

function changeNested(document: JsonObject, next: StoredLogin, nowMs: number): JsonObject {
  const tokens = asObject(document['tokens']);
  const isNew = Object.keys(document).length === 0;
  // Codex takes a file without a mode for a ChatGPT login, unless there is a key in it.
  const needsMode = isNew || document['auth_mode'] !== undefined || !isForChatGpt(document);
  return {
    ...(isNew ? { auth_mode: 'chatgpt', OPENAI_API_KEY: null } : {}),
    ...document,
    ...(needsMode ? { auth_mode: 'chatgpt' } : {}),
    tokens: {
      ...tokens,
      id_token: next.idToken?.reveal() ?? tokens['id_token'] ?? '',
      access_token: next.accessToken.reveal(),
      refresh_token: next.refreshToken?.reveal() ?? '',
      account_id: next.account?.id ?? tokens['account_id'] ?? null,
    },
    last_refresh: microseconds(next.refreshedAtMs ?? nowMs),
  };
}

function changeFlat(document: JsonObject, next: StoredLogin, nowMs: number): JsonObject {
  const has = (name: string) => document[name] !== undefined;
  const idToken = next.idToken?.reveal();
  return {
    ...document,
    access_token: next.accessToken.reveal(),
    refresh_token: next.refreshToken?.reveal() ?? null,
    expires_at: writeTimeLike(document['expires_at'], next.expiresAtMs),
    ...(idToken === undefined ? {} : { id_token: idToken }),
    ...(has('account_id') && next.account !== null ? { account_id: next.account.id } : {}),
    ...(has('last_refresh') ? { last_refresh: microseconds(next.refreshedAtMs ?? nowMs) } : {}),
  };
}

/** RFC 3339 as Codex writes it. */
function microseconds(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000Z');
}

function print(document: JsonObject, previous: string | undefined): string {
  const text = JSON.stringify(document, null, 2);
  return previous?.endsWith('\n') === true ? `${text}\n` : text;
}
