/** Compares a presented key with the right one, in a time that tells nothing of it, and slows down whoever guesses. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../shared/redact.ts';

const failuresPerMinute = 30;
const blockBytes = 256;
/** One byte of the block is the length. */
const longestPlain = 254;

export class SecretCheck {
  readonly #expected: Buffer;
  readonly #presented = Buffer.alloc(blockBytes);

  constructor(secret: Secret) {
    this.#expected = blockOf(secret.reveal(), Buffer.alloc(blockBytes));
  }

  matches(presented: string): boolean {
    return timingSafeEqual(blockOf(presented, this.#presented), this.#expected);
  }
}

/** Shorter ones are words that somebody thought of: trying them out is worth a guesser's while. */
export const soundKeyLength = 16;

/** Counts wrong keys. A right one that nobody can guess is never held up by others' wrong ones. */
export class FailureLimit {
  readonly #nowMs: () => number;
  #failures: readonly number[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Takes note of one more; Unix milliseconds from when the next may be tried, once there were too many in a minute. */
  note(): number | undefined {
    const now = this.#nowMs();
    this.#failures = [...this.#failures.filter((atMs) => atMs > now - 60_000), now].slice(-failuresPerMinute - 1);
    return this.#failures.length > failuresPerMinute ? now + 60_000 : undefined;
  }

  /** Unix milliseconds until when there were too many; without taking note of anything. */
  lockedUntilMs(): number | undefined {
    const now = this.#nowMs();
    const recent = this.#failures.filter((atMs) => atMs > now - 60_000);
    return recent.length > failuresPerMinute ? (recent[0] ?? now) + 60_000 : undefined;
  }
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
