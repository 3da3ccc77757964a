/** What `strict: true` asks of a JSON schema. */
import { invalid } from './errors.ts';
import type { JsonObject } from './plan.ts';

/** @throws Refusal */
export function checkStrictSchema(schema: unknown, owner: string, code: string, param: string | null = null): void {
  const problem = findProblem(schema, []);
  if (problem === null) return;
  throw invalid(`Invalid schema for ${owner}: ${problem}`, param, code);
}

function findProblem(schema: unknown, context: readonly string[]): string | null {
  if (typeof schema !== 'object' || schema === null) return null;
  const { type, properties, required, additionalProperties, items, anyOf } = schema as JsonObject;
  const where = `In context=(${context.map((one) => `'${one}'`).join(', ')}${context.length === 1 ? ',' : ''})`;
  if (context.length === 0 && type !== 'object')
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(type)}"'.`;
  if (type === 'object') {
    if (additionalProperties !== false)
      return `${where}, 'additionalProperties' is required to be supplied and to be false.`;
    const names = Object.keys((properties ?? {}) as JsonObject);
    const missing = names.find((name) => !((required ?? []) as readonly unknown[]).includes(name));
    if (missing !== undefined) {
      return `${where}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    }
  }
  const children: readonly (readonly [string, unknown])[] = [
    ...Object.entries((properties ?? {}) as JsonObject).map(([name, value]) => [`properties.${name}`, value] as const),
    ['items', items],
    ...((anyOf ?? []) as readonly unknown[]).map((one, index) => [`anyOf.${index}`, one] as const),
  ];
  for (const [name, child] of children) {
    const problem = findProblem(child, [...context, ...name.split('.')]);
    if (problem !== null) return problem;
  }
  return null;
}
