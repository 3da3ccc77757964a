/** Checks the key of whoever manages the companion over HTTP. It is asked for whatever the settings say about client keys. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Secret } from '../../shared/redact.ts';
import { CompanionError } from '../base/error.ts';
import { bearerOf, single } from './client-key.ts';
import { FailureLimit, SecretCheck, soundKeyLength } from './secret-check.ts';

export class AdminKeyCheck {
  readonly #expected: SecretCheck;
  readonly #failures: FailureLimit;
  /** Wrong keys, where the right one could be found by trying: it opens nothing either while somebody tries. */
  readonly #guesses: FailureLimit | undefined;

  constructor(key: Secret, nowMs: () => number) {
    this.#expected = new SecretCheck(key);
    this.#failures = new FailureLimit(nowMs);
    this.#guesses = key.reveal().length < soundKeyLength ? new FailureLimit(nowMs) : undefined;
  }

  /** `x-admin-key`, else `authorization: Bearer`. Never in the address: addresses end up in logs and histories. */
  check(headers: IncomingHttpHeaders): CompanionError | undefined {
    const presented = single(headers['x-admin-key']) ?? bearerOf(headers);
    const lockedUntilMs = this.#guesses?.lockedUntilMs();
    if (presented !== undefined && lockedUntilMs !== undefined) return tooMany(lockedUntilMs);
    if (presented !== undefined && this.#expected.matches(presented)) return undefined;
    if (presented !== undefined) this.#guesses?.note();
    const retryAtMs = this.#failures.note();
    if (retryAtMs !== undefined) return tooMany(retryAtMs);
    return presented === undefined
      ? new CompanionError('ADMIN_KEY_MISSING', 'Managing the companion takes its admin key.')
      : new CompanionError('ADMIN_KEY_INVALID', "This is not the companion's admin key.");
  }
}

function tooMany(retryAtMs: number): CompanionError {
  return new CompanionError('TOO_MANY_FAILED_KEYS', 'Too many requests with a wrong admin key.', {
    details: { retryAtMs },
    remedy: 'Wait a minute, then use the key that `companion admin-key` prints.',
  });
}
