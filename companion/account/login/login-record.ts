/**
 * A login as JSON text. Ours is that of Claude Code's credentials file, with the account besides, and unknown keys are
 * kept. A Copilot or Kiro login has a part `copilot` or `kiro` besides:
 * `{"provider":"anthropic","claudeAiOauth":{"accessToken":…,"refreshToken":…,"expiresAt":<ms>,"scopes":[…],
 * "subscriptionType":…,"rateLimitTier":…,"refreshTokenExpiresAt":<ms>?},"account":{…}|null,"refreshedAt":<ms>|null}`
 */
import { z } from 'zod';
import type { LoginProviderId } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import type { LoginCodec } from './login-codec.ts';
import type { LoginAccount, StoredLogin } from './stored-login.ts';

/** The key of the tokens, for each provider. */
const tokensKey = {
  anthropic: 'claudeAiOauth',
  openai: 'chatgptOauth',
  copilot: 'copilotOauth',
  kiro: 'kiroOauth',
} as const satisfies Record<LoginProviderId, string>;

/** `us-east-1`: it becomes part of a host name. */
const regionForm = /^[a-z]{2}(?:-[a-z]+)+-\d$/;

/** Below this a time must be meant in seconds: as milliseconds it would lie in 1973. */
const firstMilliseconds = 100_000_000_000;

/** Goes into a header one day: printable, no spaces. */
const token = z
  .string()
  .trim()
  .max(32_000)
  .regex(/^[\x21-\x7e]+$/)
  .transform((text) => new Secret(text));
const missing = z
  .union([z.null(), z.literal('')])
  .optional()
  .transform(() => null);
const optionalToken = z.union([missing, token]);
const time = z.union([
  missing,
  z
    .number()
    .positive()
    .transform((value) => Math.round(value < firstMilliseconds ? value * 1000 : value)),
  z.iso.datetime({ offset: true, local: true }).transform((text) => Date.parse(text)),
]);
const label = z.string().max(300).nullable().optional().catch(null);
const scopes = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(/\s+/))])
  .nullable()
  .optional()
  .transform((list) => (list ?? []).filter((scope) => scope !== ''));

const tokensSchema = z.object({
  accessToken: token,
  refreshToken: optionalToken,
  idToken: optionalToken,
  expiresAt: time,
  refreshTokenExpiresAt: time,
  scopes,
  subscriptionType: label,
  rateLimitTier: label,
});

const accountSchema = z.object({
  id: label,
  email: label,
  displayName: label,
  organisationId: label,
  organisation: label,
  subscriptionType: label,
  rateLimitTier: label,
});

/** What is not as it should be counts as unknown: the tokens are worth having without it. */
const copilotSchema = z.object({ apiUrl: z.url().max(500).nullable().catch(null) });

const clientSchema = z.object({ id: z.string().min(1).max(1000), secret: token, expiresAt: time });
const kiroSchema = z.object({
  region: z.string().regex(regionForm),
  profileArn: label.transform((text) => text ?? null),
  client: clientSchema
    .transform(({ id, secret, expiresAt }) => ({ id, secret, expiresAtMs: expiresAt }))
    .nullable()
    .catch(null),
  startUrl: z.url().max(500).nullable().catch(null),
});

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The login that stands in `text`; `undefined` for a JSON object in which none does. Takes the keys of other programs too:
 * snake case, `expires`, times in seconds or as RFC 3339, tokens that stand outside. Errors: `LOGIN_UNREADABLE`, which
 * names `location` and quotes nothing of the text.
 */
export function parseLoginRecord(text: string, provider: LoginProviderId, location: string): StoredLogin | undefined {
  const record = parseObject(text);
  if (record === undefined) throw unreadable(location);
  const tokens = findTokens(record, provider);
  if (tokens === undefined) return undefined;
  const parsed = tokensSchema.safeParse(tokens);
  if (!parsed.success) throw unreadable(location);
  const { expiresAt, refreshTokenExpiresAt, subscriptionType, rateLimitTier, ...kept } = parsed.data;
  return {
    provider,
    ...kept,
    expiresAtMs: expiresAt,
    refreshExpiresAtMs: refreshTokenExpiresAt,
    account: accountOf(record, subscriptionType ?? null, rateLimitTier ?? null),
    refreshedAtMs: time.catch(null).parse(record['refreshedAt'] ?? record['refreshed_at']),
    ...placeOf(record, provider),
  };
}

/** Where a Copilot or Kiro login is used, and as what. */
function placeOf(record: JsonObject, provider: LoginProviderId): Pick<StoredLogin, 'copilot' | 'kiro'> {
  if (provider === 'copilot') {
    const { data } = copilotSchema.safeParse(record['copilot']);
    return data === undefined ? {} : { copilot: data };
  }
  const { data } = kiroSchema.safeParse(provider === 'kiro' ? record['kiro'] : undefined);
  return data === undefined ? {} : { kiro: data };
}

/** The same as JSON; a part that the login does not have is taken out, as it would be that of the one before. */
function placeRecord({ copilot, kiro }: StoredLogin): JsonObject {
  if (kiro === undefined) return { copilot, kiro };
  const { client, ...place } = kiro;
  const { id, secret, expiresAtMs } = client ?? {};
  const record = client === null ? null : { id, secret: secret?.reveal(), expiresAt: expiresAtMs };
  return { copilot, kiro: { ...place, client: record } };
}

