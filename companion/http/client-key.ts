/** Checks the key that clients present. */
import type { IncomingHttpHeaders } from 'node:http';
import { Secret } from '../../shared/redact.ts';
import { CompanionError } from '../base/error.ts';
import { FailureLimit, SecretCheck } from './secret-check.ts';

/**
 * Where the companion's key stands when the usual headers hold the client's own credential for the provider, as with
 * Claude Code's `ANTHROPIC_CUSTOM_HEADERS`.
 */
const COMPANION_KEY_HEADER = 'x-companion-key';

export class ClientKeyCheck {
  readonly #expected: SecretCheck | null;
  readonly #failures: FailureLimit;

  /** `key` is `null` when the person switched the check off. */
  constructor(key: Secret | null, nowMs: () => number) {
    this.#expected = key === null ? null : new SecretCheck(key);
    this.#failures = new FailureLimit(nowMs);
  }

  /** `x-companion-key` takes precedence over `x-api-key`, and that over `authorization: Bearer`. */
  check(headers: IncomingHttpHeaders): CompanionError | undefined {
    if (this.#expected === null) return undefined;
    const presented = single(headers[COMPANION_KEY_HEADER]) ?? usualKey(headers);
    if (presented !== undefined && this.#expected.matches(presented)) return undefined;
    return this.#refuse(presented);
  }

  #refuse(presented: string | undefined): CompanionError {
    const retryAtMs = this.#failures.note();
    if (retryAtMs !== undefined) {
      return new CompanionError('TOO_MANY_FAILED_KEYS', 'Too many requests with a wrong key.', {
        details: { retryAtMs },
      });
    }
    return presented === undefined
      ? new CompanionError('CLIENT_KEY_MISSING', 'This companion wants its client key.')
      : new CompanionError('CLIENT_KEY_INVALID', "This is not the companion's client key.");
  }
}

/** The provider's credential that a client sent beside the companion's key; to be used for this request and forgotten. */
export function ownCredentialOf(headers: IncomingHttpHeaders): Secret | undefined {
  const companionKey = single(headers[COMPANION_KEY_HEADER]);
  const usual = companionKey === undefined ? undefined : usualKey(headers);
  return usual === undefined || usual === companionKey ? undefined : new Secret(usual);
}

function usualKey(headers: IncomingHttpHeaders): string | undefined {
  return single(headers['x-api-key']) ?? bearerOf(headers);
}

export function bearerOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
}

/** The first of a header that came several times; `undefined` for one that is empty. */
export function single(value: string | string[] | undefined): string | undefined {
  const text = [value].flat()[0]?.trim();
  return text === '' ? undefined : text;
}
