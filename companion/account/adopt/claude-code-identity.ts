/** Whose login Claude Code's is: its `.claude.json` tells. That file holds no tokens. */
import { readFileSync, statSync } from 'node:fs';
import { asObject, asText, parseJson } from '../../wire/hub/fields.ts';
import type { LoginAccount } from '../login/stored-login.ts';
import { planOfOrganisation } from '../oauth/anthropic-profile.ts';

/**
 * Remembers what it read for as long as the file stays as it is: with all its projects it may be megabytes, and Claude Code
 * itself writes it all the time.
 */
export class ClaudeCodeIdentity {
  readonly #paths: readonly string[];
  #stamp = '';
  #account: LoginAccount | null = null;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** `null` when nothing tells. */
  read(): LoginAccount | null {
    const found = this.#paths.map((path) => ({ path, stamp: stampOf(path) })).find(({ stamp }) => stamp !== undefined);
    if (found?.stamp === undefined) return null;
    if (found.stamp !== this.#stamp) {
      const account = readAccount(found.path);
      // Half written: the next look sees the rest.
      if (account === undefined) return this.#account;
      this.#account = account;
      this.#stamp = found.stamp;
    }
    return this.#account;
  }
}

/** `undefined` for a file that is not there, is empty, or is somebody else's. */
function stampOf(path: string): string | undefined {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return size === 0n ? undefined : `${path} ${ino} ${size} ${mtimeNs}`;
  } catch {
    return undefined;
  }
}

function readAccount(path: string): LoginAccount | null | undefined {
  const document = readJson(path);
  if (document === undefined) return undefined;
  const account = asObject(asObject(document)['oauthAccount']);
  const id = asText(account['accountUuid']) ?? null;
  const email = asText(account['emailAddress']) ?? null;
  if (id === null && email === null) return null;
  const kind = asText(account['organizationType']);
  return {
    id,
    email,
    displayName: asText(account['displayName']) ?? asText(account['fullName']) ?? null,
    organisationId: asText(account['organizationUuid']) ?? null,
    organisation: asText(account['organizationName']) ?? null,
    subscriptionType: kind === undefined ? null : planOfOrganisation(kind),
    rateLimitTier: asText(account['userRateLimitTier']) ?? asText(account['organizationRateLimitTier']) ?? null,
  };
}

function readJson(path: string): unknown {
  try {
    return parseJson(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
