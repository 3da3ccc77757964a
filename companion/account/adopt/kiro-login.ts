/**
 * The login of the person's own Kiro, read from where Kiro keeps it. Its refresh token works once, so it is not even read:
 * whoever renews that login behind Kiro's back signs Kiro out.
 */
import { join } from 'node:path';
import { CompanionError } from '../../base/error.ts';
import { watchFile } from '../../base/watch-file.ts';
import { defaultRegion, regionPattern } from '../../config/aws-region.ts';
import { expandTilde } from '../../config/home.ts';
import { asObject, asText, isObject, parseJson } from '../../wire/hub/fields.ts';
import { JsonFileTokenStorage } from '../login/json-file-token-storage.ts';
import { bearerLogin } from '../login/login-record.ts';
import type { LoginSource } from '../login/login-source.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import type { TokenStorage } from '../login/token-storage.ts';
import { Secret } from '../../../shared/redact.ts';
import { readTime } from './loose-time.ts';

export interface KiroSourceOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The person turned it on. */
  isEnabled(): boolean;
}

/** Kiro renews its token when it runs; a file that changes is then read again at once. */
export function kiroSource({ environment, isEnabled }: KiroSourceOptions): LoginSource {
  const path = join(expandTilde('~', environment), '.aws', 'sso', 'cache', 'kiro-auth-token.json');
  return {
    provider: 'kiro',
    owner: 'kiro',
    storage: new KiroStorage(path),
    mayRefresh: false,
    renewRemedy: 'Open Kiro once: it renews its login by itself, and the companion sees that at once.',
    isEnabled,
    watch: (onChange) => watchFile(path, onChange),
  };
}

/** `save` and `delete` refuse with `INVALID_REQUEST`. */
class KiroStorage implements TokenStorage {
  readonly #file: TokenStorage;

  constructor(path: string) {
    this.#file = new JsonFileTokenStorage(path, { parse: readKiroToken, merge: refuse });
  }

  get location(): string {
    return this.#file.location;
  }

  load(): Promise<StoredLogin | undefined> {
    return this.#file.load();
  }

  exists(): Promise<boolean> {
    return this.#file.exists();
  }

  async save(): Promise<boolean> {
    return refuse();
  }

  async delete(): Promise<boolean> {
    return refuse();
  }
}

/** Throws for a text that is no JSON object: Kiro may be writing it. */
function readKiroToken(text: string): StoredLogin | undefined {
  const document = parseJson(text.replace(/^\uFEFF/, ''));
  if (!isObject(document)) throw new Error('It is no JSON object.');
  const { accessToken, expiresAt, region, profileArn } = asObject(document);
  const token = asText(accessToken);
  if (token === undefined) return undefined;
  const place = typeof region === 'string' && regionPattern.test(region) ? region : defaultRegion;
  return {
    ...bearerLogin('kiro', new Secret(token)),
    expiresAtMs: readTime(expiresAt),
    kiro: { region: place, profileArn: profileIn(profileArn), client: null, startUrl: null },
  };
}

function profileIn(value: unknown): string | null {
  return typeof value === 'string' && /^arn:[\w:/+=,.@-]{1,500}$/.test(value) ? value : null;
}

function refuse(): never {
  throw new CompanionError('INVALID_REQUEST', 'The login of Kiro is not changed from here: it belongs to Kiro.', {
    remedy: 'Sign out in Kiro, or stop using its login here with `companion auth adopt kiro --off`.',
  });
}
