/** The shape of a Chat Completions body. Keys that are not listed pass; `warnings.ts` names them. */
import { z } from 'zod';
import { invalidShape } from '../openai/invalid-field.ts';
import { reasoningEfforts } from '../openai/thinking.ts';

const cacheControl = z.object({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).nullish();
const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/);

const textPart = z.looseObject({ type: z.literal('text'), text: z.string(), cache_control: cacheControl });
const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });
const imagePart = z.looseObject({
  type: z.literal('image_url'),
  image_url: z.looseObject({ url: z.string() }),
  cache_control: cacheControl,
});
const audioPart = z.looseObject({ type: z.literal('input_audio') });
const filePart = z.looseObject({
  type: z.literal('file'),
  file: z.looseObject({
    file_data: z.string().nullish(),
    file_id: z.string().nullish(),
    filename: z.string().nullish(),
  }),
  cache_control: cacheControl,
});

const anyPart = z.discriminatedUnion('type', [textPart, imagePart, audioPart, filePart]);
const assistantPart = z.discriminatedUnion('type', [textPart, refusalPart]);

const functionCall = z.looseObject({ name: toolName, arguments: z.string().nullish() });
const callFields = { id: z.string().nullish(), cache_control: cacheControl };
const toolCall = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('function').optional(), function: functionCall, ...callFields }),
  z.looseObject({
    type: z.literal('custom'),
    custom: z.looseObject({ name: toolName, input: z.string() }),
    ...callFields,
  }),
]);

/** LiteLLM's extension: signed thinking of an earlier answer, replayed unchanged. */
const thinkingBlock = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string().nullish() }),
  z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() }),
]);

const instructionFields = {
  content: z.union([z.string(), z.array(textPart)]),
  cache_control: cacheControl,
};
const resultFields = {
  content: z.union([z.string(), z.array(anyPart)]).nullish(),
  cache_control: cacheControl,
};

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('system'), ...instructionFields }),
  z.looseObject({ role: z.literal('developer'), ...instructionFields }),
  z.looseObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(anyPart)]),
    cache_control: cacheControl,
  }),
  z.looseObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(assistantPart)]).nullish(),
    refusal: z.string().nullish(),
    tool_calls: z.array(toolCall).nullish(),
    function_call: functionCall.nullish(),
    thinking_blocks: z.array(thinkingBlock).nullish(),
    cache_control: cacheControl,
  }),
  z.looseObject({ role: z.literal('tool'), tool_call_id: z.string(), ...resultFields }),
  z.looseObject({ role: z.literal('function'), name: z.string(), ...resultFields }),
]);

const jsonObject = z.record(z.string(), z.unknown());
const functionDefinition = z.looseObject({
  name: toolName,
  description: z.string().nullish(),
  parameters: jsonObject.nullish(),
  strict: z.boolean().nullish(),
});
const customFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({
    type: z.literal('grammar'),
    grammar: z.looseObject({ syntax: z.string().nullish(), definition: z.string() }),
  }),
]);
const customDefinition = z.looseObject({
  name: toolName,
  description: z.string().nullish(),
  format: customFormat.nullish(),
});
const tool = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('function'), function: functionDefinition, cache_control: cacheControl }),
  z.looseObject({ type: z.literal('custom'), custom: customDefinition, cache_control: cacheControl }),
]);
const named = z.looseObject({ name: z.string() });
const namedFunction = z.looseObject({ type: z.literal('function'), function: named });
const namedCustom = z.looseObject({ type: z.literal('custom'), custom: named });
const namedTool = z.discriminatedUnion('type', [namedFunction, namedCustom]);

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [
    namedFunction,
    namedCustom,
    z.looseObject({
      type: z.literal('allowed_tools'),
      allowed_tools: z.looseObject({ mode: z.enum(['auto', 'required']), tools: z.array(namedTool).min(1) }),
    }),
  ]),
]);

const responseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: z.string().nullish(),
      description: z.string().nullish(),
      schema: jsonObject.nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const tokenCount = z.int().min(1).nullish();

export const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  max_completion_tokens: tokenCount,
  max_tokens: tokenCount,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: z.array(functionDefinition).nullish(),
  function_call: z.union([z.enum(['none', 'auto']), z.looseObject({ name: z.string() })]).nullish(),
  response_format: responseFormat.nullish(),
  reasoning_effort: z.enum(reasoningEfforts).nullish(),
  modalities: z.array(z.enum(['text', 'audio'])).nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
});

export type ChatRequest = z.infer<typeof chatRequest>;
export type ChatMessage = ChatRequest['messages'][number];
export type AssistantMessage = Extract<ChatMessage, { role: 'assistant' }>;
export type ContentPart = z.infer<typeof anyPart> | z.infer<typeof refusalPart>;
export type ToolCall = z.infer<typeof toolCall>;
export type Tool = z.infer<typeof tool>;
export type NamedTool = z.infer<typeof namedTool>;
export type FunctionDefinition = z.infer<typeof functionDefinition>;
export type CustomDefinition = z.infer<typeof customDefinition>;
export type ResponseFormat = z.infer<typeof responseFormat>;

/** The body as typed data, extra keys kept. Throws `INVALID_REQUEST` with OpenAI's `param` path in `details.field`. */
export function readChatRequest(body: unknown): ChatRequest {
  const result = chatRequest.safeParse(body);
  if (result.success) return result.data;
  throw invalidShape(result.error.issues, body);
}

/** Top-level fields that have a place in the translation. */
export const knownFields: ReadonlySet<string> = new Set(Object.keys(chatRequest.shape));
