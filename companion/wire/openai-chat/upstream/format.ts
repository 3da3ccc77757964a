/** A wanted answer format in the form that the server takes. */
import type { ChatQuirks } from '../../../../shared/api-provider.ts';
import type { JsonObject } from '../../hub/fields.ts';
import { schemaInstruction } from '../../hub/json-instruction.ts';
import { isObjectSchema, resolveRoot } from '../../hub/json-schema.ts';
import type { HubRequest } from '../../hub/request.ts';
import type { ChatBody } from './body.ts';
import { fitStrictSchema } from '../../openai/strict-schema.ts';

export interface EncodedFormat {
  readonly fields: Partial<ChatBody>;
  /** For the system message; empty if the server understands the schema itself. */
  readonly instruction: string;
}

/** A schema whose root is no object is asked for in words: every server refuses it as a format. */
export function encodeFormat({ output_config: output }: HubRequest, quirks: ChatQuirks): EncodedFormat {
  const wanted = output?.format?.schema;
  if (wanted === undefined || wanted === null) return { fields: {}, instruction: '' };
  const schema = resolveRoot(wanted);
  if (!isObjectSchema(schema)) return { fields: {}, instruction: schemaInstruction(wanted) };
  if (quirks.jsonSchema === 'native') return { fields: { response_format: nativeFormat(schema) }, instruction: '' };
  return { fields: { response_format: { type: 'json_object' } }, instruction: schemaInstruction(wanted) };
}

/** Strict wherever the schema allows: otherwise it would be refused, and unchecked it is still followed. */
function nativeFormat(schema: JsonObject): NonNullable<ChatBody['response_format']> {
  const strict = fitStrictSchema(schema);
  return {
    type: 'json_schema',
    json_schema: { name: 'output', schema: strict ?? { ...schema, type: 'object' }, strict: strict !== undefined },
  };
}
