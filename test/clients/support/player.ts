/** The model that the stand-ins play for clients: it calls one tool, then tells what the tool gave. */
import type { AnswerPart, JsonObject, MessagesRequest, Planner } from '../../support/providers/anthropic/plan.ts';
import type {
  AnswerPart as OpenAiPart,
  OpenAiRequest,
  Planner as OpenAiPlanner,
} from '../../support/providers/openai/plan.ts';

export interface ToolCall {
  readonly name: string;
  readonly input: JsonObject;
}

/** What it sees of a request, whatever the wire. */
export interface Turn {
  readonly tools: readonly string[];
  /** The tool that it must call, or that it may choose when it must call some. */
  readonly forcedTool: string | undefined;
  readonly wantsJson: boolean;
  /** Texts of all tool results so far: clients put reminders of their own after them. */
  readonly results: readonly string[];
}

export type Move = { readonly kind: 'say'; readonly text: string } | { readonly kind: 'call'; readonly call: ToolCall };

export const person = { name: 'Ada', age: 36 } as const;
export const greeting = 'Hello there, nice to meet you.';

/** Calls `wanted` once when it is offered, and repeats the result; else it greets, or names a person where JSON is due. */
export function play(turn: Turn, wanted: ToolCall): Move {
  if (turn.results.length > 0) return { kind: 'say', text: `It gave: ${turn.results.join(' / ')}` };
  if (turn.forcedTool !== undefined) return { kind: 'call', call: { name: turn.forcedTool, input: person } };
  if (turn.tools.includes(wanted.name)) return { kind: 'call', call: wanted };
  return { kind: 'say', text: turn.wantsJson ? JSON.stringify(person) : greeting };
}

export function playAnthropic(wanted: ToolCall): Planner {
  return (request) => {
    const move = play(anthropicTurn(request), wanted);
    const part: AnswerPart =
      move.kind === 'say' ? { kind: 'text', text: move.text } : { kind: 'tool-use', ...move.call };
    return { parts: [...thinkingFor(request), part] };
  };
}

/** A model that thinks must begin with it, and gets it back before the results of its tools. */
function thinkingFor({ body }: MessagesRequest): readonly AnswerPart[] {
  const thinking = body['thinking'] as JsonObject | undefined;
  if (thinking === undefined || thinking['type'] === 'disabled') return [];
  return [{ kind: 'thinking', thinking: thinking['display'] === 'omitted' ? '' : 'Let me see.' }];
}

function anthropicTurn({ body, messages }: MessagesRequest): Turn {
  const tools = toolsOf(body).map(nameOf);
  const choice = body['tool_choice'] as JsonObject | undefined;
  const blocks = messages.flatMap(({ content }) => (Array.isArray(content) ? (content as readonly JsonObject[]) : []));
  return {
    tools,
    forcedTool: choice?.['type'] === 'tool' ? nameOf(choice) : choice?.['type'] === 'any' ? tools[0] : undefined,
    wantsJson: (body['output_config'] as JsonObject | undefined)?.['format'] !== undefined,
    results: blocks.filter(({ type }) => type === 'tool_result').map(({ content }) => textOf(content)),
  };
}

/** Of a string, or of a list of text parts of any wire. */
export function textOf(content: unknown): string {
  if (!Array.isArray(content)) return typeof content === 'string' ? content : '';
  return (content as readonly JsonObject[]).map(({ text }) => (typeof text === 'string' ? text : '')).join('\n');
}

export function playOpenAi(wanted: ToolCall): OpenAiPlanner {
  return (request) => {
    const move = play(openAiTurn(request), wanted);
    return { parts: [move.kind === 'say' ? { kind: 'text', text: move.text } : openAiCall(request, move.call)] };
  };
}

function openAiCall({ body }: OpenAiRequest, { name, input }: ToolCall): OpenAiPart {
  const tool = toolsOf(body).find((one) => nameOf(one) === name);
  return tool?.['type'] === 'custom'
    ? { kind: 'custom-tool-call', name, input: String(input['input']) }
    : { kind: 'tool-call', name, arguments: input };
}

function openAiTurn({ body, messages }: OpenAiRequest): Turn {
  const tools = toolsOf(body).map(nameOf);
  const choice = body['tool_choice'];
  const format = (body['response_format'] ?? (body['text'] as JsonObject | undefined)?.['format']) as
    | JsonObject
    | undefined;
  const outputs = messages.filter(({ role, type }) => role === 'tool' || String(type).endsWith('_call_output'));
  return {
    tools,
    forcedTool:
      typeof choice === 'object' ? nameOf(choice as JsonObject) : choice === 'required' ? tools[0] : undefined,
    wantsJson: format !== undefined && format['type'] !== 'text',
    results: outputs.map(({ content, output }) => textOf(content ?? output)),
  };
}

function toolsOf(body: JsonObject): readonly JsonObject[] {
  return (body['tools'] ?? []) as readonly JsonObject[];
}

/** Of a tool or a choice, flat as in Responses or below `function` as in Chat Completions. */
function nameOf(tool: JsonObject): string {
  const inner = (tool['function'] ?? tool['custom'] ?? tool) as JsonObject;
  return String(inner['name']);
}
