/** The form of a client key: a JWT, signed with HS256, that says nothing but who it is for. */
import type { JWTPayload } from 'jose';
import type { Secret } from '../../shared/redact.ts';
import type { ClientKeyRecord } from '../store/client-keys.ts';

const issuer = 'ccproxy';
const algorithm = 'HS256';
/** Ours have about 300 characters. */
const longest = 4_096;
const jwtForm = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

/** Nothing else that clients present looks so. */
export function looksLikeJwt(presented: string): boolean {
  return presented.startsWith('eyJ') && presented.length <= longest && jwtForm.test(presented);
}

/** Every claim is told to the store as well, and what counts is what the store says. */
export async function signToken(record: ClientKeyRecord, secret: Secret): Promise<string> {
  const { SignJWT } = await import('jose');
  const token = new SignJWT({ name: record.name, mode: record.mode })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .setJti(record.id)
    .setSubject(record.name)
    .setIssuer(issuer)
    .setIssuedAt(Math.floor(record.createdAtMs / 1000));
  if (record.expiresAtMs !== null) token.setExpirationTime(Math.floor(record.expiresAtMs / 1000));
  return token.sign(bytesOf(secret));
}

/**
 * The id in a token that was signed with `secret`, by us and with our algorithm alone, whether or not it has expired;
 * `undefined` for any other.
 */
export async function readTokenId(token: string, secret: Secret, nowMs: number): Promise<string | undefined> {
  const { jwtVerify, errors } = await import('jose');
  try {
    const { payload } = await jwtVerify(token, bytesOf(secret), {
      algorithms: [algorithm],
      issuer,
      currentDate: new Date(nowMs),
    });
    return idOf(payload);
  } catch (thrown) {
    // Its signature and issuer were right: the store knows when it ended, and says so.
    return thrown instanceof errors.JWTExpired ? idOf(thrown.payload) : undefined;
  }
}

function idOf({ jti }: JWTPayload): string | undefined {
  return typeof jti === 'string' && jti !== '' ? jti : undefined;
}

function bytesOf(secret: Secret): Uint8Array {
  return new TextEncoder().encode(secret.reveal());
}
