/**
 * Finding members of a JSON object in its bytes. Nothing is parsed but what is asked for, and nothing is checked but what
 * has to be passed on the way: a walk costs about one look at each byte, whatever the bytes are.
 */

/** Offsets into a body: `start` is of the first byte, `end` one past the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Up to here a loop finds the end of a string sooner than a native search can be called. */
const nearBytes = 64;

const none: ReadonlyMap<string, ByteRange> = new Map();

/**
 * The values of the members called `names`, of the object that begins at or after `from`. Empty unless there is an object
 * that is sound as far as it was read; reading ends with the last name, or with the object.
 */
export function findMembers(body: Buffer, names: readonly string[], from = 0): ReadonlyMap<string, ByteRange> {
  const found = new Map<string, ByteRange>();
  let at = skipBlank(body, from);
  if (body[at] !== openBrace) return none;
  at = skipBlank(body, at + 1);
  if (body[at] === closeBrace) return found;
  while (found.size < names.length) {
    const keyEnd = skipString(body, at);
    if (keyEnd < 0) return none;
    const name = matchName(body, at, keyEnd, names);
    const separator = skipBlank(body, keyEnd);
    if (body[separator] !== colon) return none;
    const start = skipBlank(body, separator + 1);
    const end = skipValue(body, start);
    if (end < 0) return none;
    if (name !== undefined) found.set(name, { start, end });
    at = skipBlank(body, end);
    if (body[at] === closeBrace) return found;
    if (body[at] !== comma) return none;
    at = skipBlank(body, at + 1);
  }
  return found;
}

/** The text of a range as JSON; `undefined` when it is none. */
export function parseRange(body: Buffer, range: ByteRange | undefined): unknown {
  if (range === undefined) return undefined;
  try {
    return JSON.parse(body.toString('utf8', range.start, range.end));
  } catch {
    return undefined;
  }
}

export function isString(body: Buffer, range: ByteRange): boolean {
  return body[range.start] === quote;
}

function skipBlank(body: Buffer, from: number): number {
  let at = from;
  for (let byte = body[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = body[at]) at += 1;
  return at;
}

/** One past the closing quote of the string at `start`, or -1. */
function skipString(body: Buffer, start: number): number {
  if (body[start] !== quote) return -1;
  let at = start + 1;
  for (;;) {
    const near = Math.min(at + nearBytes, body.length);
    while (at < near) {
      const byte = body[at];
      if (byte === quote) return at + 1;
      at += byte === backslash ? 2 : 1;
    }
    const end = body.indexOf(quote, at);
    if (end < 0) return -1;
    if (!isEscaped(body, end, at)) return end + 1;
    at = end + 1;
  }
}

/** Whether an odd number of backslashes stands before `at`. A run of them belongs to one quote: looked at once. */
function isEscaped(body: Buffer, at: number, from: number): boolean {
  let first = at;
  while (first > from && body[first - 1] === backslash) first -= 1;
  return (at - first) % 2 === 1;
}

function skipValue(body: Buffer, at: number): number {
  switch (body[at]) {
    case quote:
      return skipString(body, at);
    case openBrace:
    case openBracket:
      return skipNested(body, at);
    default:
      return skipScalar(body, at);
  }
}

/** By counting, so that no depth is too deep; that brackets match in kind is left to whoever parses. */
function skipNested(body: Buffer, from: number): number {
  const { length } = body;
  let depth = 0;
  let at = from;
  while (at < length) {
    switch (body[at]) {
      case quote:
        at = skipString(body, at);
        if (at < 0) return -1;
        continue;
      case openBrace:
      case openBracket:
        depth += 1;
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        if (depth === 0) return at + 1;
        break;
    }
    at += 1;
  }
  return -1;
}

const scalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const longestScalar = 1_024;

function skipScalar(body: Buffer, from: number): number {
  const limit = Math.min(from + longestScalar, body.length);
  let at = from;
  while (at < limit && !endsScalar(body[at])) at += 1;
  return scalar.test(body.toString('latin1', from, at)) ? at : -1;
}

function endsScalar(byte: number | undefined): boolean {
  return byte === comma || byte === closeBrace || byte === closeBracket || (byte !== undefined && byte <= 0x20);
}

/** The one of `names` that the string token from `start` to `end` spells, escapes and all. */
function matchName(body: Buffer, start: number, end: number, names: readonly string[]): string | undefined {
  const key = body.toString('latin1', start + 1, Math.min(end - 1, start + 129));
  if (!key.includes('\\')) return names.find((name) => name === key);
  const spelled = parseRange(body, { start, end });
  return names.find((name) => name === spelled);
}
