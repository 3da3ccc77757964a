/** A number of tokens (or requests) as a person types it, the same in the terminal and in the dashboard. */

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/**
 * `1000000`, `1,000,000`, `1.000.000`, `1 000 000`, `500k`, `1.5M`, `1,5M`, `2G`; a comma or full stop before three digits
 * parts thousands. `undefined` for what is no whole number of tokens.
 */
export function readTokenCount(typed: string): number | undefined {
  const plain = typed.replaceAll(/[\s_'’]/g, '').toLowerCase();
  const isGrouped = /^\d{1,3}(?:[.,]\d{3})+[kmg]?$/.test(plain);
  const found = /^(\d{1,16}(?:\.\d+)?)([kmg]?)$/.exec(
    isGrouped ? plain.replaceAll(/[.,]/g, '') : plain.replace(',', '.'),
  );
  if (found === null) return undefined;
  const unit = units[found[2] ?? ''] ?? 1;
  // Half a token is a slip, such as a full stop where another key was meant.
  if (unit === 1 && found[1]?.includes('.') === true) return undefined;
  const tokens = Math.round(Number(found[1]) * unit);
  return Number.isSafeInteger(tokens) ? tokens : undefined;
}
