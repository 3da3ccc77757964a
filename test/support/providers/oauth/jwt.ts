/** JSON Web Tokens, really signed: RS256 with a key that lives as long as the stand-in. */
import { createHash, generateKeyPair, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export class JwtSigner {
  readonly #key: KeyObject;
  readonly keyId: string;
  /** What `/.well-known/jwks.json` lists. */
  readonly publicKey: Readonly<Record<string, unknown>>;

  constructor(keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }) {
    const publicKey = keys.publicKey.export({ format: 'jwk' });
    this.#key = keys.privateKey;
    this.keyId = createHash('sha256')
      .update(publicKey.n ?? '')
      .digest('base64url')
      .slice(0, 27);
    this.publicKey = { ...publicKey, kid: this.keyId, use: 'sig', alg: 'RS256' };
  }

  static async create(): Promise<JwtSigner> {
    return new JwtSigner(await promisify(generateKeyPair)('rsa', { modulusLength: 2048 }));
  }

  sign(claims: Readonly<Record<string, unknown>>): string {
    const head = encode({ alg: 'RS256', kid: this.keyId, typ: 'JWT' });
    const signed = `${head}.${encode(claims)}`;
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), this.#key).toString('base64url')}`;
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
