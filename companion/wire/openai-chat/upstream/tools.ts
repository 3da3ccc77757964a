/** Tools and the choice among them. */
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import type { ChatQuirks } from '../../../../shared/api-provider.ts';
import type { HubRequest, HubTool } from '../../hub/request.ts';
import type { Warn } from '../../openai/warnings.ts';
import type { ChatBody } from './body.ts';
import { fitStrictSchema } from '../../openai/strict-schema.ts';
import { targetToolName } from '../../openai/target-tool-name.ts';

type ToolFields = Pick<ChatBody, 'tools' | 'tool_choice' | 'parallel_tool_calls'>;

/** No tools: no choice either, since servers refuse the one without the other. */
export function encodeTools({ tools, tool_choice: choice }: HubRequest, quirks: ChatQuirks, warn: Warn): ToolFields {
  const kept = (tools ?? []).filter((tool) => isClientTool(tool, warn));
  if (kept.length === 0) return {};
  const encoded = kept.map((tool) => encodeTool(tool, warn));
  const encodedChoice = encodeChoice(choice, new Set(kept.map(({ name }) => name)), quirks, warn);
  return {
    tools: encoded,
    ...(encodedChoice !== undefined && { tool_choice: encodedChoice }),
    ...encodeParallel(choice, quirks, warn),
  };
}

/** Tools that Anthropic runs or defines itself have a dated type and no schema. */
function isClientTool(tool: HubTool, warn: Warn): tool is Anthropic.Tool {
  if (tool.type === undefined || tool.type === null || tool.type === 'custom') return true;
  warn(`tools[].${String((tool as { type: unknown }).type)}`, 'only Anthropic has this tool');
  return false;
}

function encodeTool(tool: Anthropic.Tool, warn: Warn): OpenAI.ChatCompletionFunctionTool {
  const { name, description, input_schema: schema } = tool;
  const strict = tool.strict === true ? fitStrictSchema(schema) : undefined;
  if (tool.strict === true && strict === undefined) warn('tools[].strict', 'the schema has what strict ones may not');
  return {
    type: 'function',
    function: {
      name: targetToolName(name),
      ...(description && { description }),
      parameters: strict ?? { properties: {}, ...schema, type: 'object' },
      ...(strict !== undefined && { strict: true }),
    },
  };
}

function encodeChoice(
  choice: Anthropic.ToolChoice | null | undefined,
  names: ReadonlySet<string>,
  quirks: ChatQuirks,
  warn: Warn,
): ChatBody['tool_choice'] {
  switch (choice?.type) {
    case 'auto':
    case 'none':
      return choice.type;
    case 'any':
      return quirks.requiredToolChoice;
    case 'tool':
      if (names.has(choice.name)) return { type: 'function', function: { name: targetToolName(choice.name) } };
      warn('tool_choice', 'it names a tool that is not offered');
      return undefined;
    default:
      return undefined;
  }
}

function encodeParallel(choice: Anthropic.ToolChoice | null | undefined, quirks: ChatQuirks, warn: Warn): ToolFields {
  const isSingle = choice && 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true;
  if (!isSingle) return {};
  if (quirks.takesParallelToolCalls) return { parallel_tool_calls: false };
  warn('tool_choice.disable_parallel_tool_use', 'this provider has no such setting');
  return {};
}
