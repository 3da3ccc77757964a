/** A wanted answer format: natively, through a hidden forced tool, or as an instruction; and the tool's input unwrapped. */
import type Anthropic from '@anthropic-ai/sdk';
import { isObject, parseJson } from '../hub/fields.ts';
import type { JsonObject } from '../hub/fields.ts';
import { schemaInstruction } from '../hub/json-instruction.ts';
import { isObjectSchema } from '../hub/json-schema.ts';

/** The form in which a client wants its answer, whatever the dialect calls it. */
export type AnswerFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly schema: JsonObject | null | undefined;
      readonly description: string | null | undefined;
    };

/** The tool whose input is the answer; the client never hears of it. */
export interface HiddenJsonTool {
  readonly name: string;
  /** The answer is under `value`, since a tool's input must be an object and the client's schema is not one. */
  readonly isWrapped: boolean;
}

export interface JsonOutput {
  readonly format?: Anthropic.JSONOutputFormat;
  readonly jsonTool?: HiddenJsonTool;
  readonly tool?: Anthropic.Tool;
  readonly instruction?: string;
}

export interface JsonOutputMeans {
  /** `output_config.format` is understood. */
  readonly isNative: boolean;
  /** A tool may be forced: no thinking, and no tools of the client that forcing would shut out. */
  readonly mayForceTool: boolean;
}

const TOOL_NAME = 'json_output';
const VALUE_KEY = 'value';

export function decodeAnswerFormat(wanted: AnswerFormat, means: JsonOutputMeans): JsonOutput {
  if (wanted.type === 'text') return {};
  if (wanted.type === 'json_object' || !wanted.schema) {
    return { instruction: 'Answer with one JSON object and nothing else: no other text and no code fence.' };
  }
  const { schema, description } = wanted;
  if (means.isNative) return { format: { type: 'json_schema', schema } };
  return means.mayForceTool ? hiddenTool(schema, description) : { instruction: schemaInstruction(schema) };
}

/** The client's JSON out of a complete input of the hidden tool. */
export function unwrapJson(input: unknown, { isWrapped }: HiddenJsonTool): string {
  if (isWrapped && isObject(input) && VALUE_KEY in input) return JSON.stringify(input[VALUE_KEY] ?? null);
  return JSON.stringify(input ?? {});
}

/** The same from the streamed text of the input; text that was cut short is given as it is. */
export function unwrapJsonText(text: string, tool: HiddenJsonTool): string {
  const input = parseJson(text === '' ? '{}' : text);
  return input === undefined ? text : unwrapJson(input, tool);
}

function hiddenTool(schema: JsonObject, description: string | null | undefined): JsonOutput {
  const isWrapped = !isObjectSchema(schema);
  const tool: Anthropic.Tool = {
    name: TOOL_NAME,
    description: description || 'Give the answer as this tool input.',
    input_schema: isWrapped ? wrapSchema(schema) : { ...schema, type: 'object' },
  };
  return { tool, jsonTool: { name: TOOL_NAME, isWrapped } };
}

/** References are counted from the root, so shared definitions move there. */
function wrapSchema(schema: JsonObject): Anthropic.Tool.InputSchema {
  const { $defs, definitions, ...value } = schema;
  return {
    type: 'object',
    properties: { [VALUE_KEY]: value },
    required: [VALUE_KEY],
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
  };
}
