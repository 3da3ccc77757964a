/** Tools and the choice among them. */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubMessageParam } from '../hub/request.ts';
import { chooseTools } from '../openai/tool-choice.ts';
import type { Choice, ToolUse } from '../openai/tool-choice.ts';
import type { Warn } from '../openai/warnings.ts';
import type {
  ClientTool,
  CustomTool,
  FunctionTool,
  KnownChoice,
  KnownTool,
  ResponsesRequest,
} from './request-schema.ts';
import { freeformSchema, hubToolName } from './tool-name.ts';
import type { ClientToolName } from './tool-name.ts';

export interface DecodedTools {
  readonly use: ToolUse;
  readonly names: ReadonlyMap<string, ClientToolName>;
}

interface NamedTool {
  readonly tool: Anthropic.Tool;
  readonly client: ClientToolName;
}

/** Tools that only their provider can run are left out, with a warning; so is a choice that names one. */
export function decodeTools(request: ResponsesRequest, messages: readonly HubMessageParam[], warn: Warn): DecodedTools {
  // A name may be defined once; of two definitions the later one counts.
  const listed = (request.tools ?? []).flatMap((tool) => decodeTool(tool, warn));
  const named = [...new Map(listed.map((entry) => [entry.tool.name, entry])).values()];
  const tools = named.map((entry) => entry.tool);
  const choice = readChoice(request, tools.length > 0, warn);
  return {
    use: chooseTools(tools, choice, request.parallel_tool_calls !== false, messages),
    names: new Map(named.map(({ tool, client }) => [tool.name, client])),
  };
}

function decodeTool(tool: ClientTool, warn: Warn): readonly NamedTool[] {
  if (!isKnownTool(tool)) {
    warn(`tools[].${tool.type}`, 'this tool is not available');
    return [];
  }
  if (tool.type !== 'namespace') return [nameTool(tool, undefined, warn)];
  warn('tools[].namespace', 'the namespace is put before the names of its tools');
  return tool.tools.map((inner) => nameTool(inner, tool.name, warn));
}

const knownTypes: ReadonlySet<string> = new Set<KnownTool['type']>(['function', 'custom', 'namespace']);

function isKnownTool(tool: ClientTool): tool is KnownTool {
  return knownTypes.has(tool.type);
}

function nameTool(tool: FunctionTool | CustomTool, namespace: string | undefined, warn: Warn): NamedTool {
  const name = hubToolName(tool.name, namespace);
  return {
    tool: tool.type === 'function' ? decodeFunction(tool, name, warn) : decodeFreeform(tool, name),
    client: { kind: tool.type, name: tool.name, ...(namespace !== undefined && { namespace }) },
  };
}

function decodeFunction({ description, parameters, strict }: FunctionTool, name: string, warn: Warn): Anthropic.Tool {
  if (strict) warn('tools[].strict', 'arguments are not checked against the schema');
  const schema = parameters ?? { properties: {} };
  return { name, ...(description ? { description } : {}), input_schema: { ...schema, type: 'object' } };
}

/** A freeform tool takes text; its grammar, which nobody enforces here, is told to the model. */
function decodeFreeform({ description, format }: CustomTool, name: string): Anthropic.Tool {
  const grammar = format?.definition
    ? `The input must match this ${format.syntax ?? ''} grammar:\n${format.definition}`.replace('  ', ' ')
    : '';
  const told = [description ?? '', grammar].filter((text) => text !== '').join('\n\n');
  return { name, ...(told === '' ? {} : { description: told }), input_schema: freeformSchema };
}

/** Without any tool of the client's left, only a choice among its own tools is worth a refusal. */
function readChoice(
  { tools, tool_choice: choice }: ResponsesRequest,
  hasTools: boolean,
  warn: Warn,
): Choice | undefined {
  if (choice === null || choice === undefined) return undefined;
  const lostTools = !hasTools && Boolean(tools?.length);
  if (typeof choice === 'string') {
    if (choice !== 'required' || !lostTools) return choice;
    warn('tool_choice', 'none of the tools is available');
    return undefined;
  }
  const read = isKnownChoice(choice) ? decodeChoice(choice) : undefined;
  if (read === undefined) warn('tool_choice', 'the named tool is not available');
  return read;
}

function isKnownChoice(choice: { readonly type: string }): choice is KnownChoice {
  return choice.type === 'function' || choice.type === 'custom' || choice.type === 'allowed_tools';
}

function decodeChoice(choice: KnownChoice): Choice | undefined {
  if (choice.type !== 'allowed_tools') {
    return { type: 'named', name: hubToolName(choice.name, choice.namespace), field: 'tool_choice.name' };
  }
  const named = choice.tools.filter((tool) => tool.type === 'function' || tool.type === 'custom');
  if (named.length === 0) return undefined;
  const names = new Set(named.map((tool) => hubToolName(tool.name ?? '', tool.namespace)));
  return { type: 'allowed', mode: choice.mode, names, field: 'tool_choice.tools' };
}
