/** JSON of others that is written back: what is not ours to change comes out as it went in. */

interface Raw {
  readonly source: string;
}

/** Of the standard since 2025, and not yet among TypeScript's own types. */
interface ExactJson {
  parse(text: string, revive: (name: string, value: unknown, raw: Raw) => unknown): unknown;
  rawJSON(source: string): unknown;
}

const exactJson = JSON as unknown as ExactJson;

/**
 * Like `JSON.parse`, but a number that a double cannot hold as it is written (`12345678901234567890`, `1.0`) becomes a
 * value that `JSON.stringify` writes exactly so again. `undefined` when it is no JSON.
 */
export function parseExactJson(text: string): unknown {
  try {
    return exactJson.parse(text, (_name, value, { source }) =>
      typeof value === 'number' && JSON.stringify(value) !== source ? exactJson.rawJSON(source) : value,
    );
  } catch {
    return undefined;
  }
}
