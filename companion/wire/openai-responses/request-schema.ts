/** The shape of a Responses body. Keys, items and tools that are not listed pass; whoever drops them names them. */
import { z } from 'zod';
import { isObject } from '../hub/fields.ts';
import { invalidShape } from '../openai/invalid-field.ts';
import { reasoningEfforts } from '../openai/thinking.ts';

const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/);
const jsonObject = z.record(z.string(), z.unknown());

/** Strict servers tell the texts of the two sides apart; clients mix them up, and nothing is lost by taking each. */
const textPart = z.looseObject({ type: z.enum(['input_text', 'output_text', 'text']), text: z.string() });
const imagePart = z.looseObject({
  type: z.literal('input_image'),
  image_url: z.string().nullish(),
  file_id: z.string().nullish(),
});
const filePart = z.looseObject({
  type: z.literal('input_file'),
  file_data: z.string().nullish(),
  file_id: z.string().nullish(),
  file_url: z.string().nullish(),
  filename: z.string().nullish(),
});
const audioPart = z.looseObject({ type: z.literal('input_audio') });
/** What one agent of a client tells another; OpenAI encrypts it, other providers leave it as it was written. */
const sealedPart = z.looseObject({ type: z.literal('encrypted_content'), encrypted_content: z.string() });
const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });

const anyPart = z.discriminatedUnion('type', [textPart, imagePart, filePart, audioPart, sealedPart]);
const assistantPart = z.discriminatedUnion('type', [textPart, refusalPart]);
const resultOutput = z.union([z.string(), z.array(anyPart)]);

const messageType = { type: z.literal('message') };
const instructionContent = z.union([z.string(), z.array(textPart)]);
const message = z.discriminatedUnion('role', [
  z.looseObject({ ...messageType, role: z.literal('user'), content: z.union([z.string(), z.array(anyPart)]) }),
  z.looseObject({
    ...messageType,
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(assistantPart)]),
  }),
  z.looseObject({ ...messageType, role: z.literal('system'), content: instructionContent }),
  z.looseObject({ ...messageType, role: z.literal('developer'), content: instructionContent }),
]);

const functionTool = z.looseObject({
  type: z.literal('function'),
  name: toolName,
  description: z.string().nullish(),
  parameters: jsonObject.nullish(),
  strict: z.boolean().nullish(),
});
const customTool = z.looseObject({
  type: z.literal('custom'),
  name: toolName,
  description: z.string().nullish(),
  format: z.looseObject({ type: z.string(), syntax: z.string().nullish(), definition: z.string().nullish() }).nullish(),
});
const namespaceTool = z.looseObject({
  type: z.literal('namespace'),
  name: z.string().min(1),
  description: z.string().nullish(),
  tools: z.array(z.discriminatedUnion('type', [functionTool, customTool])),
});
const searchTool = z.looseObject({
  type: z.literal('tool_search'),
  execution: z.string().nullish(),
  description: z.string().nullish(),
  parameters: jsonObject.nullish(),
});
const knownTool = z.discriminatedUnion('type', [functionTool, customTool, namespaceTool, searchTool]);
const tool = z.union([knownTool, unknownKind(new Set(['function', 'custom', 'namespace', 'tool_search']))]);

const call = { call_id: z.string(), name: toolName, namespace: z.string().nullish() };
const knownItem = z.discriminatedUnion('type', [
  message,
  z.looseObject({ type: z.literal('function_call'), ...call, arguments: z.string().nullish() }),
  z.looseObject({ type: z.literal('function_call_output'), call_id: z.string(), output: resultOutput }),
  z.looseObject({ type: z.literal('custom_tool_call'), ...call, input: z.string() }),
  z.looseObject({ type: z.literal('custom_tool_call_output'), call_id: z.string(), output: resultOutput }),
  z.looseObject({
    type: z.literal('local_shell_call'),
    id: z.string().nullish(),
    call_id: z.string().nullish(),
    action: jsonObject,
  }),
  z.looseObject({
    type: z.literal('local_shell_call_output'),
    id: z.string().nullish(),
    call_id: z.string().nullish(),
    output: z.string(),
  }),
  z.looseObject({
    type: z.literal('reasoning'),
    summary: z.array(z.looseObject({ text: z.string() })).nullish(),
    encrypted_content: z.string().nullish(),
  }),
  z.looseObject({ type: z.literal('item_reference') }),
  z.looseObject({ type: z.literal('agent_message'), content: z.array(anyPart) }),
  z.looseObject({ type: z.literal('additional_tools'), tools: z.array(tool) }),
  z.looseObject({ type: z.literal('tool_search_call'), call_id: z.string().nullish(), arguments: z.unknown() }),
  z.looseObject({
    type: z.literal('tool_search_output'),
    call_id: z.string().nullish(),
    tools: z.array(tool).nullish(),
  }),
]);
const knownItems = new Set([
  'message',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'local_shell_call',
  'local_shell_call_output',
  'reasoning',
  'item_reference',
  'agent_message',
  'additional_tools',
  'tool_search_call',
  'tool_search_output',
]);
const item = z.preprocess(withType, z.union([knownItem, unknownKind(knownItems)]));

