/** The tokens in an answer of a login server. Fields that are not what they should be count as left out. */
import { z } from 'zod';
import { CompanionError } from '../../base/error.ts';
import { Secret } from '../../../shared/redact.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import type { LoginProvider } from './login-providers.ts';

/** Longer than any token; a header of that size is refused everywhere. */
const longestToken = 32_000;

const token = z
  .string()
  // Goes into a header one day: printable, no spaces.
  .regex(/^[\x21-\x7e]+$/)
  .max(longestToken)
  .transform((text) => new Secret(text))
  .optional()
  .catch(undefined);

/** A number, or its digits as text. */
const seconds = z.coerce
  .number()
  .positive()
  .max(20 * 366 * 24 * 3600)
  .optional()
  .catch(undefined);

const answerSchema = z.object({
  access_token: token,
  refresh_token: token,
  id_token: token,
  expires_in: seconds,
  refresh_token_expires_in: seconds,
  scope: z.string().max(10_000).optional().catch(undefined),
});

export interface TokenAnswer {
  readonly accessToken: Secret | null;
  readonly refreshToken: Secret | null;
  readonly idToken: Secret | null;
  /** Unix milliseconds, by this computer's clock; `null` where the answer does not tell. */
  readonly expiresAtMs: number | null;
  readonly refreshExpiresAtMs: number | null;
  readonly scopes: readonly string[] | null;
}

/** Errors: `UPSTREAM_UNREADABLE` for an answer without any token. */
export function readTokenAnswer(provider: LoginProvider, json: unknown, nowMs: number): TokenAnswer {
  const parsed = answerSchema.safeParse(json);
  const { access_token, refresh_token, id_token, scope, ...times } = parsed.data ?? {};
  if (access_token === undefined && refresh_token === undefined && id_token === undefined) {
    throw noTokens(provider);
  }
  const inSeconds = (value: number | undefined) => (value === undefined ? null : Math.round(nowMs + value * 1000));
  return {
    accessToken: access_token ?? null,
    refreshToken: refresh_token ?? null,
    idToken: id_token ?? null,
    expiresAtMs: inSeconds(times.expires_in),
    refreshExpiresAtMs: inSeconds(times.refresh_token_expires_in),
    scopes: scope?.split(/\s+/).filter((name) => name !== '') ?? null,
  };
}

/** Errors: `UPSTREAM_UNREADABLE`. A login is nothing without it. */
export function accessTokenOf(provider: LoginProvider, answer: TokenAnswer): Secret {
  if (answer.accessToken === null) throw noTokens(provider);
  return answer.accessToken;
}

/**
 * `login` with what a renewal brought. Any of the tokens may be left out of it and then stays what it was: to throw the
 * answer away for that would lose a refresh token that replaces the one before.
 */
export function renewLogin(login: StoredLogin, answer: TokenAnswer, nowMs: number): StoredLogin {
  const isRotated = answer.refreshToken !== null;
  return {
    ...login,
    accessToken: answer.accessToken ?? login.accessToken,
    refreshToken: answer.refreshToken ?? login.refreshToken,
    idToken: answer.idToken ?? login.idToken,
    expiresAtMs: answer.accessToken === null ? login.expiresAtMs : answer.expiresAtMs,
    // That of the token before says nothing about a new one.
    refreshExpiresAtMs: answer.refreshExpiresAtMs ?? (isRotated ? null : login.refreshExpiresAtMs),
    scopes: answer.scopes ?? login.scopes,
    refreshedAtMs: nowMs,
  };
}

function noTokens({ name }: LoginProvider): CompanionError {
  return new CompanionError('UPSTREAM_UNREADABLE', `The login server of ${name} answered without tokens.`);
}
