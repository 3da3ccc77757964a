/** Walking JSON schemas that clients wrote. */
import { asArray, asObject, isObject } from './fields.ts';
import type { JsonObject } from './fields.ts';

/** Keywords whose value is a map from names to schemas. */
const maps: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
/** Keywords whose value is a list of schemas. */
const lists: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf']);

/** A copy with `change` made to each schema directly inside `schema`. */
export function mapSubschemas(schema: JsonObject, change: (inner: JsonObject) => JsonObject): JsonObject {
  const mapped = (value: unknown): unknown => (isObject(value) ? change(value) : value);
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (maps.has(keyword) && isObject(value)) {
        return [keyword, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapped(inner)]))];
      }
      if (lists.has(keyword) && Array.isArray(value)) return [keyword, value.map(mapped)];
      return [keyword, keyword === 'items' ? mapped(value) : value];
    }),
  );
}

/** Whether `holds` for the schema or any one inside it. */
export function someSchema(schema: JsonObject, holds: (inner: JsonObject) => boolean): boolean {
  if (holds(schema)) return true;
  let isFound = false;
  mapSubschemas(schema, (inner) => {
    isFound ||= someSchema(inner, holds);
    return inner;
  });
  return isFound;
}

/** A schema that is nothing but a reference to one of its own definitions, as that definition. */
export function resolveRoot(schema: JsonObject): JsonObject {
  const [, place, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(String(schema['$ref'])) ?? [];
  if (place === undefined || name === undefined) return schema;
  const definition = asObject(schema[place])[name];
  if (!isObject(definition)) return schema;
  const { $ref: _, ...rest } = schema;
  return { ...rest, ...definition };
}

/** Whether every valid value is an object. */
export function isObjectSchema({ type, properties }: JsonObject): boolean {
  return type === 'object' || (type === undefined && isObject(properties));
}

/** Whether a valid value may be an object: `type` may be a list. */
export function mayBeObject(schema: JsonObject): boolean {
  return isObjectSchema(schema) || asArray(schema['type']).includes('object');
}

/** Whether an object may have keys that nobody named: such a one cannot be closed without losing what it is for. */
export function isMap({ properties, additionalProperties }: JsonObject): boolean {
  if (isObject(additionalProperties)) return true;
  return additionalProperties !== false && Object.keys(asObject(properties)).length === 0;
}

/** Objects that name their keys, closed against others: whatever is valid then was valid before. */
export function closeObjects(schema: JsonObject): JsonObject {
  const inner = mapSubschemas(schema, closeObjects);
  return mayBeObject(schema) && schema['additionalProperties'] !== false
    ? { ...inner, additionalProperties: false }
    : inner;
}

/** Whether following the schema's own references ever leads back to one of them. */
export function isRecursive(schema: JsonObject): boolean {
  const finished = new Set<string>();
  const leadsBack = (part: JsonObject, path: readonly string[]): boolean => {
    return someSchema(part, ({ $ref: ref }) => {
      if (typeof ref !== 'string' || finished.has(ref)) return false;
      if (ref === '#' || path.includes(ref)) return true;
      const isFound = leadsBack(definitionOf(schema, ref), [...path, ref]);
      finished.add(ref);
      return isFound;
    });
  };
  return leadsBack(schema, []);
}

function definitionOf(schema: JsonObject, ref: string): JsonObject {
  const steps = ref.replace(/^#\//, '').split('/');
  return asObject(steps.reduce<unknown>((part, step) => asObject(part)[step], schema));
}
