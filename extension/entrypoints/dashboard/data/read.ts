/**
 * Readers of what the companion answered. A field that is missing or of another kind reads as nothing: the two halves are
 * updated apart, and a page that shows a dash is better than one that shows none. Pure.
 */
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function numberOf(value: unknown): number {
  return numberOrNull(value) ?? 0;
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Unix milliseconds of an RFC 3339 time; `null` for anything else. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : atMs;
}

export function listOf<Item>(value: unknown, read: (item: unknown) => Item): readonly Item[] {
  return Array.isArray(value) ? value.map((item) => read(item)) : [];
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value, textOf).filter((one) => one !== '');
}
