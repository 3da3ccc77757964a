/** What routing wants to know of a request, read from its bytes; and another model's name put in without a second look. */
import { findMembers, isString, parseRange } from './json-scan.ts';
import type { ByteRange } from './json-scan.ts';

export interface PeekedString {
  readonly value: string;
  /** Of the string token, its quotes included. */
  readonly range: ByteRange;
}

export interface Peeked {
  readonly strings: ReadonlyMap<string, PeekedString>;
  readonly booleans: ReadonlyMap<string, boolean>;
}

/**
 * The top-level members called `names` (ASCII) that are strings or booleans. Reading ends as soon as every name was seen;
 * of a key that comes twice before that, the last one counts, as for `JSON.parse`. Empty for what is no JSON object as far
 * as it was read; nested values are passed over, not checked. Never throws; takes time in proportion to the bytes read.
 */
export function peekMembers(body: Buffer, names: readonly string[]): Peeked {
  const strings = new Map<string, PeekedString>();
  const booleans = new Map<string, boolean>();
  for (const [name, range] of findMembers(body, names)) {
    const value = isString(body, range) || isBooleanLength(range) ? parseRange(body, range) : undefined;
    if (typeof value === 'string') strings.set(name, { value, range });
    if (typeof value === 'boolean') booleans.set(name, value);
  }
  return { strings, booleans };
}

/** A copy of `body` with `value` where the string token at `range` was; every other byte stays as it is. */
export function replaceMember(body: Buffer, range: ByteRange, value: string): Buffer {
  const token = Buffer.from(JSON.stringify(value));
  return Buffer.concat([body.subarray(0, range.start), token, body.subarray(range.end)]);
}

function isBooleanLength({ start, end }: ByteRange): boolean {
  return end - start <= 'false'.length;
}
