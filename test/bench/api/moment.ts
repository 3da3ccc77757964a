/** Moments that travel in the text of an answer, by the steady clock that all processes of a machine share. */

const stampPattern = /t=(\d{16})/g;

export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Of always the same length. */
export function stampText(): string {
  return `t=${String(nowUs()).padStart(16, '0')} `;
}

/** The moments in `text`, in their order. */
export function readStamps(text: string): readonly number[] {
  return Array.from(text.matchAll(stampPattern), ([, digits]) => Number(digits));
}
