/** The body of a translated request, as the ChatGPT backend takes it. */
import type OpenAI from 'openai';

type Standard = OpenAI.Responses.ResponseCreateParamsStreaming;

export type InputPart =
  | OpenAI.Responses.ResponseInputText
  | OpenAI.Responses.ResponseInputImage
  | OpenAI.Responses.ResponseInputFile;

export interface MessageItem {
  readonly type: 'message';
  readonly role: 'user' | 'developer' | 'assistant';
  readonly content: readonly (InputPart | OutputTextPart)[];
}

export interface OutputTextPart {
  readonly type: 'output_text';
  readonly text: string;
}

/** Without an id: nothing is stored there that it could name. */
export interface ReasoningItem {
  readonly type: 'reasoning';
  readonly summary: readonly { readonly type: 'summary_text'; readonly text: string }[];
  readonly encrypted_content: string;
}

/** Without an id as well: `call_id` is what joins it to its output. */
export interface CallItem {
  readonly type: 'function_call';
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface CallOutputItem {
  readonly type: 'function_call_output';
  readonly call_id: string;
  readonly output: string;
}

export type InputItem = MessageItem | ReasoningItem | CallItem | CallOutputItem;

export interface FunctionTool {
  readonly type: 'function';
  readonly name: string;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Never left out: it is `true` then. */
  readonly strict: boolean;
}

export interface ResponsesBody {
  readonly model: string;
  readonly instructions: string;
  readonly input: readonly InputItem[];
  readonly tools?: readonly FunctionTool[];
  readonly tool_choice?: Standard['tool_choice'];
  readonly parallel_tool_calls?: boolean;
  readonly reasoning?: { readonly effort?: string; readonly summary?: 'auto' };
  readonly text?: { readonly format: OpenAI.Responses.ResponseFormatTextJSONSchemaConfig };
  readonly store: false;
  readonly stream: true;
  readonly include: readonly ['reasoning.encrypted_content'];
  readonly prompt_cache_key: string;
}
