/** Tools of both kinds, legacy functions and the choice among them. */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubMessageParam } from '../hub/request.ts';
import { freeformTool } from '../openai/freeform.ts';
import { withCacheControl } from '../openai/media.ts';
import { chooseTools } from '../openai/tool-choice.ts';
import type { Choice, ToolUse } from '../openai/tool-choice.ts';
import type { Warn } from '../openai/warnings.ts';
import type { ChatRequest, CustomDefinition, FunctionDefinition, NamedTool, Tool } from './request-schema.ts';

export interface DecodedTools {
  readonly use: ToolUse;
  /** Tools that take plain text, whose calls have a form of their own. */
  readonly freeformNames: ReadonlySet<string>;
}

/** The request's tools and choice; no `use` at all when there are none and the history used none. */
export function decodeTools(request: ChatRequest, messages: readonly HubMessageParam[], warn: Warn): DecodedTools {
  const listed = listTools(request);
  const tools = listed.map((tool) => decodeTool(tool, warn));
  return {
    use: chooseTools(tools, readChoice(request), mayCallInParallel(request), messages),
    freeformNames: new Set(listed.flatMap((tool) => (tool.type === 'custom' ? [tool.custom.name] : []))),
  };
}

/** Whether the client speaks the older form, and so expects `function_call` back. */
export function usesFunctions(request: ChatRequest): boolean {
  return !request.tools?.length && Boolean(request.functions?.length);
}

/** A name may be defined once; of two definitions the later one counts. */
function listTools({ tools, functions }: ChatRequest): readonly Tool[] {
  const older = (functions ?? []).map((definition): Tool => ({ type: 'function', function: definition }));
  return [...new Map([...(tools ?? []), ...older].map((tool) => [nameOf(tool), tool])).values()];
}

function nameOf(tool: NamedTool): string {
  return tool.type === 'custom' ? tool.custom.name : tool.function.name;
}

function decodeTool(tool: Tool, warn: Warn): Anthropic.Tool {
  const decoded = tool.type === 'custom' ? decodeCustom(tool.custom) : decodeFunction(tool.function, warn);
  return { ...decoded, ...withCacheControl(tool.cache_control) };
}

function decodeCustom({ name, description, format }: CustomDefinition): Anthropic.Tool {
  return freeformTool({ name, description, grammar: format?.type === 'grammar' ? format.grammar : undefined });
}

function decodeFunction({ name, description, parameters, strict }: FunctionDefinition, warn: Warn): Anthropic.Tool {
  if (strict) warn('tools[].function.strict', 'arguments are not checked against the schema');
  const schema = parameters ?? { properties: {} };
  return { name, ...(description ? { description } : {}), input_schema: { ...schema, type: 'object' } };
}

/** The newer `tool_choice`, or the older `function_call`. */
function readChoice({ tool_choice: choice, function_call: legacy }: ChatRequest): Choice | undefined {
  if (choice === null || choice === undefined) {
    if (legacy === null || legacy === undefined || typeof legacy === 'string') return legacy ?? undefined;
    return { type: 'named', name: legacy.name, field: 'tool_choice.function.name' };
  }
  if (typeof choice === 'string') return choice;
  if (choice.type !== 'allowed_tools') {
    return { type: 'named', name: nameOf(choice), field: `tool_choice.${choice.type}.name` };
  }
  const { mode, tools } = choice.allowed_tools;
  return { type: 'allowed', mode, names: new Set(tools.map(nameOf)), field: 'tool_choice.allowed_tools.tools' };
}

/** A function call of the older form is one call; there is no second place for another. */
function mayCallInParallel(request: ChatRequest): boolean {
  return request.parallel_tool_calls !== false && !usesFunctions(request);
}
