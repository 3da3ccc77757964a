/** Tools, legacy functions and the choice among them. */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubMessageParam } from '../hub/request.ts';
import { withCacheControl } from '../openai/media.ts';
import type { CacheControl } from '../openai/media.ts';
import { chooseTools } from '../openai/tool-choice.ts';
import type { Choice, ToolUse } from '../openai/tool-choice.ts';
import type { Warn } from '../openai/warnings.ts';
import type { ChatRequest, FunctionDefinition } from './request-schema.ts';

interface ClientTool {
  readonly definition: FunctionDefinition;
  readonly cacheControl: CacheControl;
}

/** The request's tools and choice; `{}` when there are none and the history used none. */
export function decodeTools(request: ChatRequest, messages: readonly HubMessageParam[], warn: Warn): ToolUse {
  const tools = listTools(request).map((tool) => decodeTool(tool, warn));
  return chooseTools(tools, readChoice(request), mayCallInParallel(request), messages);
}

/** Whether the client speaks the older form, and so expects `function_call` back. */
export function usesFunctions(request: ChatRequest): boolean {
  return !request.tools?.length && Boolean(request.functions?.length);
}

/** A name may be defined once; of two definitions the later one counts. */
function listTools({ tools, functions }: ChatRequest): readonly ClientTool[] {
  const listed = [
    ...(tools ?? []).map((tool) => ({ definition: tool.function, cacheControl: tool.cache_control })),
    ...(functions ?? []).map((definition) => ({ definition, cacheControl: undefined })),
  ];
  return [...new Map(listed.map((tool) => [tool.definition.name, tool])).values()];
}

function decodeTool({ definition, cacheControl }: ClientTool, warn: Warn): Anthropic.Tool {
  const { name, description, parameters, strict } = definition;
  if (strict) warn('tools[].function.strict', 'arguments are not checked against the schema');
  const schema = parameters ?? { properties: {} };
  return {
    name,
    ...(description ? { description } : {}),
    input_schema: { ...schema, type: 'object' },
    ...withCacheControl(cacheControl),
  };
}

/** The newer `tool_choice`, or the older `function_call`. */
function readChoice({ tool_choice: choice, function_call: legacy }: ChatRequest): Choice | undefined {
  if (choice === null || choice === undefined) {
    if (legacy === null || legacy === undefined || typeof legacy === 'string') return legacy ?? undefined;
    return { type: 'named', name: legacy.name, field: 'tool_choice.function.name' };
  }
  if (typeof choice === 'string') return choice;
  if (choice.type === 'function') {
    return { type: 'named', name: choice.function.name, field: 'tool_choice.function.name' };
  }
  const { mode, tools } = choice.allowed_tools;
  const names = new Set(tools.map((tool) => tool.function.name));
  return { type: 'allowed', mode, names, field: 'tool_choice.allowed_tools.tools' };
}

/** A function call of the older form is one call; there is no second place for another. */
function mayCallInParallel(request: ChatRequest): boolean {
  return request.parallel_tool_calls !== false && !usesFunctions(request);
}
