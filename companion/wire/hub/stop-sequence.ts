/** Finding stop sequences in text that arrives in pieces. */

export interface StopScan {
  /** Text that is certain not to belong to a stop sequence. */
  readonly text: string;
  /** The end of what came so far, kept back because a stop sequence may have begun in it. */
  readonly held: string;
  /** The sequence that was found; `text` then ends before it, and what follows it is dropped. */
  readonly found: string | undefined;
}

/**
 * Adds `piece` to what was held back. The sequence that is complete first wins, as it would on the API, so the result
 * does not depend on how the text was cut.
 */
export function scanForStop(held: string, piece: string, sequences: readonly string[]): StopScan {
  const text = held + piece;
  const match = firstMatch(text, sequences);
  if (match !== undefined) return { text: text.slice(0, match.start), held: '', found: match.sequence };
  const kept = Math.max(0, ...sequences.map((sequence) => overlap(text, sequence)));
  return { text: text.slice(0, text.length - kept), held: text.slice(text.length - kept), found: undefined };
}

interface Match {
  readonly sequence: string;
  readonly start: number;
}

function firstMatch(text: string, sequences: readonly string[]): Match | undefined {
  return sequences
    .map((sequence): Match => ({ sequence, start: text.indexOf(sequence) }))
    .filter(({ sequence, start }) => start >= 0 && sequence !== '')
    .toSorted((a, b) => endOf(a) - endOf(b) || a.start - b.start)[0];
}

function endOf({ sequence, start }: Match): number {
  return start + sequence.length;
}

/** Length of the longest end of `text` that is a beginning of `sequence`. */
function overlap(text: string, sequence: string): number {
  for (let length = Math.min(text.length, sequence.length - 1); length > 0; length--) {
    if (text.endsWith(sequence.slice(0, length))) return length;
  }
  return 0;
}
