/** Tools and the choice among them. */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubMessageParam } from '../hub/request.ts';
import { freeformTool } from '../openai/freeform.ts';
import { chooseTools } from '../openai/tool-choice.ts';
import type { Choice, ToolUse } from '../openai/tool-choice.ts';
import type { Warn } from '../openai/warnings.ts';
import { isKnownItem } from './request-schema.ts';
import type {
  ClientTool,
  CustomTool,
  FunctionTool,
  InputItem,
  KnownChoice,
  KnownTool,
  ResponsesRequest,
  SearchTool,
} from './request-schema.ts';
import { SEARCH_TOOL_NAME, hubToolName } from './tool-name.ts';
import type { ClientToolName } from './tool-name.ts';

export interface DecodedTools {
  readonly use: ToolUse;
  readonly names: ReadonlyMap<string, ClientToolName>;
  /** What the client says of its namespaces: the hub has a place for what is said of tools only. */
  readonly note: string | undefined;
}

interface NamedTool {
  readonly tool: Anthropic.Tool;
  readonly client: ClientToolName;
}

/** Tools that only their provider can run are left out, with a warning; so is a choice that names one. */
export function decodeTools(request: ResponsesRequest, messages: readonly HubMessageParam[], warn: Warn): DecodedTools {
  const offered = offeredTools(request);
  // A name may be defined once; of two definitions the later one counts.
  const listed = offered.flatMap((tool) => decodeTool(tool, warn));
  const named = [...new Map(listed.map((entry) => [entry.tool.name, entry])).values()];
  const tools = named.map((entry) => entry.tool);
  const hasLostAll = tools.length === 0 && offered.length > 0;
  const choice = readChoice(request.tool_choice, hasLostAll, warn);
  return {
    use: chooseTools(tools, choice, request.parallel_tool_calls !== false, messages),
    names: new Map(named.map(({ tool, client }) => [tool.name, client])),
    note: describeNamespaces(offered),
  };
}

function describeNamespaces(tools: readonly ClientTool[]): string | undefined {
  const said = new Map(
    tools.flatMap((tool): readonly (readonly [string, string])[] => {
      if (!isKnownTool(tool) || tool.type !== 'namespace' || !tool.description?.trim()) return [];
      return [[tool.name, tool.description.trim()]];
    }),
  );
  if (said.size === 0) return undefined;
  const lines = [...said].map(([name, description]) => `- ${hubToolName('', name)}: ${description}`);
  return ['Tools in groups, by what their names begin with:', ...lines].join('\n');
}

/** The hub's names of tools that a search found. */
export function foundToolNames(tools: readonly ClientTool[]): readonly string[] {
  return tools.flatMap((tool) => decodeTool(tool, ignoreLoss)).map(({ tool }) => tool.name);
}

/** What is lost of a tool was told where the tool was defined. */
function ignoreLoss(): void {}

/** Those beside the input, then those that items of it bring along: as developers add them, or as searches find them. */
function offeredTools({ tools, input }: ResponsesRequest): readonly ClientTool[] {
  const brought = typeof input === 'string' ? [] : input.flatMap((item) => broughtTools(item));
  return [...(tools ?? []), ...brought];
}

function broughtTools(item: InputItem): readonly ClientTool[] {
  if (!isKnownItem(item)) return [];
  return item.type === 'additional_tools' || item.type === 'tool_search_output' ? (item.tools ?? []) : [];
}

function decodeTool(tool: ClientTool, warn: Warn): readonly NamedTool[] {
  if (!isKnownTool(tool)) return refuseTool(tool, warn);
  switch (tool.type) {
    case 'function':
    case 'custom':
      return [nameTool(tool, undefined, warn)];
    case 'namespace':
      return tool.tools.map((inner) => nameTool(inner, tool.name, warn));
    case 'tool_search':
      return tool.execution === 'client' ? [nameSearch(tool)] : refuseTool(tool, warn);
    default:
      return tool satisfies never;
  }
}

function refuseTool({ type }: ClientTool, warn: Warn): readonly NamedTool[] {
  warn(`tools[].${type}`, 'this tool is not available');
  return [];
}

const knownTypes: ReadonlySet<string> = new Set<KnownTool['type']>(['function', 'custom', 'namespace', 'tool_search']);

function isKnownTool(tool: ClientTool): tool is KnownTool {
  return knownTypes.has(tool.type);
}

function nameTool(tool: FunctionTool | CustomTool, namespace: string | undefined, warn: Warn): NamedTool {
  const name = hubToolName(tool.name, namespace);
  return {
    tool:
      tool.type === 'function'
        ? decodeFunction(tool, name, warn)
        : freeformTool({ name, description: tool.description, grammar: tool.format }),
    client: { kind: tool.type, name: tool.name, ...(namespace !== undefined && { namespace }) },
  };
}

/** What a client's search finds comes back as definitions, which are tools of the requests after. */
function nameSearch({ description, parameters }: SearchTool): NamedTool {
  const tool = defineTool(SEARCH_TOOL_NAME, description, parameters);
  return { tool, client: { kind: 'search', name: SEARCH_TOOL_NAME } };
}

function decodeFunction({ description, parameters, strict }: FunctionTool, name: string, warn: Warn): Anthropic.Tool {
  if (strict) warn('tools[].strict', 'arguments are not checked against the schema');
  return defineTool(name, description, parameters);
}

function defineTool(
  name: string,
  description: string | null | undefined,
  parameters: FunctionTool['parameters'],
): Anthropic.Tool {
  const schema = parameters ?? { properties: {} };
  return { name, ...(description ? { description } : {}), input_schema: { ...schema, type: 'object' } };
}

/** Without any tool of the client's left, only a choice among its own tools is worth a refusal. */
function readChoice(choice: ResponsesRequest['tool_choice'], hasLostAll: boolean, warn: Warn): Choice | undefined {
  if (choice === null || choice === undefined) return undefined;
  if (typeof choice === 'string') {
    if (choice !== 'required' || !hasLostAll) return choice;
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
