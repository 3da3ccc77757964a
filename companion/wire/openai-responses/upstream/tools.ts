/** Tools and the choice among them. */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubRequest, HubTool } from '../../hub/request.ts';
import { fitStrictSchema } from '../../openai/strict-schema.ts';
import { targetToolName } from '../../openai/target-tool-name.ts';
import type { Warn } from '../../openai/warnings.ts';
import type { FunctionTool, ResponsesBody } from './body.ts';

type ToolFields = Pick<ResponsesBody, 'tools' | 'tool_choice' | 'parallel_tool_calls'>;

/** No tools: no choice either, which is told where it asked for a call. */
export function encodeTools({ tools, tool_choice: choice }: HubRequest, warn: Warn): ToolFields {
  const kept = (tools ?? []).filter((tool) => isClientTool(tool, warn));
  if (kept.length === 0) {
    if (choice?.type === 'any' || choice?.type === 'tool') warn('tool_choice', 'there is no tool to choose');
    return {};
  }
  return {
    tools: kept.map((tool) => encodeTool(tool, warn)),
    tool_choice: encodeChoice(choice, new Set(kept.map(({ name }) => name)), warn),
    parallel_tool_calls: !isSingle(choice),
  };
}

/** Tools that Anthropic runs or defines itself have a dated type and no schema. */
function isClientTool(tool: HubTool, warn: Warn): tool is Anthropic.Tool {
  if (tool.type === undefined || tool.type === null || tool.type === 'custom') return true;
  warn(`tools[].${String((tool as { type: unknown }).type)}`, 'only Anthropic has this tool');
  return false;
}

function encodeTool(tool: Anthropic.Tool, warn: Warn): FunctionTool {
  const { name, description, input_schema: schema } = tool;
  const strict = tool.strict === true ? fitStrictSchema(schema) : undefined;
  if (tool.strict === true && strict === undefined) warn('tools[].strict', 'the schema has what strict ones may not');
  return {
    type: 'function',
    name: targetToolName(name),
    ...(description && { description }),
    parameters: strict ?? { properties: {}, ...schema, type: 'object' },
    strict: strict !== undefined,
  };
}

function encodeChoice(
  choice: Anthropic.ToolChoice | null | undefined,
  names: ReadonlySet<string>,
  warn: Warn,
): NonNullable<ToolFields['tool_choice']> {
  switch (choice?.type) {
    case 'none':
      return 'none';
    case 'any':
      return 'required';
    case 'tool':
      if (names.has(choice.name)) return { type: 'function', name: targetToolName(choice.name) };
      warn('tool_choice', 'it names a tool that is not offered');
      return 'auto';
    default:
      return 'auto';
  }
}

function isSingle(choice: Anthropic.ToolChoice | null | undefined): boolean {
  return Boolean(choice && 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use);
}
