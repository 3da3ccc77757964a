/** Which of the tools may, must or must not be called: the rules that OpenAI's two forms share. */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubMessageParam } from '../hub/request.ts';
import { invalidField } from './invalid-field.ts';

export interface ToolUse {
  readonly tools?: Anthropic.Tool[];
  readonly tool_choice?: Anthropic.ToolChoice;
}

/** A client's choice without the nesting that each form has of its own; `field` is the path of the names, for refusals. */
export type Choice =
  | 'none'
  | 'auto'
  | 'required'
  | { readonly type: 'named'; readonly name: string; readonly field: string }
  | {
      readonly type: 'allowed';
      readonly mode: 'auto' | 'required';
      readonly names: ReadonlySet<string>;
      readonly field: string;
    };

/** The tools and the choice for the hub; `{}` when there are none and the history used none. */
export function chooseTools(
  tools: readonly Anthropic.Tool[],
  choice: Choice | undefined,
  isParallel: boolean,
  messages: readonly HubMessageParam[],
): ToolUse {
  if (tools.length === 0) return withoutTools(choice, messages);
  const allowed = allowedTools(tools, choice);
  const decoded = decodeChoice(choice, allowed, isParallel);
  return { tools: [...allowed], ...(decoded === undefined ? {} : { tool_choice: decoded }) };
}

export function isForced(choice: Anthropic.ToolChoice | undefined): boolean {
  return choice?.type === 'any' || choice?.type === 'tool';
}

function allowedTools(tools: readonly Anthropic.Tool[], choice: Choice | undefined): readonly Anthropic.Tool[] {
  if (typeof choice !== 'object' || choice.type !== 'allowed') return tools;
  const allowed = tools.filter((tool) => choice.names.has(tool.name));
  if (allowed.length === 0) throw unknownTool(choice.field);
  return allowed;
}

function decodeChoice(
  choice: Choice | undefined,
  tools: readonly Anthropic.Tool[],
  isParallel: boolean,
): Anthropic.ToolChoice | undefined {
  const single = isParallel ? {} : { disable_parallel_tool_use: true };
  if (choice === undefined) return isParallel ? undefined : { type: 'auto', ...single };
  if (choice === 'none') return { type: 'none' };
  if (choice === 'auto') return { type: 'auto', ...single };
  if (choice === 'required') return { type: 'any', ...single };
  if (choice.type === 'allowed') return { type: choice.mode === 'auto' ? 'auto' : 'any', ...single };
  if (!tools.some((tool) => tool.name === choice.name)) throw unknownTool(choice.field);
  return { type: 'tool', name: choice.name, ...single };
}

function unknownTool(field: string): Error {
  return invalidField(field, `Invalid '${field}': it names no tool of 'tools'.`);
}

/** The service wants a definition for each tool that the history used; nobody waits for another call of it. */
function withoutTools(choice: Choice | undefined, messages: readonly HubMessageParam[]): ToolUse {
  const mustCall = choice !== undefined && choice !== 'none' && choice !== 'auto';
  if (mustCall) throw invalidField('tool_choice', "'tool_choice' is only allowed when 'tools' are specified.");
  const names = new Set(messages.flatMap((message) => usedNames(message)));
  if (names.size === 0) return {};
  const tools = [...names].map((name): Anthropic.Tool => {
    return { name, input_schema: { type: 'object', properties: {} } };
  });
  return { tools, tool_choice: { type: 'none' } };
}

function usedNames({ content }: HubMessageParam): readonly string[] {
  if (typeof content === 'string') return [];
  return content.flatMap((block) => (block.type === 'tool_use' ? [block.name] : []));
}