/** The text for `login`. What stands in `previous` besides is kept; one that is no JSON object is replaced. */
export function writeLoginRecord(login: StoredLogin, previous?: string): string {
  const record = parseObject(previous ?? '{}') ?? {};
  const { provider, account, refreshedAtMs } = login;
  const key = tokensKey[provider];
  const tokens = tokensOf(login);
  const kept = without({ ...asObject(record[snakeCase(key)]), ...asObject(record[key]) }, tokens);
  // The tokens before must not stay behind under another of the names that are read.
  const rest = without(record, { ...tokens, [key]: null });
  const next = {
    ...rest,
    provider,
    [key]: { ...kept, ...tokens },
    account,
    refreshedAt: refreshedAtMs,
    ...placeRecord(login),
  };
  return `${JSON.stringify(next, undefined, 2)}\n`;
}

/** What of `object` is not in `names`, in whatever case it is written. */
function without(object: JsonObject, names: JsonObject): JsonObject {
  const isOther = (name: string): boolean => !Object.hasOwn(names, camelCase(name)) && name !== 'expires';
  return Object.fromEntries(Object.entries(object).filter(([name]) => isOther(name)));
}

/** For a file that holds a record of ours, or of Claude Code. */
export function recordCodec(provider: LoginProviderId): LoginCodec {
  return {
    parse: (text) => parseLoginRecord(text, provider, 'The file'),
    merge: (previous, next) => writeLoginRecord(next, previous),
    without: (text) => withoutLogin(text, provider),
  };
}

/** A login of which only an access token is known. Errors: `LOGIN_UNREADABLE` for one that is empty or no token. */
export function bearerLogin(provider: LoginProviderId, accessToken: Secret): StoredLogin {
  const parsed = token.safeParse(accessToken.reveal());
  if (!parsed.success) {
    const problem = accessToken.reveal().trim() === '' ? 'The token is empty.' : 'What was given is no token.';
    throw new CompanionError('LOGIN_UNREADABLE', problem, { remedy: 'Copy the token again, in one piece.' });
  }
  const none = { refreshToken: null, idToken: null, expiresAtMs: null, refreshExpiresAtMs: null, refreshedAtMs: null };
  return { provider, accessToken: parsed.data, ...none, scopes: [], account: null };
}

/** No cause, no detail: what a parser would quote is a secret. */
export function unreadable(location: string): CompanionError {
  return new CompanionError('LOGIN_UNREADABLE', `${location} holds no login that can be read.`);
}

function tokensOf(login: StoredLogin): JsonObject {
  const { accessToken, refreshToken, idToken, refreshExpiresAtMs, account } = login;
  return {
    accessToken: accessToken.reveal(),
    refreshToken: refreshToken?.reveal() ?? null,
    ...(idToken === null ? {} : { idToken: idToken.reveal() }),
    expiresAt: login.expiresAtMs,
    scopes: login.scopes,
    subscriptionType: account?.subscriptionType ?? null,
    rateLimitTier: account?.rateLimitTier ?? null,
    // Taken out rather than kept when it is unknown: it would be that of the token before.
    refreshTokenExpiresAt: refreshExpiresAtMs ?? undefined,
  };
}

/** What was kept of the tokens under any of the names, camel case; `undefined` where there is nothing of the kind. */
function findTokens(record: JsonObject, provider: LoginProviderId): JsonObject | undefined {
  const key = tokensKey[provider];
  const wrapped = record[key] ?? record[snakeCase(key)];
  if (wrapped !== undefined && wrapped !== null) return inCamelCase(asObject(wrapped));
  const flat = inCamelCase(record);
  return flat['accessToken'] === undefined ? undefined : flat;
}

function inCamelCase(tokens: JsonObject): JsonObject {
  const named: JsonObject = Object.fromEntries(Object.entries(tokens).map(([name, value]) => [camelCase(name), value]));
  return named['expiresAt'] === undefined ? { ...named, expiresAt: named['expires'] } : named;
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function accountOf(
  record: JsonObject,
  subscriptionType: string | null,
  rateLimitTier: string | null,
): LoginAccount | null {
  const parsed = accountSchema.safeParse(record['account']);
  const known = parsed.data ?? {};
  if (!parsed.success && subscriptionType === null && rateLimitTier === null) return null;
  return {
    id: known.id ?? null,
    email: known.email ?? null,
    displayName: known.displayName ?? null,
    organisationId: known.organisationId ?? null,
    organisation: known.organisation ?? null,
    subscriptionType: known.subscriptionType ?? subscriptionType,
    rateLimitTier: known.rateLimitTier ?? rateLimitTier,
  };
}

function withoutLogin(text: string, provider: LoginProviderId): string | undefined {
  const ours = {
    [tokensKey[provider]]: null,
    provider: null,
    account: null,
    refreshedAt: null,
    copilot: null,
    kiro: null,
  };
  const rest = without(parseObject(text) ?? {}, ours);
  return Object.keys(rest).length === 0 ? undefined : `${JSON.stringify(rest, undefined, 2)}\n`;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    // Editors on Windows put a byte order mark first.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