const named = { name: z.string(), namespace: z.string().nullish() };
const knownChoice = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('function'), ...named }),
  z.looseObject({ type: z.literal('custom'), ...named }),
  z.looseObject({
    type: z.literal('allowed_tools'),
    mode: z.enum(['auto', 'required']),
    tools: z
      .array(z.looseObject({ type: z.string(), name: z.string().nullish(), namespace: z.string().nullish() }))
      .min(1),
  }),
]);
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  knownChoice,
  unknownKind(new Set(['function', 'custom', 'allowed_tools'])),
]);

const textFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    name: z.string().nullish(),
    description: z.string().nullish(),
    schema: jsonObject.nullish(),
    strict: z.boolean().nullish(),
  }),
]);

export const responsesRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(item)]),
  instructions: z.string().nullish(),
  max_output_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  include: z.array(z.string()).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: z
    .looseObject({
      effort: z.enum(reasoningEfforts).nullish(),
      summary: z.enum(['auto', 'concise', 'detailed', 'none']).nullish(),
      generate_summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
    })
    .nullish(),
  text: z
    .looseObject({ format: textFormat.nullish(), verbosity: z.enum(['low', 'medium', 'high']).nullish() })
    .nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  stream_options: z.looseObject({}).nullish(),
  background: z.boolean().nullish(),
});

export type ResponsesRequest = z.infer<typeof responsesRequest>;
export type InputItem = z.infer<typeof knownItem> | z.infer<ReturnType<typeof unknownKind>>;
export type KnownItem = z.infer<typeof knownItem>;
export type ContentPart = z.infer<typeof anyPart> | z.infer<typeof refusalPart>;
export type FunctionTool = z.infer<typeof functionTool>;
export type CustomTool = z.infer<typeof customTool>;
export type SearchTool = z.infer<typeof searchTool>;
export type KnownTool = z.infer<typeof knownTool>;
export type ClientTool = z.infer<typeof tool>;
export type KnownChoice = z.infer<typeof knownChoice>;
export type ToolChoice = z.infer<typeof toolChoice>;
export type TextFormat = z.infer<typeof textFormat>;

/** The body as typed data, extra keys kept. Throws `INVALID_REQUEST` with OpenAI's `param` path in `details.field`. */
export function readResponsesRequest(body: unknown): ResponsesRequest {
  const result = responsesRequest.safeParse(body);
  if (result.success) return result.data;
  throw invalidShape(result.error.issues, body);
}

/** Top-level fields that have a place in the translation. */
export const knownFields: ReadonlySet<string> = new Set(Object.keys(responsesRequest.shape));

export function isKnownItem(value: InputItem): value is KnownItem {
  return knownItems.has(value.type);
}

/** What has a type that is not known here. Aborts, so that of a known one the complaints of its own shape count. */
function unknownKind(known: ReadonlySet<string>): z.ZodObject<{ type: z.ZodString }, z.core.$loose> {
  return z.looseObject({ type: z.string().refine((type) => !known.has(type), { abort: true }) });
}

/** The two kinds of item whose `type` may be left out. */
function withType(value: unknown): unknown {
  if (!isObject(value) || (value['type'] !== undefined && value['type'] !== null)) return value;
  if (value['role'] !== undefined) return { ...value, type: 'message' };
  return typeof value['id'] === 'string' ? { ...value, type: 'item_reference' } : value;
}
