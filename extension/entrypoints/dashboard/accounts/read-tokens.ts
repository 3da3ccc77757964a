/** A number of tokens as a person types it: `1000000`, `1 000 000`, `500k`, `2M`. Pure. */

const units: Readonly<Record<string, number>> = { '': 1, k: 1_000, m: 1_000_000 };

/** `null` for an empty field, `undefined` for what is no number. */
export function readTokens(typed: string): number | null | undefined {
  const plain = typed.replaceAll(/[\s_'’]/g, '').toLowerCase();
  if (plain === '') return null;
  // A comma or full stop before three digits parts thousands.
  const grouped = /^\d{1,3}(?:[.,]\d{3})+$/.test(plain) ? plain.replaceAll(/[.,]/g, '') : plain.replace(',', '.');
  const found = /^(\d+(?:\.\d+)?)([km]?)$/.exec(grouped);
  if (found === null) return undefined;
  const tokens = Math.round(Number(found[1]) * (units[found[2] ?? ''] ?? 1));
  return Number.isSafeInteger(tokens) ? tokens : undefined;
}
