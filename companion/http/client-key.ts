/** Checks the key that clients present, in a time that tells nothing of the right one, its length included. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Secret } from '../../shared/redact.ts';
import { CompanionError } from '../base/error.ts';

/**
 * Where the companion's key stands when the usual headers hold the client's own credential for the provider, as with
 * Claude Code's `ANTHROPIC_CUSTOM_HEADERS`.
 */
const COMPANION_KEY_HEADER = 'x-companion-key';

const failuresPerMinute = 30;
const blockBytes = 256;
/** One byte of the block is the length. */
const longestPlain = 254;

export class ClientKeyCheck {
  readonly #expected: Buffer | null;
  readonly #presented = Buffer.alloc(blockBytes);
  readonly #nowMs: () => number;
  #failures: readonly number[] = [];

  /** `key` is `null` when the person switched the check off. */
  constructor(key: Secret | null, nowMs: () => number) {
    this.#expected = key === null ? null : blockOf(key.reveal(), Buffer.alloc(blockBytes));
    this.#nowMs = nowMs;
  }

  /**
   * `x-companion-key` takes precedence over `x-api-key`, and that over `authorization: Bearer`. A right key is never held
   * up by others' wrong ones.
   */
  check(headers: IncomingHttpHeaders): CompanionError | undefined {
    if (this.#expected === null) return undefined;
    const presented = single(headers[COMPANION_KEY_HEADER]) ?? usualKey(headers);
    if (presented !== undefined && timingSafeEqual(blockOf(presented, this.#presented), this.#expected))
      return undefined;
    return this.#refuse(presented);
  }

  #refuse(presented: string | undefined): CompanionError {
    const now = this.#nowMs();
    this.#failures = [...this.#failures.filter((atMs) => atMs > now - 60_000), now].slice(-failuresPerMinute - 1);
    if (this.#failures.length > failuresPerMinute) {
      return new CompanionError('TOO_MANY_FAILED_KEYS', 'Too many requests with a wrong key.', {
        details: { retryAtMs: now + 60_000 },
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
  return single(headers['x-api-key']) ?? /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
}

function single(value: string | string[] | undefined): string | undefined {
  const text = [value].flat()[0]?.trim();
  return text === '' ? undefined : text;
}

/**
 * `block` filled with the key, its length and zeros, so that any two compare in the same time: a tenth of the work of
 * hashing both. What does not fit is hashed after all.
 */
function blockOf(key: string, block: Buffer): Buffer {
  const length = Buffer.byteLength(key);
  block.fill(0);
  block[0] = Math.min(length, longestPlain + 1);
  if (length <= longestPlain) block.write(key, 1);
  else hash('sha256', key, 'buffer').copy(block, 1);
  return block;
}
