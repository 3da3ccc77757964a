/** What OpenAI asks of a JSON schema: of any one that its root is an object, of a strict one much more. */
import type { JsonObject } from '../hub/fields.ts';
import { asArray, asObject } from '../hub/fields.ts';
import { closeObjects, isMap, isObjectSchema, mapSubschemas, mayBeObject, someSchema } from '../hub/json-schema.ts';

/** Keywords that a strict schema may use. */
const keywords: ReadonlySet<string> = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
  '$ref',
  '$defs',
  'definitions',
  'description',
  'title',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
]);

const formats: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
]);

/** Keywords that allow and forbid nothing. */
const notes: ReadonlySet<string> = new Set(['$schema', '$comment', 'default', 'examples']);

/**
 * The schema in the form that `strict: true` takes; `undefined` if it cannot have that form and still allow what it
 * allows: optional properties would become required, and free keys forbidden.
 */
export function fitStrictSchema(schema: JsonObject): JsonObject | undefined {
  const bare = withoutNotes(schema);
  const isFit = isObjectSchema(bare) && bare['anyOf'] === undefined && !someSchema(bare, (part) => !isStrict(part));
  return isFit ? { ...closeObjects(bare), type: 'object' } : undefined;
}

function withoutNotes(schema: JsonObject): JsonObject {
  const inner = mapSubschemas(schema, withoutNotes);
  return Object.fromEntries(Object.entries(inner).filter(([keyword]) => !notes.has(keyword)));
}

function isStrict(schema: JsonObject): boolean {
  const { format, properties, required } = schema;
  const isKnown = Object.keys(schema).every((keyword) => keywords.has(keyword));
  if (!isKnown || (format !== undefined && !formats.has(format))) return false;
  if (!mayBeObject(schema)) return true;
  const names = Object.keys(asObject(properties));
  return !isMap(schema) && names.every((name) => asArray(required).includes(name));
}
