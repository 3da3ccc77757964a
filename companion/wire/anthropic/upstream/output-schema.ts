/** What Anthropic's structured outputs take of JSON Schema. */
import { closeObjects, isMap, isRecursive, mapSubschemas, mayBeObject, someSchema } from '../../hub/json-schema.ts';
import type { JsonObject } from '../../hub/fields.ts';

const formats: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);

const keywords: ReadonlySet<string> = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
  'allOf',
  '$ref',
  '$defs',
  'definitions',
  'description',
  'title',
  'default',
]);

/**
 * The schema in the form that the API takes, as far as it can be said there: objects closed, and limits that it does not
 * check moved into descriptions, where the model still reads them. `undefined` for free keys and for recursion.
 */
export function fitOutputSchema(schema: JsonObject): JsonObject | undefined {
  const isOpen = someSchema(schema, (part) => mayBeObject(part) && isMap(part));
  if (isOpen || isRecursive(schema)) return undefined;
  return describeLimits(closeObjects(schema));
}

function describeLimits(schema: JsonObject): JsonObject {
  const { oneOf, $schema: _, ...rest } = mapSubschemas(schema, describeLimits);
  const all = Object.entries(oneOf === undefined ? rest : { anyOf: oneOf, ...rest });
  const limits = all.filter(([keyword, value]) => !isTaken(keyword, value));
  const taken = Object.fromEntries(all.filter(([keyword, value]) => isTaken(keyword, value)));
  if (limits.length === 0) return taken;
  const words = `{${limits.map(([keyword, value]) => `${keyword}: ${JSON.stringify(value)}`).join(', ')}}`;
  const { description } = taken;
  return { ...taken, description: typeof description === 'string' ? `${description}\n\n${words}` : words };
}

function isTaken(keyword: string, value: unknown): boolean {
  if (keyword === 'format') return formats.has(value);
  if (keyword === 'minItems') return value === 0 || value === 1;
  return keywords.has(keyword);
}
