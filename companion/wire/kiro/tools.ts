/** Tools as Kiro takes them: a name, a description that says something, and a plain schema. */
import type Anthropic from '@anthropic-ai/sdk';
import { isObject } from '../hub/fields.ts';
import type { JsonObject } from '../hub/fields.ts';
import { mapSubschemas } from '../hub/json-schema.ts';
import type { HubRequest, HubTool } from '../hub/request.ts';
import { targetToolName } from '../openai/target-tool-name.ts';
import type { Warn } from '../openai/warnings.ts';
import type { KiroTool } from './body.ts';

/** More is refused; it is cut with a warning. */
const MAX_DESCRIPTION = 10_000;

export interface EncodedTools {
  readonly tools: readonly KiroTool[];
  /** For the instructions: a choice that no field can say. */
  readonly instruction: string;
}

/** `used`: names (as Kiro is told them) of the tools in the history, each of which has to be among the tools. */
export function encodeTools(hub: HubRequest, used: ReadonlySet<string>, warn: Warn): EncodedTools {
  const { tools, tool_choice: choice } = hub;
  const isNone = choice?.type === 'none';
  const offered = (isNone ? [] : (tools ?? [])).filter((tool) => isClientTool(tool, warn));
  const known = offered.map((tool) => encodeTool(tool, warn));
  const names = new Set(known.map(({ toolSpecification: { name } }) => name));
  const missing = [...used].filter((name) => !names.has(name)).map((name) => knownFromHistory(name, tools ?? []));
  const all = [...known, ...missing];
  return { tools: all, instruction: all.length === 0 ? '' : encodeChoice(choice, names, warn) };
}

/** Tools that Anthropic runs or defines itself have a dated type and no schema. */
function isClientTool(tool: HubTool, warn: Warn): tool is Anthropic.Tool {
  if (tool.type === undefined || tool.type === null || tool.type === 'custom') return true;
  warn(`tools[].${String((tool as { type: unknown }).type)}`, 'only Anthropic has this tool');
  return false;
}

function encodeTool(tool: Anthropic.Tool, warn: Warn): KiroTool {
  const { name, description, input_schema: schema } = tool;
  if (tool.strict === true) warn('tools[].strict', 'has no counterpart');
  const words = description?.trim() ? description : `The tool ${name}.`;
  if (words.length > MAX_DESCRIPTION) warn('tools[].description', `cut to ${MAX_DESCRIPTION} characters`);
  return specification(targetToolName(name), words.slice(0, MAX_DESCRIPTION), plainRoot(schema));
}

function specification(name: string, description: string, json: JsonObject): KiroTool {
  return { toolSpecification: { name, description, inputSchema: { json } } };
}

/** A tool that was called and is not offered any more, or not this time. */
function knownFromHistory(name: string, tools: readonly HubTool[]): KiroTool {
  const tool = tools.find((one) => 'name' in one && targetToolName(one.name) === name);
  const schema = tool !== undefined && 'input_schema' in tool ? plainRoot(tool.input_schema) : plainRoot({});
  return specification(name, 'Was called earlier in this conversation; it cannot be called any more.', schema);
}

function plainRoot(schema: JsonObject): JsonObject {
  return { properties: {}, ...plain(schema), type: 'object' };
}

/** `null` in the place of a list or an object, as some generators write it, makes the whole request "improperly formed". */
function plain(schema: JsonObject): JsonObject {
  const kept = Object.entries(schema).filter(([keyword, value]) => isSound(keyword, value));
  return mapSubschemas(Object.fromEntries(kept), plain);
}

function isSound(keyword: string, value: unknown): boolean {
  switch (keyword) {
    case '$schema':
      return false;
    case 'required':
      return Array.isArray(value);
    case 'properties':
      return isObject(value);
    case 'additionalProperties':
      return typeof value === 'boolean' || isObject(value);
    default:
      return true;
  }
}

function encodeChoice(choice: Anthropic.ToolChoice | null | undefined, names: ReadonlySet<string>, warn: Warn): string {
  if (choice && 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true) {
    warn('tool_choice.disable_parallel_tool_use', 'has no counterpart');
  }
  switch (choice?.type) {
    case 'none':
      return 'Do not call any tool in your next answer.';
    case 'any':
      warn('tool_choice', 'asked for in words and not enforced');
      return 'In your next answer, call one of the tools.';
    case 'tool': {
      const name = targetToolName(choice.name);
      warn(
        'tool_choice',
        names.has(name) ? 'asked for in words and not enforced' : 'it names a tool that is not offered',
      );
      return names.has(name) ? `In your next answer, call the tool ${name}.` : '';
    }
    default:
      return '';
  }
}
