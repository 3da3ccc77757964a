/** Values that a JSON Schema takes, and values that hardly any should, for fast-check. */
import * as fc from 'fast-check';

export type JsonSchema = Readonly<Record<string, unknown>>;
type Resolve = (reference: string) => JsonSchema;

/** Names, paths, queries and sizes that have broken others. Nothing in it is valid where a schema says anything. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  "'; DROP TABLE exchanges; --",
  '" OR 1=1 --',
  '%',
  '../../../../etc/passwd',
  '..%2f..%2fvault.json',
  String.raw`..\..\vault.json`,
  'auths/../vault',
  '/etc/passwd',
  'file:///etc/passwd',
  'http://169.254.169.254/latest/meta-data',
  '\u0000',
  'line\r\nx-injected: 1',
  '\u202eesrever',
  '\ud800',
  'İstanbul',
  '👩‍👩‍👧‍👦'.repeat(50),
  '${7*7}{{7*7}}<script>alert(1)</script>',
  'NaN',
  '-0',
  '1e999',
  '9'.repeat(400),
  'x'.repeat(5_000),
  'x'.repeat(20_000),
  'null',
  'undefined',
  '[object Object]',
  '2026-02-30T25:61:61Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59+23:59',
];

export const hostileValues: readonly unknown[] = [
  ...hostileTexts,
  null,
  true,
  false,
  0,
  -1,
  0.5,
  Number.MAX_SAFE_INTEGER,
  2 ** 64,
  1e308,
  [],
  {},
  [[[[[[]]]]]],
  JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{}}}'),
  Array.from({ length: 2_000 }, () => 'x'),
];

const nothing: JsonSchema = {};

/** `depth` ends what refers to itself. */
export function valuesOf(schema: JsonSchema, resolve: Resolve, depth = 4): fc.Arbitrary<unknown> {
  const { $ref: reference, const: only, enum: choices, oneOf, anyOf, allOf, type } = schema;
  if (depth === 0) return fc.constant(null);
  const inner = (one: unknown) => valuesOf((one ?? nothing) as JsonSchema, resolve, depth - 1);
  if (typeof reference === 'string') return inner(resolve(reference));
  if ('const' in schema) return fc.constant(only);
  if (Array.isArray(choices)) return fc.constantFrom(...(choices as unknown[]));
  const alternatives = (oneOf ?? anyOf) as readonly unknown[] | undefined;
  if (alternatives !== undefined) return fc.oneof(...alternatives.map(inner));
  if (Array.isArray(allOf)) return fc.tuple(...allOf.map(inner)).map((parts) => Object.assign({}, ...parts) as unknown);
  if (Array.isArray(type)) return fc.oneof(...type.map((one: unknown) => inner({ ...schema, type: one })));
  switch (type) {
    case 'string':
      return textsOf(schema);
    case 'integer':
      return fc.integer({ min: bound(schema['minimum'], -10), max: bound(schema['maximum'], 1_000_000) });
    case 'number':
      return fc.double({ min: bound(schema['minimum'], -10), max: bound(schema['maximum'], 1e9), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(inner(schema['items']), { minLength: bound(schema['minItems'], 0), maxLength: 4 });
    case 'object':
      return objectsOf(schema, inner);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function textsOf({ format, pattern, minLength, maxLength }: JsonSchema): fc.Arbitrary<unknown> {
  if (format === 'date-time') {
    return fc
      .date({ min: new Date('1971-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  if (typeof pattern === 'string') {
    try {
      return fc.stringMatching(new RegExp(pattern, 'u'));
    } catch {
      // What it cannot make out of a pattern, it makes without.
    }
  }
  return fc.string({
    minLength: bound(minLength, 0),
    maxLength: Math.min(bound(maxLength, 40), 200),
    unit: 'grapheme',
  });
}

function objectsOf(schema: JsonSchema, inner: (one: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, unknown>);
  const required = (schema['required'] ?? []) as string[];
  const named = fc.record(Object.fromEntries(properties.map(([name, one]) => [name, inner(one)])), {
    requiredKeys: required.filter((name) => properties.some(([known]) => known === name)),
  });
  const { additionalProperties: rest } = schema;
  if (rest === undefined || rest === false || properties.length > 0) return named;
  return fc.dictionary(fc.string({ maxLength: 20 }), inner(rest === true ? nothing : rest), { maxKeys: 3 });
}

function bound(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Math.abs(value) < 2 ** 31 ? value : otherwise;
}
