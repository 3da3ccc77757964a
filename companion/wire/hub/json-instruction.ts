/** A JSON answer asked for in words, where no field can ask for it. */
import type { JsonObject } from './fields.ts';

/** For the system message; earlier turns, tool calls among them, stay as free as they were. */
export function schemaInstruction(schema: JsonObject): string {
  return (
    'When you give the final answer, give one JSON value and nothing else: no other text and no code fence. ' +
    `It must be valid against this JSON Schema:\n${JSON.stringify(schema)}`
  );
}
