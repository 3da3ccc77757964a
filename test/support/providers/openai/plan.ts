/** What the model says: planned by a test, sent over either surface, whole or as a stream. */
import type { RecordedRequest } from '../server/record.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export type AnswerPart =
  | { readonly kind: 'text'; readonly text: string; readonly fragments?: readonly string[] }
  /** Chat: `reasoning_content` (Groq: `reasoning`); Responses: a reasoning item with a summary. */
  | ReasoningPart
  | ToolCallPart
  /** A call with free text instead of JSON. */
  | { readonly kind: 'custom-tool-call'; readonly name: string; readonly input: string; readonly id?: string }
  | { readonly kind: 'refusal'; readonly text: string };

export interface ReasoningPart {
  readonly kind: 'reasoning';
  readonly text: string;
  readonly fragments?: readonly string[];
  /** Responses only: raw thoughts instead of a summary. */
  readonly isRaw?: boolean;
  readonly encryptedContent?: string;
}

export interface ToolCallPart {
  readonly kind: 'tool-call';
  readonly name: string;
  /** JSON text, or what is to be written as such. */
  readonly arguments: string | JsonObject;
  readonly id?: string;
  /** Slices of the arguments; empty ones are sent too. By default slices of 12 characters. */
  readonly fragments?: readonly string[];
  /** Gemini: what the client must send back; one of the stand-in's own without it. */
  readonly thoughtSignature?: string;
}

export interface AnswerPlan {
  readonly parts: readonly AnswerPart[];
  /** `tool_calls` beside a call, else `stop`, without it. */
  readonly finish?: 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call' | null;
  /** Takes the place of what the stand-in would count. */
  readonly usage?: Partial<TokenCounts>;
  readonly model?: string;
  /** Characters in a delta; 8 without it. */
  readonly fragmentCharacters?: number;
  /** Chat streams: fragments of parallel calls in turn instead of one call after the other. */
  readonly interleavesTools?: boolean;
  /** Chat streams: each fragment repeats the id and the name of its call, as some servers do. */
  readonly repeatsToolNames?: boolean;
}

export interface TokenCounts {
  readonly prompt: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly completion: number;
  readonly reasoning: number;
}

/** What a planner sees of a request that was found valid. */
export interface OpenAiRequest {
  readonly record: RecordedRequest;
  readonly surface: 'chat' | 'responses';
  readonly body: JsonObject;
  readonly model: string;
  /** `messages` or the items of `input`. */
  readonly messages: readonly JsonObject[];
  readonly isStream: boolean;
  /** Text of the last user message. */
  readonly lastText: string;
  /** Tool messages, or outputs of calls, at the end of the conversation. */
  readonly toolResults: readonly JsonObject[];
}

/** A plain string is one text part. */
export type Planner = (request: OpenAiRequest) => AnswerPlan | string;

/** Repeats what it was told; calls a tool when it is forced to. */
export function echo(request: OpenAiRequest): AnswerPlan {
  const forced = forcedTool(request.body);
  if (forced !== null) return { parts: [{ kind: 'tool-call', name: forced, arguments: '{}' }] };
  return { parts: [{ kind: 'text', text: `You said: ${request.lastText}` }] };
}

function forcedTool(body: JsonObject): string | null {
  const choice = body['tool_choice'] as JsonObject | string | undefined;
  const first = ((body['tools'] ?? []) as readonly JsonObject[])[0];
  const name = (tool: JsonObject | undefined) =>
    (tool?.['function'] as JsonObject | undefined)?.['name'] ?? tool?.['name'];
  if (choice === 'required' || choice === 'any') return String(name(first));
  return typeof choice === 'object' && choice['type'] === 'function' ? String(name(choice)) : null;
}

export function asPlan(planned: AnswerPlan | string): AnswerPlan {
  return typeof planned === 'string' ? { parts: [{ kind: 'text', text: planned }] } : planned;
}

export function argumentsText(part: ToolCallPart): string {
  return typeof part.arguments === 'string' ? part.arguments : JSON.stringify(part.arguments);
}

export function textOf(content: unknown): string {
  if (!Array.isArray(content)) return typeof content === 'string' ? content : '';
  return (content as readonly JsonObject[]).flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n');
}
