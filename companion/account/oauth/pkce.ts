/** The random values of one login (RFC 7636, RFC 6749 10.12), and how two of them are compared. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Secret } from '../../../shared/redact.ts';

export interface Pkce {
  /** 43 characters. Stays here until it is traded in together with the code. */
  readonly verifier: Secret;
  /** S256 of it; public. */
  readonly challenge: string;
}

const randomLength = 32;

export function createPkce(): Pkce {
  const verifier = randomBytes(randomLength).toString('base64url');
  return { verifier: new Secret(verifier), challenge: sha256(verifier) };
}

export function createState(): string {
  return randomBytes(randomLength).toString('base64url');
}

/** SHA-256 as base64url: enough to recognise a state, useless to make one. */
export function hashState(state: string): string {
  return sha256(state);
}

/** Takes as long for a wrong one as for the right one. */
export function isSameState(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function sha256(text: string): string {
  return digest(text).toString('base64url');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
