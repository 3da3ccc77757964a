/**
 * What a JWT says of itself. Nothing is verified: it came straight from its issuer, and it is shown and dated by what it
 * says, never trusted for it.
 */
import { asArray, asObject, asText, isObject, parseJson } from '../../wire/hub/fields.ts';
import type { JsonObject } from '../../wire/hub/fields.ts';

export interface Jwt {
  readonly algorithm: string | null;
  readonly type: string | null;
  readonly keyId: string | null;
  readonly id: string | null;
  readonly issuer: string | null;
  readonly audience: readonly string[];
  /** Unix milliseconds, like the next. */
  readonly issuedAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly claims: JsonObject;
}

const longest = 64 * 1024;

/** `undefined` for whatever is no JWT, such as an opaque token. */
export function readJwt(token: string): Jwt | undefined {
  const parts = token.length > longest ? [] : token.split('.');
  const [head = '', body = ''] = parts;
  const header = readPart(head);
  const claims = readPart(body);
  if (parts.length !== 3 || header === undefined || claims === undefined) return undefined;
  return {
    algorithm: asText(header['alg']) ?? null,
    type: asText(header['typ']) ?? null,
    keyId: asText(header['kid']) ?? null,
    id: asText(claims['jti']) ?? null,
    issuer: asText(claims['iss']) ?? null,
    audience: readAudience(claims['aud']),
    issuedAtMs: readSeconds(claims['iat']),
    expiresAtMs: readSeconds(claims['exp']),
    claims,
  };
}

function readPart(part: string): JsonObject | undefined {
  if (!/^[A-Za-z0-9_-]+=*$/.test(part)) return undefined;
  const value = parseJson(Buffer.from(part, 'base64url').toString('utf8'));
  return isObject(value) ? asObject(value) : undefined;
}

/** One text or several. */
function readAudience(value: unknown): readonly string[] {
  return (typeof value === 'string' ? [value] : asArray(value)).flatMap((entry) => asText(entry) ?? []);
}

/** The latest moment that a `Date` can hold. */
const latestMs = 8.64e15;

function readSeconds(value: unknown): number | null {
  if (typeof value !== 'number' || !(value >= 0)) return null;
  const atMs = Math.round(value * 1000);
  return atMs <= latestMs ? atMs : null;
}
