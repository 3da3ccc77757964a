/** The body of a translated request: OpenAI's types, and where compatible servers go beyond them. */
import type OpenAI from 'openai';

type Standard = OpenAI.ChatCompletionCreateParamsNonStreaming;

export type ChatToolCall = OpenAI.ChatCompletionMessageFunctionToolCall & { readonly extra_content?: unknown };

export type ChatAssistantMessage = Omit<OpenAI.ChatCompletionAssistantMessageParam, 'tool_calls'> & {
  tool_calls?: ChatToolCall[];
  /** Earlier thinking, for the servers that want it back. */
  reasoning_content?: string;
  /** The answer goes on where this message ends. */
  prefix?: true;
};

export type ChatMessage =
  | ChatAssistantMessage
  | OpenAI.ChatCompletionSystemMessageParam
  | OpenAI.ChatCompletionDeveloperMessageParam
  | OpenAI.ChatCompletionUserMessageParam
  | OpenAI.ChatCompletionToolMessageParam;

export type ChatPart = OpenAI.ChatCompletionContentPart;

export type ChatBody = Omit<
  Standard,
  'messages' | 'stream' | 'tool_choice' | 'reasoning_effort' | 'tools' | 'model'
> & {
  model: string;
  messages: ChatMessage[];
  tools?: OpenAI.ChatCompletionFunctionTool[];
  /** `any` is Mistral's word for `required`. */
  tool_choice?: NonNullable<Standard['tool_choice']> | 'any';
  /** Servers have levels of their own. */
  reasoning_effort?: string;
  stream?: true;
};
