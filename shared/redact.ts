/** Keeping secrets out of everything that prints: a wrapper for values, a mask for display, a filter for text. */

const inspectSymbol = Symbol.for('nodejs.util.inspect.custom');

/** A value that prints as `***` wherever it ends up (template, JSON, console, logger). `reveal()` is the only way out. */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspectSymbol](): string {
    return '***';
  }
}

/** `abcdef…wxyz`: enough for a person to tell two secrets apart, too little to use. Short values are hidden whole. */
export function mask(value: string): string {
  return value.length < 20 ? '***' : `${value.slice(0, 6)}…${value.slice(-4)}`;
}

const secretPatterns: readonly RegExp[] = [
  /sk-ant-[A-Za-z0-9_-]{6,}/g,
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\bgsk_[A-Za-z0-9_-]{16,}/g,
  /\bAIza[A-Za-z0-9_-]{20,}/g,
  // User and password of a URL, such as that of a proxy.
  /(?<=:\/\/)[^\s/:@]*:[^\s/@]+(?=@)/g,
  // Tokens of GitHub, and what Copilot trades them for.
  /\b(?:gh[oprsu]|github_pat)_[A-Za-z0-9_-]{16,}/g,
  /\btid=[0-9a-f]{8,};[^\s"',]{8,}/g,
  // Access and refresh tokens of AWS.
  /\bao[ar]AAAAA[A-Za-z0-9_:.+/=-]{10,}/g,
  // OpenAI's refresh tokens and codes.
  /\b(?:rt|ac)_[A-Za-z0-9._-]{20,}/g,
  /\bccp1_[A-Za-z0-9_-]{6,}/g,
  /\bccp[ajk]_[A-Za-z0-9_-]{6,}/g,
  /\bccl[st]_[A-Za-z0-9_-]{6,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,2}/g,
  /\b(sessionKey(?:LC)?|cf_clearance|__cf_bm|routingHint)=[^;\s"'\\]+/g,
  /\b(Bearer)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
];

/** What every pattern above needs to be found in a text at all: one walk tells that most texts hold nothing. */
const secretMark =
  /sk-|gsk_|gh[oprsu]_|github_pat_|\btid=|\brt_|\bac_|AIza|ao[ar]AAAAA|:\/\/|ccp1_|ccp[ajk]_|ccl[st]_|eyJ|sessionKey|cf_clearance|__cf_bm|routingHint|bearer/i;

/** Replaces everything in `text` that looks like a credential. The last net below the `Secret` wrapper, not the first. */
export function scrub(text: string): string {
  if (!secretMark.test(text)) return text;
  return secretPatterns.reduce(
    (scrubbed, pattern) =>
      scrubbed.replace(pattern, (_match, label: unknown) => (typeof label === 'string' ? `${label}=***` : '***')),
    text,
  );
}
